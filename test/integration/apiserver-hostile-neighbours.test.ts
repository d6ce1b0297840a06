/**
 * What others may do to each other through the API server: users by what it keeps of one another's answers, and servers that it
 * calls out to (webhooks, extension servers) by answering without end, or never.
 */
import { createServer } from 'node:https'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileGround, openTls } from './hostile-ground.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'
import { createTestAuthority } from './test-pki.ts'
import type { TestAuthority } from './test-pki.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubarium-neighbours-'))
const flags: string[] = []
const configMaps = '/api/v1/namespaces/n/configmaps'
const secrets = '/api/v1/namespaces/victim/secrets'
const roles = '/apis/rbac.authorization.k8s.io/v1'
let others: TestAuthority
let alice: RawApi
let bob: RawApi

beforeAll(async () => {
  others = await createTestAuthority('others')
  const proxy = await others.sign({ commonName: 'front-proxy-client' })
  for (const [name, text] of Object.entries({ 'proxy.crt': proxy.cert, 'proxy.key': proxy.key })) writeFileSync(join(folder, name), text)
  flags.push(`--proxy-client-cert-file=${join(folder, 'proxy.crt')}`, `--proxy-client-key-file=${join(folder, 'proxy.key')}`)
})

afterAll(() => {
  for (const server of servers) {
    server.close()
    ;(server as unknown as { closeAllConnections(): void }).closeAllConnections()
  }
  rmSync(folder, { recursive: true, force: true })
})

const ground = hostileGround({ flags }, async ({ api, plane }) => {
  alice = rawApi(plane, await plane.certificateFor({ commonName: 'alice' }))
  bob = rawApi(plane, await plane.certificateFor({ commonName: 'bob' }))
  for (let round = 0; round < 20; round += 1) await api.call('POST', `${configMaps}?dryRun=All`, { metadata: { name: `w${round}` }, data: { a: 'b' } })
})

const servers: Server[] = []

/** Answers as `serve` says, under a certificate for 127.0.0.1 and the Service `endless`. */
async function startServer(serve: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ port: number; caBundle: string }> {
  const { cert, key } = await others.sign({ commonName: 'endless', dns: ['endless.n.svc', 'localhost'], ips: ['127.0.0.1'] })
  const server = createServer({ cert, key }, (request, response) => {
    request.resume()
    response.on('error', () => {})
    serve(request, response)
  }) as unknown as Server
  servers.push(server)
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return { port: (server.address() as AddressInfo).port, caBundle: Buffer.from(others.cert).toString('base64') }
}

/** The same piece for as long as somebody takes it. */
function withoutEnd(response: ServerResponse, start: string, piece: string): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write(start)
  const chunk = piece.repeat(Math.ceil(65_536 / piece.length))
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
}

describe('what one user is told reaches no other', () => {
  const forms = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io']

  test.each(forms)('a list of Secrets as %s', async accept => {
    for (let round = 0; round < 3; round += 1) {
      expect((await ground.api.call('GET', secrets, undefined, { accept })).status).toBe(200)
      for (const query of ['', '?limit=1', '?resourceVersion=0', '?watch=true&timeoutSeconds=1', '?fieldSelector=metadata.name%3Dhidden']) {
        const answer = await bob.call('GET', `${secrets}${query}`, undefined, { accept })
        expect([query, answer.status, /canary|Y2FuYXJ5/.test(answer.text)]).toEqual([query, 403, false])
      }
    }
  })

  test('a right that is taken away is gone with the answer that says so, and so is one by group', async () => {
    await ground.api.call('POST', `${roles}/namespaces/victim/roles`, { metadata: { name: 'reader' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] }] })
    const binding = { metadata: { name: 'alice' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' }, subjects: [{ kind: 'User', name: 'alice', apiGroup: 'rbac.authorization.k8s.io' }] }
    for (let round = 0; round < 5; round += 1) {
      await ground.api.call('POST', `${roles}/namespaces/victim/rolebindings`, binding)
      expect([(await alice.call('GET', secrets)).status, (await bob.call('GET', secrets)).status]).toEqual([200, 403])
      await ground.api.call('DELETE', `${roles}/namespaces/victim/rolebindings/alice`)
      expect((await alice.call('GET', `${secrets}/hidden`)).status).toBe(403)
    }
  })

  test('two users on one connection of HTTP/1.1 each are who they are, whatever they say of themselves', async () => {
    for (const headers of [{ 'x-remote-user': 'kubernetes-admin', 'x-remote-group': 'system:masters' }, { 'impersonate-user': 'kubernetes-admin', 'impersonate-group': 'system:masters' }, { 'impersonate-uid': 'x' }, { 'x-forwarded-for': '127.0.0.1' }, { 'x-http-method-override': 'GET' }, { 'x-original-url': `${secrets}/hidden` }, { authorization: 'Basic a3ViZXJuZXRlcy1hZG1pbjp4' }, { cookie: 'user=kubernetes-admin' }] as Record<string, string>[]) {
      const answer = await bob.call('GET', secrets, undefined, headers)
      expect([headers, answer.status >= 400, answer.text.includes('canary')]).toEqual([headers, true, false])
    }
  })

  test('documents that may be kept are the same for everybody, and private where they may not', async () => {
    ground.allowedTurnMs = 80 // documents of a megabyte, made for the first time
    for (const path of ['/openapi/v3', '/openapi/v3/api/v1', '/openapi/v2', '/api', '/apis', '/api/v1', '/version']) {
      const [one, other] = [await ground.api.call('GET', path), await bob.call('GET', path)]
      expect([path, one.status, other.status, one.text === other.text]).toEqual([path, 200, 200, true])
    }
    for (const path of [secrets, `${secrets}/hidden`]) expect((await ground.api.call('GET', path)).headers['cache-control']).toBe('no-cache, private')
    const { etag } = (await ground.api.call('GET', '/api')).headers
    if (etag !== undefined) expect((await bob.call('GET', secrets, undefined, { 'if-none-match': etag })).status).toBe(403)
  })

  test.each(['/api/v1/namespaces/n/../victim/secrets/hidden', '/api/v1/namespaces/n/%2e%2e/victim/secrets/hidden', '/%2e%2e/api/v1/namespaces/victim/secrets/hidden', '/api/v1/namespaces//victim/secrets/hidden', '//api/v1/namespaces/victim/secrets/hidden', 'https://evil.example/api/v1/namespaces/victim/secrets/hidden', '/healthz/../api/v1/namespaces/victim/secrets/hidden', '/healthz%2f..%2fapi/v1/namespaces/victim/secrets', '/version/../api/v1/secrets', '/version?/../../api/v1/secrets', '/api/v1/watch/namespaces/victim/secrets/hidden', '/api/v1;x/namespaces/victim/secrets', '/livez/%2e%2e/%2e%2e/api/v1/secrets', '/openapi/v3/../../api/v1/secrets', '/apis/../api/v1/secrets'])('%s tells nothing to who may read the documents only', async target => {
    const socket = await openTls(ground.plane, { certificate: await ground.plane.certificateFor({ commonName: 'bob' }) })
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    await Promise.race([new Promise(resolve => { socket.once('close', resolve) }), pause(2_000)])
    socket.destroy()
    expect(Buffer.concat(chunks).toString('latin1')).not.toMatch(/canary|Y2FuYXJ5|"kind":"Secret"/)
  })
})

describe('servers that are called', () => {
  const webhooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
  const webhook = (port: number, caBundle: string) => ({ metadata: { name: 'endless' }, webhooks: [{ name: 'endless.example.com', clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle }, rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }], sideEffects: 'None', admissionReviewVersions: ['v1'], timeoutSeconds: 2, failurePolicy: 'Fail' }] })

  test.each<[string, (response: ServerResponse) => void]>([
    ['answers without end', response => { withoutEnd(response, '{"apiVersion":"', 'x') }],
    ['answers with values without end', response => { withoutEnd(response, '{"response":{"warnings":[""', ',"x"') }],
    ['never answers', () => {}],
    ['answers with a head and nothing more', response => { response.writeHead(200, { 'content-length': '100' }).flushHeaders() }],
    ['answers with a list nested deep', response => { response.end('['.repeat(1_000_000)) }],
    ['leads to this machine', response => { response.writeHead(307, { location: `${ground.plane.server}/api/v1/secrets` }).end() }],
  ])('a webhook that %s is given up on, and the request refused', async (_name, answer) => {
    const { port, caBundle } = await startServer((_request, response) => { answer(response) })
    expect((await ground.api.call('POST', webhooks, webhook(port, caBundle))).status).toBe(201)
    await expect.poll(async () => (await ground.api.call('POST', `${configMaps}?dryRun=All`, { metadata: { name: 'a' } })).status, { timeout: 10_000 }).toBe(500)
    const started = performance.now()
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => ground.api.call('POST', `${configMaps}?dryRun=All`, { metadata: { name: `a${index}` } })))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 500))
    expect(answers[0]!.text).not.toContain('canary')
    expect(performance.now() - started).toBeLessThan(10_000)
    await ground.api.call('DELETE', `${webhooks}/endless`)
    await expect.poll(async () => (await ground.api.call('POST', `${configMaps}?dryRun=All`, { metadata: { name: 'a' } })).status, { timeout: 10_000 }).toBe(201)
  }, 60_000)

  const group = 'endless.example.com'
  const services = '/apis/apiregistration.k8s.io/v1/apiservices'
  const list = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/v1`, resources: [{ name: 'things', singularName: '', namespaced: false, kind: 'Thing', verbs: ['get'] }] }

  test.each<[string, string, (response: ServerResponse) => void]>([
    ['lists what it serves without end', '/apis/', response => { withoutEnd(response, '{"resources":[{}', ',{"name":"a/b"}') }],
    ['lists twenty thousand resources', '/apis/', response => { response.end(JSON.stringify({ ...list, resources: Array.from({ length: 20_000 }, (_, index) => ({ name: index % 2 === 0 ? `r${index}` : `r${index - 1}/status`, verbs: ['get'], kind: 'X' })) })) }],
    ['describes itself without end', '/openapi/v2', response => { withoutEnd(response, '{"definitions":{"a":{}', ',"b":{"type":"object"}') }],
    ['describes thousands of things that clash', '/openapi/v2', response => { response.end(JSON.stringify({ swagger: '2.0', definitions: Object.fromEntries(['__proto__', 'io.k8s.api.core.v1.Pod', ...Array.from({ length: 20_000 }, (_, index) => `d${index}`)].map(name => [name, { type: 'object', description: name, properties: { a: { $ref: '#/definitions/d1' } } }])), paths: { [`/apis/${group}/v1/things`]: { get: {} } } })) }],
    ['nests its description deep', '/openapi/v2', response => { response.end(`{"definitions":${'{"a":'.repeat(500_000)}`) }],
    ['never says what it serves', '/apis/', () => {}],
  ])('an extension server that %s holds up nobody', async (_name, prefix, answer) => {
    const { port, caBundle } = await startServer((request, response) => {
      if (request.url!.startsWith(prefix)) answer(response)
      else if (request.url!.startsWith('/apis/')) response.end(JSON.stringify(list))
      else response.writeHead(404).end()
    })
    await ground.api.call('POST', '/api/v1/namespaces/n/services', { metadata: { name: 'endless' }, spec: { type: 'ExternalName', externalName: 'localhost' } })
    expect((await ground.api.call('POST', services, { metadata: { name: `v1.${group}` }, spec: { group, version: 'v1', groupPriorityMinimum: 100, versionPriority: 100, caBundle, service: { namespace: 'n', name: 'endless', port } } })).status).toBe(201)
    await pause(2_000)
    for (const path of ['/apis', '/openapi/v3', '/openapi/v2']) expect([path, (await ground.api.call('GET', path)).status]).toEqual([path, 200])
    const discovery = await ground.api.call('GET', '/apis', undefined, { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' })
    expect(discovery.text.length).toBeLessThan(8 * 1024 * 1024)
    expect(JSON.stringify(({} as { polluted?: string }).polluted ?? '')).toBe('""')
    expect((await ground.api.call('GET', configMaps)).status).toBe(200)
    await ground.api.call('DELETE', `${services}/v1.${group}`)
  }, 60_000)
})
