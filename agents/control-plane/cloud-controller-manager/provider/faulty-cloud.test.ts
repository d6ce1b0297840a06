import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { type FaultRuleOrder, faultPoints } from '../../../base/fault-points.ts'
import type { Cloud } from './cloud.ts'
import { faultyCloud } from './faulty-cloud.ts'

const did: string[] = []
const balancer = { name: 'b', address: '127.0.0.1' }
const cloud = faultyCloud({
  instances: () => Promise.resolve([{ name: 'node-1' }, { name: 'node-2' }]),
  routes: () => Promise.resolve([]),
  ensureRoute: (route: { readonly name: string }) => { did.push(`route ${route.name}`); return Promise.resolve() },
  ensureLoadBalancer: () => Promise.resolve(balancer),
  loadBalancer: (name: string) => Promise.resolve(name === 'b' ? balancer : undefined),
  plugIn: (id: string, node: string) => { did.push(`${id} into ${node}`); return Promise.resolve() },
} as unknown as Cloud)
let begun: Disposable
beforeEach(() => {
  did.length = 0
  begun = faultPoints.begin({ clock: new FakeClock(), random: { next: () => 0 }, crash() {} })
})
afterEach(() => { begun[Symbol.dispose]() })

const set = (more: Partial<FaultRuleOrder>) => faultPoints.set({ id: 'a', point: 'cloud.answer', effect: 'drop', match: {}, percent: 100, parameters: {}, ...more }, 1_000)

test('a machine is missing from the answer, the others are there', async () => {
  set({ match: { call: 'instances', name: 'node-2' } })
  expect(await cloud.instances()).toEqual([{ name: 'node-1' }])
})

test('a route is accepted and not made, for the node it is about', async () => {
  set({ match: { call: 'ensureRoute', name: 'node-2' } })
  await cloud.ensureRoute({ name: 'r1', node: 'node-1', destination: '' })
  await cloud.ensureRoute({ name: 'r2', node: 'node-2', destination: '' })
  expect(did).toEqual(['route r1'])
})

test('a load balancer has the address of the fault; one that is not there stays so', async () => {
  set({ effect: 'change', match: { call: 'loadBalancer,ensureLoadBalancer' }, parameters: { value: '192.0.2.1' } })
  expect(await cloud.ensureLoadBalancer('b', {} as never)).toEqual({ ...balancer, address: '192.0.2.1' })
  expect(await cloud.loadBalancer('other')).toBeUndefined()
})

test('a refusal is one of the cloud', async () => {
  set({ effect: 'error', match: { call: 'plugIn' }, parameters: { code: 503, message: 'no' } })
  await expect(cloud.plugIn('v1', 'node-1')).rejects.toMatchObject({ name: 'CloudError', status: 503, message: 'no' })
  expect(did).toEqual([])
})
