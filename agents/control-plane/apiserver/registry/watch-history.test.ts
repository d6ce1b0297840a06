/**
 * Random changes of a store, and watches of it that begin at random revisions with random selectors: what each receives is
 * compared with what a plain reading of the store's history says it must receive.
 */
import { expect, test } from 'vitest'
import { createRegistryScene } from '../../../../test/fakes/registry-scene.ts'
import type { OpenWatch, RegistryScene, WatchEvent } from '../../../../test/fakes/registry-scene.ts'
import type { Random } from '../../../base/random.ts'
import { pick, seededRandom } from '../../../base/random.ts'
import { ApiError } from '../http/api-error.ts'
import { encodeStored } from '../watch-cache/stored-form.ts'
import type { KubeObject } from './kube-object.ts'

interface Change {
  readonly revision: number
  readonly key: string
  readonly before: KubeObject | undefined
  readonly after: KubeObject | undefined
}

interface Wanted {
  readonly namespace: string
  readonly labels: string
  readonly fields: string
  matches(object: KubeObject | undefined): boolean
}

interface Watching {
  readonly wanted: Wanted
  readonly watch: OpenWatch
  readonly from: number
  readonly startsWithState: boolean
  readonly isWatchList: boolean
}

const selectors: readonly Omit<Wanted, 'namespace'>[] = [
  { labels: '', fields: '', matches: () => true },
  { labels: 'app=x', fields: '', matches: object => object?.metadata.labels?.['app'] === 'x' },
  { labels: 'app!=x', fields: '', matches: object => object?.metadata.labels?.['app'] !== 'x' },
  { labels: 'app in (x,y),tier', fields: '', matches: object => ['x', 'y'].includes(object?.metadata.labels?.['app'] ?? '') && object?.metadata.labels?.['tier'] !== undefined },
  { labels: '!tier', fields: '', matches: object => object?.metadata.labels?.['tier'] === undefined },
  { labels: '', fields: 'spec.nodeName=n1', matches: object => nodeOf(object) === 'n1' },
  { labels: 'app=x', fields: 'spec.nodeName!=', matches: object => nodeOf(object) !== '' && object?.metadata.labels?.['app'] === 'x' },
  { labels: '', fields: 'metadata.name=p1', matches: object => object?.metadata.name === 'p1' },
]

function nodeOf(object: KubeObject | undefined): string {
  return (object?.['spec'] as { nodeName?: string } | undefined)?.nodeName ?? ''
}

class Store {
  readonly history: Change[] = []
  readonly now = new Map<string, KubeObject>()
  readonly #scene: RegistryScene
  readonly #random: Random

  constructor(scene: RegistryScene, random: Random) {
    this.#scene = scene
    this.#random = random
  }

  async change(): Promise<void> {
    const random = this.#random
    const [namespace, name] = [pick(random, ['a', 'b'])!, pick(random, ['p1', 'p2', 'p3', 'p4'])!]
    const key = `${namespace}/${name}`
    const before = this.now.get(key)
    const storeKey = `/registry/pods/${key}`
    const version = Number(before?.metadata.resourceVersion ?? 0)
    const removes = before !== undefined && random.next() < 0.25
    const after: KubeObject = {
      kind: 'Pod', apiVersion: 'v1',
      metadata: { name, namespace, labels: { ...(random.next() < 0.7 ? { app: pick(random, ['x', 'y', 'z'])! } : {}), ...(random.next() < 0.5 ? { tier: 't' } : {}) } },
      spec: random.next() < 0.6 ? { nodeName: pick(random, ['n1', 'n2'])! } : {},
      status: {},
    }
    const result = removes ? await this.#scene.storage.remove(storeKey, version) : await this.#scene.storage.put(storeKey, encodeStored(after), version)
    if (!result.ok) throw new Error('the model and the store differ')
    const stamped = { ...after, metadata: { ...after.metadata, resourceVersion: String(result.revision) } }
    this.history.push({ revision: result.revision, key, before, after: removes ? undefined : stamped })
    if (removes) this.now.delete(key)
    else this.now.set(key, stamped)
  }

  stateAt(revision: number): Map<string, KubeObject> {
    const state = new Map<string, KubeObject>()
    for (const change of this.history) {
      if (change.revision > revision) break
      if (change.after === undefined) state.delete(change.key)
      else state.set(change.key, change.after)
    }
    return state
  }
}

function inNamespace(wanted: Wanted, key: string): boolean {
  return wanted.namespace === '' || key.startsWith(`${wanted.namespace}/`)
}

/** What the watch must have received by now. */
function expected(store: Store, { wanted, from, startsWithState, isWatchList }: Watching): [string, string, string][] {
  const events: [string, string, string][] = []
  const at = (object: KubeObject, revision = object.metadata.resourceVersion!) => [`${object.metadata.namespace!}/${object.metadata.name!}`, JSON.stringify([object.metadata.labels, object['spec'], revision])] as const
  if (startsWithState) {
    for (const [key, object] of [...store.stateAt(from)].sort(([a], [b]) => (a < b ? -1 : 1))) if (inNamespace(wanted, key) && wanted.matches(object)) events.push(['ADDED', ...at(object)])
    if (isWatchList) events.push(['BOOKMARK', '', `${from} true`])
  }
  for (const { revision, key, before, after } of store.history) {
    if (revision <= from || !inNamespace(wanted, key)) continue
    const was = before !== undefined && wanted.matches(before)
    const is = after !== undefined && wanted.matches(after)
    if (is) events.push([was ? 'MODIFIED' : 'ADDED', ...at(after)])
    else if (was) events.push(['DELETED', ...at(before, String(revision))])
  }
  return events
}

function received(events: readonly WatchEvent[]): [string, string, string][] {
  return events.filter(({ type, object }) => type !== 'BOOKMARK' || object.metadata['annotations'] !== undefined).map(({ type, object }) => (type === 'BOOKMARK'
    ? ['BOOKMARK', '', `${object.metadata.resourceVersion!} ${object.metadata.annotations!['k8s.io/initial-events-end']!}`]
    : [type, `${object.metadata.namespace!}/${object.metadata.name!}`, JSON.stringify([object.metadata.labels, object['spec'], object.metadata.resourceVersion])]))
}

async function open(scene: RegistryScene, store: Store, random: Random): Promise<Watching | 'expired'> {
  const wanted = { ...pick(random, selectors)!, namespace: pick(random, ['', 'a', 'b'])! }
  const query = new URLSearchParams({ timeoutSeconds: '100000' })
  if (wanted.labels !== '') query.set('labelSelector', wanted.labels)
  if (wanted.fields !== '') query.set('fieldSelector', wanted.fields)
  if (random.next() < 0.5) query.set('allowWatchBookmarks', 'true')
  const { revision } = scene.cache
  const kind = random.next()
  let from = revision
  const isWatchList = kind < 0.2
  const startsWithState = isWatchList || kind < 0.4
  if (isWatchList) {
    query.set('sendInitialEvents', 'true')
    query.set('resourceVersionMatch', 'NotOlderThan')
    query.set('allowWatchBookmarks', 'true')
    if (random.next() < 0.5) query.set('resourceVersion', String(Math.max(1, revision - Math.floor(random.next() * 5))))
  } else if (startsWithState) {
    if (random.next() < 0.5) query.set('resourceVersion', '0')
  } else {
    from = Math.max(1, revision - Math.floor(random.next() * random.next() * 700))
    query.set('resourceVersion', String(from))
  }
  const { oldestRevision } = scene.resource('pods').cache
  try {
    const watch = await scene.watch('pods', wanted.namespace, query.toString())
    expect(startsWithState || from >= oldestRevision, 'a watch from before what is known must be refused').toBe(true)
    return { wanted, watch, from, startsWithState, isWatchList }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    expect([error.code, error.reason]).toEqual([410, 'Expired'])
    expect(error.message).toBe(`too old resource version: ${from} (${oldestRevision})`)
    expect(from < oldestRevision).toBe(true)
    expect(store.history.filter(change => change.revision > from).length, 'the last two hundred events are always known').toBeGreaterThan(200)
    return 'expired'
  }
}

test('WA1 WA2 WA3 WA4 every watch tells the store\'s history, once and in order', async () => {
  await using scene = await createRegistryScene()
  const random = seededRandom(5)
  const store = new Store(scene, random)
  const watching: Watching[] = []
  let expired = 0
  for (let round = 0; round < 160; round += 1) {
    for (let count = Math.floor(random.next() * 12); count > 0; count -= 1) await store.change()
    await scene.settle()
    if (random.next() < 0.1) await scene.clock.advance(130_000) // what is older than two minutes may be forgotten
    if (random.next() < 0.1) {
      scene.storage.breakWatches('lost') // the cache takes the stream up again
      for (let count = 0; count < 3; count += 1) await store.change()
      await scene.clock.advance(3_000)
    }
    for (let count = 0; count < 3; count += 1) {
      const opened = await open(scene, store, random)
      if (opened === 'expired') expired += 1
      else watching.push(opened)
    }
  }
  await scene.clock.advance(5_000)
  await scene.settle()
  expect(scene.cache.revision).toBe(store.history.at(-1)!.revision)
  for (const [index, each] of watching.entries()) {
    expect(each.watch.isOver).toBe(false)
    expect(received(each.watch.events), `watch ${index} from ${each.from} of ${each.wanted.namespace} ${each.wanted.labels} ${each.wanted.fields}`).toEqual(expected(store, each))
  }
  expect(expired).toBeGreaterThan(10)
  expect(watching.filter(each => !each.startsWithState && each.watch.events.length > 50).length).toBeGreaterThan(20)
})

test('WA5 bookmarks come only to those who asked, and resuming from one misses nothing', async () => {
  await using scene = await createRegistryScene()
  const random = seededRandom(9)
  const store = new Store(scene, random)
  for (let count = 0; count < 20; count += 1) await store.change()
  await scene.settle()
  const from = scene.cache.revision
  const silent = await scene.watch('pods', '', `resourceVersion=${from}`)
  const asked = await scene.watch('pods', '', `resourceVersion=${from}&allowWatchBookmarks=true`)
  for (let count = 0; count < 20; count += 1) await store.change()
  await scene.clock.advance(80_000)
  await scene.settle()
  const bookmark = asked.events.find(event => event.type === 'BOOKMARK')!
  expect(Object.keys(bookmark.object)).toEqual(['kind', 'apiVersion', 'metadata'])
  expect(bookmark.object.metadata).toEqual({ resourceVersion: String(scene.cache.revision) })
  expect(silent.events.some(event => event.type === 'BOOKMARK')).toBe(false)
  const resumed = await scene.watch('pods', '', `resourceVersion=${bookmark.object.metadata.resourceVersion!}`)
  await store.change()
  await scene.settle()
  expect(resumed.events).toHaveLength(1)
})

test('WC3 when history is compacted away every watch ends with 410, and a client that lists again is right again', async () => {
  await using scene = await createRegistryScene()
  const random = seededRandom(13)
  const store = new Store(scene, random)
  for (let count = 0; count < 50; count += 1) await store.change()
  await scene.settle()
  const watch = await scene.watch('pods', '', 'resourceVersion=0')
  await scene.storage.compact(scene.cache.revision)
  scene.storage.breakWatches('compacted')
  await scene.clock.advance(5_000)
  await scene.settle()
  expect(watch.isOver).toBe(true)
  const last = watch.events.at(-1)!
  expect([last.type, last.object.code, last.object['reason']]).toEqual(['ERROR', 410, 'Expired'])
  for (let count = 0; count < 5; count += 1) await store.change()
  await scene.settle()
  const page = await scene.list('pods', '', '')
  expect(page.items.map(item => item.key)).toEqual([...store.now.keys()].sort())
  await expect(scene.watch('pods', '', 'resourceVersion=5')).rejects.toMatchObject({ code: 410 })
})
