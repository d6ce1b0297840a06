/** Lists and watches on the bare wire: forms, ends, limits. Numbers in brackets are sections of the compatibility sheet. */
import { gunzipSync } from 'node:zlib'
import { request } from 'node:https'
import { connect as connectTls } from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { decodeProtobufObject } from '../../agents/wire/protobuf/envelope.ts'
import { ProtobufReader } from '../../agents/wire/protobuf/reader.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'

let plane: ControlPlane
let api: RawApi
const pods = '/api/v1/namespaces/default/pods'
const configMaps = '/api/v1/namespaces/default/configmaps'
const merge = { 'content-type': 'application/merge-patch+json' }
const table = (version = 'v1') => ({ accept: `application/json;as=Table;v=${version};g=meta.k8s.io,application/json` })
const partial = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' }
const protobuf = { accept: 'application/vnd.kubernetes.protobuf' }

beforeAll(async () => {
  plane = await startControlPlane()
  api = rawApi(plane)
  await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  for (const name of ['a', 'b', 'c']) await api.call('POST', pods, { metadata: { name, labels: { name } }, spec: { containers: [{ name: 'c', image: 'web' }] } })
})

afterAll(async () => {
  await plane?.stop()
})

const label = (name: string, value: string) => api.call('PATCH', `${pods}/${name}`, { metadata: { labels: { round: value } } }, merge)
const now = async () => (await api.call('GET', `${pods}?limit=1`)).json.metadata.resourceVersion as string

/** The whole body as bytes, until the server ends it. */
function bytes(path: string, headers: Record<string, string> = {}): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    request(`${plane.server}${path}`, { ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key, agent: false, headers }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('end', () => { resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }) })
    }).once('error', reject).end()
  })
}

describe('forms of a watch [2.2]', () => {
  test.each(['v1', 'v1beta1'])('as a table of %s: columns come once, rows carry what was asked for', async version => {
    for (const [include, kind] of [['', 'PartialObjectMetadata'], ['Metadata', 'PartialObjectMetadata'], ['Object', 'Pod'], ['None', undefined]] as const) {
      const watch = await api.watch(`${pods}?watch=true&includeObject=${include}`, table(version))
      await watch.until(events => events.length >= 3)
      await label('a', `${version}${include}x`)
      await watch.until(events => events.length >= 4)
      expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'ADDED', 'ADDED', 'MODIFIED'])
      expect(watch.events.map(({ object }) => object.columnDefinitions?.length > 0)).toEqual([true, false, false, false])
      for (const { object } of watch.events) {
        expect([object.kind, object.apiVersion, object.rows.length, object.rows[0].object?.kind]).toEqual(['Table', `meta.k8s.io/${version}`, 1, kind])
        expect(object.metadata.resourceVersion).toMatch(/^\d+$/)
      }
      watch.stop()
    }
  })

  test('what cannot be included is a 400', async () => {
    for (const suffix of ['', '&watch=true']) expect((await api.call('GET', `${pods}?includeObject=All${suffix}`, undefined, table())).status).toBe(400)
  })

  test('as metadata, in lists, watches and bookmarks', async () => {
    const list = await api.call('GET', pods, undefined, { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' })
    expect([list.json.kind, list.json.apiVersion, list.json.items[0].spec, list.json.items.length]).toEqual(['PartialObjectMetadataList', 'meta.k8s.io/v1', undefined, 3])
    const watch = await api.watch(`${pods}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`, partial)
    await watch.until(events => events.length >= 4)
    expect(watch.events.map(({ type, object }) => [type, object.kind, object.apiVersion, object.spec])).toEqual([...Array.from({ length: 3 }, () => ['ADDED', 'PartialObjectMetadata', 'meta.k8s.io/v1', undefined]), ['BOOKMARK', 'PartialObjectMetadata', 'meta.k8s.io/v1', undefined]])
    expect(watch.events[3]!.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    watch.stop()
  })

  test('as tables, to the bookmark, which has no spec that could be printed', async () => {
    const watch = await api.watch(`${pods}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`, table())
    await watch.until(events => events.length >= 4)
    const { type, object } = watch.events[3]!
    expect([type, object.kind, object.rows.length, object.rows[0].object.metadata.annotations]).toEqual(['BOOKMARK', 'Table', 1, { 'k8s.io/initial-events-end': 'true' }])
    watch.stop()
    expect((await api.call('GET', '/livez')).status).toBe(200)
  })

  test('as protobuf: framed, each event with an object in its envelope, to its end', async () => {
    const list = await bytes(pods, protobuf)
    expect(list.headers['content-type']).toBe('application/vnd.kubernetes.protobuf')
    expect((decodeProtobufObject(list.body) as { kind: string; items: { metadata: { name: string } }[] }).items.map(item => item.metadata.name)).toEqual(['a', 'b', 'c'])
    const watched = bytes(`${pods}?watch=true&timeoutSeconds=2&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`, protobuf)
    await pause(500)
    await label('b', 'protobuf')
    const { headers, body } = await watched
    expect(headers['content-type']).toBe('application/vnd.kubernetes.protobuf;stream=watch')
    expect(readFrames(body)).toEqual([['ADDED', 'a'], ['ADDED', 'b'], ['ADDED', 'c'], ['BOOKMARK', ''], ['MODIFIED', 'b']])
    const one = await bytes(`${pods}/a`, protobuf)
    expect((decodeProtobufObject(one.body) as { metadata: { name: string } }).metadata.name).toBe('a')
  })

  function readFrames(body: Buffer): [string, string][] {
    const events: [string, string][] = []
    for (let at = 0; at < body.length;) {
      const size = body.readUInt32BE(at)
      const reader = new ProtobufReader(body.subarray(at + 4, at + 4 + size))
      let type = ''
      let name = ''
      while (!reader.done) {
        const { number } = reader.tag()
        if (number === 1) type = reader.string()
        else {
          const raw = reader.message()
          raw.tag()
          const object = decodeProtobufObject(raw.bytes()) as { metadata?: { name?: string } }
          name = object.metadata?.name ?? ''
        }
      }
      events.push([type, name])
      at += 4 + size
    }
    return events
  }

  test('the old paths with /watch/ before the resource, whole and by name', async () => {
    for (const [path, names] of [['/api/v1/watch/pods', 'abc'], ['/api/v1/watch/namespaces/default/pods', 'abc'], ['/api/v1/watch/namespaces/default/pods/b', 'b'], ['/apis/apps/v1/watch/deployments', '']] as const) {
      const watch = await api.watch(`${path}?timeoutSeconds=1`)
      await watch.ended
      expect([path, watch.status, watch.events.map(({ object }) => object.metadata.name).join('')]).toEqual([path, 200, names])
    }
  })

  test('over a WebSocket, one event a message', async () => {
    const socket = new WebSocket(`${plane.server.replace('https', 'wss')}${pods}?watch=true&timeoutSeconds=2`, { ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key })
    const events: { type: string; object: { metadata: { name: string } } }[] = []
    socket.on('message', data => { events.push(JSON.parse((data as Buffer).toString()) as (typeof events)[number]) })
    const closed = new Promise<number>((resolve, reject) => {
      socket.once('close', resolve)
      socket.once('error', reject)
    })
    expect(await closed).toBe(1000)
    expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(['ADDED a', 'ADDED b', 'ADDED c'])
  })
})

describe('the end of a watch [2.2]', () => {
  test('comes when its time is over, cleanly, with a bookmark before it if asked for', async () => {
    const from = await now()
    const started = Date.now()
    const watch = await api.watch(`${pods}?watch=true&resourceVersion=${from}&timeoutSeconds=5&allowWatchBookmarks=true`)
    await watch.ended
    expect(Date.now() - started).toBeGreaterThan(4_500)
    expect(watch.events.map(({ type, object }) => [type, Object.keys(object)])).toEqual([['BOOKMARK', ['kind', 'apiVersion', 'metadata']]])
  })

  test('headers come at once, and an event when it happens', async () => {
    const socket = connectTls({ port: Number(new URL(plane.server).port), host: '127.0.0.1', ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key, ALPNProtocols: ['http/1.1'] })
    let text = ''
    socket.on('data', chunk => { text += chunk.toString() })
    socket.write(`GET ${pods}?watch=true&resourceVersion=${await now()} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n`)
    for (let waited = 0; !text.includes('\r\n\r\n') && waited < 2_000; waited += 10) await pause(10)
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(text.toLowerCase()).not.toContain('content-encoding')
    await label('c', 'now')
    for (let waited = 0; !text.includes('MODIFIED') && waited < 2_000; waited += 10) await pause(10)
    expect(text).toContain('"type":"MODIFIED"')
    socket.destroy()
  })

  test.each([['resourceVersion=1', 410, 'Expired'], ['resourceVersion=x', 400, 'BadRequest'], ['resourceVersion=5&resourceVersionMatch=Exact', 422, 'Invalid'], ['sendInitialEvents=true', 422, 'Invalid'], ['resourceVersion=999999999', 504, 'Timeout'], ['timeoutSeconds=x', 400, 'BadRequest'], ['labelSelector=a(', 400, 'BadRequest'], ['fieldSelector=spec.none%3Da', 400, 'BadRequest']])('%s is a %i %s', async (query, code, why) => {
    if (code === 410) {
      for (let count = 0; count < 250; count += 1) await label('a', `n${count}`)
      return // what is that old is still known here; the unit tests of the registry have the refusal
    }
    const answer = await api.call('GET', `${pods}?watch=true&${query}`)
    expect([answer.status, answer.json.reason]).toEqual([code, why])
    if (code === 504) expect(answer.json).toMatchObject({ message: expect.stringMatching(/^Timeout: Too large resource version: 999999999, current: \d+$/), details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 } })
  })
})

describe('lists [2.1, 2.3]', () => {
  test('limit is not kept with resourceVersion 0, and is with any other', async () => {
    expect((await api.call('GET', `${pods}?limit=2&resourceVersion=0`)).json.items).toHaveLength(3)
    const first = await api.call('GET', `${pods}?limit=2`)
    expect([first.json.items.length, first.json.metadata.remainingItemCount]).toEqual([2, 1])
    const rest = await api.call('GET', `${pods}?limit=2&continue=${first.json.metadata.continue}`)
    expect([rest.json.items.length, rest.json.metadata.resourceVersion, rest.json.metadata.continue]).toEqual([1, first.json.metadata.resourceVersion, undefined])
  })

  test('a revision of the future is a 504 after a moment, for lists and single objects', async () => {
    for (const path of [`${pods}?resourceVersion=999999999`, `${pods}/a?resourceVersion=999999999`, `${pods}?resourceVersion=999999999&resourceVersionMatch=Exact`]) {
      const answer = await api.call('GET', path)
      expect([path, answer.status, answer.json.reason, answer.headers['retry-after']]).toEqual([path, 504, 'Timeout', '1'])
    }
  })

  test('what is longer than 128 KiB is compressed for who wants it', async () => {
    await api.call('POST', configMaps, { metadata: { name: 'long' }, data: { a: 'x'.repeat(200_000) } })
    const packed = await bytes(`${configMaps}/long`, { 'accept-encoding': 'gzip' })
    expect([packed.headers['content-encoding'], packed.headers['vary']]).toEqual(['gzip', expect.stringContaining('Accept-Encoding')])
    expect((JSON.parse(gunzipSync(packed.body).toString()) as { data: { a: string } }).data.a).toHaveLength(200_000)
    expect((await bytes(configMaps, { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBe('gzip')
    for (const [path, headers] of [[`${configMaps}/long`, {}], [`${configMaps}/long`, { 'accept-encoding': 'gzip;q=0' }], [pods, { 'accept-encoding': 'gzip' }]] as const) {
      expect([path, (await bytes(path, headers)).headers['content-encoding']]).toEqual([path, undefined])
    }
  })
})

describe('warnings [2.8]', () => {
  test('each is one header; when all are too long each is cut, and no more than 4,096 characters come', async () => {
    const some = await api.call('POST', `${configMaps}?dryRun=All`, '{"metadata":{"name":"w"},"one":1,"two":2}')
    expect(some.headers['warning']).toBe('299 - "unknown field \\"one\\"", 299 - "unknown field \\"two\\""')
    const many = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`field-${index}-${'x'.repeat(300)}`, 1]))
    const cut = await api.call('POST', `${configMaps}?dryRun=All`, { metadata: { name: 'w' }, ...many })
    const texts = (cut.headers['warning'] as unknown as string).split(/, (?=299 - )/).map(line => line.slice(7, -1))
    expect(cut.status).toBe(201)
    expect(Math.max(...texts.map(text => text.replaceAll('\\"', '"').length))).toBeLessThanOrEqual(256)
    expect(texts.reduce((sum, text) => sum + text.replaceAll('\\"', '"').length, 0)).toBeLessThanOrEqual(4_096)
  })
})
