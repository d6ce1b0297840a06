/** What the store tells about itself at /debug/inspect. */
import { isTombstone, type Version } from '../mvcc/key-history.ts'
import { prefixSpan } from '../mvcc/key-bytes.ts'
import type { Store } from '../store.ts'

const maxKeysListed = 500

export function inspectStore(store: Store): Readonly<Record<string, (rest: string | undefined) => unknown>> {
  return {
    revisions: () => ({
      current: store.keys.revision,
      durable: store.watches.published,
      compacted: store.keys.compacted,
      rememberedChanges: store.keys.rememberedChanges,
      liveKeys: store.keys.liveKeys,
      knownKeys: store.keys.knownKeys,
      ...store.size(),
      quotaBytes: store.quotaBytes,
      alarm: store.hasNoSpace ? 'NOSPACE' : 'none',
      cachedValueBytes: store.cachedBytes,
      requests: store.counters,
      commits: { ...store.commits, entriesPerFlush: store.commits.batches === 0 ? 0 : store.commits.entries / store.commits.batches },
    }),
    keys: prefix => keyTree(store, prefix ?? ''),
    history: key => (key === undefined ? 'name a key: /debug/inspect/history/<key>' : history(store, key)),
    watches: () => [...store.watches.streams].map(stream => ({
      congested: stream.isCongested,
      watchers: stream.watchers.map(({ id, span, next, lagging, prevKv, progressNotify }) => ({ id, from: shown(span.start), to: span.end === undefined ? undefined : shown(span.end), next, lagging, prevKv, progressNotify })),
    })),
    leases: () => store.leases.all().map(lease => ({ id: lease.id.toString(16), ttlSeconds: lease.ttlSeconds, remainingMs: Math.round(store.leases.remainingMs(lease.id)), keys: [...lease.keys].map(shown) })),
  }
}

/** Keys below a prefix counted by their next part, and the keys themselves while they are few. */
function keyTree(store: Store, prefix: string): unknown {
  const wanted = prefix === '' || prefix.startsWith('/') ? prefix : `/${prefix}`
  const below = new Map<string, number>()
  const keys: { key: string; modRevision: bigint; version: number }[] = []
  store.keys.scan(prefixSpan(stored(wanted)), undefined, version => {
    const rest = version.key.slice(stored(wanted).length)
    const part = `${wanted}${shown(rest.slice(0, rest.indexOf('/', 1) + 1 || undefined))}`
    below.set(part, (below.get(part) ?? 0) + 1)
    if (keys.length < maxKeysListed) keys.push({ key: shown(version.key), modRevision: version.main, version: version.version })
  })
  return { prefix: wanted, below: Object.fromEntries([...below].slice(0, maxKeysListed)), keys, more: store.keys.liveKeys > keys.length && keys.length === maxKeysListed }
}

function history(store: Store, key: string): unknown {
  const versions = store.keys.history(stored(key)).length > 0 ? store.keys.history(stored(key)) : store.keys.history(stored(`/${key}`))
  return versions.map(version => ({ revision: version.main, sub: version.sub, change: changeOf(version), version: version.version, createRevision: version.createRevision, lease: version.lease, valueBytes: store.valueOf(version).length }))
}

function changeOf(version: Version): string {
  return isTombstone(version) ? 'deleted' : version.version === 1 ? 'created' : 'updated'
}

function stored(key: string): string {
  return Buffer.from(key, 'utf8').toString('latin1')
}

function shown(key: string): string {
  return Buffer.from(key, 'latin1').toString('utf8')
}
