/**
 * What is sent to the API server by somebody who means harm, or whose program is broken. After every case the server answers
 * its health check, its event loop was not held for longer than a moment of processor time, and its memory has not grown
 * beyond a bound. The findings of the public audits and the classes of vulnerabilities are named where they are replayed.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LoopReading } from '../../agents/runtime/index.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'

const mebi = 1024 * 1024
const bodyLimit = 3 * mebi
/** Processor time that one turn of the event loop may take. */
const longestTurnMs = 50
/** A turn in which hundreds of sockets have something at once: what each needs is short, but all of it is one turn. */
const crowdedTurnMs = 150
/** Of a definition of a megabyte: no step of it takes longer, but it fills the heap, and collecting that comes on top. */
const megabyteTurnMs = 80
/** What is garbage a moment later counts too: of this process, and of its threads for large YAML and large objects. */
const mayGrowBytes = 250 * mebi
/** Once there is nothing to do. */
const mayKeepBytes = 60 * mebi

let plane: ControlPlane
let api: RawApi
let quiet: LoopReading
let allowedTurnMs = longestTurnMs

beforeAll(async () => {
  plane = await startControlPlane({ flags: ['--max-requests-inflight=200'] })
  api = rawApi(plane)
  for (const name of ['victim', 'n']) await api.call('POST', '/api/v1/namespaces', { metadata: { name } })
  await api.call('POST', '/api/v1/namespaces/victim/secrets', { metadata: { name: 'hidden' }, stringData: { password: 'canary-7d1f' } })
  await warmUp()
  quiet = await readLoop()
})

afterAll(async () => {
  await plane?.stop()
})

beforeEach(async () => {
  allowedTurnMs = longestTurnMs
  await readLoop()
})

afterEach(async () => {
  const { longestTurnMs: longest } = await readLoop()
  expect((await api.call('GET', '/healthz')).text).toBe('ok')
  expect(longest, 'processor time of the longest turn of the event loop, ms').toBeLessThan(allowedTurnMs)
  await expect.poll(async () => (await readLoop()).residentBytes - quiet.residentBytes, { message: 'growth of memory, a while later at the latest', interval: 2_000, timeout: 30_000 }).toBeLessThan(mayGrowBytes)
})

async function readLoop(): Promise<LoopReading> {
  return (await api.call('GET', '/debug/inspect/event-loop')).json as LoopReading
}

/** Code that has never run is compiled when it does; that is not what is measured here. */
async function warmUp(): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    const data = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, 'v']))
    await api.call('POST', configMaps, { metadata: { name: `warm-${round}` }, data })
    await api.call('PATCH', `${configMaps}/warm-${round}`, { data: { a: 'b' } }, merge)
    await api.call('PATCH', `${configMaps}/warm-${round}`, [{ op: 'copy', from: '/data/a', path: '/data/b' }], jsonPatch)
    await api.call('PATCH', `${configMaps}/warm-${round}?fieldManager=m`, `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: warm-${round}}\ndata: {a: c}\n`, { 'content-type': 'application/apply-patch+yaml' })
    await api.call('GET', `${configMaps}?labelSelector=a%3Db&fieldSelector=metadata.name%3Dx`)
    await api.call('DELETE', `${configMaps}/warm-${round}`)
  }
}

const configMaps = '/api/v1/namespaces/n/configmaps'
const merge = { 'content-type': 'application/merge-patch+json' }
const jsonPatch = { 'content-type': 'application/json-patch+json' }
const yaml = { 'content-type': 'application/yaml' }
const keys = (count: number, value: unknown) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]))
const filled = (piece: string, size: number) => piece.repeat(Math.floor(size / piece.length))

describe('bodies', () => {
  const wide = bodyLimit - 200
  test.each<[string, string, Record<string, string>, number]>([
    ['a list nested ten thousand deep', `{"metadata":{"name":"x"},"data":${'['.repeat(10_000)}`, {}, 400],
    ['an object nested ten thousand deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, {}, 400],
    ['a million empty lists', `{"x":[${filled('[],', wide)}0]}`, {}, 413],
    ['sixty thousand keys', JSON.stringify({ metadata: { name: 'x' }, data: keys(60_000, 'v') }), {}, 413],
    ['as many keys as there may be', JSON.stringify({ metadata: { name: 'x' }, data: keys(9_900, 'v') }), {}, 201],
    ['as many wrong keys as there may be', JSON.stringify({ metadata: { name: 'x' }, data: Object.fromEntries(Array.from({ length: 9_900 }, (_, index) => [`k/${index}`, 'v'])) }), {}, 422],
    ['as many labels', JSON.stringify({ metadata: { name: 'x', labels: keys(9_900, 'v') } }), {}, 201],
    ['ten thousand owners', JSON.stringify({ metadata: { name: 'x', ownerReferences: Array.from({ length: 10_000 }, (_, index) => ({ apiVersion: 'v1', kind: 'X', name: `o${index}`, uid: `u${index}` })) } }), {}, 201],
    ['a million numbers', `{"x":[${filled('1,', wide)}1]}`, {}, 413],
    ['a million empty objects', `{"x":[${filled('{},', wide)}0]}`, {}, 413],
    ['one string of three megabytes', `{"metadata":{"name":"x"},"data":{"a":"${'x'.repeat(wide)}"}}`, {}, 422],
    ['one string of escapes', `{"metadata":{"name":"x"},"data":{"a":"${filled('\\u0041', wide)}"}}`, {}, 201],
    ['a number with three million digits', `{"metadata":{"name":"x"},"data":{"a":${'9'.repeat(wide)}}}`, {}, 400],
    ['five thousand keys, each twice', `{"metadata":{"name":"x"},"data":{${Array.from({ length: 5_000 }, (_, index) => `"k${index}":"","k${index}":""`).join(',')}}}`, {}, 201],
    ['a key of a megabyte above ten thousand repeated ones', `{"metadata":{"name":"x"},"${'k'.repeat(mebi)}":[${filled('{"a":1,"a":1},', 140_000)}0]}`, {}, 201],
    ['NaN', '{"metadata":{"name":"x","generation":NaN}}', {}, 400],
    ['1e400', '{"metadata":{"name":"x","generation":1e400}}', {}, 400],
    ['2^63', '{"metadata":{"name":"x","generation":9223372036854775808}}', {}, 400],
    ['a fraction for a whole number', '{"metadata":{"name":"x","generation":1.5}}', {}, 400],
    ['two hundred thousand finalizers', JSON.stringify({ metadata: { name: 'x', finalizers: Array.from({ length: 200_000 }, (_, index) => `a.b/${index}`) } }), {}, 413],
    ['twenty thousand finalizers', JSON.stringify({ metadata: { name: 'x', finalizers: Array.from({ length: 20_000 }, (_, index) => `a.b/${index}`) } }), {}, 201],
    ['managed fields nested deep, thirty times', JSON.stringify({ metadata: { name: 'x', managedFields: Array.from({ length: 30 }, (_, index) => ({ manager: `m${index}`, operation: 'Update', apiVersion: 'v1', time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1: Array.from({ length: 450 }).reduce<object>((below, _each, at) => ({ [`f:a${at}`]: below }), {}) })) } }), {}, 201],
    ['five thousand managers', JSON.stringify({ metadata: { name: 'x', managedFields: Array.from({ length: 5_000 }, (_, index) => ({ manager: `m${index}`, operation: 'Update', apiVersion: 'v1', time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { [`f:k${index}`]: {} } } })) } }), {}, 201],
    ['a byte order mark', '\ufeff{"metadata":{"name":"x"}}', {}, 400],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]).toString('latin1'), {}, 422],
    ['nothing', '', {}, 400],
    ['a list instead of an object', '[]', {}, 400],
    ['a string instead of an object', '"x"', {}, 400],
    ['null instead of an object', 'null', {}, 422],
    ['laughs in YAML', ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...[...'bcdefghij'].map((name, index) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefghij'[index]!}`).join(',')}]`)].join('\n'), yaml, 400], // CVE-2019-11253
    ['a ring in YAML', 'a: &a [*a]', yaml, 400],
    ['YAML nested twenty thousand deep', '['.repeat(20_000), yaml, 400],
    ['YAML maps nested deep', '{a: '.repeat(10_000), yaml, 400],
    ['block lists nested deep', '- '.repeat(20_000), yaml, 400],
    ['a large list in YAML', `metadata: {name: x}\nx:\n${filled('- a\n', 80_000)}`, yaml, 201],
    ['a list in YAML of more elements than any may have', `metadata: {name: x}\nx:\n${filled('- a\n', 300_000)}`, yaml, 413], // HW5
    ['thousands of anchors', filled('- &a x\n', 100_000), yaml, 400],
    ['thousands of documents', filled('---\n', 100_000), yaml, 422],
    ['thousands of tags', filled('- !!str a\n', 100_000), yaml, 400],
    ['a float that is none in YAML', 'metadata: {name: x, generation: .nan}', yaml, 400],
    ['an unknown type', '{}', { 'content-type': 'text/plain' }, 415],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a body said to be compressed', gzipSync(filled('{}', mebi)).toString('latin1'), { 'content-encoding': 'gzip' }, 400],
  ])('%s', async (_name, body, headers, status) => {
    const answer = await api.call('POST', `${configMaps}?fieldValidation=Ignore&dryRun=All`, body, headers)
    expect([answer.status, answer.text.slice(0, 300)]).toEqual([status, expect.any(String)])
    expect(answer.text.length, 'an answer is never as long as its question').toBeLessThan(mebi)
  })

  test('a body over 3 MiB is a 413, by its length or by what comes', async () => {
    const sent = await api.call('POST', configMaps, 'x'.repeat(bodyLimit + 1))
    expect([sent.status, sent.json.reason, sent.json.message]).toEqual([413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimit}`])
    const head = `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    expect(await exchangeRaw([head, ...Array.from({ length: 60 }, () => chunk), '0\r\n\r\n'])).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('thirty bodies of 3 MiB at once', async () => {
    allowedTurnMs = crowdedTurnMs
    const body = `{"metadata":{"name":"x"},"data":{"a":"${'x'.repeat(bodyLimit - 100)}"}}`
    const answers = await Promise.all(Array.from({ length: 30 }, () => api.call('POST', configMaps, body)))
    expect(answers.map(answer => answer.status)).toEqual(answers.map(() => 422))
  }, 60_000)

  test('an object that the store cannot take is refused, not half written', async () => {
    const answer = await api.call('POST', '/api/v1/namespaces/n/pods', { metadata: { name: 'p', annotations: { a: 'x'.repeat(200_000) } }, spec: { containers: [{ name: 'c', image: 'i', args: Array.from({ length: 20 }, () => 'y'.repeat(100_000)) }] } })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect((await api.call('GET', '/api/v1/namespaces/n/pods/p')).status).toBe(404)
  })
})

describe('keys that mean something to JavaScript', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']

  test('are data in every kind of write, and reach no prototype', async () => {
    const data = `{${names.map(name => `"${name}":"a"`).join(',')}}`
    const made = await api.call('POST', configMaps, `{"metadata":{"name":"keys","annotations":{"constructor":"a","toString":"b"},"labels":{"constructor":"c"}},"data":${data}}`)
    expect([made.status, Object.keys(made.json.data)]).toEqual([201, [...names].sort((a, b) => names.indexOf(a) - names.indexOf(b))])
    const merged = await api.call('PATCH', `${configMaps}/keys`, '{"data":{"__proto__":"b","polluted":"c"},"__proto__":{"polluted":"x"},"constructor":{"prototype":{"polluted":"x"}}}', merge)
    expect([merged.status, Object.entries(merged.json.data).find(([key]) => key === '__proto__')?.[1]]).toEqual([200, 'b'])
    for (const [type, body] of [
      ['application/strategic-merge-patch+json', '{"data":{"__proto__":"d","$patch":"merge"},"__proto__":{"polluted":"x"}}'],
      ['application/json-patch+json', '[{"op":"add","path":"/data/__proto__","value":"e"}]'],
      ['application/apply-patch+yaml', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"keys"},"data":{"__proto__":"f"}}'],
    ] as const) {
      const answer = await api.call('PATCH', `${configMaps}/keys?fieldManager=m&force=${type.includes('apply')}`.replace('&force=false', ''), body, { 'content-type': type })
      expect([type, answer.status, Object.keys(answer.json.data ?? {}).includes('__proto__')]).toEqual([type, 200, true])
    }
    const other = await api.call('POST', configMaps, { metadata: { name: 'clean' } })
    expect(other.json.data).toBeUndefined()
    expect(JSON.stringify(other.json)).not.toContain('polluted')
  })

  test.each(names)('%s is no field, label, path, option or media type', async name => {
    expect((await api.call('GET', `${configMaps}?fieldSelector=${name}%3Da`)).status).toBe(400)
    expect((await api.call('GET', `${configMaps}?labelSelector=${name.startsWith('_') ? 'x' : name}`)).json.items).toHaveLength(name === 'constructor' ? 1 : 0)
    for (const path of [`/api/v1/${name}`, `/api/${name}`, `/apis/${name}`, `/apis/${name}/v1/pods`, `/apis/apps/${name}/deployments`, `/${name}`, `/debug/inspect/${name}`, `/openapi/v3/${name}`, `/api/v1/namespaces/n/pods/x/${name}`]) {
      expect([path, (await api.call('GET', path)).status]).toEqual([path, 404])
    }
    expect((await api.call('GET', `${configMaps}?${name}=a&${name}[${name}]=b`)).status).toBe(200)
    expect((await api.call('GET', configMaps, undefined, { accept: name })).status).toBe(406)
    expect((await api.call('POST', configMaps, '{}', { 'content-type': name })).status).toBe(415)
    expect((await api.call('GET', `${configMaps}?includeObject=${name}`, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })).status).toBe(400)
    expect((await api.call('PATCH', `${configMaps}/keys`, [{ op: name, path: '/a' }], jsonPatch)).status).toBe(422)
    expect((await api.call('PATCH', `${configMaps}/keys`, [{ op: 'add', path: `/data/${name}/${name}`, value: 'x' }], jsonPatch)).status).toBeGreaterThanOrEqual(400)
    expect((await api.call('POST', configMaps, { metadata: { name: 'x' }, kind: name })).status).toBe(400)
  })
})

describe('patches', () => {
  test('ten thousand and one operations are a 413, copies that double each other a 422', async () => { // CVE-2019-1002100
    await api.call('POST', configMaps, { metadata: { name: 'bomb' }, data: { a: 'x'.repeat(1000) } })
    const operations = (count: number) => Array.from({ length: count }, () => ({ op: 'test', path: '/data/a', value: 'y' }))
    const many = await api.call('PATCH', `${configMaps}/bomb`, operations(10_001), jsonPatch)
    expect([many.status, many.json.message]).toEqual([413, 'The allowed maximum operations in a JSON patch is 10000, got 10001'])
    const copies = await api.call('PATCH', `${configMaps}/bomb`, [{ op: 'add', path: '/data/list', value: ['0123456789'] }, ...Array.from({ length: 40 }, () => ({ op: 'copy', from: '/data/list', path: '/data/list/-' }))], jsonPatch)
    expect(copies.status).toBe(422)
  })

  test('four thousand insertions at the front of a long list', async () => {
    const patch = [{ op: 'add', path: '/metadata/finalizers', value: Array.from({ length: 3_000 }, (_, index) => `e.com/${index}`) }, ...Array.from({ length: 4_000 }, () => ({ op: 'add', path: '/metadata/finalizers/0', value: 'e.com/x' }))]
    expect((await api.call('PATCH', `${configMaps}/bomb?dryRun=All`, patch, jsonPatch)).status).toBeLessThan(500)
  })

  test('strategic and applied lists of five thousand elements', async () => {
    const finalizers = Array.from({ length: 5_000 }, (_, index) => `e.com/${index}`)
    for (const [type, body] of [
      ['application/strategic-merge-patch+json', { metadata: { finalizers, '$setElementOrder/finalizers': [...finalizers].reverse() } }],
      ['application/strategic-merge-patch+json', { metadata: { finalizers, '$deleteFromPrimitiveList/finalizers': finalizers } }],
      ['application/apply-patch+yaml', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bomb', finalizers } }],
    ] as const) expect((await api.call('PATCH', `${configMaps}/bomb?dryRun=All&fieldManager=m`, body, { 'content-type': type })).status).toBeLessThan(500)
  })
})

describe('wide and deep objects', () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const definition = (name: string, spec: object) => ({ metadata: { name: `${name}s.hostile.example.com` }, spec: { group: 'hostile.example.com', scope: 'Namespaced', names: { plural: `${name}s`, singular: name, kind: name[0]!.toUpperCase() + name.slice(1) }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } }] } })
  const objects = (name: string) => `/apis/hostile.example.com/v1/namespaces/n/${name}s`
  const served = (name: string) => expect.poll(async () => (await api.call('GET', objects(name))).status).toBe(200)
  const applied = (value: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'wide' }, data: keys(9_900, value) })

  test('a wide object is changed in every way', async () => {
    expect((await api.call('POST', configMaps, { metadata: { name: 'wide' }, data: keys(9_900, 'v') })).status).toBe(201)
    for (const [type, body] of [
      ['application/merge-patch+json', { data: { k0: 'merged' } }],
      ['application/strategic-merge-patch+json', { data: { k0: 'strategic' } }],
      ['application/json-patch+json', [{ op: 'replace', path: '/data/k0', value: 'patched' }]],
      ['application/merge-patch+json', { data: keys(9_900, 'merged') }],
      ['application/json-patch+json', [{ op: 'replace', path: '/data', value: keys(9_900, 'patched') }]],
      ['application/apply-patch+yaml', applied('applied')],
      ['application/apply-patch+yaml', applied('again')],
    ] as const) {
      const answer = await api.call('PATCH', `${configMaps}/wide?fieldManager=m${type.includes('apply') ? '&force=true' : ''}`, body, { 'content-type': type })
      expect([type, answer.status, answer.text.slice(0, 200)]).toEqual([type, 200, expect.any(String)])
    }
    expect((await api.call('PATCH', `${configMaps}/wide`, { data: Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`more${index}`, 'v'])) }, merge)).json.message).toBe('Request entity too large: limit is 10000 keys in one object')
    expect((await api.call('DELETE', `${configMaps}/wide`)).status).toBe(200)
  }, 60_000)

  test('a definition with twenty thousand patterns, and an object that meets them all', async () => {
    allowedTurnMs = megabyteTurnMs
    const group = (number: number) => ({ type: 'object', properties: Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`p${index}`, { type: 'string', pattern: `^a${number}x${index}[a-z]+$` }])) })
    const groups = <T>(make: (number: number) => T) => Object.fromEntries(Array.from({ length: 10 }, (_, number) => [`g${number}`, make(number)]))
    expect((await api.call('POST', definitions, definition('pattern', { type: 'object', properties: groups(group) }))).status).toBe(201)
    await served('pattern')
    for (const path of ['/openapi/v3', '/openapi/v3/apis/hostile.example.com/v1', '/openapi/v2', '/apis/hostile.example.com/v1', definitions]) expect([path, (await api.call('GET', path)).status]).toEqual([path, 200])
    expect((await api.call('GET', '/openapi/v2', undefined, { accept: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' })).status).toBe(200)
    expect((await api.call('PATCH', `${definitions}/patterns.hostile.example.com`, { metadata: { labels: { a: 'b' } } }, merge)).status).toBe(200)
    expect((await api.call('PATCH', `${definitions}/patterns.hostile.example.com?fieldManager=m&force=true`, { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', ...definition('pattern', { type: 'object', properties: groups(group) }) }, { 'content-type': 'application/apply-patch+yaml' })).status).toBe(200)
    const met = (text: string) => groups(number => Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`p${index}`, `a${number}x${index}${text}`])))
    expect((await api.call('POST', objects('pattern'), { apiVersion: 'hostile.example.com/v1', kind: 'Pattern', metadata: { name: 'a' }, spec: met('b') })).status).toBe(201)
    expect((await api.call('POST', objects('pattern'), { apiVersion: 'hostile.example.com/v1', kind: 'Pattern', metadata: { name: 'b' }, spec: met('') })).status).toBe(422)
    expect((await api.call('DELETE', `${definitions}/patterns.hostile.example.com`)).status).toBe(200)
  }, 120_000)

  test('a definition with five thousand rules, and an object that meets them all', async () => {
    allowedTurnMs = megabyteTurnMs
    const spec = { type: 'object', properties: Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`p${index}`, { type: 'string', maxLength: 10, 'x-kubernetes-validations': [{ rule: `self != "x${index}" && self.size() < 10` }] }])) }
    expect((await api.call('POST', definitions, definition('rule', spec))).status).toBe(201)
    await served('rule')
    expect((await api.call('POST', objects('rule'), { apiVersion: 'hostile.example.com/v1', kind: 'Rule', metadata: { name: 'a' }, spec: Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`p${index}`, 'a'])) })).status).toBe(201)
    expect((await api.call('DELETE', `${definitions}/rules.hostile.example.com`)).status).toBe(200)
  }, 120_000)

  test('a policy with five thousand expressions and a thousand variables', async () => {
    const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
    const constraints = { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['services'] }] }
    const policy = (name: string, expression: (index: number) => string) => ({ metadata: { name }, spec: { failurePolicy: 'Fail', matchConstraints: constraints, variables: Array.from({ length: 1_000 }, (_, index) => ({ name: `v${index}`, expression: index === 0 ? '1' : `variables.v${index - 1} + 1` })), validations: Array.from({ length: 5_000 }, (_, index) => ({ expression: expression(index) })) } })
    expect((await api.call('POST', policies, policy('broken', () => 'object.metadata.name == '))).status).toBe(422)
    expect((await api.call('POST', policies, policy('long', index => `object.metadata.name != "x${index}" && variables.v${index % 100} > 0`))).status).toBe(201)
    expect((await api.call('POST', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings', { metadata: { name: 'long' }, spec: { policyName: 'long', validationActions: ['Deny'] } })).status).toBe(201)
    await expect.poll(async () => (await api.call('POST', '/api/v1/namespaces/n/services?dryRun=All', { metadata: { name: 'x7' }, spec: { ports: [{ port: 80 }] } })).status).toBe(422)
    expect((await api.call('POST', '/api/v1/namespaces/n/services', { metadata: { name: 'fine' }, spec: { ports: [{ port: 80 }] } })).status).toBe(201)
    expect((await api.call('DELETE', `${policies}/long`)).status).toBe(200)
  }, 120_000)

  test.each<[string, string, object]>([
    ['a role of ten thousand rules', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'x' }, rules: Array.from({ length: 10_000 }, (_, index) => ({ apiGroups: [`g${index}`], resources: ['x'], verbs: ['get'] })) }],
    ['a pod of five thousand volumes', '/api/v1/namespaces/n/pods', { metadata: { name: 'x' }, spec: { volumes: Array.from({ length: 5_000 }, (_, index) => ({ name: `v${index}`, emptyDir: {} })), containers: [{ name: 'c', image: 'i', volumeMounts: Array.from({ length: 5_000 }, (_, index) => ({ name: `v${index}`, mountPath: `/m/${index}` })) }] } }],
    ['a service of five thousand ports', '/api/v1/namespaces/n/services', { metadata: { name: 'x' }, spec: { ports: Array.from({ length: 5_000 }, (_, index) => ({ name: `p${index}`, port: index + 1 })) } }],
  ])('%s', async (_name, path, object) => {
    const answer = await api.call('POST', `${path}?dryRun=All`, object)
    expect(answer.status, answer.text.slice(0, 300)).toBeLessThan(500)
  }, 60_000)
})

describe('quantities, certificates, schedules and patterns', () => {
  const quantity = (text: string) => ({ metadata: { name: 'q' }, spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: text } } }] } })
  test.each(['011E011110011110', '1e2147483647', '1e-2147483647', '9'.repeat(100_000), `0.${'9'.repeat(100_000)}`, '1E18446744073709551616', '.', '-', '1e', '1Kii', '0x10', '1_000', ' 1', '\u0661'])('the quantity %s', async text => {
    const answer = await api.call('POST', '/api/v1/namespaces/n/pods?dryRun=All', quantity(text))
    expect([400, 403, 422]).toContain(answer.status)
  })

  test.each(['', 'x', '-----BEGIN CERTIFICATE REQUEST-----', `-----BEGIN CERTIFICATE REQUEST-----\n${'A'.repeat(500_000)}\n-----END CERTIFICATE REQUEST-----`, `${'-----BEGIN CERTIFICATE REQUEST-----\n'.repeat(20_000)}`, `-----BEGIN CERTIFICATE REQUEST-----\n${'MIIB'.repeat(50_000)}\n-----END CERTIFICATE REQUEST-----\n`, `${'-'.repeat(500_000)}`])('a signing request that is none', async text => {
    const answer = await api.call('POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests?dryRun=All', { metadata: { name: 'c' }, spec: { request: Buffer.from(text).toString('base64'), signerName: 'e.com/x', usages: ['client auth'] } })
    expect([400, 422]).toContain(answer.status)
  })

  test.each(['', '* * * *', '99 * * * *', '*/0 * * * *', '0-59/1,'.repeat(20_000), '* * * * * * *', '@every 1h', '5-1 * * * *', '* * 31 2 *', '1e9 * * * *', '*/99999999999999999999 * * * *', 'TZ=UTC * * * * *'])('the schedule %s', async schedule => {
    const answer = await api.call('POST', '/apis/batch/v1/namespaces/n/cronjobs?dryRun=All', { metadata: { name: 'c' }, spec: { schedule, jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } } } })
    expect([201, 400, 422]).toContain(answer.status)
  })

  test('names and selectors made to be slow to match', async () => {
    allowedTurnMs = crowdedTurnMs // a megabyte of terms
    const tricky = ['a'.repeat(200_000), `${'a.'.repeat(100_000)}!`, `${'a-'.repeat(100_000)}`, `${'-'.repeat(100_000)}`, '='.repeat(100_000), `${' '.repeat(200_000)}x`, `a in (${'b,'.repeat(60_000)}`, `${'a=b,'.repeat(50_000)}`, `${'!'.repeat(100_000)}`, `${'('.repeat(100_000)}`]
    for (const text of tricky) {
      for (const parameter of ['labelSelector', 'fieldSelector', 'continue', 'resourceVersion', 'limit', 'fieldManager', 'timeout']) {
        expect((await api.call('GET', `${configMaps}?${parameter}=${encodeURIComponent(text)}`)).status, `${parameter} ${text.slice(0, 20)}`).toBeLessThan(500)
      }
      expect((await api.call('POST', `${configMaps}?dryRun=All`, { metadata: { name: text, labels: { [text]: text }, annotations: { [text]: text } } })).status).toBe(422)
    }
  })

  test('a selector of a megabyte is read; more is a 431', async () => {
    const values = (size: number) => `labelSelector=a%20in%20(${filled('bcdefghi,', size)}z)`
    expect((await api.call('GET', `${configMaps}?${values(900_000)}`)).status).toBe(200)
    expect(await exchangeRaw([`GET ${configMaps}?${values(2_000_000)} HTTP/1.1\r\nHost: a\r\n\r\n`])).toMatch(/^HTTP\/1\.1 431 /)
  })
})

describe('protobuf', () => {
  const protobuf = { 'content-type': 'application/vnd.kubernetes.protobuf' }
  const envelope = (raw: Buffer) => Buffer.concat([Buffer.from('k8s\0'), field(1, Buffer.concat([field(1, Buffer.from('v1')), field(2, Buffer.from('ConfigMap'))])), field(2, raw)])
  const varint = (value: number): Buffer => Buffer.from(value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))])
  const field = (number: number, bytes: Buffer) => Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])

  test('every truncation of an object, and random damage, is a 400 or an object', async () => {
    const whole = envelope(Buffer.concat([field(1, field(1, Buffer.from('pb'))), field(2, Buffer.concat([field(1, Buffer.from('k')), field(2, Buffer.from('v'))]))]))
    expect((await api.call('POST', `${configMaps}?dryRun=All`, whole, protobuf)).status).toBe(201)
    for (let length = 0; length < whole.length; length += 1) expect([length, [201, 400, 422].includes((await api.call('POST', `${configMaps}?dryRun=All`, whole.subarray(0, length), protobuf)).status)]).toEqual([length, true])
    for (let round = 0; round < 200; round += 1) {
      const damaged = Buffer.from(whole)
      damaged[4 + (round * 7) % (whole.length - 4)] = (round * 37) % 256
      expect([201, 400, 422]).toContain((await api.call('POST', `${configMaps}?dryRun=All`, damaged, protobuf)).status)
    }
  })

  test.each<[string, Buffer]>([
    ['a length of four gigabytes', Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f])])],
    ['a varint without end', Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(100_000, 0xff)])],
    ['a group', Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x0b, 0x0c])])],
    ['a million empty entries', envelope(Buffer.concat(Array.from({ length: 1_000_000 }, () => Buffer.from([0x12, 0]))))],
    ['random bytes', randomBytes(100_000)],
    ['JSON inside that is none', Buffer.concat([Buffer.from('k8s\0'), field(2, Buffer.from('{')), field(4, Buffer.from('application/json'))])],
    ['JSON inside, nested deep', Buffer.concat([Buffer.from('k8s\0'), field(2, Buffer.from('['.repeat(100_000))), field(4, Buffer.from('application/json'))])],
  ])('%s', async (_name, body) => {
    expect([400, 413, 422]).toContain((await api.call('POST', `${configMaps}?dryRun=All`, body, protobuf)).status)
    expect([400, 404]).toContain((await api.call('DELETE', `${configMaps}/none`, body, protobuf)).status)
  })
})

describe('paths', () => {
  const odd = ['..', '.', '%2e%2e', '..%2f..%2fsecrets', '%2e%2e%2fvictim', 'a%2fb', 'a%00b', '%00', 'a%252fb', '..%5c..', '%c0%ae%c0%ae', '%ff', 'a\\..\\b', 'A', 'n%0d%0aX: y', '%zz', '*', '..;', 'victim%2fhidden', '../victim']

  test.each(odd)('the name %s finds nothing and makes nothing', async name => { // CVE-2015-5305
    for (const path of [`/api/v1/namespaces/n/secrets/${name}`, `/api/v1/namespaces/${name}/secrets/hidden`, `/api/v1/namespaces/${name}/secrets`, `/api/v1/nodes/${name}`, `/api/v1/namespaces/n/pods/${name}/log`, `/api/v1/namespaces/n/services/${name}/proxy/${name}`, `/apis/${name}/v1/secrets`]) {
      const answer = await rawPath('GET', path)
      expect([path, answer.includes('canary'), /^HTTP\/1\.1 (400|403|404|405|503) /.test(answer) || /"items":\[\]/.test(answer)]).toEqual([path, false, true])
    }
    const made = await rawPath('PUT', `${configMaps}/${name}`, '{"metadata":{"name":"x"}}')
    expect(made).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  test.each(['..', '.', '../x', 'a/b', 'a%2fb', 'A', 'a\0b', '', ' ', 'a'.repeat(254), 'é', '-a', 'a_b', '__proto__'])('an object called %j is not made', async name => {
    for (const resource of ['/api/v1/namespaces', configMaps, '/apis/rbac.authorization.k8s.io/v1/clusterroles']) {
      if (resource.includes('rbac') && ['A', 'a'.repeat(254), 'é', '-a', 'a_b', '__proto__', ' ', 'a\0b'].includes(name)) continue // these names may be odd there
      const answer = await api.call('POST', `${resource}?dryRun=All`, { metadata: { name } })
      expect([name, resource, answer.status]).toEqual([name, resource, 422])
    }
  })

  test('a page token cannot lead into another namespace', async () => {
    const list = await api.call('GET', '/api/v1/namespaces/victim/secrets')
    await api.call('POST', '/api/v1/namespaces/victim/secrets', { metadata: { name: 'later' } })
    for (const start of ['n', 'victim/', 'a', '', '/', '../victim/hidden', 'victim/hidden']) {
      const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: Number(list.json.metadata.resourceVersion), start })).toString('base64url')
      const answer = await api.call('GET', `/api/v1/namespaces/zzz/secrets?continue=${token}`)
      expect([start, answer.text.includes('canary'), answer.json.items ?? []]).toEqual([start, false, []])
    }
  })

  test('unknown paths make no series of metrics', async () => { // CVE-2020-8552
    for (let index = 0; index < 50; index += 1) await api.call('GET', `/apis/made-up-${index}.example/v1/things-${index}/x/sub-${index}?dryRun=made-up-${index}`)
    await exchangeRaw(['BREW /api/v1/pods HTTP/1.1\r\nHost: a\r\n\r\n'])
    const text = (await api.call('GET', '/metrics')).text
    expect(text).not.toMatch(/made-up|things-|sub-\d|BREW/)
  })
})

describe('one request, one meaning', () => {
  const hidden = 'GET /api/v1/namespaces/victim/secrets/hidden HTTP/1.1\r\nHost: a\r\n\r\n'
  test.each<[string, string]>([
    ['two lengths', `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 100\r\n\r\n{}${hidden}`],
    ['length and chunks (CL.TE)', `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['chunks and length (TE.CL)', `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n${hidden}`],
    ['chunks under another name', `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['chunks twice', `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`],
    ['a blank before the colon', `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['a folded line', `GET ${configMaps} HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['a bare line feed', `GET ${configMaps} HTTP/1.1\nHost: a\n\n${hidden}`],
    ['a negative length', `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n${hidden}`],
    ['a length in hexadecimal', `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nContent-Length: 0x2\r\n\r\n{}${hidden}`],
    ['a chunk that is too long to be one', `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${hidden}`],
    ['NUL in a header', `GET ${configMaps} HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n${hidden}`],
    ['no version', `GET ${configMaps}\r\n\r\n${hidden}`],
    ['no host', `GET ${configMaps} HTTP/1.1\r\n\r\n${hidden}`],
    ['another protocol', `SSH-2.0-x\r\n\r\n${hidden}`],
    ['CONNECT', `CONNECT victim:443 HTTP/1.1\r\nHost: a\r\n\r\n${hidden}`],
  ])('%s', async (_name, text) => {
    const answer = await exchangeRaw([text])
    expect(answer).not.toContain('canary')
    expect(answer).toMatch(/^(HTTP\/1\.1 (400|408|501) [^]*|)$/)
  })

  test('an attempt to change to HTTP/2 in the clear changes nothing', async () => {
    const answer = await exchangeRaw([`GET ${configMaps} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`])
    expect(answer).not.toMatch(/ 101 |canary/)
  })

  test('a foreign host or origin is told nothing a browser would hand on, and changes nothing', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: 'http://169.254.169.254' }]) {
      const answer = await api.call('GET', '/api/v1/namespaces', undefined, headers)
      expect(Object.keys(answer.headers).filter(name => name.startsWith('access-control'))).toEqual([])
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
        expect((await api.call('POST', configMaps, '{"metadata":{"name":"evil"}}', { ...headers, 'content-type': type })).status).toBe(415)
      }
    }
    const named = await exchangeRaw([`POST ${configMaps} HTTP/1.1\r\nHost: evil.example\r\nOrigin: https://evil.example\r\nContent-Type: text/plain\r\nContent-Length: 28\r\n\r\n{"metadata":{"name":"evil"}}`])
    expect(named).toMatch(/^HTTP\/1\.1 415 /)
    expect((await api.call('GET', `${configMaps}/evil`)).status).toBe(404)
  })
})

test('memory comes back once there is nothing to do', async () => {
  await expect.poll(async () => (await readLoop()).residentBytes - quiet.residentBytes, { interval: 5_000, timeout: 60_000 }).toBeLessThan(mayKeepBytes)
}, 90_000)

describe('connections', () => {
  test('a thousand that say nothing, or half of something, do not keep others out', async () => {
    allowedTurnMs = crowdedTurnMs
    const sockets: TLSSocket[] = []
    for (let index = 0; index < 1_000; index += 1) sockets.push(await openTls(index % 3 === 0 ? '' : index % 3 === 1 ? 'GET / HT' : `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`))
    const started = performance.now()
    expect((await api.call('GET', configMaps)).status).toBe(200)
    expect(performance.now() - started).toBeLessThan(5_000)
    await endInWaves(sockets)
  }, 60_000)

  test('CL1 what does not finish its handshake or its head is let go after 32 s', async () => {
    const port = Number(new URL(plane.server).port)
    const started = performance.now()
    const dripping = await openTls('GET / HTTP/1.1\r\nHost: a\r\n')
    const drip = setInterval(() => dripping.write('x: y\r\n'), 2_000)
    const waits = [connectTcp(port, '127.0.0.1'), await openTls(''), await openTls('GET / HT'), dripping].map(async socket => {
      let text = ''
      socket.on('error', () => {}).on('data', data => { text += String(data) })
      await once(socket, 'close')
      return { seconds: (performance.now() - started) / 1_000, text }
    })
    const ends = await Promise.all(waits)
    clearInterval(drip)
    for (const { seconds } of ends) {
      expect(seconds).toBeGreaterThan(30)
      expect(seconds).toBeLessThan(50)
    }
    expect(ends.at(-1)!.text).toMatch(/^HTTP\/1\.1 408 /)
  }, 90_000)

  test('HTTP/2: resets, settings, pings and heads without end', async () => {
    const session = await openHttp2()
    for (let index = 0; index < 3_000 && !session.destroyed; index += 1) { // rapid reset
      const stream = session.request({ ':path': configMaps })
      stream.on('error', () => {})
      stream.close(8)
    }
    await pause(200)
    session.destroy()
    const flooding = await openHttp2()
    for (let index = 0; index < 2_000 && !flooding.destroyed; index += 1) flooding.settings({ initialWindowSize: 65_535 + index }, () => {})
    await pause(200)
    flooding.destroy()
    const heavy = await openHttp2()
    const stream = heavy.request({ ':path': configMaps, ...Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x-${index}`, 'y'.repeat(2_000)])) })
    await new Promise<void>(resolve => {
      stream.once('response', () => { resolve() })
      stream.once('error', () => { resolve() })
      stream.once('close', () => { resolve() })
    })
    heavy.destroy()
  }, 60_000)

  test('HTTP/2 takes a long selector, and any method without harm', async () => {
    const session = await openHttp2()
    const ask = (headers: Record<string, string>) => new Promise<number>(resolve => {
      const stream = session.request(headers)
      stream.once('response', answer => { resolve(Number(answer[':status'])) })
      stream.once('error', () => { resolve(0) })
      stream.resume()
      stream.end()
    })
    expect(await ask({ ':path': `${configMaps}?labelSelector=a%20in%20(${filled('bcdefghi,', 50_000)}z)` })).toBe(200)
    for (const method of ['constructor', '__proto__', 'toString', 'BREW', 'get']) expect(await ask({ ':path': configMaps, ':method': method })).toBeGreaterThanOrEqual(400)
    session.close()
  })

  test('a thousand watchers that do not read cost a bound, and others hear everything', async () => {
    allowedTurnMs = crowdedTurnMs
    await api.call('POST', configMaps, { metadata: { name: 'hot' } })
    const from = (await api.call('GET', `${configMaps}/hot`)).json.metadata.resourceVersion as string
    const stuck: TLSSocket[] = []
    for (let index = 0; index < 1_000; index += 1) stuck.push(await openTls(`GET ${configMaps}?watch=true HTTP/1.1\r\nHost: a\r\n\r\n`, true))
    const healthy = await api.watch(`${configMaps}?watch=true&resourceVersion=${from}`)
    let most = 0
    for (let index = 0; index < 60; index += 1) {
      await api.call('PATCH', `${configMaps}/hot`, { data: { x: `${index}${'x'.repeat(20_000)}` } }, merge)
      if (index % 5 === 0) most = Math.max(most, (await readLoop()).residentBytes - quiet.residentBytes)
    }
    expect(most, 'growth of memory while they are stuck').toBeLessThan(mayGrowBytes)
    await healthy.until(events => events.length >= 60)
    expect(new Set(healthy.events.map(event => event.object.metadata.resourceVersion)).size).toBe(60)
    healthy.stop()
    await endInWaves(stuck)
    await expect.poll(async () => (await api.call('GET', '/debug/inspect/watchers')).json.length, { message: 'watches whose clients have gone', timeout: 5_000 }).toBe(0)
    await api.call('DELETE', `${configMaps}/hot`)
  }, 120_000)
})

function openTls(text: string, paused = false): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port: Number(new URL(plane.server).port), host: '127.0.0.1', ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key, ALPNProtocols: ['http/1.1'] })
    socket.on('error', reject)
    socket.once('secureConnect', () => {
      if (paused) socket.pause()
      if (text !== '') socket.write(text)
      resolve(socket)
    })
  })
}

async function endInWaves(sockets: readonly TLSSocket[]): Promise<void> {
  for (const [index, socket] of sockets.entries()) {
    socket.destroy()
    if (index % 50 === 49) await pause(10)
  }
}

/** What comes back until the server closes, or has been silent for a moment. */
async function exchangeRaw(parts: readonly string[]): Promise<string> {
  const socket = await openTls('')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => {})
  for (const part of parts) socket.write(Buffer.from(part, 'latin1'))
  let seen = -1
  const closed = new Promise(resolve => socket.once('close', resolve))
  while (!socket.destroyed && seen !== chunks.length) {
    seen = chunks.length
    await Promise.race([pause(chunks.length === 0 ? 1_500 : 400), closed])
  }
  socket.destroy()
  return Buffer.concat(chunks).toString('latin1')
}

async function rawPath(method: string, path: string, body = ''): Promise<string> {
  return await exchangeRaw([`${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`])
}

function openHttp2(): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(plane.server, { ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key, settings: { enablePush: false }, ...({ maxSendHeaderBlockLength: 4 * mebi } as object) })
    session.on('error', () => {})
    session.once('error', reject)
    session.once('connect', () => { resolve(session) })
  })
}

