/**
 * What passes through the API server to kubelets, pods and services, and what must not: the vulnerabilities of the class
 * "the server's own credentials or place in the network used by somebody else" are replayed by name.
 */
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startConnectProxy } from './connect-proxy.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'
import { createTestAuthority } from './test-pki.ts'

const podAddress = '10.9.8.7'
const pod = '/api/v1/namespaces/default/pods/p'
const merge = { 'content-type': 'application/merge-patch+json' }

let plane: ControlPlane
let api: RawApi
let kubeletPort: number
let podPort: number
let dialled: string[] = []
let reached: { server: string; method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
/** How the kubelet answers the next upgrade. */
let kubeletAnswers = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'
const folder = mkdtempSync(join(tmpdir(), 'kubarium-proxying-'))
const servers: Server[] = []

beforeAll(async () => {
  const egress = join(folder, 'egress.sock')
  servers.push(await startConnectProxy(egress, podAddress, target => { dialled.push(target) }))
  const config = join(folder, 'egress.yaml')
  writeFileSync(config, JSON.stringify({ apiVersion: 'apiserver.k8s.io/v1beta1', kind: 'EgressSelectorConfiguration', egressSelections: [{ name: 'cluster', connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: egress } } } }] }))
  plane = await startControlPlane({ flags: [`--egress-selector-config-file=${config}`] })
  api = rawApi(plane)
  kubeletPort = await startKubelet(await plane.certificateFor({ commonName: 'n1', ips: [podAddress] }), 'kubelet')
  podPort = await startPod()
  await makeNode('n1', kubeletPort)
  await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  await makePod('p', 'n1')
  await setAddress('p', podAddress)
})

afterAll(async () => {
  for (const server of servers) server.close()
  await plane?.stop()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(() => {
  reached = []
  dialled = []
})

async function makeNode(name: string, port: number, address = podAddress): Promise<void> {
  await api.call('POST', '/api/v1/nodes', { metadata: { name }, status: { addresses: [{ type: 'InternalIP', address }], daemonEndpoints: { kubeletEndpoint: { Port: port } } } })
}

async function makePod(name: string, node: string): Promise<void> {
  await api.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name }, spec: { containers: [{ name: 'c', image: 'web', ports: [{ containerPort: podPort, name: 'web' }] }] } })
  await api.call('POST', `/api/v1/namespaces/default/pods/${name}/binding`, { metadata: { name }, target: { kind: 'Node', name: node } })
}

async function setAddress(name: string, ip: string): Promise<void> {
  const answer = await api.call('PATCH', `/api/v1/namespaces/default/pods/${name}/status`, { status: { podIP: ip, podIPs: [{ ip }] } }, merge)
  expect(answer.status).toBe(200)
}

function note(server: string, request: IncomingMessage, body = ''): void {
  reached.push({ server, method: request.method!, url: request.url!, headers: request.headers, body })
}

async function startKubelet(certificate: { cert: string; key: string }, name: string): Promise<number> {
  const server = createHttps({ ...certificate, ca: plane.ca, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    note(name, request)
    response.writeHead(request.url!.startsWith('/containerLogs') ? 302 : 200, { location: 'https://elsewhere.example/secret' }).end('kubelet says')
  }) as unknown as Server
  server.on('upgrade', (request, socket) => {
    note(name, request)
    socket.on('data', chunk => { reached.push({ server: `${name} tunnel`, method: '', url: '', headers: {}, body: String(chunk) }) })
    socket.write(kubeletAnswers)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return (server.address() as AddressInfo).port
}

async function startPod(): Promise<number> {
  const sockets = new WebSocketServer({ noServer: true })
  const server = createHttp((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      note('pod', request, Buffer.concat(chunks).toString())
      answerAsPod(request, response)
    })
  })
  server.on('upgrade', (request, socket, head) => {
    note('pod', request)
    sockets.handleUpgrade(request, socket, head, web => { web.on('message', data => { web.send(data) }) })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return (server.address() as AddressInfo).port
}

function answerAsPod(request: IncomingMessage, response: ServerResponse): void {
  const redirect = /^\/to\?(.*)$/.exec(request.url!)
  if (redirect !== null) {
    response.writeHead(302, { location: decodeURIComponent(redirect[1]!) }).end()
    return
  }
  response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'text/html', 'x-own': 'yes', connection: 'close, X-Hop', 'x-hop': 'stays here', 'keep-alive': 'timeout=9', 'set-cookie': ['a=1', 'b=2'] })
  response.end(request.method === 'HEAD' ? undefined : `${request.method} ${request.url}`)
}

/** Sends text on a connection of its own, and more once something came back; returns all that came. */
async function talk(first: string, then: string, headers = ''): Promise<string> {
  const socket = connectTls({ port: Number(new URL(plane.server).port), host: '127.0.0.1', ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key, ALPNProtocols: ['http/1.1'] })
  let text = ''
  socket.on('error', () => {})
  socket.on('data', chunk => { text += chunk.toString() })
  socket.write(`${first} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n${headers}\r\n`)
  for (let waited = 0; text === '' && waited < 5_000; waited += 10) await pause(10)
  if (!socket.destroyed) socket.write(then)
  await pause(150)
  socket.destroy()
  return text
}

describe('upgrades', () => {
  const smuggled = 'GET /run/secret HTTP/1.1\r\nHost: kubelet\r\n\r\n'

  test.each([
    ['a refusal', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', 403],
    ['a plain answer', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 500],
    ['an answer without end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n', 500],
    ['a redirect (CVE-2020-8559)', 'HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:6443/api/v1/secrets\r\nContent-Length: 0\r\n\r\n', 500],
    ['a permanent redirect (CVE-2022-3172)', 'HTTP/1.1 308 Permanent Redirect\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\n\r\n', 500],
    ['no HTTP at all', 'SSH-2.0-OpenSSH\r\n\r\n', 500],
  ])('%s instead of a switch leaves no tunnel to the kubelet (CVE-2018-1002105)', async (_name, answer, status) => {
    kubeletAnswers = answer
    const text = await talk(`POST ${pod}/exec?command=ls&stdout=true`, smuggled)
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(text).not.toMatch(/location:|169\.254|6443/i)
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(reached.map(({ url, body }) => url + body)).toEqual(['/exec/default/p/c?output=1&command=ls'])
  })

  test('an upgrade without the right for it reaches nobody', async () => {
    const nobody = rawApi(plane, await plane.certificateFor({ commonName: 'nobody' }))
    for (const path of [`${pod}/exec?command=ls&stdout=true`, `${pod}/attach?stdout=true`, `${pod}/portforward`, `${pod}/log`, `${pod}/proxy/`, '/api/v1/nodes/n1/proxy/run/x', '/api/v1/namespaces/default/services/s/proxy/']) {
      expect([path, (await nobody.call('GET', path, undefined, { connection: 'Upgrade', upgrade: 'SPDY/3.1' })).status]).toEqual([path, 403])
    }
    expect([reached, dialled]).toEqual([[], []])
  })

  test('what the client showed to be let in stays here', async () => {
    kubeletAnswers = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'
    await talk(`POST ${pod}/exec?command=ls&stdout=true`, '', 'Authorization: Bearer secret-token\r\nX-Remote-User: root\r\nX-Remote-Group: system:masters\r\nX-Remote-Extra-A: b\r\nImpersonate-User: kubernetes-admin\r\nImpersonate-Group: system:masters\r\nCookie: own=1\r\nProxy-Authorization: Basic eA==\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n')
    const { headers } = reached[0]!
    expect(Object.keys(headers).filter(name => /authorization|remote|impersonate/.test(name))).toEqual([])
    expect([headers['x-stream-protocol-version'], headers.upgrade]).toEqual(['v4.channel.k8s.io', 'SPDY/3.1'])
    expect(JSON.stringify(headers)).not.toContain('secret-token')
  })

  test('a kubelet that cannot prove who it is is told nothing', async () => {
    const stranger = await createTestAuthority('stranger')
    await makeNode('false', await startKubelet(await stranger.sign({ commonName: 'false', ips: [podAddress] }), 'false'))
    await makeNode('named', await startKubelet(await plane.certificateFor({ commonName: 'other', dns: ['other'] }), 'named'))
    for (const node of ['false', 'named']) {
      await makePod(`on-${node}`, node)
      for (const path of [`/api/v1/namespaces/default/pods/on-${node}/log`, `/api/v1/nodes/${node}/proxy/pods`]) {
        const answer = await api.call('GET', path)
        expect([path, answer.status, /certificate|altnames|self-signed/.test(answer.text)]).toEqual([path, 500, true])
      }
    }
    expect(reached).toEqual([])
    expect((await api.call('GET', '/api/v1/namespaces/default/pods/on-false/log?insecureSkipTLSVerifyBackend=true')).status).not.toBe(200)
    expect(reached.map(({ url }) => url)).toEqual(['/containerLogs/default/on-false/c'])
  })

  test.each(['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::', '169.254.169.254', '::ffff:127.0.0.1', '::ffff:7f00:1', '127.1', '2130706433', '0x7f.1', '224.0.0.1', '255.255.255.255', 'fe80::1'])('a node that says it is %s is not proxied to, on its kubelet\'s port or another (CVE-2022-3294)', async address => {
    const own = Number(new URL(plane.server).port)
    const name = `at-${address.replaceAll(/[.:]/g, '-')}x`
    await makeNode(name, own, address)
    for (const host of [name, `https:${name}:${own}`, `http:${name}:80`]) {
      const answer = await api.call('GET', `/api/v1/nodes/${host}/proxy/api/v1/namespaces/kube-system/secrets`)
      expect([host, answer.status]).toEqual([host, 400])
    }
    expect(dialled).toEqual([])
  })

  test('a redirect of a log is not followed', async () => {
    const answer = await api.call('GET', `${pod}/log`)
    expect([answer.status, answer.headers.location]).toEqual([500, undefined])
    expect(dialled).toHaveLength(1)
  })
})

describe('proxied requests', () => {
  const through = (path: string) => `/api/v1/namespaces/default/pods/p:${podPort}/proxy${path}`

  test('every method passes with its body, its path as written and its query', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'POST', 'PUT', 'PATCH']) {
      const hasBody = ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)
      const answer = await api.call(method, through('/a%2Fb/c%20d;e?x=%2F&y=a+b'), hasBody ? 'the body' : undefined, hasBody ? { 'content-type': 'text/plain' } : {})
      expect([method, answer.status, answer.headers['x-own']]).toEqual([method, method === 'POST' ? 201 : 200, 'yes'])
      expect(reached.at(-1)).toMatchObject({ method, url: '/a%2Fb/c%20d;e?x=%2F&y=a+b', body: hasBody ? 'the body' : '' })
    }
  })

  test('headers of the hop stay, cookies and the rest pass, and the backend learns where a request came from', async () => {
    const answer = await api.call('GET', through('/x'), undefined, { connection: 'keep-alive, X-Client-Hop', 'x-client-hop': 'secret', te: 'trailers', 'x-kept': 'yes', authorization: 'Bearer x', 'x-forwarded-for': '1.2.3.4', 'x-remote-user': 'root' })
    expect(answer.headers).toMatchObject({ 'x-own': 'yes', 'set-cookie': ['a=1', 'b=2'] })
    expect([answer.headers['x-hop'], answer.headers['keep-alive'] === 'timeout=9']).toEqual([undefined, false])
    const { headers } = reached.at(-1)!
    expect([headers['x-client-hop'], headers.te, headers.authorization, headers['x-remote-user'], headers['x-kept']]).toEqual([undefined, undefined, undefined, undefined, 'yes'])
    expect(headers).toMatchObject({ host: `${podAddress}:${podPort}`, 'x-forwarded-for': '1.2.3.4, 127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-uri': through('/x'), 'x-forwarded-host': new URL(plane.server).host })
  })

  test('redirects are rewritten, and never followed', async () => {
    const to = async (location: string) => (await api.call('GET', through(`/to?${encodeURIComponent(location)}`))).headers.location
    expect(await to('/login?next=/x')).toBe(through('/login?next=/x'))
    expect(await to(`http://${podAddress}:${podPort}/x`)).toBe(through('/x'))
    expect(await to('relative')).toBe('relative')
    expect(await to('https://elsewhere.example/x')).toBe('https://elsewhere.example/x')
    expect(reached).toHaveLength(4)
    const bare = await api.call('GET', `${through('')}?a=b`)
    expect([bare.status, bare.headers.location]).toEqual([301, `${through('/')}?a=b`])
  })

  test('dots do not lead out of the pod', async () => {
    await talk(`GET ${through('/%2e%2e/../secrets')}`, '')
    expect(reached.map(({ server, url }) => [server, url])).toEqual([['pod', '/secrets']])
  })

  test('a WebSocket to a pod', async () => {
    const socket = new WebSocket(`${plane.server.replace('https', 'wss')}${through('/ws')}`, { ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key })
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    socket.send(Buffer.alloc(500_000, 'w'))
    expect((await new Promise<Buffer>(resolve => socket.once('message', data => { resolve(data as Buffer) }))).length).toBe(500_000)
    socket.close()
  })

  test.each(['127.0.0.1', '169.254.169.254', '0.0.0.0', '::1', '::ffff:127.0.0.1', 'fe80::1', '224.0.0.1'])('a pod that says it is %s is not reached (CVE-2020-8562)', async ip => {
    const name = `odd-${ip.replaceAll(/[.:]/g, '-').replace(/^-+/, 'x').replace(/-+$/, '')}`
    await makePod(name, 'n1')
    const patched = await api.call('PATCH', `/api/v1/namespaces/default/pods/${name}/status`, { status: { podIP: ip, podIPs: [{ ip }] } }, merge)
    if (patched.status !== 200) return // refused even earlier
    const answer = await api.call('GET', `/api/v1/namespaces/default/pods/${name}:${podPort}/proxy/`)
    expect([answer.status, answer.json.message]).toEqual([400, 'address not allowed'])
    expect(dialled).toEqual([])
  })

  test('a node leads to its kubelet, and to no port that is none', async () => {
    expect((await api.call('GET', '/api/v1/nodes/n1/proxy/pods')).text).toBe('kubelet says')
    for (const port of [0, 65_536, 'x']) expect([port, (await api.call('GET', `/api/v1/nodes/n1:${port}/proxy/x`)).status]).toEqual([port, 400])
    expect(reached.map(({ server }) => server)).toEqual(['kubelet'])
  })

  test('a service leads to its ready endpoints, which may not be just anywhere', async () => {
    await api.call('POST', '/api/v1/namespaces/default/services', { metadata: { name: 's' }, spec: { ports: [{ name: 'web', port: 80, targetPort: podPort }] } })
    const slice = (address: string, ready: boolean) => ({ metadata: { name: 's-1', labels: { 'kubernetes.io/service-name': 's' } }, addressType: 'IPv4', endpoints: [{ addresses: [address], conditions: { ready } }], ports: [{ name: 'web', port: podPort }] })
    const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
    await api.call('POST', slices, slice(podAddress, true))
    for (const name of ['s', 's:web', 's:80', 'http:s:web']) expect([name, (await api.call('GET', `/api/v1/namespaces/default/services/${name}/proxy/x`)).text]).toEqual([name, 'GET /x'])
    expect((await api.call('GET', '/api/v1/namespaces/default/services/s:other/proxy/x')).status).toBe(503)
    const notReady = slice(podAddress, false)
    await api.call('PATCH', `${slices}/s-1`, { endpoints: notReady.endpoints }, merge)
    expect((await api.call('GET', '/api/v1/namespaces/default/services/s/proxy/x')).status).toBe(503)
    reached = []
    const loop = await api.call('PATCH', `${slices}/s-1`, { endpoints: slice('127.0.0.1', true).endpoints }, merge)
    if (loop.status === 200) expect((await api.call('GET', '/api/v1/namespaces/default/services/s/proxy/x')).status).toBe(400)
    expect(reached).toEqual([])
  })
})
