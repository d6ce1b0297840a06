/** Two API servers over one store at the same time: both serve, both see everything, and neither gives out what the other gave. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'

const services = '/api/v1/namespaces/default/services'
const addresses = '/apis/networking.k8s.io/v1/ipaddresses'

async function until(what: string, holds: () => Promise<boolean>, withinMs = 40_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await holds()); await pause(200)) if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
}

async function eventsOf(api: RawApi): Promise<string[]> {
  return (await api.call('GET', '/api/v1/events')).json.items.map((event: { involvedObject: { name: string }; reason: string }) => `${event.involvedObject.name} ${event.reason}`) as string[]
}

test('two API servers over one store', async () => {
  await using plane = await startControlPlane({ advertiseAddress: '127.0.0.2' })
  const other = await plane.startAnother('127.0.0.3')
  const both = [rawApi(plane), rawApi(other)] as const
  const [first, second] = both
  const endpoints = async () => ((await first.call('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes')).json.endpoints as { addresses: string[] }[]).flatMap(endpoint => endpoint.addresses).sort()

  // Writes through one are seen by watches of the other.
  const path = '/api/v1/namespaces/default/configmaps'
  const start = (await second.call('GET', path)).json.metadata.resourceVersion as string
  const watch = await second.watch(`${path}?watch=true&resourceVersion=${start}`)
  for (const name of ['a', 'b', 'c']) expect((await first.call('POST', path, { metadata: { name } })).status).toBe(201)
  expect((await first.call('DELETE', `${path}/b`)).status).toBe(200)
  await watch.until(events => events.length >= 4)
  expect(watch.events.map(event => `${event.type} ${event.object.metadata.name as string}`)).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'DELETED b'])
  expect((await second.call('GET', `${path}/c`)).status).toBe(200) // as new as the store, whoever wrote it
  watch.stop()

  // Each has its Lease; the kubernetes Service leads to both.
  const leases = (await second.call('GET', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io/identity=kube-apiserver')).json.items as { metadata: { name: string } }[]
  expect(leases.map(lease => /^apiserver-[a-z2-7]{26}$/.test(lease.metadata.name))).toEqual([true, true])
  await until('both servers are endpoints', async () => (await endpoints()).join() === '127.0.0.2,127.0.0.3')

  // Services made through both at once have different addresses and node ports, and one IPAddress each.
  const made = await Promise.all(Array.from({ length: 60 }, (_, index) => both[index % 2]!.call('POST', services, { metadata: { name: `s${index}` }, spec: { type: 'NodePort', ports: [{ port: 80 }] } })))
  expect(made.map(answer => answer.status)).toEqual(made.map(() => 201))
  expect(new Set(made.map(answer => answer.json.spec.clusterIP as string)).size).toBe(60)
  expect(new Set(made.map(answer => answer.json.spec.ports[0].nodePort as number)).size).toBe(60)
  const held = (await first.call('GET', addresses)).json.items as { metadata: { name: string }; spec: { parentRef: { name: string } } }[]
  expect(new Map(held.map(({ metadata, spec }) => [spec.parentRef.name, metadata.name]))).toEqual(new Map([['kubernetes', '10.96.0.1'] as const, ...made.map(answer => [answer.json.metadata.name as string, answer.json.spec.clusterIP as string] as const)]))

  // One address or port asked for through both at once goes to one of them; what is deleted is free again at once.
  const wanted = { clusterIP: '10.96.0.77', type: 'NodePort', ports: [{ port: 80, nodePort: 30_077 }] }
  const race = await Promise.all(both.map((api, index) => api.call('POST', services, { metadata: { name: `race${index}` }, spec: wanted })))
  expect(race.map(answer => answer.status).sort()).toEqual([201, 422])
  const [winner, loser] = race[0]!.status === 201 ? [0, 1] : [1, 0]
  expect(race[loser]!.json.message).toContain('already allocated')
  expect((await both[loser]!.call('DELETE', `${services}/race${winner}`)).status).toBe(200)
  expect((await both[winner]!.call('POST', services, { metadata: { name: 'heir' }, spec: wanted })).status).toBe(201)

  // The repair loops: an IPAddress that went comes back, and its Service is told.
  const victim = made[0]!.json as { metadata: { name: string }; spec: { clusterIP: string } }
  await first.call('DELETE', `${addresses}/${victim.spec.clusterIP}`)
  await until('the IPAddress is back', async () => (await first.call('GET', `${addresses}/${victim.spec.clusterIP}`)).json.spec?.parentRef?.name === victim.metadata.name)
  await until('its Service is told', async () => (await eventsOf(first)).includes('s0 ClusterIPNotAllocated'))
  expect((await first.call('GET', `${services}/s0`)).json.spec.clusterIP).toBe(victim.spec.clusterIP)

  // A server that is killed says nothing: its key runs out, and the Service leads to the other alone.
  await other.kill()
  await until('the dead server is no endpoint', async () => (await endpoints()).join() === '127.0.0.2')
  expect((await first.call('POST', path, { metadata: { name: 'after' } })).status).toBe(201)
})
