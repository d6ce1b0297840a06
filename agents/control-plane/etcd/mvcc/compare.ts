/** The guard of a transaction: a comparison holds if it holds for every key in its range. */
import { compareResults, compareTargets, type WireCompare } from '../../../wire/etcd/kv-messages.ts'
import { spanOf } from './key-bytes.ts'
import type { KeySpace } from './key-space.ts'
import type { Version } from './key-history.ts'

/**
 *   CM1  A key that does not exist compares as revision 0, version 0, lease 0.
 *   CM2  A key that does not exist has no value: no comparison of its value holds, not even "not equal".
 *   CM3  A range with no keys in it compares as one key that does not exist.
 */
export function compareHolds(compare: WireCompare, keys: KeySpace, valueOf: (version: Version) => Uint8Array): boolean {
  let holds = true
  let any = false
  keys.scan(spanOf(compare.key, compare.rangeEnd), undefined, version => {
    any = true
    holds = holdsFor(compare, version, valueOf)
    return holds
  })
  return any ? holds : compare.target !== compareTargets.value && holdsFor(compare, undefined, valueOf) // CM2, CM3
}

function holdsFor(compare: WireCompare, version: Version | undefined, valueOf: (version: Version) => Uint8Array): boolean {
  const order = orderOf(compare, version, valueOf)
  switch (compare.result) {
    case compareResults.equal: return order === 0
    case compareResults.notEqual: return order !== 0
    case compareResults.greater: return order > 0
    case compareResults.less: return order < 0
    default: return true
  }
}

/** Negative, zero or positive: the key's side against the comparison's. */
function orderOf(compare: WireCompare, version: Version | undefined, valueOf: (version: Version) => Uint8Array): number {
  switch (compare.target) {
    case compareTargets.version: return orderOfNumbers(BigInt(version?.version ?? 0), compare.version)
    case compareTargets.create: return orderOfNumbers(version?.createRevision ?? 0n, compare.createRevision)
    case compareTargets.mod: return orderOfNumbers(version?.main ?? 0n, compare.modRevision)
    case compareTargets.lease: return orderOfNumbers(version?.lease ?? 0n, compare.lease)
    case compareTargets.value: return Buffer.compare(version === undefined ? noBytes : valueOf(version), compare.value ?? noBytes)
    default: return 0
  }
}

const noBytes = new Uint8Array(0)

function orderOfNumbers(a: bigint, b = 0n): number {
  return a < b ? -1 : Number(a > b)
}
