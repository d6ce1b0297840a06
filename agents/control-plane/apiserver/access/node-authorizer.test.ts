import { describe, expect, test } from 'vitest'
import type { ObjectReader } from '../admission/admission.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { Attributes } from './authorizer.ts'
import { NodeAuthorizer } from './node-authorizer.ts'

const empty: ObjectReader = { get: () => undefined, list: () => [], getFresh: async () => undefined }
const kubelet = { name: 'system:node:n1', uid: '', groups: ['system:nodes'], extra: {} }

const pod: KubeObject = {
  kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p', namespace: 'a' },
  spec: {
    nodeName: 'n1', serviceAccountName: 'robot', imagePullSecrets: [{ name: 'pull' }],
    containers: [{ name: 'c', envFrom: [{ configMapRef: { name: 'env' } }], env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } }] }],
    volumes: [{ name: 'v', secret: { secretName: 'vol' } }, { name: 'w', projected: { sources: [{ configMap: { name: 'root' } }] } }, { name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
  },
}

function ask(attributes: Partial<Attributes>, authorizer = authorizerWithPod()): string {
  const full: Attributes = { user: kubelet, verb: 'get', isResourceRequest: true, group: '', version: 'v1', resource: 'pods', subresource: '', namespace: '', name: '', path: '', fieldSelector: '', labelSelector: '', ...attributes }
  return authorizer.authorize(full).decision
}

function authorizerWithPod(): NodeAuthorizer {
  const authorizer = new NodeAuthorizer(empty, [{ verbs: ['create'], apiGroups: [''], resources: ['events'] }])
  authorizer.observePod('a/p', 'n1', () => pod, false)
  return authorizer
}

describe('node authorizer', () => {
  test.each([
    ['secrets', 'vol'], ['secrets', 'key'], ['secrets', 'pull'], ['configmaps', 'env'], ['configmaps', 'root'], ['persistentvolumeclaims', 'data'], ['serviceaccounts', 'robot'],
  ])('NA1 %s/%s of a pod on the node may be read', (resource, name) => {
    expect(ask({ resource, name, namespace: 'a' })).toBe('allow')
    expect(ask({ resource, name, namespace: 'b' })).toBe('no-opinion')
    expect(ask({ resource, name: 'other', namespace: 'a' })).toBe('no-opinion')
  })

  test('NA1 nothing is left when the pod has gone', () => {
    const authorizer = authorizerWithPod()
    authorizer.observePod('a/p', 'n1', () => pod, true)
    expect(ask({ resource: 'secrets', name: 'vol', namespace: 'a' }, authorizer)).toBe('no-opinion')
  })

  test('NA1 another node sees none of it', () => {
    expect(ask({ user: { ...kubelet, name: 'system:node:n2' }, resource: 'secrets', name: 'vol', namespace: 'a' })).toBe('no-opinion')
  })

  test('NA2 a node lists pods and nodes only by a selector that names itself', () => {
    expect(ask({ verb: 'list', fieldSelector: 'spec.nodeName=n1' })).toBe('allow')
    expect(ask({ verb: 'watch', fieldSelector: 'spec.nodeName=n2' })).toBe('no-opinion')
    expect(ask({ verb: 'list' })).toBe('no-opinion')
    expect(ask({ verb: 'watch', resource: 'nodes', name: 'n1', fieldSelector: 'metadata.name=n1' })).toBe('allow')
    expect(ask({ verb: 'list', resource: 'nodes' })).toBe('no-opinion')
  })

  test('NA3 everything else follows the rules of system:node', () => {
    expect(ask({ verb: 'create', resource: 'events', namespace: 'a' })).toBe('allow')
    expect(ask({ verb: 'delete', resource: 'events', namespace: 'a' })).toBe('no-opinion')
    expect(ask({ user: { ...kubelet, name: 'jane', groups: [] }, verb: 'create', resource: 'events' })).toBe('no-opinion')
  })
})
