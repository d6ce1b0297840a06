import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { silentLog } from '../../../base/log.ts'
import { seededRandom } from '../../../base/random.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { textAt } from '../registry/kube-object.ts'
import { MemoryStorage } from '../storage/memory-storage.ts'
import { ResourceCache } from './resource-cache.ts'
import type { CacheSpec } from './resource-cache.ts'
import { OwnWrite } from './own-write.ts'
import { decodeServed, encodeStored, listItemStart, servedBytes, storedForm } from './stored-form.ts'
import { WatchCache } from './watch-cache.ts'

const form = storedForm('v1', 'ConfigMap')
const spec: CacheSpec = { prefix: '/registry/configmaps/', form, namespaced: true, fieldPaths: ['data.x'], fieldsOf: object => [textAt(object, 'data', 'x')] }
const object = (name: string, x = '', labels?: Record<string, string>): KubeObject => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, namespace: 'a', ...(labels === undefined ? {} : { labels }) }, data: { x } })

describe('stored form', () => {
  test('SF1 the resourceVersion is spliced in, and a list item is the rest without its head', () => {
    const served = servedBytes(form, encodeStored(object('n')), 7)
    expect(decodeServed(served)).toEqual({ ...object('n'), metadata: { resourceVersion: '7', name: 'n', namespace: 'a' } })
    expect(JSON.parse(`{${served.subarray(listItemStart(form)).toString()}`)).toEqual({ metadata: { resourceVersion: '7', name: 'n', namespace: 'a' }, data: { x: '' } })
  })

  test('SF2 what somebody else wrote in another order is served alike', () => {
    const foreign = Buffer.from(JSON.stringify({ metadata: { name: 'n', resourceVersion: '3' }, data: {}, apiVersion: 'v1', kind: 'ConfigMap' }))
    const served = servedBytes(form, foreign, 9)
    expect(served.toString().startsWith('{"kind":"ConfigMap","apiVersion":"v1",')).toBe(true)
    expect(decodeServed(served).metadata.resourceVersion).toBe('9')
  })
})

describe('resource cache', () => {
  test('RC1 lists stay in key order, whole or by namespace, whatever the order of changes', () => {
    const cache = new ResourceCache(spec, new FakeClock())
    const random = seededRandom(3)
    const model = new Map<string, number>()
    for (let revision = 1; revision <= 2_000; revision++) {
      const key = `${random.next() < 0.5 ? 'a' : 'a-b'}/k${Math.floor(random.next() * 60)}`
      if (random.next() < 0.4) {
        cache.apply(key, undefined, revision)
        model.delete(key)
      } else {
        cache.apply(key, encodeStored(object(key.split('/')[1]!)), revision)
        model.set(key, revision)
      }
    }
    const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
    expect(cache.list().map(item => [item.key, item.revision])).toEqual(expected)
    expect(cache.list('a').map(item => item.key)).toEqual(expected.map(([key]) => key).filter(key => key.startsWith('a/')))
  })

  test('RC2 RC3 events tell what was before; a revision older than the window is unknown', () => {
    const cache = new ResourceCache(spec, new FakeClock())
    cache.load([], 10)
    cache.apply('a/n', encodeStored(object('n', '1', { on: 'yes' })), 11)
    cache.apply('a/n', encodeStored(object('n', '2')), 12)
    cache.apply('a/n', undefined, 13)
    expect(cache.since(9)).toBeUndefined()
    expect(cache.since(10)!.map(event => [event.revision, event.deleted, event.previous?.fields[0], event.object.fields[0]])).toEqual([[11, false, undefined, '1'], [12, false, '1', '2'], [13, true, '2', '2']])
    expect(decodeServed(cache.since(12)![0]!.object.bytes).metadata.resourceVersion).toBe('13')
    expect(cache.get('a/n')).toBeUndefined()
  })
})

describe('watch cache', () => {
  async function start() {
    const clock = new FakeClock()
    const storage = new MemoryStorage(clock)
    const cache = new WatchCache({ storage, clock, log: silentLog })
    const end = new AbortController()
    return { clock, storage, cache, end }
  }

  test('WC1 a write is in the cache when the cache has reached its revision', async () => {
    const { storage, cache, end } = await start()
    const configMaps = cache.resource(spec)
    await cache.start(end.signal)
    const written = await storage.put('/registry/configmaps/a/n', encodeStored(object('n', '1')), 0)
    expect(await cache.waitFor(written.ok ? written.revision : 0, 1_000)).toBe(true)
    expect(configMaps.get('a/n')?.fields).toEqual(['1'])
    end.abort()
  })

  test('WC5 a start knows the changes of before, so that a watch can resume', async () => {
    const { storage, cache, end } = await start()
    const first = await storage.put('/registry/configmaps/a/n', encodeStored(object('n', '1')), 0)
    const revision = first.ok ? first.revision : 0
    await storage.put('/registry/configmaps/a/n', encodeStored(object('n', '2')), revision)
    const configMaps = cache.resource(spec)
    await cache.start(end.signal)
    expect(configMaps.since(revision)!.map(event => event.object.fields[0])).toEqual(['2'])
    expect(configMaps.get('a/n')?.fields).toEqual(['2'])
    end.abort()
  })

  test('WC7 what this process writes is not decoded again, whenever the answer comes; what others write is', async () => {
    const { storage, cache, end } = await start()
    const configMaps = cache.resource(spec)
    const told: (KubeObject | undefined)[] = []
    cache.onChange(configMaps, (_event, read) => { told.push(read()) })
    await cache.start(end.signal)
    const own = object('n', '1')
    cache.expectOwnWrite('/registry/configmaps/a/n', new OwnWrite(encodeStored(own), own))
    const first = await storage.put('/registry/configmaps/a/n', encodeStored(own), 0)
    const lost = object('n', '2')
    cache.expectOwnWrite('/registry/configmaps/a/n', new OwnWrite(encodeStored(lost), lost))
    const second = await storage.put('/registry/configmaps/a/n', encodeStored(object('n', '3')), first.ok ? first.revision : 0)
    await cache.waitFor(second.ok ? second.revision : 0, 1_000)
    expect(told[0]).toBe(own)
    expect(told[1]!['data']).toEqual({ x: '3' })
    expect(configMaps.get('a/n')?.fields).toEqual(['3'])
    end.abort()
  })

  test('WC4 a resource that is defined later finds its objects', async () => {
    const { storage, cache, end } = await start()
    await storage.put('/registry/example.com/things/a/n', Buffer.from(JSON.stringify({ kind: 'Thing', apiVersion: 'example.com/v1', metadata: { name: 'n' } })), 0)
    await cache.start(end.signal)
    const things = cache.resource({ ...spec, prefix: '/registry/example.com/things/', form: storedForm('example.com/v1', 'Thing'), fieldPaths: [], fieldsOf: () => [] })
    expect(things.get('a/n')).toBeDefined()
    end.abort()
  })

  test('WC2 readers that ask while a question is on its way share the next one', async () => {
    const { storage, cache, end } = await start()
    await cache.start(end.signal)
    let asked = 0
    const real = storage.currentRevision.bind(storage)
    storage.currentRevision = async () => {
      asked += 1
      await new Promise(resolve => setTimeout(resolve, 5))
      return await real()
    }
    await Promise.all(Array.from({ length: 50 }, () => cache.latestRevision()))
    expect(asked).toBe(2)
    end.abort()
  })
})
