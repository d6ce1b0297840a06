/**
 * The API server on the bare wire: what clients rely on and re-implementations get wrong.
 * Numbers in brackets are those of section 9 of the compatibility sheet.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEtcd } from '../../agents/runtime/grpc/connect-etcd.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'
import { createCertificateRequest } from './test-pki.ts'

let plane: ControlPlane
let api: RawApi
let count = 0

beforeAll(async () => {
  plane = await startControlPlane()
  api = rawApi(plane)
})

afterAll(async () => {
  await plane?.stop()
})

/** A namespace of its own for each test. */
async function freshNamespace(): Promise<string> {
  const name = `t${++count}`
  await api.call('POST', '/api/v1/namespaces', { metadata: { name } })
  await api.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
  return name
}

const configMaps = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`
const pods = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`
const cm = (name: string, data: object = {}, meta: object = {}) => ({ metadata: { name, ...meta }, data })
const pod = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'web' }], ...spec } })
const merge = { 'content-type': 'application/merge-patch+json' }

describe('writes', () => {
  test('[6] a write that changes nothing leaves no trace', async () => {
    const ns = await freshNamespace()
    const made = await api.call('POST', configMaps(ns), cm('a', { x: '1' }))
    const watch = await api.watch(`${configMaps(ns)}?watch=true&resourceVersion=${made.json.metadata.resourceVersion}`)
    const put = await api.call('PUT', `${configMaps(ns)}/a`, made.json)
    const patched = await api.call('PATCH', `${configMaps(ns)}/a`, { data: { x: '1' } }, merge)
    expect([put.json.metadata.resourceVersion, patched.json.metadata.resourceVersion]).toEqual([made.json.metadata.resourceVersion, made.json.metadata.resourceVersion])
    await api.call('PATCH', `${configMaps(ns)}/a`, { data: { x: '2' } }, merge)
    await watch.until(events => events.length > 0)
    expect(watch.events.map(event => event.object.data.x)).toEqual(['2'])
    watch.stop()
  })

  test('[5] a stale PUT is a 409, a PATCH without resourceVersion never is', async () => {
    const ns = await freshNamespace()
    const made = await api.call('POST', configMaps(ns), cm('a'))
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => api.call('PATCH', `${configMaps(ns)}/a`, { data: { [`k${index}`]: 'v' } }, merge)))
    expect(answers.map(answer => answer.status)).toEqual(Array.from({ length: 20 }, () => 200))
    expect(Object.keys((await api.call('GET', `${configMaps(ns)}/a`)).json.data)).toHaveLength(20)
    const stale = await api.call('PUT', `${configMaps(ns)}/a`, made.json)
    expect([stale.status, stale.json.reason, stale.json.details]).toEqual([409, 'Conflict', { name: 'a', kind: 'configmaps' }])
    expect(stale.json.message).toBe('Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again')
    expect((await api.call('PATCH', `${configMaps(ns)}/a`, { metadata: { resourceVersion: '1' }, data: {} }, merge)).status).toBe(409)
  })

  test('[11] a body without a type is JSON; charset and YAML are read; anything else is a 415', async () => {
    const ns = await freshNamespace()
    expect((await api.call('POST', configMaps(ns), Buffer.from(JSON.stringify(cm('a'))), { 'content-type': '' })).status).toBe(201)
    expect((await api.call('POST', configMaps(ns), JSON.stringify(cm('b')), { 'content-type': 'application/json; charset=utf-8' })).status).toBe(201)
    expect((await api.call('POST', configMaps(ns), 'metadata: {name: c}\ndata: {k: v}\n', { 'content-type': 'application/yaml' })).json.data).toEqual({ k: 'v' })
    expect((await api.call('POST', configMaps(ns), 'x', { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await api.call('GET', configMaps(ns), undefined, { accept: 'text/html' })).status).toBe(406)
  })

  test('[15] status and spec do not leak into each other, and generation counts the spec', async () => {
    const ns = await freshNamespace()
    const path = `/apis/apps/v1/namespaces/${ns}/deployments`
    const made = await api.call('POST', path, { metadata: { name: 'd' }, status: { replicas: 9 }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } } } })
    expect([made.status, made.json.metadata.generation, made.json.status.replicas]).toEqual([201, 1, undefined])
    const status = await api.call('PATCH', `${path}/d/status`, { spec: { replicas: 7 }, status: { replicas: 3 } }, merge)
    expect([status.json.spec.replicas, status.json.status.replicas, status.json.metadata.generation]).toEqual([1, 3, 1])
    const spec = await api.call('PATCH', `${path}/d`, { spec: { replicas: 7 }, status: { replicas: 99 } }, merge)
    expect([spec.json.spec.replicas, spec.json.status.replicas, spec.json.metadata.generation]).toEqual([7, 3, 2])
  })

  test('[11] a Scale without a Content-Type is read', async () => {
    const ns = await freshNamespace()
    const path = `/apis/apps/v1/namespaces/${ns}/deployments`
    await api.call('POST', path, { metadata: { name: 'd' }, spec: { replicas: 2, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } } } })
    const scale = await api.call('GET', `${path}/d/scale`)
    expect(scale.json).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 2 }, status: { replicas: 0, selector: 'a=b' } })
    const put = await api.call('PUT', `${path}/d/scale`, { ...scale.json, spec: { replicas: 5 } }, { 'content-type': '' })
    expect([put.status, put.json.spec.replicas]).toEqual([200, 5])
    expect((await api.call('PUT', `${path}/d/scale`, { ...scale.json, spec: { replicas: 6 } })).status).toBe(409)
  })

  test('generated names are drawn, and the server owns uid and timestamps', async () => {
    const ns = await freshNamespace()
    const made = await api.call('POST', configMaps(ns), { metadata: { generateName: 'g-', uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', resourceVersion: '' } })
    expect(made.json.metadata.name).toMatch(/^g-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    expect(made.json.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(made.json.metadata.creationTimestamp).not.toContain('2001')
  })

  test('fieldValidation: Strict refuses, Warn warns, Ignore is silent', async () => {
    const ns = await freshNamespace()
    const body = '{"metadata":{"name":"a"},"data":{},"foo":1,"data":{}}'
    const strict = await api.call('POST', `${configMaps(ns)}?fieldValidation=Strict`, body)
    expect([strict.status, strict.json.message]).toEqual([400, expect.stringContaining('strict decoding error: unknown field "foo", duplicate field "data"')])
    const warned = await api.call('POST', configMaps(ns), body)
    expect(warned.headers['warning']).toContain('299 - "unknown field \\"foo\\""')
    expect((await api.call('PUT', `${configMaps(ns)}/a?fieldValidation=Ignore`, body)).headers['warning']).toBeUndefined()
  })

  test('a body above 3 MiB is a 413, a dry run stores nothing', async () => {
    const ns = await freshNamespace()
    expect((await api.call('POST', configMaps(ns), cm('big', { x: 'x'.repeat(3 * 1024 * 1024) }))).status).toBe(413)
    expect((await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('ghost'))).status).toBe(201)
    await api.call('POST', configMaps(ns), cm('taken'))
    expect((await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('taken'))).json).toMatchObject({ code: 409, reason: 'AlreadyExists', message: 'configmaps "taken" already exists' })
    await api.call('POST', configMaps(ns), { metadata: { name: 'leaving', finalizers: ['example.com/stay'] } })
    await api.call('DELETE', `${configMaps(ns)}/leaving`)
    for (const query of ['', '?dryRun=All']) expect((await api.call('POST', `${configMaps(ns)}${query}`, cm('leaving'))).json.message).toBe('object is being deleted: configmaps "leaving" already exists')
    expect((await api.call('GET', `${configMaps(ns)}/ghost`)).status).toBe(404)
  })

  test('PUT makes what is missing only for kinds that allow it', async () => {
    const ns = await freshNamespace()
    expect((await api.call('PUT', `${configMaps(ns)}/a`, cm('a'))).status).toBe(404)
    expect((await api.call('PUT', `/apis/coordination.k8s.io/v1/namespaces/${ns}/leases/l`, { metadata: { name: 'l' }, spec: { holderIdentity: 'me' } })).status).toBe(201)
    const blind = await api.call('PUT', `/apis/coordination.k8s.io/v1/namespaces/${ns}/leases/l`, { metadata: { name: 'l' }, spec: {} })
    expect([blind.status, blind.json.details.causes[0].field]).toEqual([422, 'metadata.resourceVersion'])
  })
})

describe('deletion', () => {
  test('[16] a bound pod goes gracefully, by the last word of its kubelet', async () => {
    const ns = await freshNamespace()
    await api.call('POST', pods(ns), pod('p'))
    await api.call('POST', `${pods(ns)}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } })
    const going = await api.call('DELETE', `${pods(ns)}/p`)
    expect([going.status, going.json.kind, going.json.metadata.deletionGracePeriodSeconds, going.json.metadata.generation]).toEqual([200, 'Pod', 30, 2])
    const wrong = await api.call('DELETE', `${pods(ns)}/p`, { gracePeriodSeconds: 0, preconditions: { uid: 'other' } })
    expect([wrong.status, wrong.json.reason]).toEqual([409, 'Conflict'])
    await api.call('DELETE', `${pods(ns)}/p`, { gracePeriodSeconds: 0, preconditions: { uid: going.json.metadata.uid } })
    expect((await api.call('GET', `${pods(ns)}/p`)).status).toBe(404)
  })

  test('[16] an unbound pod goes at once; a Status answers for kinds that do not return themselves', async () => {
    const ns = await freshNamespace()
    await api.call('POST', pods(ns), pod('p'))
    expect((await api.call('DELETE', `${pods(ns)}/p`)).json.kind).toBe('Pod')
    const made = await api.call('POST', configMaps(ns), cm('a'))
    const gone = await api.call('DELETE', `${configMaps(ns)}/a`)
    expect(gone.json).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'a', kind: 'configmaps', uid: made.json.metadata.uid } })
  })

  test('[16] an object with finalizers goes with the write that takes the last one', async () => {
    const ns = await freshNamespace()
    await api.call('POST', configMaps(ns), cm('a', {}, { finalizers: ['example.com/hold'] }))
    const held = await api.call('DELETE', `${configMaps(ns)}/a`)
    expect(held.json.metadata.deletionTimestamp).toBeDefined()
    expect((await api.call('PATCH', `${configMaps(ns)}/a`, { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } }, merge)).status).toBe(422)
    const watch = await api.watch(`${configMaps(ns)}?watch=true&resourceVersion=${held.json.metadata.resourceVersion}`)
    await api.call('PATCH', `${configMaps(ns)}/a`, { metadata: { finalizers: null } }, merge)
    await watch.until(events => events.length === 1)
    expect(watch.events[0]!.type).toBe('DELETED')
    expect(Number(watch.events[0]!.object.metadata.resourceVersion)).toBeGreaterThan(Number(held.json.metadata.resourceVersion))
    watch.stop()
  })

  test('[23] a terminating namespace refuses new content with its cause', async () => {
    const ns = await freshNamespace()
    const going = await api.call('DELETE', `/api/v1/namespaces/${ns}`)
    expect([going.json.status.phase, going.json.spec.finalizers]).toEqual(['Terminating', ['kubernetes']])
    const refused = await api.call('POST', configMaps(ns), cm('a'))
    expect([refused.status, refused.json.details.causes[0].reason]).toEqual([403, 'NamespaceTerminating'])
    await api.call('PUT', `/api/v1/namespaces/${ns}/finalize`, { ...going.json, spec: { finalizers: [] } })
    expect((await api.call('GET', `/api/v1/namespaces/${ns}`)).status).toBe(404)
    expect((await api.call('DELETE', '/api/v1/namespaces/kube-system')).status).toBe(403)
    expect((await api.call('POST', configMaps('nowhere'), cm('a'))).status).toBe(404)
  })

  test('deletecollection honours selectors', async () => {
    const ns = await freshNamespace()
    for (const name of ['a', 'b', 'c']) await api.call('POST', configMaps(ns), cm(name, {}, { labels: { keep: name === 'b' ? 'yes' : 'no' } }))
    await api.call('DELETE', `${configMaps(ns)}?labelSelector=keep%3Dno`)
    expect((await api.call('GET', configMaps(ns))).json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['b'])
  })
})

describe('reads', () => {
  test('pages show one revision, whatever happens between them', async () => {
    const ns = await freshNamespace()
    for (let index = 0; index < 7; index++) await api.call('POST', configMaps(ns), cm(`c${index}`))
    const first = await api.call('GET', `${configMaps(ns)}?limit=3`)
    expect([first.json.items.length, first.json.metadata.remainingItemCount]).toEqual([3, 4])
    await api.call('DELETE', `${configMaps(ns)}/c5`)
    await api.call('POST', configMaps(ns), cm('c9'))
    const second = await api.call('GET', `${configMaps(ns)}?limit=3&continue=${first.json.metadata.continue}`)
    const third = await api.call('GET', `${configMaps(ns)}?limit=3&continue=${second.json.metadata.continue}`)
    const names = [first, second, third].flatMap(page => page.json.items.map((item: { metadata: { name: string } }) => item.metadata.name))
    expect(names).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6'])
    expect(new Set([first, second, third].map(page => page.json.metadata.resourceVersion)).size).toBe(1)
    expect(third.json.metadata.continue).toBeUndefined()
  })

  test('resourceVersion: exact history, and a 504 for the future', async () => {
    const ns = await freshNamespace()
    const made = await api.call('POST', configMaps(ns), cm('a', { x: '1' }))
    await api.call('PATCH', `${configMaps(ns)}/a`, { data: { x: '2' } }, merge)
    const then = await api.call('GET', `${configMaps(ns)}?resourceVersion=${made.json.metadata.resourceVersion}&resourceVersionMatch=Exact`)
    expect(then.json.items[0].data.x).toBe('1')
    const future = await api.call('GET', `${configMaps(ns)}?resourceVersion=99999999`)
    expect([future.status, future.json.reason, future.json.details.causes[0].reason]).toEqual([504, 'Timeout', 'ResourceVersionTooLarge'])
  })

  test('[19] errors name the plural resource, or the Kind when invalid', async () => {
    const ns = await freshNamespace()
    expect((await api.call('GET', `/apis/apps/v1/namespaces/${ns}/deployments/x`)).json).toMatchObject({ message: 'deployments.apps "x" not found', reason: 'NotFound', details: { name: 'x', group: 'apps', kind: 'deployments' }, code: 404 })
    const invalid = await api.call('POST', pods(ns), { metadata: { name: 'p' }, spec: { containers: [] } })
    expect(invalid.json).toMatchObject({ reason: 'Invalid', code: 422, details: { name: 'p', kind: 'Pod' }, message: 'Pod "p" is invalid: spec.containers: Required value' })
    const nowhere = await api.call('GET', '/apis/nothing.example/v1/things')
    expect([nowhere.status, nowhere.headers['content-type'], nowhere.text]).toEqual([404, 'text/plain; charset=utf-8', '404 page not found\n'])
    expect((await api.call('GET', '/apis/apps/v1/things')).json.message).toBe('the server could not find the requested resource')
    expect((await api.call('POST', `${configMaps(ns)}/a`, {})).status).toBe(405)
  })

  test('tables come with columns and metadata rows', async () => {
    const ns = await freshNamespace()
    await api.call('POST', pods(ns), pod('p'))
    const table = await api.call('GET', pods(ns), undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' })
    expect(table.json).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [{ object: { kind: 'PartialObjectMetadata', metadata: { name: 'p' } } }] })
    expect(table.json.columnDefinitions.map((column: { name: string }) => column.name).slice(0, 5)).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age'])
    expect(table.json.metadata.resourceVersion).toMatch(/^\d+$/)
  })

  test('[26] one store of Events has two faces', async () => {
    const ns = await freshNamespace()
    const made = await api.call('POST', `/apis/events.k8s.io/v1/namespaces/${ns}/events`, {
      metadata: { name: 'e' }, eventTime: '2026-01-01T00:00:00.123456Z', reportingController: 'test', reportingInstance: 'i', action: 'Do', reason: 'Why', type: 'Normal', note: 'said', regarding: { kind: 'Pod', name: 'p', namespace: ns },
    })
    expect(made.status, made.text).toBe(201)
    const core = await api.call('GET', `/api/v1/namespaces/${ns}/events?fieldSelector=involvedObject.name%3Dp,reason%3DWhy`)
    expect(core.json.items[0]).toMatchObject({ message: 'said', reportingComponent: 'test', eventTime: '2026-01-01T00:00:00.123456Z' })
    expect((await api.call('GET', `/apis/events.k8s.io/v1/namespaces/${ns}/events/e`)).json).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'said' })
  })
})

describe('watches', () => {
  test('[7][8] selectors: entering is ADDED, leaving is DELETED with the new revision', async () => {
    const ns = await freshNamespace()
    const made = await api.call('POST', configMaps(ns), cm('a', {}, { labels: { on: 'no' } }))
    const watch = await api.watch(`${configMaps(ns)}?watch=true&labelSelector=on%3Dyes&resourceVersion=${made.json.metadata.resourceVersion}`)
    await api.call('PATCH', `${configMaps(ns)}/a`, { metadata: { labels: { on: 'yes' } } }, merge)
    await api.call('PATCH', `${configMaps(ns)}/a`, { data: { x: '1' } }, merge)
    const left = await api.call('PATCH', `${configMaps(ns)}/a`, { metadata: { labels: { on: 'no' } } }, merge)
    await watch.until(events => events.length === 3)
    expect(watch.events.map(event => event.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
    const last = watch.events[2]!.object
    expect([last.metadata.labels.on, last.metadata.resourceVersion]).toEqual(['yes', left.json.metadata.resourceVersion])
    watch.stop()
  })

  test('[2] a watch-list tells the state, then its bookmark, then what follows', async () => {
    const ns = await freshNamespace()
    await api.call('POST', configMaps(ns), cm('a'))
    const watch = await api.watch(`${configMaps(ns)}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`)
    await watch.until(events => events.length === 2)
    await api.call('POST', configMaps(ns), cm('b'))
    await watch.until(events => events.length === 3)
    expect(watch.events.map(event => [event.type, event.object.metadata.name])).toEqual([['ADDED', 'a'], ['BOOKMARK', undefined], ['ADDED', 'b']])
    expect(watch.events[1]!.object).toEqual({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: expect.stringMatching(/^\d+$/), annotations: { 'k8s.io/initial-events-end': 'true' } } })
    watch.stop()
    expect((await api.call('GET', `${configMaps(ns)}?watch=true&sendInitialEvents=true`)).status).toBe(422)
  })

  test('[10] a watch ends in time, cleanly, with a last bookmark', async () => {
    const ns = await freshNamespace()
    const started = Date.now()
    const watch = await api.watch(`${configMaps(ns)}?watch=true&timeoutSeconds=1`)
    await watch.ended
    expect(Date.now() - started).toBeLessThan(60_000) // without a limit it would be half an hour and more
    expect(watch.status).toBe(200)
  })

  test('[28] a table watch has columns only in its first event', async () => {
    const ns = await freshNamespace()
    await api.call('POST', configMaps(ns), cm('a'))
    const watch = await api.watch(`${configMaps(ns)}?watch=true`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    await watch.until(events => events.length === 1)
    await api.call('POST', configMaps(ns), cm('b'))
    await watch.until(events => events.length === 2)
    expect(watch.events.map(event => [event.object.kind, event.object.columnDefinitions.length > 0, event.object.rows[0].cells[0]])).toEqual([['Table', true, 'a'], ['Table', false, 'b']])
    watch.stop()
  })

  test('a watcher’s history equals the store’s, through a kill of the server', async () => {
    const ns = await freshNamespace()
    const made = await api.call('POST', configMaps(ns), cm('start'))
    const seen: string[] = []
    let from = made.json.metadata.resourceVersion as string
    const follow = async (wanted: number) => {
      const watch = await api.watch(`${configMaps(ns)}?watch=true&resourceVersion=${from}`)
      await watch.until(events => events.length >= wanted)
      watch.stop()
      for (const event of watch.events) {
        seen.push(`${event.type} ${event.object.metadata.name} ${event.object.metadata.resourceVersion}`)
        from = event.object.metadata.resourceVersion
      }
    }
    const written: string[] = []
    for (let index = 0; index < 10; index++) written.push(`ADDED x${index} ${(await api.call('POST', configMaps(ns), cm(`x${index}`))).json.metadata.resourceVersion}`)
    await follow(10)
    await plane.killApiServer()
    await plane.startApiServer()
    api = rawApi(plane)
    for (let index = 10; index < 20; index++) written.push(`ADDED x${index} ${(await api.call('POST', configMaps(ns), cm(`x${index}`))).json.metadata.resourceVersion}`)
    await follow(10)
    expect(seen).toEqual(written)
  })
})

describe('lost history', () => {
  test('[9] what has been compacted is a 410, for watches and for exact lists', async () => {
    const store = connectEtcd({ endpoints: [plane.etcdServer] })
    const { revision } = await store.range({ key: '/none', countOnly: true })
    await store.compact(revision)
    await store.close()
    await plane.killApiServer()
    await plane.startApiServer()
    api = rawApi(plane)
    const watch = await api.call('GET', '/api/v1/configmaps?watch=true&resourceVersion=2')
    expect([watch.status, watch.json.reason, watch.json.message]).toEqual([410, 'Expired', expect.stringMatching(/^too old resource version: 2 \(\d+\)$/)])
    const list = await api.call('GET', '/api/v1/configmaps?resourceVersion=2&resourceVersionMatch=Exact')
    expect([list.status, list.json.reason]).toEqual([410, 'Expired'])
    const page = await api.call('GET', `/api/v1/configmaps?limit=1&continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":2,"start":"default/a\\u0000"}').toString('base64url')}`)
    expect([page.status, page.json.reason]).toEqual([410, 'Expired'])
    expect((await api.call('GET', `/api/v1/configmaps?limit=1&continue=${page.json.metadata.continue as string}`)).status).toBe(200)
  })
})

describe('access', () => {
  test('[19] a 403 comes before a 404, a bad token is a 401, no credentials are anonymous', async () => {
    const jane = rawApi(plane, await plane.certificateFor({ commonName: 'jane' }))
    expect((await jane.call('GET', '/api/v1/namespaces/default/pods/none')).json).toMatchObject({ code: 403, details: { name: 'none', kind: 'pods' } })
    expect((await jane.call('GET', '/version')).status).toBe(200)
    const nobody = rawApi(plane, { cert: '', key: '' })
    expect((await nobody.call('GET', '/healthz')).text).toBe('ok')
    expect((await nobody.call('GET', '/api/v1/pods')).json.message).toContain('User "system:anonymous" cannot list resource "pods"')
    expect((await nobody.call('GET', '/healthz', undefined, { authorization: 'Bearer nonsense' })).status).toBe(401)
  })

  test('a pod’s token dies with the pod', async () => {
    const ns = await freshNamespace()
    const made = await api.call('POST', pods(ns), pod('p'))
    const token = await api.call('POST', `/api/v1/namespaces/${ns}/serviceaccounts/default/token`, { spec: { expirationSeconds: 3607, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: made.json.metadata.uid } } })
    expect(token.status, token.text).toBe(201)
    const bearer = { authorization: `Bearer ${token.json.status.token as string}` }
    const claims = JSON.parse(Buffer.from((token.json.status.token as string).split('.')[1]!, 'base64url').toString()) as { 'kubernetes.io': { warnafter?: number; pod: { name: string } }; exp: number; iat: number }
    expect([claims['kubernetes.io'].pod.name, claims.exp - claims.iat]).toEqual(['p', 365 * 24 * 3600])
    const nobody = rawApi(plane, { cert: '', key: '' })
    const review = await nobody.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, bearer)
    expect(review.json.status.userInfo.username).toBe(`system:serviceaccount:${ns}:default`)
    await api.call('DELETE', `${pods(ns)}/p`)
    expect((await nobody.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, bearer)).status).toBe(401)
    const short = await api.call('POST', `/api/v1/namespaces/${ns}/serviceaccounts/default/token`, { spec: { expirationSeconds: 10 } })
    expect(short.status).toBe(422)
  })

  test('nobody hands out rights he does not hold', async () => {
    const ns = await freshNamespace()
    const user = `bob-${ns}`
    await api.call('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}/rolebindings`, { metadata: { name: 'bob' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }] })
    const bob = rawApi(plane, await plane.certificateFor({ commonName: user }))
    const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}/roles`
    expect((await bob.call('POST', roles, { metadata: { name: 'ok' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] })).status).toBe(201)
    const refused = await bob.call('POST', roles, { metadata: { name: 'no' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['nodes'] }] })
    expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining('is attempting to grant RBAC permissions not currently held')])
  })

  test('a kubelet reads what its pods need, and nothing else', async () => {
    const ns = await freshNamespace()
    await api.call('POST', `/api/v1/namespaces/${ns}/secrets`, { metadata: { name: 's' } })
    const kubelet = rawApi(plane, await plane.certificateFor({ commonName: 'system:node:n1', organizations: ['system:nodes'] }))
    expect((await kubelet.call('GET', `/api/v1/namespaces/${ns}/secrets/s`)).status).toBe(403)
    await api.call('POST', pods(ns), pod('p', { volumes: [{ name: 'v', secret: { secretName: 's' } }] }))
    await api.call('POST', `${pods(ns)}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } })
    expect((await kubelet.call('GET', `/api/v1/namespaces/${ns}/secrets/s`)).status).toBe(200)
    expect((await kubelet.call('GET', `/api/v1/namespaces/${ns}/secrets`)).status).toBe(403)
    expect((await kubelet.call('PATCH', `${pods(ns)}/p/status`, { status: { phase: 'Running' } }, { 'content-type': 'application/strategic-merge-patch+json' })).status).toBe(200)
    expect((await kubelet.call('DELETE', `${pods(ns)}/p`, { gracePeriodSeconds: 0 })).status).toBe(200)
  })

  test('[27] Services never share an address, however many are made at once', async () => {
    const ns = await freshNamespace()
    const made = await Promise.all(Array.from({ length: 40 }, (_, index) => api.call('POST', `/api/v1/namespaces/${ns}/services`, { metadata: { name: `s${index}` }, spec: { type: 'NodePort', ports: [{ port: 80 }], selector: { a: 'b' } } })))
    expect(made.every(answer => answer.status === 201)).toBe(true)
    expect(new Set(made.map(answer => answer.json.spec.clusterIP)).size).toBe(40)
    expect(new Set(made.map(answer => answer.json.spec.ports[0].nodePort)).size).toBe(40)
  })
})

describe('admission', () => {
  test('LR1 LR2 a LimitRange fills in what containers leave out, and bounds the rest', async () => {
    const ns = await freshNamespace()
    await api.call('POST', `/api/v1/namespaces/${ns}/limitranges`, { metadata: { name: 'l' }, spec: { limits: [{ type: 'Container', default: { cpu: '200m' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1' } }] } })
    const made = await api.call('POST', pods(ns), pod('p'))
    expect(made.json.spec.containers[0].resources).toEqual({ limits: { cpu: '200m' }, requests: { cpu: '100m' } })
    expect(made.json.metadata.annotations['kubernetes.io/limit-ranger']).toBe('LimitRanger plugin set: cpu request for container c; cpu limit for container c')
    const big = await api.call('POST', pods(ns), { metadata: { name: 'big' }, spec: { containers: [{ name: 'c', image: 'x', resources: { limits: { cpu: '2' } } }] } })
    expect([big.status, big.json.message]).toEqual([403, 'pods "big" is forbidden: maximum cpu usage per Container is 1, but limit is 2'])
  })

  test('RQ1 RQ2 RQ3 a quota limits what its status names, also under concurrency', async () => {
    const ns = await freshNamespace()
    const path = `/api/v1/namespaces/${ns}/resourcequotas`
    await api.call('POST', path, { metadata: { name: 'q' }, spec: { hard: { configmaps: '5', 'requests.cpu': '1' } } })
    await api.call('PATCH', `${path}/q/status`, { status: { hard: { configmaps: '5', 'requests.cpu': '1' }, used: { configmaps: '0', 'requests.cpu': '0' } } }, merge)
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => api.call('POST', configMaps(ns), cm(`c${index}`))))
    expect(answers.filter(answer => answer.status === 201)).toHaveLength(5)
    expect(answers.find(answer => answer.status === 403)!.json.message).toContain('exceeded quota: q, requested: configmaps=1, used: configmaps=5, limited: configmaps=5')
    expect((await api.call('POST', pods(ns), pod('p'))).json.message).toContain('failed quota: q: must specify requests.cpu for: c')
    expect((await api.call('GET', `${path}/q`)).json.status.used.configmaps).toBe('5')
  })

  test('PS-1 PS-2 a restricted namespace refuses what its level forbids, and warns as it is told', async () => {
    const ns = await freshNamespace()
    await api.call('PATCH', `/api/v1/namespaces/${ns}`, { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn': 'restricted' } } }, merge)
    const refused = await api.call('POST', pods(ns), pod('p', { hostNetwork: true }))
    expect(refused.json.message).toBe('pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)')
    const warned = await api.call('POST', pods(ns), pod('p'))
    expect([warned.status, warned.headers['warning']]).toEqual([201, expect.stringContaining('would violate PodSecurity \\"restricted:latest\\": allowPrivilegeEscalation != false (container \\"c\\" must set')])
  })

  test('who made a certificate request is what the server saw', async () => {
    const made = await api.call('POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests', { metadata: { name: 'csr' }, spec: { username: 'root', groups: ['system:masters-of-lies'], signerName: 'example.com/x', usages: ['client auth'], request: Buffer.from(await createCertificateRequest('CN=jane')).toString('base64') } })
    expect(made.json.spec ?? made.json, made.text).toMatchObject({ username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] })
    const approved = await api.call('PUT', '/apis/certificates.k8s.io/v1/certificatesigningrequests/csr/approval', { ...made.json, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test' }] } })
    expect(approved.json.status.conditions[0]).toMatchObject({ type: 'Approved', status: 'True' })
  })

  test('PR1 PR2 priorities are looked up, never chosen', async () => {
    const ns = await freshNamespace()
    expect((await api.call('POST', pods(ns), pod('a', { priorityClassName: 'system-node-critical' }))).json.spec.priority).toBe(2_000_001_000)
    expect((await api.call('POST', pods(ns), pod('b', { priorityClassName: 'none' }))).json.message).toBe('pods "b" is forbidden: no PriorityClass with name none was found')
    expect((await api.call('POST', pods(ns), pod('c', { priority: 7 }))).status).toBe(403)
  })

  test('[23] a pod waits for its account', async () => {
    const name = `t${++count}`
    await api.call('POST', '/api/v1/namespaces', { metadata: { name } })
    const early = await api.call('POST', pods(name), pod('p'))
    expect([early.status, early.json.message]).toEqual([403, `pods "p" is forbidden: error looking up service account ${name}/default: serviceaccount "default" not found`])
    await api.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
    expect((await api.call('POST', pods(name), pod('p'))).json.spec.volumes[0].name).toMatch(/^kube-api-access-[a-z0-9]{5}$/)
  })
})

describe('discovery', () => {
  const aggregated = (version: string) => ({ accept: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json` })

  test('[3] each aggregated form is named exactly, and kept copies hold', async () => {
    const v2 = await api.call('GET', '/apis', undefined, aggregated('v2'))
    expect([v2.headers['content-type'], v2.json.apiVersion]).toEqual(['application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', 'apidiscovery.k8s.io/v2'])
    expect((await api.call('GET', '/api', undefined, aggregated('v2beta1'))).json.apiVersion).toBe('apidiscovery.k8s.io/v2beta1')
    const again = await api.call('GET', '/apis', undefined, { ...aggregated('v2'), 'if-none-match': v2.headers.etag! })
    expect([again.status, again.headers['content-type']]).toEqual([304, undefined])
    expect((await api.call('GET', '/api/v1')).json.resources.find((resource: { name: string }) => resource.name === 'pods/eviction')).toMatchObject({ group: 'policy', version: 'v1', kind: 'Eviction' })
    expect((await api.call('GET', '/apis')).json.kind).toBe('APIGroupList')
  })

  test('health answers with its checks', async () => {
    expect((await api.call('GET', '/livez/ping')).text).toBe('ok')
    expect((await api.call('GET', '/readyz?verbose')).text).toContain('[+]poststarthook/rbac/bootstrap-roles ok')
    expect((await api.call('GET', '/readyz?verbose&exclude=etcd')).text).not.toContain('etcd')
    expect((await api.call('GET', '/livez/nothing')).status).toBe(404)
  })
})
