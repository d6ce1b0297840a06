/** What the store tells about itself at /debug/inspect. */
import { isTombstone, type Version } from '../mvcc/key-history.ts'
import { prefixSpan } from '../mvcc/key-bytes.ts'
import type { Store } from '../store.ts'
import { changedPaths, readStoredValue } from './stored-value.ts'

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
    members: () => {
      const { revision, raftTerm } = store.header(store.watches.published)
      return [{ id: store.memberId.toString(16), isLeader: true, raftTerm, raftIndex: revision }]
    },
    keys: prefix => keyTree(store, prefix ?? ''),
    history: key => (key === undefined ? 'name a key: /debug/inspect/history/<key>' : history(store, key)),
    value: path => (path === undefined ? 'name a revision and a key: /debug/inspect/value/<revision>/<key>' : valueAt(store, path)),
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
  const versions = versionsOf(store, key)
  return versions.map((version, index) => {
    const before = versions[index - 1]
    return {
      revision: version.main, sub: version.sub, change: changeOf(version), version: version.version, createRevision: version.createRevision, lease: version.lease, valueBytes: store.valueOf(version).length,
      changed: before === undefined || isTombstone(version) || isTombstone(before) ? null : changedPaths(readStoredValue(store.valueOf(before)), readStoredValue(store.valueOf(version))),
    }
  })
}

/** `<revision>/<key>`: the value that the key had after that revision; null where it had none or the revision is compacted. */
function valueAt(store: Store, path: string): unknown {
  const slash = path.indexOf('/')
  const revision = slash > 0 && /^\d+$/.test(path.slice(0, slash)) ? BigInt(path.slice(0, slash)) : undefined
  if (revision === undefined) return 'a value is asked for by <revision>/<key>'
  const version = versionsOf(store, path.slice(slash + 1)).findLast(({ main }) => main <= revision)
  return version === undefined || isTombstone(version) ? null : readStoredValue(store.valueOf(version))
}

/** A leading slash may be left out: an address has one already. */
function versionsOf(store: Store, key: string): readonly Version[] {
  const versions = store.keys.history(stored(key))
  return versions.length > 0 ? versions : store.keys.history(stored(`/${key}`))
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
