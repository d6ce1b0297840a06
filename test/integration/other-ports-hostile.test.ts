/**
 * What is sent to the ports beside the API server's by somebody who may do nothing there: the kubelet's, the simulated
 * kubelets', a component's, the registry's. Each answers in its own words, and goes on answering; a throw that nobody caught
 * would fail this file.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Verbosity } from '../../agents/runtime/verbosity.ts'
import { startKubeletServer } from '../../agents/node/kubelet/server/kubelet-server.ts'
import { startSimulatedKubeletServer } from '../../agents/node/simulated-kubelets/server/simulated-kubelet-server.ts'
import { createPrometheusMetrics, HealthChecks, Inspections, serveSecure } from '../../agents/runtime/index.ts'
import { startRegistry } from '../../electron/labhost/images/registry.ts'
import { createTestAuthority } from './test-pki.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} } as never
const folder = mkdtempSync(join(tmpdir(), 'kubarium-ports-'))
const nobody = { check: () => Promise.resolve({ allowed: false, status: 401, message: 'Unauthorized' }) } as never

interface Port { readonly port: number; readonly isTls: boolean; readonly host: string; close(): Promise<void> }
const ports = new Map<string, Port>()

beforeAll(async () => {
  const authority = await createTestAuthority('ca')
  const { cert, key } = await authority.sign({ commonName: 'server', dns: ['localhost'], ips: ['127.0.0.1'] })
  const own = { address: '127.0.0.1', port: 0, cert, key, clientCa: authority.cert }
  const process = { health: new HealthChecks(), metrics: createPrometheusMetrics('test', 'v0'), inspections: new Inspections() }
  const closing = (server: AsyncDisposable) => () => Promise.resolve(server[Symbol.asyncDispose]())
  const kubelet = await startKubeletServer(own, { verbosity: new Verbosity(2),
    access: nobody, log: silent,
    kubelet: { settings: { nodeName: 'n1' } } as never,
    metricsText: () => Promise.resolve(''),
    health: () => Promise.resolve({ status: 200, body: 'ok' }),
    inspect: () => Promise.resolve(undefined),
  })
  ports.set('the kubelet', { port: kubelet.port, isTls: true, host: 'n1', close: closing(kubelet) })
  const simulated = await startSimulatedKubeletServer(own, { process, access: nobody, byAddress: host => (host === 'n1' ? { name: 'n1', power: 'on' } as never : undefined), pods: () => [], usage: undefined as never, now: () => 0 })
  ports.set('simulated kubelets', { port: simulated.port, isTls: true, host: 'n1', close: closing(simulated) })
  const component = await serveSecure(process, own)
  ports.set('a component', { port: component.port, isTls: true, host: 'localhost', close: closing(component) })
  writeFileSync(join(folder, 'index.json'), '{"schemaVersion":2,"manifests":[]}')
  const registry = await startRegistry({ layout: folder, host: '127.0.0.1', port: 0, log: silent })
  ports.set('the registry', { port: registry.port, isTls: false, host: 'localhost', close: () => registry.close() })
})

afterAll(async () => {
  for (const port of ports.values()) await port.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Opened { readonly socket: Socket; readonly raw: Socket }

async function open({ port, isTls }: Port): Promise<Opened> {
  const raw = connectTcp(port, '127.0.0.1')
  const socket = isTls ? connectTls({ socket: raw, rejectUnauthorized: false }) : raw
  raw.on('error', () => {})
  await once(socket, isTls ? 'secureConnect' : 'connect')
  socket.on('error', () => {})
  return { socket, raw }
}

/** What comes back until the server closes, or a moment after its first words. */
async function exchange(port: Port, text: string): Promise<string> {
  const { socket } = await open(port)
  const chunks: Buffer[] = []
  const answered = new Promise<void>(resolve => {
    socket.once('close', () => { resolve() })
    socket.on('data', chunk => {
      chunks.push(chunk)
      setTimeout(resolve, 100)
    })
  })
  socket.write(Buffer.from(text, 'latin1'))
  await Promise.race([answered, pause(3_000)])
  socket.destroy()
  return Buffer.concat(chunks).toString('latin1')
}

const targets = ['//', '//[', 'http://[/x', 'http://elsewhere', '///', '/%zz', '/%00', '/..%2f..%2fetc%2fpasswd', '/containerLogs/%2e%2e/%2e%2e/etc', '/debug/inspect/%zz', '/debug/inspect/__proto__', '/v2/..%2f..%2f/blobs/sha256:%2e%2e', '/v2/%zz/manifests/%zz', '/v2/x/blobs/..%2f..%2fetc%2fpasswd', '/constructor', '*', `/${'a/'.repeat(7_000)}`, `/?${'a=b&'.repeat(3_500)}`]

describe.each(['the kubelet', 'simulated kubelets', 'a component', 'the registry'])('%s', name => {
  const port = () => ports.get(name)!

  test.each(targets)('is asked for %s', async target => {
    const { host } = port()
    for (const head of [`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`]) {
      expect((await exchange(port(), head)).slice(0, 60)).toMatch(/^HTTP\/1\.1 [345]\d\d /)
    }
  })

  test.each<[string, string]>([
    ['a head without end', `GET / HTTP/1.1\r\nHost: a\r\n${'X-A: b\r\n'.repeat(100_000)}`],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 100\r\n\r\n{}'],
    ['length and chunks', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['another protocol', 'SSH-2.0-x\r\n\r\n'],
  ])('is sent %s', async (_name, text) => {
    expect((await exchange(port(), text)).slice(0, 60)).toMatch(/^(HTTP\/1\.1 4\d\d |$)/)
  })

  test('is left in the middle of things', async () => {
    for (const text of ['', 'GET / HT', `GET /exec/a/b/c HTTP/1.1\r\nHost: ${port().host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, `GET /pods HTTP/1.1\r\nHost: ${port().host}\r\n\r\n`]) {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => open(port())))
      for (const { socket, raw } of sockets) {
        socket.write(text)
        raw.resetAndDestroy()
      }
    }
    await pause(100)
    expect(await exchange(port(), `GET /healthz HTTP/1.1\r\nHost: ${port().host}\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 \d\d\d /)
  })
})
