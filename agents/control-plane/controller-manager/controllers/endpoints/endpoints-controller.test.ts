import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { ServiceSpec } from '../../../../api/groups/core-v1/types.ts'
import { endpoints, pods, services } from '../../../../api/resources.ts'
import { endpointsController } from './endpoints-controller.ts'

let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(endpointsController)
})
afterEach(() => scene[Symbol.asyncDispose]())

const serve = (spec: Partial<ServiceSpec> = { selector: { app: 'web' } }) => scene.cluster.put(services, { metadata: { namespace: 'default', name: 'web' }, spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }], ...spec } })
const run = (labels: Record<string, string> = {}) => scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'web-1', labels: { app: 'web', ...labels } }, spec: { containers: [] }, status: { phase: 'Running', podIP: '10.244.0.1', podIPs: [{ ip: '10.244.0.1' }], conditions: [{ type: 'Ready', status: 'True' }] } })

describe('endpoints controller', () => {
  it.each<[string, Partial<ServiceSpec>]>([
    ['a Service without selector', {}],
    ['an ExternalName Service', { type: 'ExternalName', externalName: 'example.com', selector: { app: 'web' } }],
  ])('EC1: %s gets none', async (_what, spec) => {
    run()
    serve(spec)
    await scene.settle()
    expect(scene.cluster.all(endpoints)).toEqual([])
  })

  it('EC2: the Endpoints of a Service that is gone are deleted', async () => {
    serve()
    await scene.settle()
    scene.cluster.vanish(services, { namespace: 'default', name: 'web' })
    await scene.settle()
    expect(scene.cluster.all(endpoints)).toEqual([])
  })

  it('EC3: a Pod that changes without a change of its address writes nothing', async () => {
    serve()
    run()
    await scene.settle()
    expect(scene.cluster.all(endpoints)[0]!.subsets).toMatchObject([{ addresses: [{ ip: '10.244.0.1' }] }])
    const before = scene.cluster.writes.length
    run({ version: '2' })
    await scene.settle()
    expect(scene.cluster.writes.length).toBe(before)
  })
})
