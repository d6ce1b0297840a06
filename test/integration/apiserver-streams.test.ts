/**
 * log, exec, port-forward and proxy through the API server to a kubelet that stands behind an egress proxy, as on a lab.
 * The kubelet here only shows what reaches it.
 */
import type { Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer as createTcp } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startConnectProxy } from './connect-proxy.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'

let plane: ControlPlane
let api: RawApi
let kubelet: Server
/** As the pod network knows it; the egress proxy leads there. */
const podAddress = '10.9.8.7'
const dialled: string[] = []
const seen: { url: string; user: string; upgrade: string | undefined }[] = []
const closers: (() => void)[] = []
const folder = mkdtempSync(join(tmpdir(), 'kubarium-streams-'))

beforeAll(async () => {
  const egress = join(folder, 'egress.sock')
  const proxy = await startConnectProxy(egress, podAddress, target => { dialled.push(target) })
  closers.push(() => proxy.close())
  const config = join(folder, 'egress.yaml')
  writeFileSync(config, JSON.stringify({ apiVersion: 'apiserver.k8s.io/v1beta1', kind: 'EgressSelectorConfiguration', egressSelections: [{ name: 'cluster', connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: egress } } } }] }))
  plane = await startControlPlane({ flags: [`--egress-selector-config-file=${config}`] })
  api = rawApi(plane)
  const port = await startKubelet()
  await api.call('POST', '/api/v1/nodes', {
    metadata: { name: 'n1' },
    status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: port } } },
  })
  await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  await api.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'web', ports: [{ containerPort: 8080 }] }] } })
  await api.call('POST', '/api/v1/namespaces/default/pods/p/binding', { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } })
})

afterAll(async () => {
  for (const close of closers) close()
  await plane?.stop()
})

async function startKubelet(): Promise<number> {
  const { cert, key } = await plane.certificateFor({ commonName: 'n1', ips: ['127.0.0.1'] })
  kubelet = createHttps({ cert, key, ca: plane.ca, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    note(request)
    if (request.url!.includes('missing')) {
      response.writeHead(404).end('container "missing" is not running')
      return
    }
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write('first line\n')
    setTimeout(() => response.end('last line\n'), 50)
  }) as unknown as Server
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' })
  kubelet.on('upgrade', (request, socket, head) => {
    note(request)
    if (request.headers.upgrade === 'SPDY/3.1') {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n')
      socket.pipe(socket)
      return
    }
    sockets.handleUpgrade(request, socket, head, web => {
      web.on('message', data => {
        web.send(data)
      })
    })
  })
  await new Promise<void>(resolve => kubelet.listen(0, '127.0.0.1', resolve))
  closers.push(() => kubelet.close())
  return (kubelet.address() as AddressInfo).port
}

function note(request: { url?: string; socket: unknown; headers: { upgrade?: string } }): void {
  seen.push({ url: request.url!, user: (request.socket as TLSSocket).getPeerCertificate().subject.CN as string, upgrade: request.headers.upgrade })
}

function openWebSocket(path: string, certificate = plane.admin): WebSocket {
  return new WebSocket(`${plane.server.replace('https', 'wss')}${path}`, ['v5.channel.k8s.io'], { ca: plane.ca, cert: certificate.cert, key: certificate.key })
}

test('logs stream from the kubelet through the egress proxy', async () => {
  const log = await api.call('GET', '/api/v1/namespaces/default/pods/p/log?tailLines=5&timestamps=true')
  expect([log.status, log.headers['content-type'], log.text]).toEqual([200, 'text/plain', 'first line\nlast line\n'])
  expect(seen.at(-1)).toMatchObject({ url: '/containerLogs/default/p/c?timestamps=true&tailLines=5', user: 'kube-apiserver-kubelet-client' })
  expect(dialled.at(-1)).toBe(`127.0.0.1:${(kubelet.address() as AddressInfo).port}`)
})

test('an exec WebSocket is passed through, byte for byte, both ways', async () => {
  const socket = openWebSocket('/api/v1/namespaces/default/pods/p/exec?command=ls&command=-l&stdin=true&stdout=true&tty=true')
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  expect(socket.protocol).toBe('v5.channel.k8s.io')
  expect(seen.at(-1)).toMatchObject({ url: '/exec/default/p/c?input=1&output=1&tty=1&command=ls&command=-l', upgrade: 'websocket' })
  const bytes = Buffer.alloc(300_000, 'x')
  const echoed = new Promise<Buffer>(resolve => socket.once('message', data => {
    resolve(data as Buffer)
  }))
  socket.send(bytes)
  expect((await echoed).equals(bytes)).toBe(true)
  const closed = new Promise<number>(resolve => socket.once('close', resolve))
  socket.close(1000)
  expect(await closed).toBe(1000)
})

test('a SPDY upgrade is passed through with its protocol header', async () => {
  const socket = connectTls({ port: Number(new URL(plane.server).port), host: '127.0.0.1', ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key, ALPNProtocols: ['http/1.1'] })
  socket.write('POST /api/v1/namespaces/default/pods/p/portforward HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n')
  let text = ''
  const untilText = async (wanted: string) => {
    for (let waited = 0; !text.includes(wanted); waited += 10) {
      if (waited > 5_000) throw new Error(`not seen: ${wanted} in ${text}`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }
  socket.on('data', chunk => {
    text += chunk.toString()
  })
  await untilText('\r\n\r\n')
  expect(text).toMatch(/^HTTP\/1\.1 101 /)
  expect(text).toContain('X-Stream-Protocol-Version: v4.channel.k8s.io')
  expect(seen.at(-1)).toMatchObject({ url: '/portForward/default/p', upgrade: 'SPDY/3.1' })
  socket.write('ping over the tunnel')
  await untilText('ping over the tunnel')
  socket.destroy()
})

test('what the kubelet refuses is a Status; what cannot be right never reaches it', async () => {
  const reached = seen.length
  expect((await api.call('GET', '/api/v1/namespaces/default/pods/p/log?container=none')).json).toMatchObject({ code: 400, message: 'container none is not valid for pod p' })
  expect((await api.call('GET', '/api/v1/namespaces/default/pods/none/log')).status).toBe(404)
  expect((await api.call('GET', '/api/v1/namespaces/default/pods/p/exec?command=ls')).status).toBe(400)
  expect(seen).toHaveLength(reached)
})

test('a WebSocket exec needs the verb create, though it opens with GET', async () => {
  await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'looker' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods/exec'] }] })
  await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'looker' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'looker' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'looker' }] })
  const socket = openWebSocket('/api/v1/namespaces/default/pods/p/exec?command=ls&stdout=true', await plane.certificateFor({ commonName: 'looker' }))
  const refused = await new Promise<number>(resolve => {
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
    })
    socket.once('open', () => {
      resolve(101)
    })
    socket.once('error', () => {})
  })
  expect(refused).toBe(403)
})

test('pods/proxy carries a request to the pod, and a node that cannot be reached is told plainly', async () => {
  const web = createTcp((socket: Socket) => {
    socket.once('data', data => {
      const line = data.toString().split('\r\n')[0]!
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${line.length}\r\nConnection: close\r\n\r\n${line}`)
    })
  })
  await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve))
  const { port } = web.address() as AddressInfo
  await api.call('PATCH', '/api/v1/namespaces/default/pods/p/status', { status: { podIP: podAddress, podIPs: [{ ip: podAddress }] } }, { 'content-type': 'application/merge-patch+json' })
  const answer = await api.call('GET', `/api/v1/namespaces/default/pods/p:${port}/proxy/some/path?q=1`)
  expect([answer.status, answer.text]).toEqual([200, 'GET /some/path?q=1 HTTP/1.1'])
  web.close()
  const gone = await api.call('GET', `/api/v1/namespaces/default/pods/p:${port}/proxy/`)
  expect([gone.status, gone.json.message]).toEqual([500, expect.stringContaining('error dialing backend')])
})
