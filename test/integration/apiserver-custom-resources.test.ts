/**
 * Custom resources with real processes and real kubectl: from a definition to its objects, their versions, their rules and
 * their end. Rules quoted are those of agents/control-plane/apiserver/custom and agents/api/structural.
 */
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { findKubectls, kubectlWith } from './kubectl.ts'
import type { Kubectl } from './kubectl.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'
import { createTestAuthority } from './test-pki.ts'

let plane: ControlPlane
let api: RawApi
let kubectl: Kubectl
const newest = findKubectls().at(-1)

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const merge = { 'content-type': 'application/merge-patch+json' }
const jsonPatch = { 'content-type': 'application/json-patch+json' }
const apply = { 'content-type': 'application/apply-patch+yaml' }

beforeAll(async () => {
  plane = await startControlPlane()
  api = rawApi(plane)
  if (newest !== undefined) kubectl = kubectlWith(newest, plane.kubeconfig)
})

afterAll(async () => {
  await plane?.stop()
})

interface DefinitionOptions {
  readonly scope?: string
  readonly versions?: readonly object[]
  readonly version?: object
  readonly conversion?: object
  readonly names?: object
}

function definition(plural: string, kind: string, schema: object, options: DefinitionOptions = {}): object {
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...options.version }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: { group: 'example.com', scope: options.scope ?? 'Namespaced', names: { plural, kind, ...options.names }, versions: options.versions ?? [version], ...(options.conversion === undefined ? {} : { conversion: options.conversion }) },
  }
}

async function establish(body: object): Promise<void> {
  const made = await api.call('POST', definitions, body)
  expect(made.json.message ?? made.status).toBe(201)
  await established((body as { metadata: { name: string } }).metadata.name)
}

async function established(name: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { json } = await api.call('GET', `${definitions}/${name}`)
    if (json.status?.conditions?.some((each: { type: string; status: string }) => each.type === 'Established' && each.status === 'True') === true) return
    await pause(25)
  }
  throw new Error(`${name} was not established`)
}

const inNamespace = (plural: string, version = 'v1', namespace = 'default') => `/apis/example.com/${version}/namespaces/${namespace}/${plural}`
const spec = (properties: object, more: object = {}) => ({ type: 'object', properties: { spec: { type: 'object', properties, ...more } } })

describe('definitions', () => {
  test('DS1 DS2 names are accepted, then it is established, and discovery and OpenAPI follow', async () => {
    await establish(definition('widgets', 'Widget', spec({ size: { type: 'integer', description: 'How big it is.' } }), { names: { shortNames: ['wd'], categories: ['all'] }, version: { subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } } } }))
    const { json } = await api.call('GET', `${definitions}/widgets.example.com`)
    expect(json.status.conditions.map((each: { type: string; status: string; reason: string }) => [each.type, each.status, each.reason])).toEqual([['NamesAccepted', 'True', 'NoConflicts'], ['Established', 'True', 'InitialNamesAccepted']])
    expect(json.status.acceptedNames).toEqual({ plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wd'], categories: ['all'] })
    expect(json.status.storedVersions).toEqual(['v1'])
    const list = await api.call('GET', '/apis/example.com/v1')
    expect(list.json.resources.map((each: { name: string; kind: string }) => [each.name, each.kind])).toContainEqual(['widgets/scale', 'Scale'])
    const group = await api.call('GET', '/apis/example.com')
    expect(group.json.preferredVersion).toEqual({ groupVersion: 'example.com/v1', version: 'v1' })
    const v3 = await api.call('GET', '/openapi/v3/apis/example.com/v1')
    expect(v3.json.components.schemas['com.example.v1.Widget'].properties.spec.properties.size).toEqual({ type: 'integer', description: 'How big it is.' })
    expect(v3.json.components.schemas['com.example.v1.Widget']['x-kubernetes-group-version-kind']).toEqual([{ group: 'example.com', kind: 'Widget', version: 'v1' }])
    expect(Object.keys(v3.json.paths['/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/status'])).toEqual(['get', 'parameters', 'patch', 'put'])
    const v2 = await api.call('GET', '/openapi/v2')
    expect(v2.json.definitions['com.example.v1.WidgetList'].required).toEqual(['items'])
  })

  test('DS1 a later definition with the same kind waits, and gets its name when it becomes free', async () => {
    await establish(definition('firsts', 'Same', { type: 'object' }))
    await api.call('POST', definitions, definition('seconds', 'Same', { type: 'object' }))
    const second = async () => (await api.call('GET', `${definitions}/seconds.example.com`)).json.status.conditions
    for (let tries = 0; tries < 100 && (await second()) === undefined; tries++) await pause(20)
    expect((await second())[0]).toMatchObject({ type: 'NamesAccepted', status: 'False', reason: 'ListKindConflict', message: '"SameList" is already in use' })
    expect((await api.call('GET', inNamespace('seconds'))).status).toBe(404)
    await api.call('DELETE', `${definitions}/firsts.example.com`)
    await established('seconds.example.com')
    expect((await api.call('GET', inNamespace('seconds'))).status).toBe(200)
  })

  test('VD5 ST1 what is wrong is refused with upstream words', async () => {
    const answer = await api.call('POST', definitions, definition('bads', 'Bad', { type: 'object', properties: { a: {} } }))
    expect(answer.status).toBe(422)
    expect(answer.json.message).toBe('CustomResourceDefinition.apiextensions.k8s.io "bads.example.com" is invalid: spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields')
    const put = await api.call('PUT', `${definitions}/widgets.example.com`, definition('widgets', 'Widget', { type: 'object' }))
    expect(put.json.message).toContain('metadata.resourceVersion: Invalid value: 0: must be specified for an update')
  })
})

describe('objects', () => {
  beforeAll(async () => {
    await establish(definition('crons', 'Cron', {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          required: ['schedule'],
          properties: {
            schedule: { type: 'string', pattern: '^\\S+$' },
            replicas: { type: 'integer', minimum: 1, maximum: 10, default: 1 },
            color: { type: 'string' },
            ports: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, port: { type: 'integer' } } } },
            raw: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            when: { type: 'string', format: 'date-time' },
          },
        },
        status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
      },
    }, {
      version: {
        subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' } },
        selectableFields: [{ jsonPath: '.spec.color' }],
        additionalPrinterColumns: [{ name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' }, { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 }, { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
      },
    }))
  })

  const cron = (name: string, more: object = {}, meta: object = {}) => ({ apiVersion: 'example.com/v1', kind: 'Cron', metadata: { name, ...meta }, spec: { schedule: 'daily', ...more } })
  const path = inNamespace('crons')

  test('defaults, pruning and unknown fields', async () => {
    const made = await api.call('POST', path, cron('a', { foo: 1, raw: { x: { y: 1 } } }))
    expect(made.status).toBe(201)
    expect(made.json.spec).toEqual({ schedule: 'daily', replicas: 1, raw: { x: { y: 1 } } })
    expect(made.headers['warning']).toBe('299 - "unknown field \\"spec.foo\\""')
    expect(made.json.metadata.generation).toBe(1)
    const strict = await api.call('POST', `${path}?fieldValidation=Strict`, cron('b', { foo: 1 }))
    expect([strict.status, strict.json.message]).toEqual([400, expect.stringMatching(/ in version "v1" cannot be handled as a \w+: strict decoding error: unknown field "spec.foo"$/)])
    expect((await api.call('POST', `${path}?fieldValidation=Ignore&dryRun=All`, cron('b', { foo: 1 }))).headers['warning']).toBeUndefined()
    expect((await api.call('GET', `${path}/b`)).status).toBe(404)
  })

  test('VC1 values are refused in upstream words', async () => {
    const answer = await api.call('POST', path, cron('c', { replicas: 11, when: 'x', schedule: 'a b' }))
    expect(answer.status).toBe(422)
    expect(answer.json.details.causes.map((cause: { field: string; message: string }) => `${cause.field}: ${cause.message}`).sort()).toEqual([
      'spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10',
      'spec.schedule: Invalid value: "a b": spec.schedule in body should match \'^\\S+$\'',
      'spec.when: Invalid value: "x": spec.when in body must be of type date-time: "x"',
    ])
    expect((await api.call('POST', path, { apiVersion: 'example.com/v1', kind: 'Cron', metadata: { name: 'c' }, spec: {} })).json.message).toBe('Cron.example.com "c" is invalid: spec.schedule: Required value')
  })

  test('CK1 status and spec are kept apart; generation counts the spec only', async () => {
    await api.call('POST', path, { ...cron('s'), status: { replicas: 3 } })
    const one = await api.call('GET', `${path}/s`)
    expect(one.json.status).toBeUndefined()
    const put = await api.call('PUT', `${path}/s/status`, { ...one.json, spec: { schedule: 'never' }, status: { replicas: 2, selector: 'app=s' } })
    expect([put.json.status, put.json.spec.schedule, put.json.metadata.generation]).toEqual([{ replicas: 2, selector: 'app=s' }, 'daily', 1])
    const changed = await api.call('PATCH', `${path}/s`, { spec: { color: 'red' }, status: { replicas: 9 } }, merge)
    expect([changed.json.status.replicas, changed.json.metadata.generation]).toEqual([2, 2])
    const same = await api.call('PATCH', `${path}/s`, { spec: { color: 'red' } }, merge)
    expect(same.json.metadata.resourceVersion).toBe(changed.json.metadata.resourceVersion)
    const bare = await api.call('PUT', `${path}/s`, cron('s'))
    expect(bare.json.message).toContain('metadata.resourceVersion: Invalid value: 0: must be specified for an update')
  })

  test('SC3 scale', async () => {
    await api.call('POST', path, cron('scaled'))
    await api.call('PATCH', `${path}/scaled/status`, { status: { replicas: 1, selector: 'app=x' } }, merge)
    const scale = await api.call('GET', `${path}/scaled/scale`)
    expect([scale.json.kind, scale.json.spec, scale.json.status]).toEqual(['Scale', { replicas: 1 }, { replicas: 1, selector: 'app=x' }])
    expect((await api.call('PATCH', `${path}/scaled/scale`, { spec: { replicas: 4 } }, merge)).json.spec.replicas).toBe(4)
    expect((await api.call('GET', `${path}/scaled`)).json.spec.replicas).toBe(4)
    expect((await api.call('PATCH', `${path}/scaled/scale`, { spec: { replicas: 40 } }, merge)).status).toBe(422)
  })

  test('patches: JSON and merge, no strategic merge; protobuf only for metadata', async () => {
    await api.call('POST', path, cron('p'))
    expect((await api.call('PATCH', `${path}/p`, [{ op: 'add', path: '/spec/color', value: 'blue' }], jsonPatch)).json.spec.color).toBe('blue')
    const strategic = await api.call('PATCH', `${path}/p`, {}, { 'content-type': 'application/strategic-merge-patch+json' })
    expect([strategic.status, strategic.json.reason]).toEqual([415, 'UnsupportedMediaType'])
    expect((await api.call('GET', `${path}/p`, undefined, { accept: 'application/vnd.kubernetes.protobuf' })).status).toBe(406)
    expect((await api.call('GET', `${path}/p`, undefined, { accept: 'application/vnd.kubernetes.protobuf,application/json' })).json.kind).toBe('Cron')
    expect((await api.call('GET', `${path}/p`, undefined, { accept: 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' })).text.slice(0, 3)).toBe('k8s')
    expect((await api.call('GET', `${path}/p`, undefined, { accept: 'application/yaml' })).text).toContain('kind: Cron')
  })

  test('AS4 apply merges keyed lists by their keys and knows who owns what', async () => {
    const body = (ports: object[], extra: object = {}) => JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Cron', metadata: { name: 'applied' }, spec: { schedule: 'daily', ports, ...extra } })
    expect((await api.call('PATCH', `${path}/applied?fieldManager=one`, body([{ name: 'a', port: 1 }]), apply)).status).toBe(201)
    const two = await api.call('PATCH', `${path}/applied?fieldManager=two`, JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Cron', metadata: { name: 'applied' }, spec: { ports: [{ name: 'b', port: 2 }] } }), apply)
    expect(two.json.spec.ports).toEqual([{ name: 'a', port: 1 }, { name: 'b', port: 2 }])
    const conflict = await api.call('PATCH', `${path}/applied?fieldManager=two`, JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Cron', metadata: { name: 'applied' }, spec: { schedule: 'hourly' } }), apply)
    expect([conflict.status, conflict.json.message]).toEqual([409, 'Apply failed with 1 conflict: conflict with "one": .spec.schedule'])
    const mine = two.json.metadata.managedFields.find((each: { manager: string }) => each.manager === 'two')
    expect(mine.fieldsV1).toEqual({ 'f:spec': { 'f:ports': { 'k:{"name":"b"}': { '.': {}, 'f:name': {}, 'f:port': {} } } } })
    const gone = await api.call('PATCH', `${path}/applied?fieldManager=one`, body([]), apply)
    expect(gone.json.spec.ports).toEqual([{ name: 'b', port: 2 }])
  })

  test('selectable fields choose in lists and watches; others are refused', async () => {
    await api.call('POST', path, cron('red', { color: 'scarlet' }))
    const listed = await api.call('GET', `${path}?fieldSelector=spec.color%3Dscarlet`)
    expect(listed.json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['red'])
    expect([listed.json.kind, listed.json.items[0].kind]).toEqual(['CronList', 'Cron'])
    const watch = await api.watch(`${path}?watch=true&fieldSelector=spec.color%3Dscarlet&resourceVersion=${listed.json.metadata.resourceVersion}`)
    await api.call('PATCH', `${path}/red`, { spec: { color: 'green' } }, merge)
    await watch.until(events => events.length > 0)
    expect(watch.events.map(event => event.type)).toEqual(['DELETED'])
    watch.stop()
    expect((await api.call('GET', `${path}?fieldSelector=spec.size%3D1`)).json.message).toBe('field label not supported: spec.size')
  })

  test('watch-list ends its first part with a bookmark', async () => {
    const watch = await api.watch(`${path}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`)
    await watch.until(events => events.some(event => event.type === 'BOOKMARK'))
    expect(watch.events.at(-1)!.object).toMatchObject({ kind: 'Cron', apiVersion: 'example.com/v1', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } })
    watch.stop()
  })

  test('PC1 tables', async () => {
    const table = await api.call('GET', path, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    expect(table.json.columnDefinitions.map((column: { name: string; priority: number }) => [column.name, column.priority])).toEqual([['Name', 0], ['Schedule', 0], ['Replicas', 1], ['Age', 0]])
    expect(table.json.rows[0].cells.slice(0, 3)).toEqual(['a', 'daily', 1])
    expect(table.json.rows[0].object.kind).toBe('PartialObjectMetadata')
  })

  test('finalizers hold an object; deletecollection takes what it selects', async () => {
    const made = await api.call('POST', path, cron('held', {}, { finalizers: ['example.com/hold', 'odd'], labels: { x: 'y' } }))
    expect(made.headers['warning']).toContain('prefer a domain-qualified finalizer name to avoid accidental conflicts')
    const deleted = await api.call('DELETE', `${path}/held`)
    expect([deleted.status, deleted.json.kind, deleted.json.metadata.deletionGracePeriodSeconds]).toEqual([200, 'Cron', 0])
    await api.call('PATCH', `${path}/held`, { metadata: { finalizers: null } }, merge)
    expect((await api.call('GET', `${path}/held`)).status).toBe(404)
    await api.call('POST', path, cron('one', {}, { labels: { batch: '1' } }))
    await api.call('POST', path, cron('two', {}, { labels: { batch: '1' } }))
    expect((await api.call('DELETE', `${path}?labelSelector=batch%3D1`)).json.items).toHaveLength(2)
    expect((await api.call('GET', `${path}/one`)).status).toBe(404)
  })

  test('CR2 a changed schema is at work at once, also on what is stored; watches end', async () => {
    await establish(definition('turns', 'Turn', spec({ a: { type: 'string' } })))
    await api.call('POST', inNamespace('turns'), { apiVersion: 'example.com/v1', kind: 'Turn', metadata: { name: 't' }, spec: { a: 'x' } })
    const watch = await api.watch(`${inNamespace('turns')}?watch=true`)
    const patch = { spec: { versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: spec({ a: { type: 'string' }, b: { type: 'integer', default: 7 } }) } }] } }
    expect((await api.call('PATCH', `${definitions}/turns.example.com`, patch, merge)).status).toBe(200)
    await watch.ended
    const one = await api.call('GET', `${inNamespace('turns')}/t`)
    expect(one.json.spec).toEqual({ a: 'x', b: 7 })
    const put = await api.call('PUT', `${inNamespace('turns')}/t`, one.json)
    expect(Number(put.json.metadata.resourceVersion)).toBeGreaterThan(Number(one.json.metadata.resourceVersion)) // OW11: the store lacked the default
    expect((await api.call('PUT', `${inNamespace('turns')}/t`, put.json)).json.metadata.resourceVersion).toBe(put.json.metadata.resourceVersion)
  })

  test('SF3 big integers survive writes that do not touch them', async () => {
    await establish(definition('bigs', 'Big', spec({ n: { type: 'integer', format: 'int64' }, a: { type: 'string', default: 'x' } })))
    await api.call('POST', inNamespace('bigs'), '{"apiVersion":"example.com/v1","kind":"Big","metadata":{"name":"b"},"spec":{"n":9007199254740993}}')
    expect((await api.call('PATCH', `${inNamespace('bigs')}/b`, { spec: { a: 'y' } }, merge)).text).toContain('"n":9007199254740993')
    expect((await api.call('PATCH', `${inNamespace('bigs')}/b`, { metadata: { labels: { x: 'y' } } }, merge)).status).toBe(200)
    expect((await api.call('GET', `${inNamespace('bigs')}/b`)).text).toContain('"n":9007199254740993')
    const over = await api.call('POST', inNamespace('bigs'), '{"apiVersion":"example.com/v1","kind":"Big","metadata":{"name":"o"},"spec":{"n":9223372036854775808}}')
    expect(over.status).toBe(422)
  })

  test('VC3 what was wrong before may stay as long as it is not touched', async () => {
    await establish(definition('loose', 'Loose', spec({ a: { type: 'string' }, b: { type: 'string' } })))
    await api.call('POST', inNamespace('loose'), { apiVersion: 'example.com/v1', kind: 'Loose', metadata: { name: 'l' }, spec: { a: 'wrong', b: 'x' } })
    await api.call('PATCH', `${definitions}/loose.example.com`, { spec: { versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: spec({ a: { type: 'string', pattern: '^right$' }, b: { type: 'string' } }) } }] } }, merge)
    await pause(100)
    expect((await api.call('PATCH', `${inNamespace('loose')}/l`, { spec: { b: 'y' } }, merge)).status).toBe(200)
    expect((await api.call('PATCH', `${inNamespace('loose')}/l`, { spec: { a: 'worse' } }, merge)).status).toBe(422)
  })
})

describe('several versions', () => {
  const versions = (storage: string) => ['v1', 'v2'].map(name => ({
    name, served: true, storage: name === storage, ...(name === 'v1' ? { deprecated: true } : {}),
    schema: { openAPIV3Schema: spec({ host: { type: 'string' }, port: { type: 'string' }, ...(name === 'v2' ? { extra: { type: 'string' } } : {}) }) },
  }))

  test('CV1 without a webhook a version is another name; what it does not know is gone', async () => {
    await establish(definition('plains', 'Plain', {}, { versions: versions('v2') }))
    await api.call('POST', inNamespace('plains', 'v2'), { apiVersion: 'example.com/v2', kind: 'Plain', metadata: { name: 'a' }, spec: { host: 'h', extra: 'e' } })
    const old = await api.call('GET', `${inNamespace('plains', 'v1')}/a`)
    expect([old.json.apiVersion, old.json.spec]).toEqual(['example.com/v1', { host: 'h' }])
    expect(old.headers['warning']).toBe('299 - "example.com/v1 Plain is deprecated; use example.com/v2 Plain"')
    expect((await api.call('GET', inNamespace('plains', 'v1'))).json.items[0].apiVersion).toBe('example.com/v1')
    expect((await api.call('GET', '/apis/example.com')).json.versions.map((each: { version: string }) => each.version)).toEqual(['v2', 'v1'])
  })

  test('KV2 owners that speak of a version which is no more are forgotten', async () => {
    await establish(definition('goers', 'Goer', {}, { versions: versions('v2') }))
    await api.call('POST', `${inNamespace('goers', 'v1')}?fieldManager=old`, { apiVersion: 'example.com/v1', kind: 'Goer', metadata: { name: 'g' }, spec: { host: 'h' } })
    await api.call('PATCH', `${definitions}/goers.example.com`, { spec: { versions: versions('v2').filter(version => version.name === 'v2') } }, merge)
    await pause(150)
    const applied = await api.call('PATCH', `${inNamespace('goers', 'v2')}/g?fieldManager=new`, { apiVersion: 'example.com/v2', kind: 'Goer', metadata: { name: 'g' }, spec: { host: 'other' } }, { 'content-type': 'application/apply-patch+yaml' })
    expect([applied.status, applied.json.metadata.managedFields?.map((entry: { manager: string }) => entry.manager)]).toEqual([200, ['new']])
  })

  test('OW11 after the stored version changes, writing an object back moves it', async () => {
    await establish(definition('movers', 'Mover', {}, { versions: versions('v1') }))
    await api.call('POST', inNamespace('movers', 'v1'), { apiVersion: 'example.com/v1', kind: 'Mover', metadata: { name: 'm' }, spec: { host: 'h' } })
    await api.call('PATCH', `${definitions}/movers.example.com`, { spec: { versions: versions('v2') } }, merge)
    await pause(150)
    expect((await api.call('GET', `${definitions}/movers.example.com`)).json.status.storedVersions).toEqual(['v1', 'v2'])
    const one = await api.call('GET', `${inNamespace('movers', 'v2')}/m`)
    const put = await api.call('PUT', `${inNamespace('movers', 'v2')}/m`, one.json)
    expect(Number(put.json.metadata.resourceVersion)).toBeGreaterThan(Number(one.json.metadata.resourceVersion))
    const without = await api.call('PATCH', `${definitions}/movers.example.com`, { spec: { versions: versions('v2').filter(version => version.name === 'v2') } }, merge)
    expect(without.json.message).toContain('v1 was previously a storage version, and must remain in spec.versions')
    await api.call('PATCH', `${definitions}/movers.example.com/status`, { status: { storedVersions: ['v2'] } }, merge)
    expect((await api.call('PATCH', `${definitions}/movers.example.com`, { spec: { versions: versions('v2').filter(version => version.name === 'v2') } }, merge)).status).toBe(200)
  })

  describe('with a webhook', () => {
    let server: Server
    let asked = 0
    let broken = false

    beforeAll(async () => {
      const authority = await createTestAuthority('webhook-ca')
      const { cert, key } = await authority.sign({ commonName: 'converter', ips: ['127.0.0.1'], dns: ['localhost'] })
      server = createServer({ cert, key }, (request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          asked += 1
          const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { request: { uid: string; desiredAPIVersion: string; objects: { apiVersion: string; spec: { host: string; port?: string } }[] } }
          const convertedObjects = review.request.objects.map(object => {
            if (review.request.desiredAPIVersion === 'example.com/v1') return { ...object, apiVersion: 'example.com/v1', spec: { host: `${object.spec.host}:${object.spec.port ?? ''}` } }
            const [host = '', port = ''] = object.spec.host.split(':')
            return { ...object, apiVersion: 'example.com/v2', spec: { host, port } }
          })
          const result = broken ? { status: 'Failure', message: 'cannot today' } : { status: 'Success' }
          response.end(JSON.stringify({ kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response: { uid: review.request.uid, result, convertedObjects } }))
        })
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const conversion = { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: `https://127.0.0.1:${port}/convert`, caBundle: Buffer.from(authority.cert).toString('base64') } } }
      await establish(definition('hosts', 'Host', {}, { versions: versions('v2'), conversion }))
    })

    afterAll(() => {
      server.close()
    })

    test('CV2 objects are converted both ways, lists at once, and each only once', async () => {
      const made = await api.call('POST', inNamespace('hosts', 'v1'), { apiVersion: 'example.com/v1', kind: 'Host', metadata: { name: 'a' }, spec: { host: 'h:80' } })
      expect([made.status, made.json.spec]).toEqual([201, { host: 'h:80' }])
      expect((await api.call('GET', `${inNamespace('hosts', 'v2')}/a`)).json.spec).toEqual({ host: 'h', port: '80' })
      for (const name of ['b', 'c']) await api.call('POST', inNamespace('hosts', 'v2'), { apiVersion: 'example.com/v2', kind: 'Host', metadata: { name }, spec: { host: name, port: '1' } })
      const before = asked
      const list = await api.call('GET', inNamespace('hosts', 'v1'))
      expect(list.json.items.map((item: { spec: { host: string } }) => item.spec.host)).toEqual(['h:80', 'b:1', 'c:1'])
      await api.call('GET', inNamespace('hosts', 'v1'))
      expect(asked).toBe(before + 1)
      const watch = await api.watch(`${inNamespace('hosts', 'v1')}?watch=true&resourceVersion=${list.json.metadata.resourceVersion}`)
      await api.call('PATCH', `${inNamespace('hosts', 'v2')}/b`, { spec: { port: '2' } }, merge)
      await api.call('PATCH', `${inNamespace('hosts', 'v2')}/b`, { spec: { port: '3' } }, merge)
      await watch.until(events => events.length === 2)
      expect(watch.events.map(event => event.object.spec.host)).toEqual(['b:2', 'b:3'])
      watch.stop()
    })

    test('FM1 KV1 owners are compared in the version they speak of, which the webhook is asked for', async () => {
      const apply = { 'content-type': 'application/apply-patch+yaml' }
      const at = (version: string, manager: string, more = '') => `${inNamespace('hosts', version)}/owned?fieldManager=${manager}${more}`
      const host = (version: string, spec: object) => ({ apiVersion: `example.com/${version}`, kind: 'Host', metadata: { name: 'owned' }, spec })
      expect((await api.call('PATCH', at('v1', 'old'), host('v1', { host: 'h:80' }), apply)).status).toBe(201)
      const refused = await api.call('PATCH', at('v2', 'new'), host('v2', { host: 'h', port: '81' }), apply)
      expect([refused.status, refused.json.message]).toEqual([409, 'Apply failed with 1 conflict: conflict with "old": .spec.host'])
      const same = await api.call('PATCH', at('v2', 'new'), host('v2', { host: 'h', port: '80' }), apply)
      expect(same.json.metadata.managedFields.map((entry: { manager: string; apiVersion: string }) => [entry.manager, entry.apiVersion])).toEqual([['new', 'example.com/v2'], ['old', 'example.com/v1']])
      const forced = await api.call('PATCH', at('v2', 'new', '&force=true'), host('v2', { host: 'h', port: '81' }), apply)
      expect(forced.json.metadata.managedFields.map((entry: { manager: string }) => entry.manager)).toEqual(['new'])
      expect((await api.call('GET', `${inNamespace('hosts', 'v1')}/owned`)).json.spec).toEqual({ host: 'h:81' })
    })

    test('FM2 where a conversion fails a write goes on without owners, and applying does not', async () => {
      const apply = { 'content-type': 'application/apply-patch+yaml' }
      const host = (version: string, spec: object) => ({ apiVersion: `example.com/${version}`, kind: 'Host', metadata: { name: 'failing' }, spec })
      await api.call('PATCH', `${inNamespace('hosts', 'v1')}/failing?fieldManager=old`, host('v1', { host: 'h:80' }), apply)
      await api.call('GET', `${inNamespace('hosts', 'v2')}/failing`)
      broken = true
      const applied = await api.call('PATCH', `${inNamespace('hosts', 'v2')}/failing?fieldManager=new&force=true`, host('v2', { port: '81' }), apply)
      expect([applied.status, applied.json.message]).toEqual([500, 'conversion webhook for example.com/v2, Kind=Host failed: cannot today'])
      const patched = await api.call('PATCH', `${inNamespace('hosts', 'v2')}/failing`, { spec: { port: '82' } }, merge)
      broken = false
      expect([patched.status, patched.json.metadata.managedFields]).toEqual([200, undefined])
    })

    test('RV2 a failing webhook is quoted; deleting the definition needs no conversion', async () => {
      broken = true
      await api.call('PATCH', `${inNamespace('hosts', 'v2')}/c`, { metadata: { labels: { new: 'yes' } } }, merge)
      const failed = await api.call('GET', `${inNamespace('hosts', 'v1')}/c`)
      expect([failed.status, failed.json.message]).toEqual([500, 'conversion webhook for example.com/v2, Kind=Host failed: cannot today'])
      await api.call('DELETE', `${definitions}/hosts.example.com`)
      for (let tries = 0; tries < 200 && (await api.call('GET', `${definitions}/hosts.example.com`)).status !== 404; tries++) await pause(25)
      expect((await api.call('GET', inNamespace('hosts', 'v2'))).status).toBe(404)
    })
  })
})

describe('the end', () => {
  test('DC2 CR4 instances go first, then the definition; watches end', async () => {
    await establish(definition('ends', 'End', { type: 'object' }))
    await api.call('POST', inNamespace('ends'), { apiVersion: 'example.com/v1', kind: 'End', metadata: { name: 'e', finalizers: ['example.com/hold'] } })
    const watch = await api.watch(`${inNamespace('ends')}?watch=true`)
    const deleted = await api.call('DELETE', `${definitions}/ends.example.com`)
    expect(deleted.json.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io'])
    await watch.until(events => events.some(event => event.object.metadata.deletionTimestamp !== undefined))
    const terminating = (await api.call('GET', `${definitions}/ends.example.com`)).json.status.conditions.find((each: { type: string }) => each.type === 'Terminating')
    expect(terminating).toMatchObject({ status: 'True', reason: 'InstanceDeletionInProgress' })
    const refused = await api.call('POST', inNamespace('ends'), { apiVersion: 'example.com/v1', kind: 'End', metadata: { name: 'late' } })
    expect([refused.status, refused.json.message]).toEqual([403, 'ends.example.com "late" is forbidden: create not allowed while custom resource definition is terminating'])
    await api.call('PATCH', `${inNamespace('ends')}/e`, { metadata: { finalizers: null } }, merge)
    await watch.ended
    expect(watch.events.at(-1)!.type).toBe('DELETED')
    for (let tries = 0; tries < 100 && (await api.call('GET', `${definitions}/ends.example.com`)).status !== 404; tries++) await pause(25)
    expect((await api.call('GET', inNamespace('ends'))).status).toBe(404)
  })

  test('CR1 a restarted server serves what there was before it says that it is ready', async () => {
    await plane.killApiServer()
    await plane.startApiServer()
    expect((await api.call('GET', '/readyz/poststarthook/crd-informer-synced')).status).toBe(200)
    expect((await api.call('GET', `${inNamespace('crons')}/a`)).json.spec.schedule).toBe('daily')
    const seen = await api.call('GET', '/debug/inspect/custom-resources')
    expect(seen.json.find((each: { name: string }) => each.name === 'crons.example.com')).toMatchObject({ isServed: true, versions: [{ name: 'v1', served: true, stored: true }] })
  })
})

describe('rules', () => {
  const path = inNamespace('rules')
  const rule = (name: string, spec: object) => ({ apiVersion: 'example.com/v1', kind: 'Rule', metadata: { name }, spec })

  test('RU1 RU3 RU4 they judge what is written, and what has changed', async () => {
    await establish(definition('rules', 'Rule', spec({ min: { type: 'integer' }, max: { type: 'integer' }, name: { type: 'string', maxLength: 20, 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'name is immutable' }] } }, { 'x-kubernetes-validations': [{ rule: 'self.min <= self.max', messageExpression: "'min %d is above max'.format([self.min])", fieldPath: '.min' }] })))
    const refused = await api.call('POST', path, rule('r', { min: 3, max: 1 }))
    expect([refused.status, refused.json.message]).toEqual([422, 'Rule.example.com "r" is invalid: spec.min: Invalid value: min 3 is above max'])
    expect((await api.call('POST', path, rule('r', { min: 1, max: 3, name: 'a' }))).status).toBe(201)
    expect((await api.call('PATCH', `${path}/r`, { spec: { name: 'b' } }, merge)).json.message).toBe('Rule.example.com "r" is invalid: spec.name: Invalid value: "b": name is immutable')
    const wrong = await api.call('POST', path, rule('t', { min: 'x', max: 1 }))
    expect(wrong.json.details.causes.map((cause: { message: string }) => cause.message)).toContain('Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation')
  })

  test('RU3 a rule that comes later only warns of what is not touched', async () => {
    await api.call('PATCH', `${definitions}/rules.example.com`, { spec: { versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: spec({ min: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 10' }] }, max: { type: 'integer' }, name: { type: 'string' } }) } }] } }, merge)
    await pause(150)
    const patched = await api.call('PATCH', `${path}/r`, { spec: { max: 30 } }, merge)
    expect([patched.status, patched.headers['warning']]).toEqual([200, '299 - "spec.min: Invalid value: 1: failed rule: self > 10"'])
    expect((await api.call('PATCH', `${path}/r`, { spec: { min: 2 } }, merge)).status).toBe(422)
  })

  test('CR2 rules that do not compile or cost too much are refused with the definition', async () => {
    const bad = await api.call('POST', definitions, definition('badrules', 'BadRule', spec({ a: { type: 'string' } }, { 'x-kubernetes-validations': [{ rule: 'self.b == 1' }] })))
    expect(bad.json.message).toContain("compilation failed: ERROR: <input>:1:5: undefined field 'b'")
    const dear = await api.call('POST', definitions, definition('dears', 'Dear', spec({ list: { type: 'array', items: { type: 'string' }, 'x-kubernetes-validations': [{ rule: 'self.all(x, self.all(y, x == y))' }] } })))
    expect(dear.json.message).toContain('estimated rule cost exceeds budget by factor of more than 100x')
  })
})

describe('who may', () => {
  test('RBAC speaks of custom resources like of any other', async () => {
    const certificate = await plane.certificateFor({ commonName: 'reader' })
    const reader = rawApi(plane, certificate)
    expect((await reader.call('GET', inNamespace('crons'))).status).toBe(403)
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', { metadata: { name: 'crons' }, rules: [{ apiGroups: ['example.com'], resources: ['crons'], verbs: ['get', 'list'] }] })
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', { metadata: { name: 'crons' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'crons' }, subjects: [{ kind: 'User', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' }] })
    for (let tries = 0; tries < 100 && (await reader.call('GET', inNamespace('crons'))).status !== 200; tries++) await pause(20)
    expect((await reader.call('GET', inNamespace('crons'))).status).toBe(200)
    expect((await reader.call('DELETE', `${inNamespace('crons')}/a`)).status).toBe(403)
    expect((await reader.call('PATCH', `${inNamespace('crons')}/a/status`, {}, merge)).status).toBe(403)
  })

  test('object counts are held to quotas', async () => {
    await api.call('POST', '/api/v1/namespaces/default/resourcequotas', { metadata: { name: 'few' }, spec: { hard: { 'count/quotas.example.com': '1' } } })
    await establish(definition('quotas', 'Quota', { type: 'object' }))
    const make = (name: string) => api.call('POST', inNamespace('quotas'), { apiVersion: 'example.com/v1', kind: 'Quota', metadata: { name } })
    await api.call('PATCH', '/api/v1/namespaces/default/resourcequotas/few/status', { status: { hard: { 'count/quotas.example.com': '1' }, used: { 'count/quotas.example.com': '0' } } }, merge)
    expect((await make('one')).status).toBe(201)
    const second = await make('two')
    expect([second.status, second.json.message]).toEqual([403, 'quotas.example.com "two" is forbidden: exceeded quota: few, requested: count/quotas.example.com=1, used: count/quotas.example.com=1, limited: count/quotas.example.com=1'])
  })
})

describe.skipIf(newest === undefined)('kubectl', () => {
  test('apply, get, explain, patch, scale, edit, wait and delete', async () => {
    const body = (replicas: number) => JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Cron', metadata: { name: 'k', namespace: 'default' }, spec: { schedule: 'daily', replicas } })
    expect((await kubectl('apply -f -', { stdin: body(1) })).stdout).toBe('cron.example.com/k created\n')
    expect((await kubectl('apply -f -', { stdin: body(1) })).stdout).toBe('cron.example.com/k unchanged\n')
    expect((await kubectl('apply -f -', { stdin: body(2) })).stdout).toBe('cron.example.com/k configured\n')
    expect((await kubectl('apply --server-side --field-manager=ssa --force-conflicts -f -', { stdin: body(3) })).stdout).toBe('cron.example.com/k serverside-applied\n')
    expect((await kubectl('get cron k -o wide')).stdout).toMatch(/^NAME {3}SCHEDULE {3}REPLICAS {3}AGE\nk +daily +3 +\d+s\n$/)
    expect((await kubectl('explain cron.spec.replicas')).stdout).toContain('FIELD: replicas <integer>')
    expect((await kubectl('scale cron k --replicas=5')).stdout).toBe('cron.example.com/k scaled\n')
    expect((await kubectl(`patch cron k --type=merge -p '{"spec":{"color":"azure"}}'`)).stdout).toBe('cron.example.com/k patched\n')
    expect((await kubectl(`wait cron/k --for=jsonpath='{.spec.color}'=azure --timeout=5s`)).stdout).toBe('cron.example.com/k condition met\n')
    expect((await kubectl('apply -f -', { stdin: body(3).replace('"schedule"', '"shedule"') })).stderr).toContain('unknown field "spec.shedule"')
    expect((await kubectl('wait crd/crons.example.com --for=condition=Established --timeout=5s')).code).toBe(0)
    expect((await kubectl('label cron k x=y')).stdout).toBe('cron.example.com/k labeled\n')
    expect((await kubectl('get cron --field-selector=spec.color=azure -o name')).stdout).toBe('cron.example.com/k\n')
    expect((await kubectl('delete cron k')).stdout).toMatch(/^cron.example.com "k" deleted/)
  })

  test('edit sends what the editor made of it', async () => {
    await kubectl('apply -f -', { stdin: JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Cron', metadata: { name: 'edited', namespace: 'default' }, spec: { schedule: 'daily' } }) })
    const editor = join(plane.folder, 'editor.sh')
    writeFileSync(editor, '#!/bin/sh\nsed -i s/daily/hourly/ "$1"\n', { mode: 0o755 })
    expect((await kubectl('edit cron edited', { env: { KUBE_EDITOR: editor } })).stdout).toBe('cron.example.com/edited edited\n')
    expect((await kubectl(`get cron edited -o jsonpath='{.spec.schedule}'`)).stdout).toBe('hourly')
  })

  test.skipIf(findKubectls().length < 2)('the oldest one validates against OpenAPI v2 as protobuf, and explains', async () => {
    const oldest = kubectlWith(findKubectls()[0]!, plane.kubeconfig)
    const body = (field: string) => JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Cron', metadata: { name: 'old', namespace: 'default' }, spec: { schedule: 'daily', [field]: 2 } })
    expect(await oldest('apply -f -', { stdin: body('replicas') })).toMatchObject({ stdout: 'cron.example.com/old created\n', stderr: '' })
    expect((await oldest('apply -f -', { stdin: body('replica') })).stderr).toContain('unknown field "spec.replica"')
    expect((await oldest('explain cron.spec.schedule')).stdout).toContain('schedule')
    expect((await oldest('get crons')).stdout).toContain('SCHEDULE')
  })
})
