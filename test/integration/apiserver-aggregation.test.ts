/** An extension server plugged into a real API server: a metrics server small enough to read, spoken to by stock kubectl. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as httpsRequest } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { findKubectls, kubectlWith } from './kubectl.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'
import { createTestAuthority } from './test-pki.ts'

interface Seen {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly certificate: string
}

const group = 'metrics.k8s.io'
const services = '/apis/apiregistration.k8s.io/v1/apiservices'
let folder: string
let plane: ControlPlane
let api: RawApi
let extension: ReturnType<typeof createServer>
let port: number
let caBundle: string
let connections = 0
let signProxy: (commonName: string) => Promise<{ cert: string; key: string }>
const seen: Seen[] = []

const usage = (cpu: string, memory: string) => ({ cpu, memory })
const answers: Readonly<Record<string, object>> = {
  [`/apis/${group}/v1beta1`]: {
    kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/v1beta1`,
    resources: [
      { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
      { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
    ],
  },
  [`/apis/${group}/v1beta1/nodes`]: { kind: 'NodeMetricsList', apiVersion: `${group}/v1beta1`, metadata: {}, items: [{ metadata: { name: 'n1' }, timestamp: '2026-01-01T00:00:00Z', window: '10s', usage: usage('250m', '512Mi') }] },
  '/openapi/v3': { paths: { [`apis/${group}/v1beta1`]: { serverRelativeURL: `/openapi/v3/apis/${group}/v1beta1?hash=ABC` } } },
  [`/openapi/v3/apis/${group}/v1beta1`]: { openapi: '3.0.0', info: { title: 'metrics', version: 'v1' }, paths: {} },
  '/openapi/v2': { swagger: '2.0', info: { title: 'metrics', version: 'v1' }, paths: { [`/apis/${group}/v1beta1/nodes`]: { get: { responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/Usage' } } } } }, '/elsewhere': {} }, definitions: { Usage: { type: 'object', description: 'What is used.' } } },
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').split('?')[0]!
  seen.push({ path: request.url ?? '', headers: request.headers, certificate: (request.socket as TLSSocket).getPeerCertificate().subject?.CN as string })
  if (path.endsWith('/redirect')) {
    response.writeHead(302, { location: 'https://elsewhere.example' }).end()
    return
  }
  const answer = answers[path]
  response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json', 'x-from': 'extension' }).end(JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }))
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-aggregation-'))
  const authority = await createTestAuthority('extension-ca')
  const proxyCa = await createTestAuthority('front-proxy-ca')
  const [serving, proxy] = await Promise.all([authority.sign({ commonName: 'metrics-server', dns: ['metrics-server.kube-system.svc'] }), proxyCa.sign({ commonName: 'front-proxy-client' })])
  caBundle = Buffer.from(authority.cert).toString('base64')
  for (const [name, text] of Object.entries({ 'proxy.crt': proxy.cert, 'proxy.key': proxy.key })) writeFileSync(join(folder, name), text)
  extension = createServer({ cert: serving.cert, key: serving.key, ca: proxyCa.cert, requestCert: true, rejectUnauthorized: true }, serve)
  extension.on('secureConnection', () => { connections += 1 })
  signProxy = commonName => proxyCa.sign({ commonName })
  extension.on('upgrade', (request, socket) => {
    seen.push({ path: request.url ?? '', headers: request.headers, certificate: '' })
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.pipe(socket)
  })
  await new Promise<void>(resolve => {
    extension.listen(0, '127.0.0.1', resolve)
  })
  port = (extension.address() as AddressInfo).port
  plane = await startControlPlane({ flags: [`--proxy-client-cert-file=${join(folder, 'proxy.crt')}`, `--proxy-client-key-file=${join(folder, 'proxy.key')}`] })
  api = rawApi(plane)
})

afterAll(async () => {
  await plane?.stop()
  extension?.close()
  extension?.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
})

async function condition(name: string, wanted: string): Promise<{ status: string; reason: string; message: string }> {
  for (let waited = 0; ; waited += 50) {
    const found = ((await api.call('GET', `${services}/${name}`)).json.status?.conditions ?? []).find((each: { type: string }) => each.type === 'Available')
    if (found?.reason === wanted) return found
    if (waited > 15_000) throw new Error(`not seen in time: ${wanted}, but ${JSON.stringify(found)}`)
    await pause(50)
  }
}

const ofMetrics = () => ({ metadata: { name: `v1beta1.${group}` }, spec: { group, version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, caBundle, service: { namespace: 'kube-system', name: 'metrics-server', port } } })
const path = `/apis/${group}/v1beta1`

describe('aggregation', () => {
  test('what this server answers itself is listed too, and always available', async () => {
    const kubectl = kubectlWith(findKubectls().at(-1)!, plane.kubeconfig)
    expect(await condition('v1.apps', 'Local')).toMatchObject({ status: 'True', message: 'Local APIServices are always available' })
    await condition('v1.', 'Local')
    const lines = (await kubectl('get apiservices')).stdout.trim().split('\n').map(line => line.split(/\s+/).slice(0, 3).join(' '))
    expect(lines).toContain('v1. Local True')
    expect(lines).toContain('v2.autoscaling Local True')
    expect((await api.call('GET', `${services}/v1.apps`)).json).toMatchObject({ metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } }, spec: { groupPriorityMinimum: 17_800, versionPriority: 15 } })
  })

  test('each thing that is missing is named in turn, and requests are 503 at once', async () => {
    expect((await api.call('POST', services, ofMetrics())).status).toBe(201)
    expect(await condition(`v1beta1.${group}`, 'ServiceNotFound')).toMatchObject({ status: 'False', message: 'service/metrics-server in "kube-system" is not present' })
    await api.call('POST', '/api/v1/namespaces/kube-system/services', { metadata: { name: 'metrics-server' }, spec: { ports: [{ port: 1 }] } })
    expect((await condition(`v1beta1.${group}`, 'ServicePortError')).message).toBe(`service/metrics-server in "kube-system" is not listening on port ${port}`)
    await api.call('PATCH', '/api/v1/namespaces/kube-system/services/metrics-server', { spec: { ports: [{ port }] } }, { 'content-type': 'application/merge-patch+json' })
    expect((await condition(`v1beta1.${group}`, 'EndpointsNotFound')).message).toBe('cannot find endpointslices for service/metrics-server in "kube-system"')
    const refused = await api.call('GET', `${path}/nodes`)
    expect([refused.status, refused.text, refused.headers['content-type']]).toEqual([503, 'service unavailable\n', 'text/plain; charset=utf-8'])
  })

  test('a server that answers becomes available; kubectl top works', async () => {
    await api.call('DELETE', '/api/v1/namespaces/kube-system/services/metrics-server')
    await api.call('POST', '/api/v1/namespaces/kube-system/services', { metadata: { name: 'metrics-server' }, spec: { type: 'ExternalName', externalName: '127.0.0.1.nip.internal' } })
    expect((await condition(`v1beta1.${group}`, 'FailedDiscoveryCheck')).message).toMatch(/^failing or missing response from https:\/\/metrics-server\.kube-system\.svc:\d+\/apis\/metrics\.k8s\.io\/v1beta1: /)
    await api.call('PATCH', '/api/v1/namespaces/kube-system/services/metrics-server', { spec: { externalName: 'localhost' } }, { 'content-type': 'application/merge-patch+json' })
    expect(await condition(`v1beta1.${group}`, 'Passed')).toMatchObject({ status: 'True', message: 'all checks passed' })
    await api.call('POST', '/api/v1/nodes', { metadata: { name: 'n1' }, status: { capacity: { cpu: '1', memory: '1Gi' }, allocatable: { cpu: '1', memory: '1Gi' } } })
    const kubectl = kubectlWith(findKubectls().at(-1)!, plane.kubeconfig)
    const top = await kubectl('top nodes')
    expect(top.stderr).toBe('')
    expect(top.stdout.trim().split('\n').map(line => line.split(/\s+/))).toEqual([expect.any(Array), ['n1', '250m', '25%', '512Mi', '50%']])
  })

  test('the server is told who asks, by a certificate it trusts and headers that clients cannot forge', async () => {
    const before = seen.length
    const bob = rawApi(plane, await plane.certificateFor({ commonName: 'bob', organizations: ['metrics readers'] }))
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'bob' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }] })
    let answer = await bob.call('GET', `${path}/nodes?x=a%2Fb`, undefined, { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters', authorization: 'Bearer x', 'x-remote-extra-scopes': 'all' })
    for (let waited = 0; answer.status === 403 && waited < 5_000; waited += 50) {
      await pause(50)
      answer = await bob.call('GET', `${path}/nodes?x=a%2Fb`, undefined, { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters', 'x-remote-extra-scopes': 'all' })
    }
    expect([answer.status, answer.headers['x-from'], answer.json.kind]).toEqual([200, 'extension', 'NodeMetricsList'])
    const asked = seen.slice(before).find(request => request.path.startsWith(`${path}/nodes`))!
    expect(asked.path).toBe(`${path}/nodes?x=a%2Fb`)
    expect(asked.certificate).toBe('front-proxy-client')
    expect([asked.headers['x-remote-user'], asked.headers['x-remote-group'], asked.headers['x-remote-extra-scopes'], asked.headers.authorization]).toEqual(['bob', 'metrics readers, system:authenticated', undefined, undefined])
    expect(asked.headers['audit-id']).toBe(answer.headers['audit-id'])
    const nobody = rawApi(plane, await plane.certificateFor({ commonName: 'nobody' }))
    expect((await nobody.call('GET', `${path}/nodes`)).status).toBe(403)
    expect((await api.call('GET', `${path}/redirect`)).status).toBe(502)
  })

  test('XC2 XC3 requests share a kept connection, until the proxy client certificate is replaced', async () => {
    const nodes = `/apis/${group}/v1beta1/nodes`
    expect((await api.call('GET', nodes)).status).toBe(200)
    const before = connections
    for (let count = 0; count < 10; count++) expect((await api.call('GET', nodes)).status).toBe(200)
    expect(connections - before).toBeLessThan(10)
    const renewed = await signProxy('front-proxy-client-2')
    writeFileSync(join(folder, 'proxy.key'), renewed.key)
    writeFileSync(join(folder, 'proxy.crt'), renewed.cert)
    for (let waited = 0; seen.findLast(each => each.path === nodes)?.certificate !== 'front-proxy-client-2'; waited += 250) {
      if (waited > 30_000) throw new Error('the renewed certificate is not shown')
      await pause(250)
      await api.call('GET', nodes)
    }
    expect((await api.call('GET', nodes)).status).toBe(200)
  })

  test('upgrades pass through both ways', async () => {
    const echoed = await new Promise<string>((resolve, reject) => {
      const asked = httpsRequest(`${plane.server}${path}/stream`, { ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key, agent: false, headers: { connection: 'Upgrade', upgrade: 'echo', 'x-remote-user': 'forged' } })
      asked.once('upgrade', (response, socket) => {
        socket.once('data', (chunk: Buffer) => {
          resolve(`${response.statusCode ?? 0} ${response.headers.upgrade ?? ''} ${chunk.toString()}`)
          socket.destroy()
        })
        socket.write('hello')
      })
      asked.once('error', reject)
      asked.end()
    })
    expect(echoed).toBe('101 echo hello')
    expect(seen.find(request => request.path === `${path}/stream`)!.headers['x-remote-user']).toBe('kubernetes-admin')
  })

  test('its resources stand in discovery and OpenAPI among the others', async () => {
    let found: { versions: { version: string; freshness: string; resources: { resource: string; scope: string; responseKind: object }[] }[] } | undefined
    for (let waited = 0; found?.versions[0]?.resources.length !== 2 && waited < 10_000; waited += 50) {
      await pause(50)
      const document = (await api.call('GET', '/apis', undefined, { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' })).json
      expect(document.items[0].metadata.name).toBe('apiregistration.k8s.io')
      found = document.items.find((item: { metadata: { name: string } }) => item.metadata.name === group)
    }
    expect(found!.versions[0]).toMatchObject({ version: 'v1beta1', freshness: 'Current', resources: [{ resource: 'nodes', scope: 'Cluster', responseKind: { group, version: 'v1beta1', kind: 'NodeMetrics' } }, { resource: 'pods', scope: 'Namespaced' }] })
    const groups = (await api.call('GET', '/apis')).json.groups as { name: string; preferredVersion: { version: string } }[]
    expect(groups.at(-1)).toMatchObject({ name: group, preferredVersion: { version: 'v1beta1' } })
    expect((await api.call('GET', path)).json.resources.map((resource: { name: string }) => resource.name)).toEqual(['nodes', 'pods'])
    expect((await api.call('GET', `/apis/${group}`)).json.versions).toEqual([{ groupVersion: `${group}/v1beta1`, version: 'v1beta1' }])
    const kubectl = kubectlWith(findKubectls().at(-1)!, plane.kubeconfig)
    expect((await kubectl('api-resources --api-group=metrics.k8s.io -o name')).stdout.trim().split('\n')).toEqual(['nodes.metrics.k8s.io', 'pods.metrics.k8s.io'])
    const index = (await api.call('GET', '/openapi/v3')).json.paths
    expect(index[`apis/${group}/v1beta1`]).toEqual({ serverRelativeURL: `/openapi/v3/apis/${group}/v1beta1?hash=ABC` })
    expect((await api.call('GET', `/openapi/v3/apis/${group}/v1beta1?hash=ABC`)).json.info.title).toBe('metrics')
    const swagger = (await api.call('GET', '/openapi/v2')).json
    expect([swagger.definitions.Usage.description, swagger.paths[`${path}/nodes`] !== undefined, swagger.paths['/elsewhere']]).toEqual(['What is used.', true, undefined])
  })

  test('a certificate of another authority is not trusted unless that is wanted; a server that is gone is 503', async () => {
    const patch = (spec: object) => api.call('PATCH', `${services}/v1beta1.${group}`, { spec }, { 'content-type': 'application/merge-patch+json' })
    const other = await createTestAuthority('other-ca')
    await patch({ caBundle: Buffer.from(other.cert).toString('base64') })
    await condition(`v1beta1.${group}`, 'FailedDiscoveryCheck')
    await patch({ caBundle: null, insecureSkipTLSVerify: true })
    await condition(`v1beta1.${group}`, 'Passed')
    expect((await api.call('GET', `${path}/nodes`)).status).toBe(200)
    extension.close()
    extension.closeAllConnections()
    const gone = await api.call('GET', `${path}/nodes`)
    expect([gone.status, gone.text]).toEqual([503, expect.stringMatching(/^error trying to reach service: .*\n$/)])
    await api.call('DELETE', `${services}/v1beta1.${group}`)
    for (let waited = 0; (await api.call('GET', path)).status !== 404 && waited < 5_000; waited += 50) await pause(50)
    expect((await api.call('GET', path)).status).toBe(404)
  })

  test('definitions of custom resources have their APIService, while they last', async () => {
    const definition = { metadata: { name: 'widgets.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', singular: 'widget', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] } }
    await api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)
    await condition('v1.example.com', 'Local')
    expect((await api.call('GET', `${services}/v1.example.com`)).json).toMatchObject({ metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'true' } }, spec: { groupPriorityMinimum: 1_000, versionPriority: 100 } })
    await api.call('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com')
    for (let waited = 0; (await api.call('GET', `${services}/v1.example.com`)).status !== 404 && waited < 10_000; waited += 50) await pause(50)
    expect((await api.call('GET', `${services}/v1.example.com`)).status).toBe(404)
  })
})
