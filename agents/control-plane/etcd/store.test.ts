import { describe, expect, it } from 'vitest'
import { grpcCode } from '../../wire/grpc/grpc-error.ts'
import { MemoryLog } from './log/memory-log.ts'
import { GatedLog, newStore, requests, settle } from './testing/steady.ts'

const { put, range, delete: del } = requests
const open = async (promise: Promise<unknown>): Promise<boolean> => (await Promise.race([promise, settle().then(() => 'open')])) === 'open'

describe('durability', () => {
  it('ST1 answers a write only when it is durable', async () => {
    const log = new GatedLog()
    const { store } = newStore({ log })
    log.flush()
    await settle()
    log.flush()
    const writing = store.put(put('a', '1'))
    expect(await open(writing)).toBe(true)
    log.flush()
    expect((await writing).header?.revision).toBe(2n)
  })

  it('ST1 answers neither a read, nor a failed comparison, nor a refusal of what a crash could undo', async () => {
    const log = new GatedLog()
    const { store } = newStore({ log })
    await settle()
    log.flush()
    await settle()
    void store.put(put('a', '1'))
    const reading = Promise.resolve(store.range(range('a')))
    const comparing = store.txn({ compare: [{ result: 0, target: 2, key: Buffer.from('a'), modRevision: 0n, rangeEnd: new Uint8Array(0) }], success: [], failure: [] })
    expect([await open(reading), await open(comparing)]).toEqual([true, true])
    log.flush()
    expect((await reading).kvs).toHaveLength(1)
    expect((await comparing).succeeded).toBe(false)
  })

  it('puts what arrives during a flush into the next one', async () => {
    const log = new GatedLog()
    const { store } = newStore({ log })
    await settle()
    log.flush()
    await settle()
    const before = log.asked.writes
    const writes = [store.put(put('first'))]
    await settle()
    for (let index = 0; index < 100; index++) writes.push(store.put(put(`k${String(index)}`)))
    await settle()
    log.flush()
    await settle()
    log.flush()
    await Promise.all(writes)
    expect(log.asked.writes - before).toBe(2)
  })

  it('ST6 after the log has failed answers nothing and says why', async () => {
    const log = new MemoryLog()
    const { store } = newStore({ log })
    await store.put(put('a'))
    log.failWith(new Error('disk full'))
    await expect(store.put(put('b'))).rejects.toMatchObject({ code: grpcCode.Unavailable, message: 'etcdserver: server stopped' })
    expect((await store.failed).message).toBe('disk full')
    await expect(store.put(put('c'))).rejects.toMatchObject({ code: grpcCode.Unavailable })
    await expect(store.range(range('a'))).rejects.toMatchObject({ code: grpcCode.Unavailable })
  })

  it('is the same after a restart: keys, history, revision, identity', async () => {
    const { store, log } = newStore()
    await store.put(put('a', '1'))
    await store.put(put('a', '2'))
    await store.deleteRange(del('a'))
    await store.put(put('b', '3'))
    await store.close()
    const { store: again } = newStore({ log })
    expect(again.keys).toMatchObject({ revision: 5n, compacted: 0n, liveKeys: 1 })
    expect([again.clusterId, again.memberId]).toEqual([store.clusterId, store.memberId])
    expect((await again.range(range('a', '', 3n))).kvs.map(({ value }) => Buffer.from(value).toString())).toEqual(['2'])
    expect((await again.hashKv(0n)).hash).toBe((await again.hashKv(5n)).hash)
    expect((await again.put(put('c'))).header?.revision).toBe(6n)
  })

  it('ST5 finishes after a restart what a compaction left undone', async () => {
    const { store, log } = newStore()
    for (const value of ['1', '2', '3']) await store.put(put('a', value))
    log.write([{ kind: 'fact', name: 'compacted', value: '4' }])
    const { store: again } = newStore({ log })
    await again.durable()
    await settle()
    expect(again.keys.compacted).toBe(4n)
    expect(() => log.value(1)).toThrow(RangeError)
    expect(again.keys.history('a').map(({ main }) => main)).toEqual([4n])
  })
})

describe('leases', () => {
  const key = (name: string, lease: bigint) => put(name, '', { lease })

  it('ST3 delete their keys in one revision when they run out', async () => {
    const { store, clock } = newStore()
    const { id } = await store.leaseGrant(0n, 5n)
    await store.put(key('a', id))
    await store.put(key('b', id))
    await store.put(put('c'))
    await clock.advance(4_900)
    expect(store.keys.liveKeys).toBe(3)
    await clock.advance(700)
    expect(store.keys.liveKeys).toBe(1)
    expect(store.keys.revision).toBe(5n)
    expect(store.leases.size).toBe(0)
  })

  it('live while they are renewed, and not a moment after', async () => {
    const { store, clock } = newStore()
    const { id } = await store.leaseGrant(0n, 5n)
    await store.put(key('a', id))
    for (let renewal = 0; renewal < 5; renewal++) {
      await clock.advance(4_000)
      expect(store.leases.renew(id)).toBe(5)
    }
    await clock.advance(5_600)
    expect([store.keys.liveKeys, store.leases.renew(id)]).toEqual([0, 0])
  })

  it('LE4 are not renewed once their time is over, even before they are revoked', async () => {
    const { store, clock } = newStore()
    const { id } = await store.leaseGrant(0n, 5n)
    await clock.advance(5_000)
    store.leases.grant(77n, 5)
    await clock.advance(0)
    expect(store.leases.renew(id)).toBe(0)
  })

  it('LE3 survive a restart with their keys and their whole time', async () => {
    const { store, clock, log } = newStore()
    const { id } = await store.leaseGrant(0n, 5n)
    await store.put(key('a', id))
    await store.put(key('moved', id))
    await store.put(put('moved'))
    await clock.advance(4_000)
    await store.close()
    const { store: again, clock: newClock } = newStore({ log })
    expect([...again.leases.get(id)!.keys]).toEqual(['a'])
    await newClock.advance(4_900)
    expect(again.keys.liveKeys).toBe(2)
    await newClock.advance(700)
    expect([...again.keys.history('a')].at(-1)?.version).toBe(0)
    expect(again.keys.liveKeys).toBe(1)
  })

  it('stay revoked after a restart', async () => {
    const { store, log } = newStore()
    const { id } = await store.leaseGrant(0n, 5n)
    await store.put(key('a', id))
    await store.leaseRevoke(id)
    const { store: again } = newStore({ log })
    expect([again.leases.size, again.keys.liveKeys]).toEqual([0, 0])
  })
})

describe('quota', () => {
  it('ST4 above it puts and grants are refused, deletes and compactions are not, and the alarm outlives a restart', async () => {
    const { store, log } = newStore({ quotaBytes: 1000 })
    await store.put(put('a', 'x'.repeat(2000)))
    const noSpace = { code: grpcCode.ResourceExhausted, message: 'etcdserver: mvcc: database space exceeded' }
    expect(() => store.put(put('b'))).toThrow(expect.objectContaining(noSpace))
    await expect(store.leaseGrant(0n, 5n)).rejects.toMatchObject(noSpace)
    expect(() => store.txn({ compare: [], success: [{ put: put('b') }], failure: [] })).toThrow(expect.objectContaining(noSpace))
    await settle()
    const { store: again } = newStore({ log, quotaBytes: 1000 })
    expect(again.hasNoSpace).toBe(true)
    await again.txn({ compare: [], success: [{ deleteRange: del('a') }], failure: [{ put: put('never') }] })
    await again.compact({ revision: again.keys.revision, physical: true })
    await again.defragment()
    await again.setNoSpace(false)
    await again.put(put('b'))
    expect(again.keys.liveKeys).toBe(1)
  })
})
