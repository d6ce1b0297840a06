/**
 * The hash of all versions up to a revision, byte for byte etcd's own: two stores with the same history agree, whoever
 * wrote them. CRC-32C over the word "key", then for every version in revision order its key in etcd's database (eight
 * bytes of main, "_", eight bytes of sub, and "t" for a tombstone) and its stored KeyValue message. Of versions up to the
 * compacted revision only those count that are still what their key holds at the revision asked for.
 * Upstream: server/storage/mvcc/hash.go, revision.go.
 */
import { keyValueCodec } from '../../../wire/etcd/kv-messages.ts'
import { keyToBytes } from './key-bytes.ts'
import { isTombstone, type Version } from './key-history.ts'
import type { KeySpace } from './key-space.ts'
import { renderKeyValue } from './range.ts'

const castagnoli = new Uint32Array(256).map((_, index) => {
  let rest = index
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f6_3b78 : rest >>> 1
  return rest
})

export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  for (const byte of bytes) crc = castagnoli[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

export function hashKv(keys: KeySpace, revision: bigint, valueOf: (version: Version) => Uint8Array): number {
  const versions: Version[] = []
  keys.scanVersions(version => {
    if (version.main <= revision && (version.main > keys.compacted || keys.live(version.key, revision) === version)) versions.push(version)
  })
  versions.sort((a, b) => (a.main === b.main ? a.sub - b.sub : a.main < b.main ? -1 : 1))
  let hash = crc32c(Buffer.from('key'))
  for (const version of versions) {
    hash = crc32c(renderRevision(version), hash)
    hash = crc32c(keyValueCodec.encode(isTombstone(version) ? { key: keyToBytes(version.key) } : renderKeyValue(version, valueOf(version))), hash)
  }
  return hash
}

function renderRevision(version: Version): Uint8Array {
  const bytes = Buffer.alloc(isTombstone(version) ? 18 : 17)
  bytes.writeBigInt64BE(version.main, 0)
  bytes.write('_', 8)
  bytes.writeBigInt64BE(BigInt(version.sub), 9)
  if (isTombstone(version)) bytes.write('t', 17)
  return bytes
}
