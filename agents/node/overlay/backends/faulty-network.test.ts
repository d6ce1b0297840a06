import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { faultPoints } from '../../../base/fault-points.ts'
import type { OverlayNode, WantedNetwork } from './backend.ts'
import { faultyNetwork } from './faulty-network.ts'

const peers: OverlayNode[] = [1, 2].map(number => ({ name: `node-${number}`, address: `172.30.0.1${number}`, podCidr: `10.244.${number}.0/24` }))
const wanted: WantedNetwork = {
  devices: [{ name: 'vxlan.kubarium', kind: 'vxlan', options: [], mac: 'aa', mtu: 1_450, address: null }],
  forwarding: peers.map(({ address }, index) => ({ mac: `m${index}`, destination: address, device: 'vxlan.kubarium' })),
  neighbours: peers.map((_, index) => ({ mac: `m${index}`, address: `10.244.${index + 1}.0`, device: 'vxlan.kubarium' })),
  routes: peers.map(({ podCidr }) => ({ to: podCidr, via: null, device: 'vxlan.kubarium', onlink: true, source: null })),
  podMtu: 1_450,
}
let begun: Disposable
beforeEach(() => { begun = faultPoints.begin({ clock: new FakeClock(), random: { next: () => 0 }, crash() {} }) })
afterEach(() => { begun[Symbol.dispose]() })

test('without a fault nothing is changed, not even copied', () => {
  expect(faultyNetwork(wanted, peers)).toBe(wanted)
})

test.each([['fdb', 'forwarding'], ['neighbour', 'neighbours'], ['route', 'routes']] as const)('the %s of one node is missing, and nothing else', (part, field) => {
  faultPoints.set({ id: 'a', point: 'overlay.entry', effect: 'drop', match: { part, node: 'node-2' }, percent: 100, parameters: {} }, 1_000)
  expect(faultyNetwork(wanted, peers)).toEqual({ ...wanted, [field]: wanted[field].slice(0, 1) })
})

test('devices and pods get the MTU of a fault', () => {
  faultPoints.set({ id: 'a', point: 'overlay.mtu', effect: 'change', match: {}, percent: 100, parameters: { value: '9000' } }, 1_000)
  expect(faultyNetwork(wanted, peers)).toMatchObject({ podMtu: 9_000, devices: [{ mtu: 9_000 }], routes: wanted.routes })
})
