/** The audit log of a real server: what is told, at which level, and what never is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
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

interface Told {
  readonly stage: string
  readonly level: string
  readonly auditID: string
  readonly verb: string
  readonly requestURI: string
  readonly [field: string]: any // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read freely
}

const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  resources: [{group: "", resources: [secrets]}]
- level: RequestResponse
  omitManagedFields: true
  resources: [{group: "", resources: [configmaps]}]
- level: Metadata
  omitStages: [ResponseStarted]
  namespaces: [quiet]
- level: Metadata
  resources: [{group: "", resources: [pods, pods/*, namespaces]}]
- level: Metadata
  userGroups: [system:unauthenticated]
- level: None
`

let folder: string
let plane: ControlPlane
let api: RawApi
const posted: Told[] = []
let receiver: ReturnType<typeof createServer>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-audit-'))
  writeFileSync(join(folder, 'policy.yaml'), policy)
  const authority = await createTestAuthority('audit-ca')
  const { cert, key } = await authority.sign({ commonName: 'audit', dns: ['localhost'], ips: ['127.0.0.1'] })
  receiver = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const list = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { kind: string; items: Told[] }
      if (list.kind === 'EventList') posted.push(...list.items)
      response.end()
    })
  })
  await new Promise<void>(resolve => {
    receiver.listen(0, '127.0.0.1', resolve)
  })
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  writeFileSync(join(folder, 'webhook.kubeconfig'), JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'audit', contexts: [{ name: 'audit', context: { cluster: 'audit', user: 'audit' } }], users: [{ name: 'audit', user: {} }],
    clusters: [{ name: 'audit', cluster: { server: `https://127.0.0.1:${(receiver.address() as AddressInfo).port}/audit`, 'certificate-authority-data': base64(authority.cert) } }],
  }))
  plane = await startControlPlane({ flags: [
    `--audit-policy-file=${join(folder, 'policy.yaml')}`, `--audit-log-path=${join(folder, 'audit.log')}`,
    `--audit-webhook-config-file=${join(folder, 'webhook.kubeconfig')}`, '--audit-webhook-batch-max-wait=100ms',
  ] })
  api = rawApi(plane)
  for (const name of ['loud', 'quiet']) await api.call('POST', '/api/v1/namespaces', { metadata: { name } })
})

afterAll(async () => {
  await plane?.stop()
  receiver?.close()
  rmSync(folder, { recursive: true, force: true })
})

const text = () => readFileSync(join(folder, 'audit.log'), 'utf8')
const told = () => text().trim().split('\n').map(line => JSON.parse(line) as Told)
const now = (auditId: string | string[] | undefined) => told().filter(event => event.auditID === auditId)
/** The end of a request is told when its answer has gone, so a client can be a little early. */
const about = async (auditId: string | string[] | undefined, count = 1) => {
  for (let waited = 0; now(auditId).length < count && waited < 5_000; waited += 20) await pause(20)
  return now(auditId)
}

describe('audit', () => {
  test('a request and its answer, as upstream writes them', async () => {
    const made = await api.call('POST', '/api/v1/namespaces/loud/configmaps?fieldManager=me', { metadata: { name: 'a' }, data: { x: '1' } }, { 'user-agent': 'test/1', 'x-forwarded-for': '192.0.2.7' })
    const [event, ...more] = await about(made.headers['audit-id'])
    expect(more).toEqual([])
    expect(Object.keys(event!)).toEqual(['kind', 'apiVersion', 'level', 'auditID', 'stage', 'requestURI', 'verb', 'user', 'sourceIPs', 'userAgent', 'objectRef', 'responseStatus', 'requestObject', 'responseObject', 'requestReceivedTimestamp', 'stageTimestamp', 'annotations'])
    expect(event).toMatchObject({
      kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'RequestResponse', stage: 'ResponseComplete', requestURI: '/api/v1/namespaces/loud/configmaps?fieldManager=me', verb: 'create',
      user: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }, sourceIPs: ['192.0.2.7', '127.0.0.1'], userAgent: 'test/1',
      objectRef: { resource: 'configmaps', namespace: 'loud', name: 'a', apiVersion: 'v1' }, responseStatus: { metadata: {}, code: 201 },
      requestObject: { kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } }, annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    })
    expect(event!['responseObject'].metadata).toEqual({ ...made.json.metadata, managedFields: undefined })
    expect(event!['stageTimestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  })

  test('patches are told as they came, lists as they were answered, deletions with their options', async () => {
    const patched = await api.call('PATCH', '/api/v1/namespaces/loud/configmaps/a', { data: { x: '2' } }, { 'content-type': 'application/merge-patch+json' })
    expect((await about(patched.headers['audit-id']))[0]!['requestObject']).toEqual({ data: { x: '2' } })
    const listed = await api.call('GET', '/api/v1/namespaces/loud/configmaps')
    expect((await about(listed.headers['audit-id']))[0]!['responseObject'].items.map((item: { metadata: { name: string } }) => item.metadata.name)).toContain('a')
    const deleted = await api.call('DELETE', '/api/v1/namespaces/loud/configmaps/a', { propagationPolicy: 'Background' })
    expect((await about(deleted.headers['audit-id']))[0]).toMatchObject({ verb: 'delete', requestObject: { kind: 'DeleteOptions', propagationPolicy: 'Background' }, responseStatus: { metadata: {}, status: 'Success', details: { name: 'a', kind: 'configmaps' }, code: 200 } })
  })

  test('the content of Secrets never appears at Metadata level', async () => {
    const secret = 'never-in-the-log'
    await api.call('POST', '/api/v1/namespaces/loud/secrets', { metadata: { name: 's' }, stringData: { key: secret } })
    await api.call('PATCH', '/api/v1/namespaces/loud/secrets/s', { stringData: { other: secret } }, { 'content-type': 'application/merge-patch+json' })
    await api.call('GET', '/api/v1/namespaces/loud/secrets/s')
    await about((await api.call('GET', '/api/v1/namespaces/loud/secrets')).headers['audit-id'])
    const events = told().filter(event => event['objectRef']?.resource === 'secrets' && event['objectRef'].namespace === 'loud')
    expect(events.map(event => `${event.verb} ${event.level} ${event['objectRef'].name ?? ''}`)).toEqual(['create Metadata s', 'patch Metadata s', 'get Metadata s', 'list Metadata '])
    expect(text()).not.toContain(secret)
    expect(text()).not.toContain(Buffer.from(secret).toString('base64'))
  })

  test('refusals say why, impersonation says for whom', async () => {
    const refused = await api.call('GET', '/api/v1/namespaces/loud/pods/missing', undefined, { 'impersonate-user': 'bob' })
    expect(refused.status).toBe(403)
    expect((await about(refused.headers['audit-id']))[0]).toMatchObject({
      user: { username: 'kubernetes-admin' }, impersonatedUser: { username: 'bob', groups: ['system:authenticated'] },
      responseStatus: { metadata: {}, status: 'Failure', reason: 'Forbidden', details: { name: 'missing', kind: 'pods' }, code: 403 }, annotations: { 'authorization.k8s.io/decision': 'forbid' },
    })
    const missing = await api.call('GET', '/api/v1/namespaces/loud/pods/missing')
    expect((await about(missing.headers['audit-id']))[0]!['responseStatus']).toEqual({ metadata: {}, status: 'Failure', message: 'pods "missing" not found', reason: 'NotFound', details: { name: 'missing', kind: 'pods' }, code: 404 })
    const own = await api.call('GET', '/api/v1/pods', undefined, { 'audit-id': 'my-own-id' })
    expect([own.headers['audit-id'], (await about('my-own-id')).length]).toEqual(['my-own-id', 1])
  })

  test('a watch is told when it starts and when it ends', async () => {
    const watch = await api.watch('/api/v1/namespaces/loud/pods?watch=true')
    const id = watch.headers['audit-id']
    expect((await about(id)).map(event => `${event.stage} ${event['responseStatus'].code}`)).toEqual(['ResponseStarted 200'])
    watch.stop()
    expect((await about(id, 2)).map(event => event.stage)).toEqual(['ResponseStarted', 'ResponseComplete'])
    const quiet = await api.watch('/api/v1/namespaces/quiet/pods?watch=true')
    quiet.stop()
    expect((await about(quiet.headers['audit-id'])).map(event => event.stage)).toEqual(['ResponseComplete'])
  })

  test('what the policy leaves out is not told; kubectl is', async () => {
    const nodes = await api.call('GET', '/api/v1/nodes')
    const kubectl = kubectlWith(findKubectls().at(-1)!, plane.kubeconfig)
    expect((await kubectl('create configmap k -n loud --from-literal=a=b')).code).toBe(0) // a protobuf body
    expect(now(nodes.headers['audit-id'])).toEqual([])
    expect(told().filter(event => event['objectRef']?.name === 'k').map(event => [event.verb, event['requestObject'].data])).toEqual([['create', { a: 'b' }]])
  })

  test('the webhook is posted the same events', async () => {
    const count = () => told().length
    for (let waited = 0; posted.length < count() && waited < 5_000; waited += 50) await pause(50)
    expect(posted.map(event => `${event.auditID} ${event.stage}`).sort()).toEqual(told().map(event => `${event.auditID} ${event.stage}`).sort())
    expect((await api.call('GET', '/metrics')).text).toMatch(/apiserver_audit_event_total \d+\n/)
  })
})
