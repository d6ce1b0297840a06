import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../base/random.ts'
import type { WatchResponse } from '../../../wire/etcd/watch-messages.ts'
import type { Store } from '../store.ts'
import { GatedLog, newStore, requests, settle } from '../testing/steady.ts'

const { put, delete: del, watch } = requests

/** A reader that takes what it is sent until it is told to be slow. */
function reader(store: Store) {
  const responses: Partial<WatchResponse>[] = []
  let isSlow = false
  const stream = store.watches.open({
    send(response) {
      responses.push(response)
      return !isSlow
    },
  })
  return {
    stream,
    responses,
    revisions: () => responses.flatMap(({ events = [] }) => events.map(({ kv }) => kv!.modRevision)),
    becomeSlow() { isSlow = true },
    becomeFast() {
      isSlow = false
      stream.drained()
    },
  }
}

const upTo = (last: bigint, first = 2n): bigint[] => Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index))

describe('watch hub', () => {
  it('WA4 tells nothing before it is durable, and begins after what is', async () => {
    const log = new GatedLog()
    const { store } = newStore({ log })
    await settle()
    log.flush()
    await settle()
    void store.put(put('a'))
    await settle()
    const { stream, responses, revisions } = reader(store)
    stream.request(watch('a'))
    stream.request({ progress: {} })
    expect(responses.map(({ header }) => header?.revision)).toEqual([1n, 1n])
    expect(revisions()).toEqual([])
    log.flush()
    await settle()
    expect(revisions()).toEqual([2n])
  })

  it('WA7 a slow reader falls behind alone and misses nothing', async () => {
    const { store } = newStore()
    const [slow, fast] = [reader(store), reader(store)]
    slow.stream.request(watch('a', 'z'))
    fast.stream.request(watch('a', 'z'))
    await store.put(put('a'))
    slow.becomeSlow()
    await store.put(put('b'))
    for (let index = 0; index < 5000; index++) void store.put(put(`c${String(index)}`))
    await settle()
    expect(fast.revisions()).toEqual(upTo(5003n))
    expect(slow.revisions()).toEqual([2n, 3n])
    expect(store.watches.counters.slow).toBe(1)
    slow.becomeFast()
    await settle()
    await settle()
    expect(slow.revisions()).toEqual(upTo(5003n))
    await store.put(put('d'))
    expect(slow.revisions().at(-1)).toBe(5004n)
  })

  it('WA2 cancels a watcher that a compaction overtook, and no other', async () => {
    const { store } = newStore()
    const { stream, responses, becomeSlow, becomeFast } = reader(store)
    stream.request(watch('a'))
    stream.request(watch('b', '', { startRevision: 100n }))
    await store.put(put('a'))
    becomeSlow()
    for (let index = 0; index < 10; index++) await store.put(put('a'))
    await store.compact({ revision: 10n, physical: false })
    becomeFast()
    await settle()
    expect(responses.at(-1)).toMatchObject({ watchId: 0n, canceled: true, compactRevision: 10n })
    expect(stream.watchers.map(({ id }) => id)).toEqual([1n])
  })

  it('WA3 never cuts a revision in two while catching up', async () => {
    const { store } = newStore({ maxTxnOps: 2000 })
    for (let round = 0; round < 4; round++) {
      await store.txn({ compare: [], success: Array.from({ length: 700 }, (_, index) => ({ put: put(`k${String(index)}`) })), failure: [] })
    }
    const { stream, responses } = reader(store)
    stream.request(watch('k', 'l', { startRevision: 1n }))
    await settle()
    const perResponse = responses.map(({ events = [] }) => new Set(events.map(({ kv }) => kv!.modRevision)))
    expect(perResponse.flatMap(revisions => [...revisions])).toEqual([2n, 3n, 4n, 5n])
  })

  it('WA5 reports progress only when every watcher of the stream has caught up', async () => {
    const { store } = newStore({ maxTxnOps: 5000 })
    for (let index = 0; index < 3000; index++) void store.put(put(`k${String(index)}`))
    await settle()
    const { stream, responses } = reader(store)
    stream.request(watch('k', 'l', { startRevision: 2n }))
    stream.request({ progress: {} })
    await settle()
    await settle()
    const at = responses.findIndex(({ watchId, events = [], created }) => watchId === -1n && events.length === 0 && created !== true)
    expect(responses[at]?.header?.revision).toBe(3001n)
    expect(responses.slice(0, at).flatMap(({ events = [] }) => events)).toHaveLength(3000)
    expect(responses).toHaveLength(at + 1)
  })

  it('WA6 holds a progress report back until the present has reached every watcher', async () => {
    const { store } = newStore()
    const { stream, responses } = reader(store)
    stream.request(watch('a', '', { startRevision: 4n }))
    stream.request({ progress: {} })
    await store.put(put('b'))
    expect(responses).toHaveLength(1)
    await store.put(put('b'))
    expect(responses.slice(1)).toMatchObject([{ watchId: -1n, header: { revision: 3n } }])
  })

  it('tells quiet watchers that asked for it where the store is, now and then', async () => {
    const { store, clock } = newStore({ progressNotifyMs: 1000 })
    const { stream, responses } = reader(store)
    stream.request(watch('a', '', { progressNotify: true }))
    stream.request(watch('b'))
    await store.put(put('elsewhere'))
    await clock.advance(1000)
    await clock.advance(1000)
    expect(responses.slice(2)).toMatchObject([{ watchId: 0n, header: { revision: 2n } }])
    await store.put(put('a'))
    await clock.advance(1000)
    expect(responses).toHaveLength(4)
    await clock.advance(1000)
    expect(responses).toHaveLength(5)
  })

  it('cuts large responses where the watcher asked for fragments', async () => {
    const { store } = newStore()
    const [whole, cut] = [reader(store), reader(store)]
    whole.stream.request(watch('k', 'l'))
    cut.stream.request(watch('k', 'l', { fragment: true }))
    const value = 'x'.repeat(900_000)
    await store.txn({ compare: [], success: ['k1', 'k2', 'k3', 'k4', 'k5'].map(key => ({ put: put(key, value) })), failure: [] })
    expect(whole.responses.slice(1).map(({ events }) => events?.length)).toEqual([5])
    expect(cut.responses.slice(1).map(({ events, fragment }) => [events?.length, fragment])).toEqual([[2, true], [2, true], [1, false]])
  })

  it('chooses ids, takes given ones, refuses duplicates, and cancels', async () => {
    const { store } = newStore()
    const { stream, responses } = reader(store)
    for (const watchId of [0n, 1n, 0n, 1n]) stream.request(watch('a', '', { watchId }))
    stream.request({ cancel: { watchId: 1n } })
    stream.request({ cancel: { watchId: 55n } })
    await store.put(put('a'))
    expect(responses.map(({ watchId, created = false, canceled = false }) => [watchId, created, canceled])).toEqual([
      [0n, true, false], [1n, true, false], [2n, true, false], [-1n, true, true], [1n, false, true], [0n, false, false], [2n, false, false],
    ])
  })

  it('WA1 WA2 shows every watcher exactly what happened, however fast it reads', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed)
      const { store } = newStore()
      const readers = Array.from({ length: 6 }, () => reader(store))
      const asked: { watcher: number; from: bigint; key: string }[] = []
      const happened: { revision: bigint; key: string }[] = []
      for (let step = 0; step < 200; step++) {
        const chance = random.next()
        const index = Math.floor(random.next() * readers.length)
        const key = `k${String(Math.floor(random.next() * 4))}`
        if (chance < 0.6) {
          void store.put(put(key)).then(({ header }) => { happened.push({ revision: header!.revision, key }) })
        } else if (chance < 0.7) {
          void store.deleteRange(del(key)).then(({ header, deleted }) => { if (deleted > 0n) happened.push({ revision: header!.revision, key }) })
        } else if (chance < 0.8) {
          readers[index]!.becomeSlow()
        } else if (chance < 0.9) {
          readers[index]!.becomeFast()
        } else if (!asked.some(({ watcher }) => watcher === index)) {
          const startRevision = random.next() < 0.5 ? 0n : 1n + BigInt(Math.floor(random.next() * Number(store.watches.published + 5n)))
          asked.push({ watcher: index, from: startRevision === 0n ? store.watches.published + 1n : startRevision, key })
          readers[index]!.stream.request(watch(key, '', { startRevision }))
        }
        if (random.next() < 0.3) await settle()
      }
      await settle()
      for (const { becomeFast } of readers) becomeFast()
      await settle()
      for (const { watcher, from, key } of asked) {
        const wanted = happened.filter(change => change.key === key && change.revision >= from).map(({ revision }) => revision).sort((a, b) => Number(a - b))
        expect(readers[watcher]!.revisions(), `seed ${String(seed)}, reader ${String(watcher)}`).toEqual(wanted)
      }
    }
  })
})
