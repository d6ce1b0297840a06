import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { MemoryLog } from '../../../agents/base/log.ts'
import { systemClock } from '../../../agents/runtime/index.ts'
import { connectionTo, portOf } from './testing/local-sockets.ts'
import { type Balance, LoadBalancer } from './load-balancer.ts'

/** Two web servers that answer with their name, and whether they are healthy. */
async function backends() {
  const healthy = new Set(['a', 'b'])
  const ports = new Map<string, number>()
  for (const name of ['a', 'b']) {
    const server = createServer((request, response) => {
      if (request.url === '/healthz') response.writeHead(healthy.has(name) ? 200 : 503).end()
      else response.end(name)
    })
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    onTestFinished(() => { server.closeAllConnections(); server.close() })
    ports.set(name, (server.address() as AddressInfo).port)
  }
  return { healthy, ports }
}

async function balancer() {
  const { healthy, ports } = await backends()
  const broken = new Set<string>()
  const dial = (name: string): Promise<Socket> => (broken.has(name) ? Promise.reject(new Error('broken')) : connectionTo('127.0.0.1', ports.get(name)!))
  const lb = new LoadBalancer({ address: '127.0.0.1', dial, dialHealth: dial, dialDatagrams: () => Promise.reject(new Error('not here')), clock: systemClock, log: new MemoryLog() })
  onTestFinished(() => lb.close())
  const port = await portOf('127.0.0.1')
  const balance = { ports: [{ protocol: 'TCP', port, targetPort: 1 }], backends: ['a', 'b'], health: { port: 2, path: '/healthz' }, affinityMs: null, sourceRanges: [] } satisfies Balance as Balance
  await lb.change(balance)
  return { lb, port, balance, healthy, broken }
}

const ask = async (port: number): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
  return answer.text()
}

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { timeout: 10_000, interval: 20 }).toBe(true)
}

describe('load balancer', () => {
  test('NB2 NB3: goes round the backends that answer their health question', async () => {
    const { lb, port, healthy } = await balancer()
    await until(() => lb.backends.every(({ healthy: up }) => up))
    expect([await ask(port), await ask(port), await ask(port)].sort()).toEqual(expect.arrayContaining(['a', 'b']))
    healthy.delete('a')
    await until(() => lb.backends.some(({ name, healthy: up, detail }) => name === 'a' && !up && detail === 'status 503'))
    expect(new Set([await ask(port), await ask(port), await ask(port)])).toEqual(new Set(['b']))
  })

  test('NB2: a backend that cannot be reached is passed over, and without any the client is reset', async () => {
    const { lb, port, broken } = await balancer()
    await until(() => lb.backends.every(({ healthy: up }) => up))
    broken.add('a')
    expect(new Set([await ask(port), await ask(port)])).toEqual(new Set(['b']))
    broken.add('b')
    await expect(ask(port)).rejects.toThrow()
  })

  test('NB4: a change keeps open connections and the port', async () => {
    const { lb, port, balance } = await balancer()
    await until(() => lb.backends.every(({ healthy: up }) => up))
    const open = connect(port, '127.0.0.1')
    await until(() => lb.backends.some(({ connections }) => connections === 1))
    await lb.change({ ...balance, backends: ['b'] })
    expect(await ask(port)).toBe('b')
    expect(open.destroyed).toBe(false)
    open.destroy()
  })

  test('NB5: a client outside the source ranges is reset', async () => {
    const { lb, port, balance } = await balancer()
    await until(() => lb.backends.every(({ healthy: up }) => up))
    await lb.change({ ...balance, sourceRanges: ['10.0.0.0/8'] })
    await expect(ask(port)).rejects.toThrow()
    await lb.change({ ...balance, sourceRanges: ['127.0.0.0/8'] })
    expect(['a', 'b']).toContain(await ask(port))
  })

  test('NB1: a port that is taken is reported, and opened when it is free', async () => {
    const { lb, balance } = await balancer()
    const other = createServer()
    const taken = await new Promise<number>(resolve => { other.listen(0, '127.0.0.1', () => { resolve((other.address() as AddressInfo).port) }) })
    await lb.change({ ...balance, ports: [...balance.ports, { protocol: 'TCP', port: taken, targetPort: 1 }] })
    expect(lb.problems).toEqual([{ protocol: 'TCP', port: taken, reason: `127.0.0.1:${taken} is already used by another program; free it, or give the Service another port` }])
    await new Promise(resolve => other.close(resolve))
    await lb.change({ ...balance, ports: [...balance.ports, { protocol: 'TCP', port: taken, targetPort: 1 }] })
    expect(lb.problems).toEqual([])
  })

  test('NB1 NB2 NB4: a UDP port of the same number; a backend that was taken out gets no more datagrams', async () => {
    const { ports } = await backends()
    const dial = (name: string): Promise<Socket> => connectionTo('127.0.0.1', ports.get(name)!)
    const lb = new LoadBalancer({
      address: '127.0.0.1', dial, dialHealth: dial, clock: systemClock, log: new MemoryLog(),
      dialDatagrams: (backend, port, listener) => Promise.resolve({ send: payload => { listener.onAnswer(Buffer.from(`${backend}:${port} ${String(payload)}`)) }, close() {} }),
    })
    onTestFinished(() => lb.close())
    const port = await portOf('127.0.0.1')
    const balance: Balance = { ports: [{ protocol: 'TCP', port, targetPort: 1 }, { protocol: 'UDP', port, targetPort: 2 }], backends: ['a'], health: { port: 2, path: '/healthz' }, affinityMs: null, sourceRanges: [] }
    await lb.change(balance)
    expect(lb.problems).toEqual([])
    await until(() => lb.backends.every(({ healthy: up }) => up))
    expect(await ask(port)).toBe('a')
    const client = createSocket('udp4')
    onTestFinished(() => { client.close() })
    const heard: string[] = []
    client.on('message', payload => heard.push(String(payload)))
    client.send('hello', port, '127.0.0.1')
    await until(() => heard.includes('a:2 hello'))
    expect(lb.backends).toMatchObject([{ name: 'a', connections: 1 }])
    await lb.change({ ...balance, backends: ['b'] })
    await until(() => lb.backends.every(({ healthy: up }) => up))
    client.send('again', port, '127.0.0.1')
    await until(() => heard.includes('b:2 again'))
    await lb.change({ ...balance, ports: [balance.ports[0]!] })
    const other = createSocket('udp4')
    await new Promise<void>((resolve, reject) => {
      other.once('error', reject)
      other.bind({ port, address: '127.0.0.1', exclusive: true }, () => { other.close(resolve) })
    })
  })
})
