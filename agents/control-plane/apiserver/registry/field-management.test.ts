import { expect, test } from 'vitest'
import { createRegistryScene } from '../../../../test/fakes/registry-scene.ts'
import { applyManagedPatch } from './field-management.ts'
import type { KubeObject } from './kube-object.ts'
import type { ServedResource } from './served-resource.ts'

test('what is applied and does not fit its type is a 500 that says where, as upstream answers', async () => {
  await using scene = await createRegistryScene()
  const apply = (spec: object) => applyManagedPatch({
    resource: scene.resource('deployments.apps'), live: undefined, applied: { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'd' }, spec } as unknown as KubeObject,
    manager: 'm', subresource: '', force: false, nowMs: 0, name: 'd', namespace: 'n',
  })
  expect(() => apply({ replicas: '3' })).toThrow(expect.objectContaining({ code: 500, message: 'failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string' }) as Error)
  expect(() => apply({ replicas: 1.5 })).toThrow(expect.objectContaining({ code: 500, message: expect.stringMatching(/^failed to convert new object \(\/d; apps\/v1, Kind=Deployment\) to proper version: unable to convert unstructured object to apps\/v1, Kind=Deployment: .*replicas/) as string }) as Error)
})

test('FM1 autoscaling/v1 and v2 own the same fields under their names', async () => {
  await using scene = await createRegistryScene()
  const scaleTargetRef = { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }
  const [old, now] = ['v1', 'v2'].map(version => scene.table.find('autoscaling', version, 'horizontalpodautoscalers')!)
  const apply = (resource: ServedResource, manager: string, spec: object, force = false) => {
    const applied = { kind: 'HorizontalPodAutoscaler', apiVersion: resource.apiVersion, metadata: { name: 'h' }, spec } as unknown as KubeObject
    return scene.writer.update({ resource, namespace: 'n', name: 'h' }, live => applyManagedPatch({ resource, live, applied, manager, subresource: '', force, nowMs: scene.clock.now(), name: 'h', namespace: 'n' }), scene.context, { managedFieldsDone: true, allowsUnconditional: true, createIfMissing: true })
  }
  await apply(old!, 'a', { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 50 })
  await scene.settle()
  await expect(apply(now!, 'b', { maxReplicas: 6 })).rejects.toMatchObject({ message: 'Apply failed with 1 conflict: conflict with "a": .spec.maxReplicas' })
  const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }]
  await expect(apply(now!, 'b', { metrics })).rejects.toMatchObject({ message: 'Apply failed with 1 conflict: conflict with "a": .spec.targetCPUUtilizationPercentage' })
  const { object } = await apply(now!, 'b', { metrics }, true)
  expect(object.metadata.managedFields!.map(({ manager, apiVersion, fieldsV1 }) => [manager, apiVersion, fieldsV1])).toEqual([
    ['a', 'autoscaling/v1', { 'f:spec': { 'f:maxReplicas': {}, 'f:scaleTargetRef': {} } }],
    ['b', 'autoscaling/v2', { 'f:spec': { 'f:metrics': {} } }],
  ])
})

test('FM3 nobody sets managedFields through a subresource', async () => {
  await using scene = await createRegistryScene()
  const resource = scene.resource('namespaces')
  await scene.writer.create(resource, '', { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'x', labels: { a: 'b' } } }, scene.context)
  await scene.settle()
  const { object } = await scene.writer.update({ resource, namespace: '', name: 'x' }, live => ({ ...live!, metadata: { ...live!.metadata, managedFields: [] } }), scene.context, { subresource: 'status', rules: 'status', allowsUnconditional: true })
  expect(object.metadata.managedFields).toHaveLength(1)
})
