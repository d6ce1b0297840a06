/**
 * The bugs etcd once had, by the number of their report, and a search for new ones: random operations compared with a
 * model that is too simple to be wrong.
 */
import { describe, expect, it } from 'vitest'
import { pick, seededRandom, type Random } from '../../base/random.ts'
import type { TxnRequest, WireKeyValue } from '../../wire/etcd/kv-messages.ts'
import type { WatchResponse } from '../../wire/etcd/watch-messages.ts'
import { MemoryLog } from './log/memory-log.ts'
import type { LogEntry } from './log/log.ts'
import type { Store } from './store.ts'
import { GatedLog, newStore, requests, settle } from './testing/steady.ts'

const { put, range, delete: del, watch } = requests

function watching(store: Store, request: ReturnType<typeof watch>): Partial<WatchResponse>[] {
  const responses: Partial<WatchResponse>[] = []
  const stream = store.watches.open({ send: response => { responses.push(response); return true } })
  stream.request(request)
  return responses
}

const shown = (responses: readonly Partial<WatchResponse>[]): string[] => responses.flatMap(({ events = [] }) => events.map(({ type, kv }) => `${type === 1 ? 'delete' : 'put'} ${String(kv!.modRevision)}`))

describe('etcd issue', () => {
  it('13766, 14370: a crash at any moment loses no acknowledged write and repeats none', async () => {
    const batches: LogEntry[][] = []
    const log = new (class extends MemoryLog {
      override write(batch: readonly LogEntry[]): void {
        batches.push([...batch])
        super.write(batch)
      }
    })()
    const { store } = newStore({ log })
    const acknowledged: { key: string; revision: bigint; batches: number }[] = []
    for (let step = 0; step < 60; step++) {
      const key = `k${String(step % 7)}`
      void store.put(put(key)).then(({ header }) => { acknowledged.push({ key, revision: header!.revision, batches: batches.length }) })
      if (step % 3 === 0) await settle()
    }
    await settle()
    for (let kept = 0; kept <= batches.length; kept++) {
      const disk = new MemoryLog()
      for (const batch of batches.slice(0, kept)) disk.write(batch)
      const { store: again } = newStore({ log: disk })
      for (const write of acknowledged.filter(({ batches: needed }) => needed <= kept)) {
        expect(again.keys.history(write.key).some(({ main }) => main === write.revision)).toBe(true)
      }
      const revisions = again.keys.changes.map(({ main }) => main)
      expect(revisions).toEqual(revisions.map((_, index) => BigInt(index) + 2n))
    }
  })

  it('14685: defragmenting between writes changes neither revision nor history', async () => {
    const { store, log } = newStore()
    const writes = Array.from({ length: 20 }, (_, index) => store.put(put(`k${String(index)}`)))
    await store.defragment()
    await Promise.all(writes)
    const before = await store.hashKv(0n)
    expect(await newStore({ log }).store.hashKv(0n)).toEqual(before)
  })

  it('15220: progress never overtakes events', async () => {
    const { store } = newStore()
    const responses: Partial<WatchResponse>[] = []
    const stream = store.watches.open({ send: response => { responses.push(response); return true } })
    stream.request(watch('a'))
    for (let step = 0; step < 50; step++) {
      void store.put(put('a'))
      stream.request({ progress: {} })
      if (step % 7 === 0) await settle()
    }
    await settle()
    let told = 1n
    for (const { events = [], watchId, header } of responses) {
      for (const { kv } of events) {
        expect(kv!.modRevision).toBeGreaterThan(told)
        told = kv!.modRevision
      }
      if (watchId === -1n) {
        expect(header!.revision).toBeGreaterThanOrEqual(told)
        told = header!.revision
      }
    }
    expect(told).toBe(51n)
  })

  it('17529: a starved stream loses no events, even when others are compacted meanwhile', async () => {
    const { store } = newStore()
    const responses: Partial<WatchResponse>[] = []
    let isSlow = true
    const stream = store.watches.open({ send: response => { responses.push(response); return !isSlow } })
    stream.request(watch('a'))
    await store.compact({ revision: 1n, physical: true })
    for (let step = 0; step < 3000; step++) void store.put(put('a'))
    await settle()
    isSlow = false
    stream.drained()
    await settle()
    expect(shown(responses)).toHaveLength(3000)
  })

  it('17780: the revision does not go back after a crash during compaction', async () => {
    const { store, log } = newStore()
    await store.put(put('a'))
    await store.deleteRange(del('a'))
    await store.compact({ revision: 3n, physical: true })
    expect(newStore({ log }).store.keys.revision).toBe(3n)
    await store.put(put('b'))
    await store.deleteRange(del('b'))
    log.write([{ kind: 'fact', name: 'compacted', value: '5' }])
    const { store: again } = newStore({ log })
    expect(again.keys.revision).toBe(5n)
    expect((await again.put(put('c'))).header?.revision).toBe(6n)
  })

  it('18089: a compaction drops no deletion that a watch still has to be told', async () => {
    const { store } = newStore()
    await store.put(put('a'))
    await store.deleteRange(del('a'))
    await store.put(put('b'))
    await store.compact({ revision: 3n, physical: true })
    const responses = watching(store, watch('a', '', { startRevision: 3n }))
    await settle()
    expect(shown(responses)).toEqual(['delete 3'])
  })

  it('18667: a transaction that reads what is compacted is refused whole', async () => {
    const { store } = newStore()
    await store.put(put('a'))
    await store.put(put('a'))
    await store.put(put('a'))
    await store.compact({ revision: 4n, physical: true })
    const request: TxnRequest = { compare: [], success: [{ put: put('b') }, { range: range('a', '', 2n) }], failure: [] }
    expect(() => store.txn(request)).toThrow('required revision has been compacted')
    expect([store.keys.revision, store.keys.liveKeys]).toEqual([4n, 1])
  })

  it('19179: a watch from the compacted revision itself sees the deletion made there, after a restart too', async () => {
    const { store, log } = newStore()
    await store.put(put('a'))
    await store.deleteRange(del('a'))
    await store.compact({ revision: 3n, physical: true })
    for (const opened of [store, newStore({ log }).store]) {
      const responses = watching(opened, watch('a', '', { startRevision: 3n }))
      await settle()
      expect(shown(responses)).toEqual(['delete 3'])
    }
  })

  it('20221: a watch from a future revision gets neither events nor notifications of older ones', async () => {
    const { store, clock } = newStore({ progressNotifyMs: 1000 })
    const responses = watching(store, watch('a', '', { startRevision: 5n, progressNotify: true }))
    await store.put(put('a'))
    await store.put(put('a'))
    await clock.advance(1000)
    await clock.advance(1000)
    expect(responses.slice(1)).toEqual([])
    await store.put(put('a'))
    await store.put(put('a'))
    expect(shown(responses)).toEqual(['put 5'])
  })

  it('a watch created while a write is being flushed sees that write exactly once', async () => {
    const log = new GatedLog()
    const { store } = newStore({ log })
    await settle()
    log.flush()
    await settle()
    void store.put(put('a'))
    await settle()
    const responses = watching(store, watch('a', '', { startRevision: 2n }))
    log.flush()
    await settle()
    expect(shown(responses)).toEqual(['put 2'])
  })
})

/** Every revision as a whole map: nothing to get wrong. */
class Model {
  readonly states: Map<string, { value: string; create: bigint; mod: bigint; version: bigint }>[] = [new Map(), new Map()]

  get revision(): bigint {
    return BigInt(this.states.length - 1)
  }

  change(change: (state: Map<string, { value: string; create: bigint; mod: bigint; version: bigint }>, revision: bigint) => boolean): void {
    const next = new Map(this.states.at(-1))
    if (change(next, this.revision + 1n)) this.states.push(next)
  }

  put(state: Map<string, { value: string; create: bigint; mod: bigint; version: bigint }>, key: string, value: string, mod: bigint): void {
    const before = state.get(key)
    state.set(key, { value, mod, create: before?.create ?? mod, version: (before?.version ?? 0n) + 1n })
  }

  at(revision: bigint, start: string, end: string): unknown[] {
    return [...this.states[Number(revision)]!].filter(([key]) => key >= start && key < end).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { value, create, mod, version }]) => [key, value, create, mod, version])
  }
}

const seen = (kv: WireKeyValue): unknown[] => [Buffer.from(kv.key).toString(), Buffer.from(kv.value).toString(), kv.createRevision, kv.modRevision, kv.version]

describe('random operations', () => {
  const keys = ['a', 'b', 'b/1', 'b/2', 'c', 'd']
  const step = async (random: Random, store: Store, model: Model): Promise<void> => {
    const key = pick(random, keys)!
    const value = String(Math.floor(random.next() * 1000))
    const chance = random.next()
    if (chance < 0.5) {
      await store.put(put(key, value))
      model.change((state, mod) => { model.put(state, key, value, mod); return true })
    } else if (chance < 0.65) {
      const end = pick(random, ['', 'c', 'z'])!
      await store.deleteRange(del(key, end))
      model.change(state => {
        const gone = [...state.keys()].filter(found => (end === '' ? found === key : found >= key && found < end))
        for (const found of gone) state.delete(found)
        return gone.length > 0
      })
    } else if (chance < 0.85) {
      const expected = random.next() < 0.5 ? model.states.at(-1)!.get(key)?.mod ?? 0n : 3n
      const other = keys.find(name => name !== key)!
      const { succeeded } = await store.txn({
        compare: [{ result: 0, target: 2, key: Buffer.from(key), modRevision: expected, rangeEnd: new Uint8Array(0) }],
        success: [{ put: put(key, value) }, { put: put(other, value) }],
        failure: [{ range: range(key) }],
      })
      model.change((state, mod) => {
        expect(succeeded).toBe((state.get(key)?.mod ?? 0n) === expected)
        if (!succeeded) return false
        model.put(state, key, value, mod)
        model.put(state, other, value, mod)
        return true
      })
    } else if (chance < 0.9) {
      const revision = store.keys.compacted + 1n + BigInt(Math.floor(random.next() * 3))
      if (revision <= store.keys.revision) await store.compact({ revision, physical: random.next() < 0.5 })
    }
  }

  it.each(Array.from({ length: 25 }, (_, index) => index + 1))('agree with the model, seed %i', async seed => {
    const random = seededRandom(seed)
    const log = new MemoryLog()
    const model = new Model()
    let { store } = newStore({ log, valueCacheBytes: seed % 2 === 0 ? 20 : 1_000_000 })
    for (let round = 0; round < 150; round++) {
      await step(random, store, model)
      if (random.next() < 0.03) store = newStore({ log, valueCacheBytes: 20 }).store
      expect(store.keys.revision).toBe(model.revision)
      const lowest = store.keys.compacted > 1n ? store.keys.compacted : 1n
      const revision = lowest + BigInt(Math.floor(random.next() * Number(model.revision - lowest + 1n)))
      const [start, end] = [pick(random, keys)!, pick(random, ['c', 'z'])!]
      const found = await store.range(range(start, end, revision))
      expect(found.kvs.map(seen)).toEqual(model.at(revision, start, end))
      expect(store.keys.liveKeys).toBe(model.states.at(-1)!.size)
    }
  })
})
