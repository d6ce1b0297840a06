import { describe, expect, test } from 'vitest'
import { serverContext } from '../bootstrap/ensure-objects.ts'
import { ApiError } from '../http/api-error.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { allocatorOf, newSharedStore } from './allocation.sample.ts'
import type { ServiceAllocations } from './service-allocations.ts'

const context = serverContext(new AbortController().signal)
const make = async (range?: string): Promise<ServiceAllocations> => allocatorOf(await newSharedStore(), range === undefined ? {} : { range }).allocations
const service = (name: string, spec: object): KubeObject => ({ kind: 'Service', apiVersion: 'v1', metadata: { name, namespace: 'default' }, spec: { type: 'ClusterIP', ...spec } })
const spec = (object: KubeObject) => object['spec'] as { clusterIP?: string; clusterIPs?: string[]; ports?: { nodePort?: number }[]; healthCheckNodePort?: number }

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'no failure'
  } catch (error) {
    return error instanceof ApiError ? error.message : String(error)
  }
}

describe('service allocations', () => {
  test('SA-5 many at once get different addresses, and a full range says so', async () => {
    const allocations = await make('10.96.0.0/28')
    const services = Array.from({ length: 13 }, (_, index) => service(`s${index}`, {}))
    await Promise.all(services.map(object => allocations.beforeCreate(object, context)))
    expect(new Set(services.map(object => spec(object).clusterIP)).size).toBe(13)
    expect(await failure(allocations.beforeCreate(service('late', {}), context))).toContain('range is full')
  })

  test('SA-5 CA1 NP1 two servers that do not see each other never give out one address or port twice', async () => {
    const store = await newSharedStore()
    const servers = [allocatorOf(store, { range: '10.96.0.0/27', cached: false }), allocatorOf(store, { range: '10.96.0.0/27', cached: false })]
    const services = Array.from({ length: 28 }, (_, index) => service(`s${index}`, { type: 'NodePort', ports: [{ port: 80 }] }))
    await Promise.all(services.map((object, index) => servers[index % 2]!.allocations.beforeCreate(object, context)))
    expect(new Set(services.map(object => spec(object).clusterIP)).size).toBe(28)
    expect(new Set(services.map(object => spec(object).ports![0]!.nodePort)).size).toBe(28)
  })

  test('SA-2 unasked addresses come from above the static band', async () => {
    const object = service('a', {})
    await (await make()).beforeCreate(object, context)
    expect(Number(spec(object).clusterIP!.split('.')[3])).toBeGreaterThan(16)
    expect(spec(object).clusterIPs).toEqual([spec(object).clusterIP])
  })

  test('SA-3 an address that is taken or out of range is refused on its field', async () => {
    const allocations = await make()
    await allocations.beforeCreate(service('a', { clusterIP: '10.96.0.10' }), context)
    expect(await failure(allocations.beforeCreate(service('b', { clusterIP: '10.96.0.10' }), context))).toContain('provided IP is already allocated')
    expect(await failure(allocations.beforeCreate(service('c', { clusterIP: '10.97.0.10' }), context))).toContain('failed to allocate IP 10.97.0.10: the provided network does not match the current range')
    expect(await failure(allocations.beforeCreate(service('d', { clusterIP: '10.96.0.255' }), context))).toContain('does not match the current range')
    expect(await failure(allocations.beforeCreate(service('e', { type: 'NodePort', ports: [{ port: 80 }, { port: 81, nodePort: 29_999 }] }), context))).toContain('spec.ports[1].nodePort: Invalid value: 29999: provided port is not in the valid range. The range of valid ports is 30000-30099')
  })

  test('SA-5 what a failed write took is given back', async () => {
    const allocations = await make()
    const wanted = { clusterIP: '10.96.0.10', type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] }
    const giveBack = await allocations.beforeCreate(service('a', wanted), context)
    await giveBack()
    await allocations.beforeCreate(service('b', wanted), context)
    expect(await failure(allocations.beforeCreate(service('c', { ...wanted, clusterIP: '10.96.0.11' }), context))).toContain('provided port is already allocated')
    await allocations.beforeCreate(service('d', { clusterIP: '10.96.0.11' }), context) // the refusal gave its address back
  })

  test('SA-4 SA-7 a change of type keeps the address; ExternalName gives everything back once it is stored', async () => {
    const allocations = await make()
    const old = service('a', { ports: [{ port: 80 }] })
    await allocations.beforeCreate(old, context)
    const next = service('a', { type: 'NodePort', ports: [{ port: 80 }] })
    await allocations.beforeUpdate(next, old, context)
    expect(spec(next).clusterIP).toBe(spec(old).clusterIP)
    const nodePort = spec(next).ports![0]!.nodePort!
    expect(nodePort).toBeGreaterThanOrEqual(30_000)
    const external = service('a', { type: 'ExternalName', externalName: 'x' })
    await allocations.beforeUpdate(external, next, context)
    expect(spec(external).clusterIP).toBeUndefined()
    const heir = () => service('b', { clusterIP: spec(old).clusterIP, type: 'NodePort', ports: [{ port: 80, nodePort }] })
    expect(await failure(allocations.beforeCreate(heir(), context))).toContain('already allocated')
    await allocations.afterUpdate(external, next)
    expect(await failure(allocations.beforeCreate(heir(), context))).toBe('no failure')
  })

  test('CA4 an address that meanwhile is another Service’s stays with it', async () => {
    const store = await newSharedStore()
    const { allocations } = allocatorOf(store)
    const a = service('a', { clusterIP: '10.96.0.10' })
    await allocations.beforeCreate(a, context)
    await allocations.afterDelete(service('other', { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] }))
    expect([...store.addresses.keys()]).toEqual(['10.96.0.10'])
    await allocations.afterDelete(a)
    expect([...store.addresses.keys()]).toEqual([])
  })

  test('SA-6 one port under two protocols shares its node port', async () => {
    const object = service('dns', { type: 'NodePort', ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] })
    await (await make()).beforeCreate(object, context)
    const [udp, tcp] = spec(object).ports!
    expect(udp!.nodePort).toBe(tcp!.nodePort)
  })

  test('SA-1 headless Services take no address', async () => {
    const store = await newSharedStore()
    const headless = service('h', { clusterIP: 'None' })
    await allocatorOf(store).allocations.beforeCreate(headless, context)
    expect(spec(headless).clusterIPs).toEqual(['None'])
    expect(store.addresses.size).toBe(0)
  })

  test('SA-8 a dry run takes nothing', async () => {
    const store = await newSharedStore()
    const { allocations, nodePorts } = allocatorOf(store)
    const object = service('a', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 80 }, { port: 81, nodePort: 30_005 }] })
    await allocations.beforeCreate(object, { ...context, dryRun: true })
    expect(spec(object)).toMatchObject({ clusterIP: '10.96.0.0', ports: [{ nodePort: 32_769 }, { nodePort: 30_005 }], healthCheckNodePort: 32_770 })
    expect(store.addresses.size).toBe(0)
    expect(await nodePorts.has(30_005)).toBe(false)
  })

  test('CA2 addresses come from ServiceCIDRs that are open, the next when one is full', async () => {
    const store = await newSharedStore()
    const serviceRange = (name: string, cidr: string, more: object = {}): KubeObject => ({ kind: 'ServiceCIDR', apiVersion: 'networking.k8s.io/v1', metadata: { name }, spec: { cidrs: [cidr] }, ...more })
    store.serviceRanges.push(serviceRange('kubernetes', '10.96.0.0/30'), serviceRange('closing', '10.1.0.0/24', { status: { conditions: [{ type: 'Ready', status: 'False' }] } }), serviceRange('more', '10.97.0.0/30'))
    const { allocations } = allocatorOf(store)
    const [a, b] = [service('a', {}), service('b', {})]
    for (const object of [a, b]) await allocations.beforeCreate(object, context)
    expect([spec(a).clusterIP, spec(b).clusterIP]).toEqual(['10.96.0.2', '10.97.0.2'])
    expect(await failure(allocations.beforeCreate(service('c', { clusterIP: '10.1.0.9' }), context))).toContain('does not match the current range')
  })

  test('NP3 without the record of node ports none is given out', async () => {
    const { allocations } = allocatorOf(await newSharedStore({ isInitialised: false }))
    expect(await failure(allocations.beforeCreate(service('a', { type: 'NodePort', ports: [{ port: 80 }] }), context))).toContain('cannot allocate resources of type servicenodeportallocations at this time')
  })

  test('NP2 a port that another server gave back is seen to be free', async () => {
    const store = await newSharedStore()
    const [one, two] = [allocatorOf(store).nodePorts, allocatorOf(store).nodePorts]
    expect([await one.take(30_050), await two.take(30_050)]).toEqual(['allocated', 'taken'])
    await two.giveBack([30_050])
    expect(await one.take(30_050)).toBe('allocated')
  })
})
