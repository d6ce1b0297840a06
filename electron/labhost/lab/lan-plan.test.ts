import { expect, test } from 'vitest'
import type { LabSpec } from '../../contract/labs.ts'
import { nodeAddress, routerPlans, routerPorts, routesOfNetwork } from './lan-plan.ts'

const join = (network: string, mtuBytes = 1_500) => ({ network, mtuBytes })
/** lan - r1 - middle - r2 - far, and lan - spare - middle. */
const networks: LabSpec['networks'] = {
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  lanCidr: '172.30.0.0/24',
  lans: [{ name: 'middle', cidr: '172.31.0.0/24' }, { name: 'far', cidr: '172.32.0.0/24' }],
  routers: [
    { name: 'r1', joins: [join('lan'), join('middle')] },
    { name: 'spare', joins: [join('lan'), join('middle')] },
    { name: 'r2', joins: [join('middle'), join('far', 1_400)], routes: [{ to: '172.30.0.0/24', via: '172.31.0.2' }] },
  ],
}

test('LP2 routers have the first addresses of each network, nodes the tenth after their number', () => {
  expect(routerPlans(networks).map(({ name, interfaces }) => [name, ...interfaces.map(({ network, address, mac, mtuBytes }) => `${network} ${address} ${mac} ${mtuBytes}`)])).toEqual([
    ['r1', 'lan 172.30.0.1 52:54:00:32:00:00 1500', 'middle 172.31.0.1 52:54:00:32:00:01 1500'],
    ['spare', 'lan 172.30.0.2 52:54:00:32:01:00 1500', 'middle 172.31.0.2 52:54:00:32:01:01 1500'],
    ['r2', 'middle 172.31.0.3 52:54:00:32:02:00 1500', 'far 172.32.0.1 52:54:00:32:02:01 1400'],
  ])
  expect([nodeAddress(networks, 'lan', 1), nodeAddress(networks, 'far', 2)]).toEqual(['172.30.0.11', '172.32.0.12'])
  expect(routerPorts(networks).map(({ port }) => port)).toEqual(['r1.lan', 'r1.middle', 'spare.lan', 'spare.middle', 'r2.middle', 'r2.far'])
})

test('LP3 nodes and routers find what lies behind other routers; of two equal ways the first', () => {
  expect(routesOfNetwork(networks, 'lan')).toEqual([{ to: '172.31.0.0/24', via: '172.30.0.1' }, { to: '172.32.0.0/24', via: '172.30.0.1' }])
  expect(routesOfNetwork(networks, 'far')).toEqual([{ to: '172.30.0.0/24', via: '172.32.0.1' }, { to: '172.31.0.0/24', via: '172.32.0.1' }])
  expect(routerPlans(networks).map(({ name, routes }) => [name, ...routes.map(({ to, via }) => `${to} via ${via}`)])).toEqual([
    ['r1', '172.32.0.0/24 via 172.31.0.3'],
    ['spare', '172.32.0.0/24 via 172.31.0.3'],
    ['r2', '172.30.0.0/24 via 172.31.0.2'], // its own, and not the way over r1
  ])
})

test('LP1 a lab that says nothing has one network and no routes', () => {
  const { lans: _, routers: __, ...plain } = networks
  expect([routesOfNetwork(plain, 'lan'), routerPlans(plain)]).toEqual([[], []])
})
