import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { MemoryLog } from '../../../agents/base/log.ts'
import type { CloudRoute, CloudVolume, LoadBalancer, LoadBalancerWish } from '../../../agents/wire/cloud/cloud-api.ts'
import { CloudError } from './cloud-error.ts'
import { CloudServer, type CloudService } from './cloud-server.ts'
import { routeCommands } from './plan-routes.ts'

const wish: LoadBalancerWish = { service: 'default/web', ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: 30_080 }], nodes: ['node-1'], healthCheck: { port: 10_256, path: '/healthz' }, affinitySeconds: null, sourceRanges: [], address: null }

async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-cloud-'))
  const socket = join(folder, 'cloud.sock')
  const balancers = new Map<string, LoadBalancer>()
  const routes = new Map<string, CloudRoute>()
  const volumes = new Map<string, CloudVolume>()
  const service: CloudService = {
    instances: () => [],
    routes: () => [...routes.values()],
    ensureRoute: async route => { routes.set(route.name, route) },
    deleteRoute: async name => { routes.delete(name) },
    loadBalancers: () => [...balancers.values()],
    ensureLoadBalancer: async (name, given) => {
      if (given.address === '10.0.0.1') throw new CloudError(400, '10.0.0.1 is not an address of this desktop')
      const made: LoadBalancer = { ...given, name, address: '127.77.0.1', problems: [], backends: [] }
      balancers.set(name, made)
      return made
    },
    deleteLoadBalancer: async name => { balancers.delete(name) },
    volumes: () => [...volumes.values()],
    ensureVolume: async (id, sizeBytes) => {
      const volume = { id, sizeBytes, node: volumes.get(id)?.node ?? null }
      volumes.set(id, volume)
      return volume
    },
    deleteVolume: async id => { volumes.delete(id) },
    plugIn: async (id, node) => { volumes.set(id, { ...volumes.get(id)!, node }) },
    takeOut: async id => { volumes.set(id, { ...volumes.get(id)!, node: null }) },
  }
  const server = await CloudServer.listen(socket, service, new MemoryLog())
  onTestFinished(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const ask = (method: string, path: string, body?: string): Promise<{ status: number; text: string }> => new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, method, path }, response => {
      let text = ''
      response.on('data', chunk => { text += String(chunk) })
      response.on('end', () => { resolve({ status: response.statusCode!, text }) })
    })
    asked.on('error', reject)
    asked.end(body)
  })
  return { socket, ask }
}

describe('cloud server', () => {
  test('CS1: only the owner may open the socket', async () => {
    const { socket } = await open()
    expect(statSync(socket).mode & 0o777).toBe(0o600)
  })

  test('makes, tells and deletes load balancers and routes; both ways may be repeated', async () => {
    const { ask } = await open()
    expect((await ask('GET', '/v1/load-balancers/a1')).status).toBe(404)
    for (let turn = 0; turn < 2; turn++) expect(JSON.parse((await ask('PUT', '/v1/load-balancers/a1', JSON.stringify(wish))).text)).toMatchObject({ name: 'a1', address: '127.77.0.1' })
    expect(JSON.parse((await ask('GET', '/v1/load-balancers')).text)).toHaveLength(1)
    for (let turn = 0; turn < 2; turn++) expect(await ask('DELETE', '/v1/load-balancers/a1')).toEqual({ status: 204, text: '' })
    expect((await ask('PUT', '/v1/routes/r%2F1', '{"node":"node-1","destination":"10.244.1.0/24"}')).status).toBe(204)
    expect(JSON.parse((await ask('GET', '/v1/routes')).text)).toEqual([{ name: 'r/1', node: 'node-1', destination: '10.244.1.0/24' }])
  })

  test('makes, plugs in, takes out and deletes volumes', async () => {
    const { ask } = await open()
    expect(JSON.parse((await ask('PUT', '/v1/volumes/pvc-1', '{"sizeBytes":1024}')).text)).toEqual({ id: 'pvc-1', sizeBytes: 1024, node: null })
    expect((await ask('PUT', '/v1/volumes/pvc-1/machines/node-1')).status).toBe(204)
    expect(JSON.parse((await ask('GET', '/v1/volumes/pvc-1')).text)).toMatchObject({ node: 'node-1' })
    expect((await ask('DELETE', '/v1/volumes/pvc-1/machines/node-1')).status).toBe(204)
    expect((await ask('DELETE', '/v1/volumes/pvc-1')).status).toBe(204)
    expect(JSON.parse((await ask('GET', '/v1/volumes')).text)).toEqual([])
    expect((await ask('PUT', '/v1/volumes/..%2Fx', '{"sizeBytes":1}')).status).toBe(400)
    expect((await ask('PUT', '/v1/volumes/x', '{"sizeBytes":-1}')).status).toBe(400)
  })

  test('CS2 CS3: says what is wrong', async () => {
    const { ask } = await open()
    const told = async (path: string, body: string): Promise<string> => (JSON.parse((await ask('PUT', path, body)).text) as { message: string }).message
    expect(await told('/v1/load-balancers/a', '{')).toContain('the body is not JSON')
    expect(await told('/v1/load-balancers/a', JSON.stringify({ ...wish, ports: [{ name: '', protocol: 'TCP', port: 0, nodePort: 1 }] }))).toBe('port must be a port from 1 to 65535, not 0')
    expect(await told('/v1/load-balancers/a', JSON.stringify({ ...wish, sourceRanges: ['all'] }))).toBe('sourceRanges must be a list of IPv4 ranges, not "all"')
    expect(await told('/v1/load-balancers/a', JSON.stringify({ ...wish, address: '10.0.0.1' }))).toBe('10.0.0.1 is not an address of this desktop')
    expect(await told('/v1/routes/a', '{"node":"n","destination":"x"}')).toBe('destination must be an IPv4 range such as 10.244.1.0/24, not "x"')
    expect(await told('/v1/load-balancers/a', `"${'x'.repeat(300_000)}"`)).toBe('the body is longer than 256 KiB')
    expect((await ask('GET', '/v1/secrets')).status).toBe(404)
  })
})

describe('routes of a node', () => {
  const routes: readonly CloudRoute[] = [{ name: 'a', node: 'node-1', destination: '10.244.1.0/24' }, { name: 'b', node: 'node-2', destination: '10.244.2.0/24' }, { name: 'c', node: 'gone', destination: '10.244.3.0/24' }]
  const addresses = new Map([['node-1', '172.30.0.11'], ['node-2', '172.30.0.12']])

  test('CR1 CR3: other nodes by their address, not itself, not one that is gone', () => {
    expect(routeCommands('node-1', routes, addresses, [], 'lan0')).toEqual(['route replace 10.244.2.0/24 via 172.30.0.12 dev lan0 proto 74'])
  })

  test('CR2: what is right stays, what is wrong is replaced, what is left over goes', () => {
    expect(routeCommands('node-1', routes, addresses, [{ dst: '10.244.2.0/24', gateway: '172.30.0.12' }], 'lan0')).toEqual([])
    expect(routeCommands('node-1', routes, addresses, [{ dst: '10.244.2.0/24', gateway: '172.30.0.99' }, { dst: '10.244.9.0/24', gateway: '172.30.0.19' }], 'lan0')).toEqual([
      'route replace 10.244.2.0/24 via 172.30.0.12 dev lan0 proto 74', 'route del 10.244.9.0/24 dev lan0 proto 74',
    ])
  })
})
