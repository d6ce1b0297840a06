/**
 * What every engine must do for the client in client.ts. Run by the embedded store and by real etcd.
 * Each test has keys of its own, so that one engine may serve them all.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EtcdClient, OperationResult, Watch, WatchBatch, WatchEvent } from './client.ts'
import { EtcdError, isCompacted, isFutureRevision, WatchCompactedError } from './etcd-error.ts'
import { everythingFrom, prefixRange } from './key-range.ts'
import { grpcCode } from '../grpc/grpc-error.ts'

export interface Engine extends AsyncDisposable {
  readonly client: EtcdClient
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value)
let tests = 0

export function describeEtcdClient(name: string, start: () => Promise<Engine>): void {
  describe(`etcd client against ${name}`, () => {
    let engine: Engine
    let client: EtcdClient
    beforeAll(async () => {
      engine = await start()
      client = engine.client
    }, 20_000)
    afterAll(async () => { await engine[Symbol.asyncDispose]() })

    const prefix = (): string => `/t${String(++tests)}/`
    const put = async (key: string, value: string): Promise<bigint> => (await client.put({ key, value: bytes(value) })).revision
    const keysOf = (result: { kvs: readonly { key: string }[] }): string[] => result.kvs.map(kv => kv.key)

    describe('put and range', () => {
      it('counts versions and keeps the create revision', async () => {
        const key = `${prefix()}a`
        const first = await put(key, 'one')
        const second = await put(key, 'two')
        const { kvs, revision } = await client.range({ key })
        expect(second).toBe(first + 1n)
        expect(kvs).toMatchObject([{ key, createRevision: first, modRevision: second, version: 2n, lease: 0n }])
        expect(text(kvs[0]?.value)).toBe('two')
        expect(revision).toBe(second)
      })

      it('starts anew after a deletion', async () => {
        const key = `${prefix()}a`
        await put(key, 'one')
        const { deleted, prevKvs } = await client.delete({ key, prevKv: true })
        expect([deleted, prevKvs.map(kv => text(kv.value))]).toEqual([1, ['one']])
        const again = await put(key, 'two')
        expect((await client.range({ key })).kvs).toMatchObject([{ createRevision: again, modRevision: again, version: 1n }])
      })

      it('makes no revision when nothing is deleted', async () => {
        const { revision } = await client.range({ key: 'x' })
        expect(await client.delete({ key: `${prefix()}none` })).toEqual({ revision, deleted: 0, prevKvs: [] })
      })

      it('reads the past', async () => {
        const key = `${prefix()}a`
        const first = await put(key, 'one')
        await put(key, 'two')
        const gone = (await client.delete({ key })).revision
        expect((await client.range({ key, revision: first })).kvs.map(kv => text(kv.value))).toEqual(['one'])
        expect((await client.range({ key, revision: gone - 1n })).kvs.map(kv => text(kv.value))).toEqual(['two'])
        expect((await client.range({ key, revision: gone })).kvs).toEqual([])
        expect((await client.range({ key, revision: first - 1n })).kvs).toEqual([])
      })

      it('refuses the future', async () => {
        const { revision } = await client.range({ key: 'x' })
        const error = await failureOf(client.range({ key: 'x', revision: revision + 1000n }))
        expect(isFutureRevision(error)).toBe(true)
        expect(error).toMatchObject({ code: grpcCode.OutOfRange, message: 'etcdserver: mvcc: required revision is a future revision' })
      })

      it('orders by bytes, limits, counts and tells of more', async () => {
        const p = prefix()
        for (const name of ['b', 'a', 'é', 'a/b', 'a-', 'A']) await put(p + name, name)
        const all = await client.range(prefixRange(p))
        expect(keysOf(all)).toEqual(['A', 'a', 'a-', 'a/b', 'b', 'é'].map(name => p + name))
        expect(await client.range({ ...prefixRange(p), limit: 2 })).toMatchObject({ more: true, count: 6, kvs: [{ key: `${p}A` }, { key: `${p}a` }] })
        expect(await client.range({ ...prefixRange(p), limit: 6 })).toMatchObject({ more: false, count: 6 })
        expect(await client.range({ ...prefixRange(p), countOnly: true })).toMatchObject({ more: false, count: 6, kvs: [] })
        expect((await client.range({ ...prefixRange(p), keysOnly: true })).kvs.map(kv => kv.value.length)).toEqual([0, 0, 0, 0, 0, 0])
      })

      it('knows the range to the end and the empty range', async () => {
        const p = `~${prefix()}`
        await put(`${p}a`, '1')
        await put(`${p}b`, '2')
        expect(keysOf(await client.range(everythingFrom(`${p}b`)))).toEqual([`${p}b`])
        expect((await client.range({ key: `${p}b`, end: `${p}a` })).count).toBe(0)
        expect(keysOf(await client.range({ key: `${p}a`, end: `${p}b` }))).toEqual([`${p}a`])
      })

      it.each([
        ['key', 'ascend', 'abc'], ['key', 'descend', 'cba'], ['value', 'ascend', 'cab'], ['value', 'descend', 'bac'],
        ['version', 'descend', 'abc'], ['mod', 'ascend', 'bca'], ['mod', 'descend', 'acb'], ['create', 'ascend', 'abc'], ['create', 'descend', 'cba'],
      ] as const)('sorts by %s %s', async (target, order, wanted) => {
        const p = prefix()
        await put(`${p}a`, '5')
        await put(`${p}b`, '9')
        await put(`${p}b`, '9')
        await put(`${p}c`, '1')
        await put(`${p}a`, '5')
        await put(`${p}a`, '5')
        const found = await client.range({ ...prefixRange(p), sort: { target, order } })
        expect(keysOf(found).map(key => key.slice(p.length)).join('')).toBe(wanted)
        expect(keysOf(await client.range({ ...prefixRange(p), sort: { target, order }, limit: 1 }))).toEqual([p + wanted[0]!])
      })

      it('filters by mod and create revision, and counts as if it did not', async () => {
        const p = prefix()
        const a = await put(`${p}a`, '')
        const b = await put(`${p}b`, '')
        const c = await put(`${p}a`, '')
        expect(await client.range({ ...prefixRange(p), minModRevision: c })).toMatchObject({ kvs: [{ key: `${p}a` }] })
        expect(await client.range({ ...prefixRange(p), maxModRevision: b })).toMatchObject({ kvs: [{ key: `${p}b` }] })
        expect(await client.range({ ...prefixRange(p), minCreateRevision: b })).toMatchObject({ kvs: [{ key: `${p}b` }] })
        expect(await client.range({ ...prefixRange(p), maxCreateRevision: a })).toMatchObject({ kvs: [{ key: `${p}a` }], count: 2 })
      })

      it('returns what a put replaced, keeps value or lease where asked', async () => {
        const key = `${prefix()}a`
        expect((await client.put({ key, value: bytes('one'), prevKv: true })).prevKv).toBeUndefined()
        expect(text((await client.put({ key, value: bytes('two'), prevKv: true })).prevKv?.value)).toBe('one')
        const { id } = await client.leaseGrant(60)
        await client.put({ key, ignoreValue: true, lease: id })
        const { kvs } = await client.range({ key })
        expect(kvs).toMatchObject([{ lease: id, version: 3n }])
        expect(text(kvs[0]?.value)).toBe('two')
        await client.put({ key, value: bytes('three'), ignoreLease: true })
        expect((await client.range({ key })).kvs).toMatchObject([{ lease: id }])
      })

      it.each([
        ['an empty key', { key: '' }, grpcCode.InvalidArgument, 'etcdserver: key is not provided'],
        ['a value it should ignore', { key: 'k', value: bytes('v'), ignoreValue: true }, grpcCode.InvalidArgument, 'etcdserver: value is provided'],
        ['a lease it should ignore', { key: 'k', lease: 5n, ignoreLease: true }, grpcCode.InvalidArgument, 'etcdserver: lease is provided'],
        ['no value to keep', { key: '/none/such', ignoreValue: true }, grpcCode.InvalidArgument, 'etcdserver: key not found'],
        ['a lease nobody granted', { key: 'k', lease: 12_345n }, grpcCode.NotFound, 'etcdserver: requested lease not found'],
        ['too much', { key: 'k', value: new Uint8Array(1_600_000) }, grpcCode.InvalidArgument, 'etcdserver: request is too large'],
      ])('refuses a put with %s', async (_what, options, code, message) => {
        const error = await failureOf(client.put(options))
        expect(error).toBeInstanceOf(EtcdError)
        expect(error).toMatchObject({ code, message })
      })

      it('carries a megabyte both ways', async () => {
        const key = `${prefix()}big`
        const value = new Uint8Array(1_000_000).map((_, index) => index % 251)
        await client.put({ key, value })
        expect(Buffer.compare((await client.range({ key })).kvs[0]!.value, value)).toBe(0)
      })
    })

    describe('txn', () => {
      it('creates only what does not exist', async () => {
        const key = `${prefix()}a`
        const create = (value: string) => client.txn({ compare: [{ key, target: 'mod', result: '=', operand: 0n }], success: [{ kind: 'put', key, value: bytes(value) }], failure: [{ kind: 'range', key }] })
        const first = await create('one')
        const second = await create('two')
        expect([first.succeeded, second.succeeded]).toEqual([true, false])
        expect(second.revision).toBe(first.revision)
        expect(second.results).toMatchObject([{ kind: 'range', kvs: [{ modRevision: first.revision }] }])
      })

      it.each([
        ['mod', '=', 0n], ['version', '>', 0n], ['create', '!=', 0n], ['lease', '=', 0n], ['version', '<', 3n],
      ] as const)('compares %s %s %s', async (target, result, operand) => {
        const key = `${prefix()}a`
        await put(key, 'v')
        const holds = { mod: false, version: true, create: true, lease: true }[target]
        expect((await client.txn({ compare: [{ key, target, result, operand }], success: [] })).succeeded).toBe(holds)
      })

      it('compares values, and a missing key has none', async () => {
        const p = prefix()
        await put(`${p}a`, 'm')
        const holds = async (key: string, result: '=' | '!=' | '<' | '>', operand: string) => (await client.txn({ compare: [{ key: p + key, target: 'value', result, operand: bytes(operand) }], success: [] })).succeeded
        expect([await holds('a', '=', 'm'), await holds('a', '>', 'l'), await holds('a', '<', 'l'), await holds('none', '!=', 'x'), await holds('none', '=', '')]).toEqual([true, true, false, false, false])
      })

      it('compares every key of a range', async () => {
        const p = prefix()
        await put(`${p}a`, 'v')
        await put(`${p}b`, 'v')
        await put(`${p}b`, 'v')
        const holds = async (operand: bigint, span = prefixRange(p)) => (await client.txn({ compare: [{ ...span, target: 'version', result: '<', operand }], success: [] })).succeeded
        expect([await holds(3n), await holds(2n), await holds(1n, prefixRange(`${p}none`))]).toEqual([true, false, true])
      })

      it('reads its own writes and makes one revision', async () => {
        const p = prefix()
        const before = await put(`${p}a`, 'old')
        const { results, revision } = await client.txn({
          compare: [],
          success: [
            { kind: 'range', key: `${p}a` },
            { kind: 'put', key: `${p}a`, value: bytes('new'), prevKv: true },
            { kind: 'range', key: `${p}a` },
            { kind: 'delete', ...prefixRange(`${p}none`) },
            { kind: 'put', key: `${p}b` },
            { kind: 'range', ...prefixRange(p), countOnly: true },
          ],
        })
        expect(revision).toBe(before + 1n)
        expect(results.map(summary)).toEqual(['range 1 old', 'put old', 'range 1 new', 'delete 0', 'put', 'range 2'])
        expect(results.map(result => result.revision - before)).toEqual([0n, 1n, 1n, 1n, 1n, 1n])
        expect((await client.range(prefixRange(p))).kvs.map(kv => kv.modRevision)).toEqual([revision, revision])
      })

      it('runs nested transactions, choosing every branch before writing', async () => {
        const p = prefix()
        const { results, revision } = await client.txn({
          compare: [],
          success: [
            { kind: 'put', key: `${p}a`, value: bytes('1') },
            { kind: 'txn', compare: [{ key: `${p}a`, target: 'version', result: '>', operand: 0n }], success: [{ kind: 'put', key: `${p}then` }], failure: [{ kind: 'put', key: `${p}else` }] },
          ],
        })
        expect(results[1]).toMatchObject({ kind: 'txn', succeeded: false })
        expect((await client.range(prefixRange(p))).kvs).toMatchObject([{ key: `${p}a`, modRevision: revision }, { key: `${p}else`, modRevision: revision }])
      })

      it.each<[string, Parameters<EtcdClient['txn']>[0]['success']]>([
        ['two puts', [{ kind: 'put', key: '/d/a' }, { kind: 'put', key: '/d/a' }]],
        ['a put and a delete', [{ kind: 'put', key: '/d/a' }, { kind: 'delete', key: '/d/', end: '/d0' }]],
        ['a delete and a put', [{ kind: 'delete', key: '/d/', end: '/d0' }, { kind: 'put', key: '/d/a' }]],
        ['a put and a nested put', [{ kind: 'put', key: '/d/a' }, { kind: 'txn', compare: [], success: [{ kind: 'put', key: '/d/a' }] }]],
        ['two nested puts', [{ kind: 'txn', compare: [], success: [{ kind: 'put', key: '/d/a' }] }, { kind: 'txn', compare: [], success: [], failure: [{ kind: 'put', key: '/d/a' }] }]],
        ['a nested delete and a put', [{ kind: 'txn', compare: [], success: [{ kind: 'delete', key: '/d/a' }] }, { kind: 'put', key: '/d/a' }]],
      ])('refuses %s of one key', async (_what, success) => {
        expect(await failureOf(client.txn({ compare: [], success }))).toMatchObject({ code: grpcCode.InvalidArgument, message: 'etcdserver: duplicate key given in txn request' })
      })

      it('lets both branches of a nested transaction put one key, and two deletes overlap', async () => {
        const p = prefix()
        const either = [{ kind: 'put', key: `${p}a` }] as const
        await client.txn({ compare: [], success: [{ kind: 'txn', compare: [], success: either, failure: either }, { kind: 'delete', ...prefixRange(`${p}x`) }, { kind: 'delete', key: `${p}x1` }] })
        expect((await client.range(prefixRange(p))).count).toBe(1)
      })

      it('refuses more than 128 operations, and changes nothing when a part cannot be done', async () => {
        const p = prefix()
        const many = Array.from({ length: 129 }, (_, index) => ({ kind: 'put', key: `${p}${String(index)}` }) as const)
        expect(await failureOf(client.txn({ compare: [], success: many }))).toMatchObject({ message: 'etcdserver: too many operations in txn request' })
        expect(await failureOf(client.txn({ compare: [], success: [{ kind: 'put', key: `${p}a` }, { kind: 'put', key: `${p}b`, lease: 999n }] }))).toMatchObject({ message: 'etcdserver: requested lease not found' })
        expect(await failureOf(client.txn({ compare: [], success: [{ kind: 'put', key: `${p}a` }, { kind: 'range', key: 'x', revision: 1_000_000_000n }] }))).toMatchObject({ message: 'etcdserver: mvcc: required revision is a future revision' })
        expect((await client.range(prefixRange(p))).count).toBe(0)
      })
    })

    describe('watch', () => {
      it('tells of puts and deletes in order, with what was before', async () => {
        const p = prefix()
        await put(`${p}a`, '0')
        await using watch = follow(client.watch({ ...prefixRange(p), prevKv: true }))
        await watch.created
        await put(`${p}a`, '1')
        await put(`${p}b`, '2')
        await client.delete({ key: `${p}a` })
        await put(`/elsewhere${p}`, '3')
        expect((await watch.events(3)).map(event => shown(event, p))).toEqual(['put a=1 was 0', 'put b=2', 'delete a was 1'])
      })

      it('begins in the past and goes on into the present', async () => {
        const p = prefix()
        const first = await put(`${p}a`, '1')
        await put(`${p}a`, '2')
        await using watch = follow(client.watch({ ...prefixRange(p), startRevision: first }))
        await watch.events(2)
        await put(`${p}a`, '3')
        const events = await watch.events(3)
        expect(events.map(event => text(event.kv.value))).toEqual(['1', '2', '3'])
        expect(events.map(event => event.kv.modRevision - first)).toEqual([0n, 1n, 2n])
      })

      it('begins in the future', async () => {
        const p = prefix()
        const now = await put(`${p}a`, '0')
        await using watch = follow(client.watch({ ...prefixRange(p), startRevision: now + 3n }))
        await watch.created
        for (const value of ['1', '2', '3', '4']) await put(`${p}a`, value)
        expect((await watch.events(2)).map(event => text(event.kv.value))).toEqual(['3', '4'])
      })

      it('gives all events of a revision in one batch', async () => {
        const p = prefix()
        await using watch = follow(client.watch(prefixRange(p)))
        await watch.created
        await client.txn({ compare: [], success: ['c', 'a', 'b'].map(name => ({ kind: 'put', key: p + name }) as const) })
        await watch.events(3)
        const [batch] = watch.batches.filter(({ kind }) => kind === 'events')
        expect(batch).toMatchObject({ events: [{ kv: { key: `${p}c` } }, { kv: { key: `${p}a` } }, { kv: { key: `${p}b` } }] })
        await client.delete(prefixRange(p))
        expect((await watch.events(6)).slice(3).map(event => shown(event, p))).toEqual(['delete a', 'delete b', 'delete c'])
      })

      it('filters', async () => {
        const p = prefix()
        await using deletes = follow(client.watch({ ...prefixRange(p), filters: ['noput'] }))
        await using puts = follow(client.watch({ ...prefixRange(p), filters: ['nodelete'] }))
        await Promise.all([deletes.created, puts.created])
        await put(`${p}a`, '1')
        await client.delete({ key: `${p}a` })
        await put(`${p}b`, '1')
        expect((await deletes.events(1)).map(event => shown(event, p))).toEqual(['delete a'])
        expect((await puts.events(2)).map(event => shown(event, p))).toEqual(['put a=1', 'put b=1'])
      })

      it('watches one key only, or everything', async () => {
        const p = prefix()
        await using one = follow(client.watch({ key: `${p}a` }))
        await using all = follow(client.watch(everythingFrom('\0')))
        await Promise.all([one.created, all.created])
        await put(`${p}ab`, '1')
        await put(`${p}a`, '2')
        expect((await one.events(1)).map(event => shown(event, p))).toEqual(['put a=2'])
        expect((await all.events(2)).map(event => shown(event, p))).toEqual(['put ab=1', 'put a=2'])
      })

      it('answers a progress request with the present revision, after all events', async () => {
        const p = prefix()
        const opened = client.watch(prefixRange(p))
        await using watch = follow(opened)
        await watch.created
        await put(`${p}a`, '1')
        const revision = await put('/unrelated', '1')
        await watch.events(1)
        opened.requestProgress()
        expect(await watch.progress()).toBeGreaterThanOrEqual(revision)
      })

      it('ends quietly by its signal', async () => {
        const abort = new AbortController()
        const watch = follow(client.watch({ ...prefixRange(prefix()), signal: abort.signal }))
        await watch.created
        abort.abort()
        await expect(watch.ended).resolves.toBeUndefined()
      })
    })

    describe('compaction', () => {
      it('refuses what is gone and keeps what is not', async () => {
        const p = prefix()
        const first = await put(`${p}a`, '1')
        const second = await put(`${p}a`, '2')
        await put(`${p}b`, '3')
        await client.compact(second, { physical: true })
        expect(isCompacted(await failureOf(client.range({ key: `${p}a`, revision: first })))).toBe(true)
        expect((await client.range({ key: `${p}a`, revision: second })).kvs.map(kv => text(kv.value))).toEqual(['2'])
        expect(await failureOf(client.compact(second))).toMatchObject({ code: grpcCode.OutOfRange, message: 'etcdserver: mvcc: required revision has been compacted' })
        expect(await failureOf(client.compact(second + 1000n))).toMatchObject({ message: 'etcdserver: mvcc: required revision is a future revision' })
      })

      it('cancels a watch that asks for what is gone, and tells from where on there is history', async () => {
        const p = prefix()
        const first = await put(`${p}a`, '1')
        const second = await put(`${p}a`, '2')
        await client.compact(second)
        const failure = await follow(client.watch({ ...prefixRange(p), startRevision: first })).ended.catch((error: unknown) => error)
        expect(failure).toBeInstanceOf(WatchCompactedError)
        expect(failure).toMatchObject({ compactRevision: second, code: grpcCode.OutOfRange })
        await using watch = follow(client.watch({ ...prefixRange(p), startRevision: second }))
        expect((await watch.events(1)).map(event => shown(event, p))).toEqual(['put a=2'])
      })

      it('does not lose what a watch has not been told yet', async () => {
        const p = prefix()
        await using watch = follow(client.watch(prefixRange(p)))
        await watch.created
        const writes = Array.from({ length: 50 }, (_, index) => put(`${p}a`, String(index)))
        const last = (await Promise.all(writes)).reduce((a, b) => (a > b ? a : b))
        await client.compact(last)
        const revisions = (await watch.events(50)).map(event => event.kv.modRevision)
        expect(revisions).toEqual([...revisions].sort((a, b) => Number(a - b)))
        expect(new Set(revisions).size).toBe(50)
      })
    })

    describe('leases', () => {
      it('deletes the keys of a revoked lease in one revision', async () => {
        const p = prefix()
        const { id, ttl } = await client.leaseGrant(60)
        expect(ttl).toBe(60)
        await client.put({ key: `${p}b`, lease: id })
        await client.put({ key: `${p}a`, lease: id })
        await put(`${p}c`, 'stays')
        await using watch = follow(client.watch(prefixRange(p)))
        await watch.created
        await client.leaseRevoke(id)
        expect((await watch.events(2)).map(event => shown(event, p))).toEqual(['delete a', 'delete b'])
        expect(new Set((await watch.events(2)).map(event => event.kv.modRevision)).size).toBe(1)
        expect(await failureOf(client.leaseRevoke(id))).toMatchObject({ code: grpcCode.NotFound, message: 'etcdserver: requested lease not found' })
      })

      it('tells what is left and what is attached', async () => {
        const key = `${prefix()}a`
        const { id } = await client.leaseGrant(100)
        await client.put({ key, lease: id })
        const status = await client.leaseTimeToLive(id, { keys: true })
        expect(status).toMatchObject({ id, grantedTtl: 100, keys: [key] })
        expect(status.ttl).toBeGreaterThan(95)
        await put(key, 'detached')
        expect((await client.leaseTimeToLive(id, { keys: true })).keys).toEqual([])
        expect((await client.leaseTimeToLive(77n)).ttl).toBe(-1)
      })

      it('renews, and says 0 where there is nothing to renew', async () => {
        const { id } = await client.leaseGrant(40)
        expect(await client.leaseKeepAlive(id)).toBe(40)
        expect(await client.leaseKeepAlive(123_123n)).toBe(0)
      })

      it('takes a chosen id once, and grants no less than two seconds', async () => {
        const id = BigInt(tests++) + 0x7000_0000_0000_0001n
        expect(await client.leaseGrant(1, { id })).toEqual({ id, ttl: 2 })
        expect(await failureOf(client.leaseGrant(5, { id }))).toMatchObject({ code: grpcCode.FailedPrecondition, message: 'etcdserver: lease already exists' })
        expect(await failureOf(client.leaseGrant(9_000_000_001))).toMatchObject({ code: grpcCode.OutOfRange, message: 'etcdserver: too large lease TTL' })
      })
    })

    it('tells its status', async () => {
      const revision = await put(`${prefix()}a`, '1')
      const status = await client.status()
      expect(status.revision).toBeGreaterThanOrEqual(revision)
      expect(status.version).toMatch(/^3\.\d+\.\d+/)
      expect(status.dbSizeBytes).toBeGreaterThan(0)
    })

    it('ends a call by its signal', async () => {
      expect(await failureOf(client.range({ key: 'x' }, { signal: AbortSignal.abort() }))).toMatchObject({ code: grpcCode.Cancelled })
    })
  })
}

export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => 'no failure', (error: unknown) => error)
}

function summary(result: OperationResult): string {
  switch (result.kind) {
    case 'range': return `range ${String(result.count)} ${text(result.kvs[0]?.value)}`.trim()
    case 'put': return `put ${text(result.prevKv?.value)}`.trim()
    case 'delete': return `delete ${String(result.deleted)}`
    case 'txn': return `txn ${String(result.succeeded)}`
  }
}

function shown(event: WatchEvent, prefix: string): string {
  const key = event.kv.key.slice(prefix.length)
  const was = event.prevKv === undefined ? '' : ` was ${text(event.prevKv.value)}`
  return `${event.type} ${key}${event.type === 'put' ? `=${text(event.kv.value)}` : ''}${was}`
}

/** Reads a watch in the background and lets a test wait for what it has read. */
export function follow(watch: Watch) {
  const batches: WatchBatch[] = []
  const created = Promise.withResolvers<bigint>()
  let wake = Promise.withResolvers<void>()
  const ended = (async () => {
    for await (const batch of watch) {
      batches.push(batch)
      if (batch.kind === 'created') created.resolve(batch.revision)
      wake.resolve()
      wake = Promise.withResolvers()
    }
  })()
  ended.catch(created.reject)
  created.promise.catch(() => {})
  const until = async <T>(read: () => T | undefined): Promise<T> => {
    for (;;) {
      const value = read()
      if (value !== undefined) return value
      await Promise.race([wake.promise, ended.then(() => { throw new Error('the watch ended') })])
    }
  }
  const eventsRead = (): WatchEvent[] => batches.flatMap(batch => (batch.kind === 'events' ? batch.events : []))
  return {
    batches,
    created: created.promise,
    ended,
    /** Waits for at least so many events, and gives all there are. */
    events: (count: number) => until(() => (eventsRead().length >= count ? eventsRead() : undefined)),
    progress: () => until(() => batches.find(batch => batch.kind === 'progress')?.revision),
    async [Symbol.asyncDispose]() {
      watch.cancel()
      await ended.catch(() => {})
    },
  }
}
