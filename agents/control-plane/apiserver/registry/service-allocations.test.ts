import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../base/random.ts'
import { serverContext } from '../bootstrap/ensure-objects.ts'
import { ApiError } from '../http/api-error.ts'
import type { KubeObject } from './kube-object.ts'
import { ServiceAllocations } from './service-allocations.ts'

const context = serverContext(new AbortController().signal)
const make = (range = '10.96.0.0/24') => new ServiceAllocations({ range, nodePorts: { first: 30_000, size: 100 }, random: seededRandom(1) })
const service = (name: string, spec: object): KubeObject => ({ kind: 'Service', apiVersion: 'v1', metadata: { name, namespace: 'default' }, spec: { type: 'ClusterIP', ...spec } })
const spec = (object: KubeObject) => object['spec'] as { clusterIP?: string; clusterIPs?: string[]; ports?: { nodePort?: number }[] }

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
    const allocations = make('10.96.0.0/28')
    const services = Array.from({ length: 13 }, (_, index) => service(`s${index}`, {}))
    await Promise.all(services.map(object => allocations.beforeCreate(object, context)))
    expect(new Set(services.map(object => spec(object).clusterIP)).size).toBe(13)
    expect(await failure(allocations.beforeCreate(service('late', {}), context))).toContain('range is full')
  })

  test('SA-2 unasked addresses come from above the static band', async () => {
    const object = service('a', {})
    await make().beforeCreate(object, context)
    expect(Number(spec(object).clusterIP!.split('.')[3])).toBeGreaterThan(16)
    expect(spec(object).clusterIPs).toEqual([spec(object).clusterIP])
  })

  test('SA-3 an address that is taken or out of range is refused on its field', async () => {
    const allocations = make()
    await allocations.beforeCreate(service('a', { clusterIP: '10.96.0.10' }), context)
    expect(await failure(allocations.beforeCreate(service('b', { clusterIP: '10.96.0.10' }), context))).toContain('provided IP is already allocated')
    expect(await failure(allocations.beforeCreate(service('c', { clusterIP: '10.97.0.10' }), context))).toContain('not in the valid range')
  })

  test('SA-5 what a failed write took is given back', async () => {
    const allocations = make()
    const giveBack = await allocations.beforeCreate(service('a', { clusterIP: '10.96.0.10', type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] }), context)
    giveBack()
    await allocations.beforeCreate(service('b', { clusterIP: '10.96.0.10', type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] }), context)
  })

  test('SA-4 a change of type keeps the address; ExternalName gives it back', async () => {
    const allocations = make()
    const old = service('a', { ports: [{ port: 80 }] })
    await allocations.beforeCreate(old, context)
    const next = service('a', { type: 'NodePort', ports: [{ port: 80 }] })
    await allocations.beforeUpdate(next, old, context)
    expect(spec(next).clusterIP).toBe(spec(old).clusterIP)
    expect(spec(next).ports![0]!.nodePort).toBeGreaterThanOrEqual(30_000)
    const external = service('a', { type: 'ExternalName', externalName: 'x' })
    await allocations.beforeUpdate(external, next, context)
    allocations.observe(external, next, false)
    expect(spec(external).clusterIP).toBeUndefined()
    expect(await failure(allocations.beforeCreate(service('b', { clusterIP: spec(old).clusterIP }), context))).toBe('no failure')
  })

  test('SA-6 one port under two protocols shares its node port', async () => {
    const object = service('dns', { type: 'NodePort', ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] })
    await make().beforeCreate(object, context)
    const [udp, tcp] = spec(object).ports!
    expect(udp!.nodePort).toBe(tcp!.nodePort)
  })

  test('SA-1 the first address is the API server’s, and headless Services take none', async () => {
    const allocations = make()
    expect(allocations.serverAddress).toBe('10.96.0.1')
    const headless = service('h', { clusterIP: 'None' })
    await allocations.beforeCreate(headless, context)
    expect(spec(headless).clusterIPs).toEqual(['None'])
  })
})
