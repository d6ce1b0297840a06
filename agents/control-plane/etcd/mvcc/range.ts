/**
 * Range: what exists in a span of keys at a revision.
 *
 *   RG1  `count` is the number of keys in the span, whatever limit and filters say.
 *   RG2  Filters apply before the limit; `more` tells that the limit cut something off.
 *   RG3  Without a sort order keys come in byte order; a sort target without an order means ascending.
 */
import { sortOrders, sortTargets, type RangeRequest, type WireKeyValue } from '../../../wire/etcd/kv-messages.ts'
import { keyToBytes, spanOf } from './key-bytes.ts'
import type { Version } from './key-history.ts'
import type { KeySpace } from './key-space.ts'

export interface RangeAnswer {
  readonly kvs: readonly WireKeyValue[]
  readonly more: boolean
  readonly count: number
}

export function rangeOver(keys: KeySpace, request: RangeRequest, revision: bigint | undefined, valueOf: (version: Version) => Uint8Array): RangeAnswer {
  const span = spanOf(request.key, request.rangeEnd)
  const limit = request.limit > 0n && !request.countOnly ? Number(request.limit) : Infinity
  const sortOrder = request.sortOrder === sortOrders.none && request.sortTarget !== sortTargets.key ? sortOrders.ascend : request.sortOrder // RG3
  const isInKeyOrder = sortOrder === sortOrders.none || (sortOrder === sortOrders.ascend && request.sortTarget === sortTargets.key)
  const wanted: Version[] = []
  let count = 0
  keys.scan(span, revision, version => {
    count++ // RG1
    if (request.countOnly || !passesFilters(request, version)) return
    if (!isInKeyOrder || wanted.length <= limit) wanted.push(version)
  })
  if (!isInKeyOrder) sortVersions(wanted, request.sortTarget, sortOrder, valueOf)
  const more = wanted.length > limit
  const kvs = wanted.slice(0, limit).map(version => renderKeyValue(version, request.keysOnly ? noBytes : valueOf(version)))
  return { kvs, more, count }
}

const noBytes: Uint8Array = new Uint8Array(0)

export function renderKeyValue(version: Version, value: Uint8Array): WireKeyValue {
  return {
    key: keyToBytes(version.key),
    createRevision: version.createRevision,
    modRevision: version.main,
    version: BigInt(version.version),
    value,
    lease: version.lease,
  }
}

function passesFilters(request: RangeRequest, version: Version): boolean {
  return (
    (request.minModRevision === 0n || version.main >= request.minModRevision) &&
    (request.maxModRevision === 0n || version.main <= request.maxModRevision) &&
    (request.minCreateRevision === 0n || version.createRevision >= request.minCreateRevision) &&
    (request.maxCreateRevision === 0n || version.createRevision <= request.maxCreateRevision)
  )
}

function sortVersions(versions: Version[], target: number, order: number, valueOf: (version: Version) => Uint8Array): void {
  const direction = order === sortOrders.descend ? -1 : 1
  const compare = comparison(target, valueOf)
  versions.sort((a, b) => direction * compare(a, b))
}

function comparison(target: number, valueOf: (version: Version) => Uint8Array): (a: Version, b: Version) => number {
  switch (target) {
    case sortTargets.version: return (a, b) => a.version - b.version
    case sortTargets.create: return (a, b) => Number(a.createRevision - b.createRevision)
    case sortTargets.mod: return (a, b) => Number(a.main - b.main)
    case sortTargets.value: return (a, b) => Buffer.compare(valueOf(a), valueOf(b))
    default: return (a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))
  }
}
