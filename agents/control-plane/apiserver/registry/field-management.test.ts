import { expect, test } from 'vitest'
import { createRegistryScene } from '../../../../test/fakes/registry-scene.ts'
import { applyManagedPatch } from './field-management.ts'
import type { KubeObject } from './kube-object.ts'

test('what is applied and does not fit its type is a 500 that says where, as upstream answers', async () => {
  await using scene = await createRegistryScene()
  const apply = (spec: object) => applyManagedPatch({
    resource: scene.resource('deployments.apps'), live: undefined, applied: { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'd' }, spec } as unknown as KubeObject,
    manager: 'm', subresource: '', force: false, nowMs: 0, name: 'd', namespace: 'n',
  })
  expect(() => apply({ replicas: '3' })).toThrow(expect.objectContaining({ code: 500, message: 'failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string' }) as Error)
  expect(() => apply({ replicas: 1.5 })).toThrow(expect.objectContaining({ code: 500, message: expect.stringMatching(/^failed to convert new object \(\/d; apps\/v1, Kind=Deployment\) to proper version: unable to convert unstructured object to apps\/v1, Kind=Deployment: .*replicas/) as string }) as Error)
})
