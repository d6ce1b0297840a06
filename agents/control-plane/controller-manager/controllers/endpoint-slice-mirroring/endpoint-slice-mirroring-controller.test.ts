import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { endpoints, endpointSlices, services } from '../../../../api/resources.ts'
import { endpointSliceMirroringController } from './endpoint-slice-mirroring-controller.ts'

const at = { namespace: 'default', name: 'outside' }

describe('endpoint slice mirroring', () => {
  it('EM1, EM2, EM3: mirrors Endpoints of a Service without selector, and stops when asked', async () => {
    await using scene = createControllerScene()
    await scene.start(endpointSliceMirroringController)
    scene.cluster.put(endpoints, { metadata: at, subsets: [{ addresses: [{ ip: '192.0.2.1' }], notReadyAddresses: [{ ip: '192.0.2.2' }], ports: [{ port: 80 }] }, { addresses: [{ ip: '192.0.2.3' }], ports: [{ port: 81 }] }] })
    await scene.settle()
    expect(scene.cluster.all(endpointSlices)).toEqual([])
    scene.cluster.put(services, { metadata: at, spec: { ports: [{ port: 80 }] } })
    await scene.settle()
    expect(scene.cluster.all(endpointSlices).map(slice => [slice.ports?.[0]?.port, slice.endpoints?.map(({ addresses, conditions }) => `${addresses.join()} ${conditions?.ready}`)])).toEqual([
      [80, ['192.0.2.1 true', '192.0.2.2 false']], [81, ['192.0.2.3 true']],
    ])
    scene.cluster.put(endpoints, { ...scene.cluster.peek(endpoints, at)!, metadata: { ...at, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } })
    await scene.settle()
    expect(scene.cluster.all(endpointSlices)).toEqual([])
  })

  it('EM1: leaves Services with a selector to their own controller', async () => {
    await using scene = createControllerScene()
    await scene.start(endpointSliceMirroringController)
    scene.cluster.put(services, { metadata: at, spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } })
    scene.cluster.put(endpoints, { metadata: at, subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] })
    await scene.settle()
    expect(scene.cluster.all(endpointSlices)).toEqual([])
  })
})
