import { expect, test } from 'vitest'
import { subjectOfPath } from './request-subject.ts'

test('a path tells resource, namespace, name and subresource', () => {
  expect(subjectOfPath('/api/v1/namespaces/default/pods/web-1/binding?fieldManager=x')).toEqual({ resource: 'pods', namespace: 'default', name: 'web-1', subresource: 'binding' })
  expect(subjectOfPath('/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler')).toEqual({ resource: 'leases', namespace: 'kube-system', name: 'kube-scheduler', subresource: '' })
  expect(subjectOfPath('/api/v1/namespaces/default')).toEqual({ resource: 'namespaces', namespace: '', name: 'default', subresource: '' })
  expect(subjectOfPath('/api/v1/nodes/node-1/status')).toEqual({ resource: 'nodes', namespace: '', name: 'node-1', subresource: 'status' })
})
