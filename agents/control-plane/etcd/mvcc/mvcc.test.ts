import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../base/random.ts'
import { isInSpan, keyFromBytes, keyToBytes, prefixSpan, spanOf } from './key-bytes.ts'
import { KeyHistory, type Version } from './key-history.ts'
import { crc32c } from './hash-kv.ts'
import { KeySpace } from './key-space.ts'
import { SortedMap } from './sorted-map.ts'
import { ValueCache } from './value-cache.ts'

const version = (main: bigint, version_: number, created: bigint, key = 'a'): Version => ({ key, main, sub: 0, createRevision: created, version: version_, lease: 0n, position: Number(main) })

/** The worked example of key-history.ts. */
function example(): KeyHistory {
  const history = new KeyHistory()
  for (const added of [version(2n, 1, 2n), version(4n, 2, 2n), version(5n, 0, 0n), version(8n, 1, 8n)]) history.add(added)
  return history
}

describe('key history', () => {
  it.each([[1n, undefined], [2n, 2n], [3n, 2n], [4n, 4n], [5n, 5n], [7n, 5n], [8n, 8n], [100n, 8n]])('at %s answers with %s', (revision, main) => {
    expect(example().at(revision)?.main).toBe(main)
  })

  it.each<[bigint, bigint[], bigint[]]>([
    [1n, [], [2n, 4n, 5n, 8n]], [2n, [], [2n, 4n, 5n, 8n]], [4n, [2n], [4n, 5n, 8n]], [5n, [2n, 4n], [5n, 8n]], [6n, [2n, 4n, 5n], [8n]], [8n, [2n, 4n, 5n], [8n]], [99n, [2n, 4n, 5n], [8n]],
  ])('KH2 compacted at %s drops %s', (revision, dropped, kept) => {
    const history = example()
    expect(history.compact(revision).map(({ main }) => main)).toEqual(dropped)
    expect(history.versions.map(({ main }) => main)).toEqual(kept)
  })
})

describe('key space', () => {
  it('KS1 begins at revision 1, never compacted', () => {
    expect(new KeySpace()).toMatchObject({ revision: 1n, compacted: 0n, liveKeys: 0 })
  })

  it('forgets a key whose deletion is older than the compaction, and its tombstone only then', () => {
    const keys = new KeySpace()
    keys.add(version(2n, 1, 2n))
    keys.add(version(3n, 0, 0n))
    keys.add(version(4n, 1, 4n, 'b'))
    keys.advance(4n)
    expect(keys.compact(3n).map(({ main }) => main)).toEqual([2n])
    expect([keys.knownKeys, keys.liveKeys]).toEqual([2, 1])
    expect(keys.compact(4n).map(({ main }) => main)).toEqual([3n])
    expect([keys.knownKeys, keys.liveKeys, keys.rememberedChanges]).toEqual([1, 1, 1])
  })

  it('tells what was before a change, unless that has been compacted', () => {
    const keys = new KeySpace()
    for (const added of [version(2n, 1, 2n), version(3n, 2, 2n), version(4n, 3, 2n)]) keys.add(added)
    keys.advance(4n)
    expect(keys.before(version(3n, 2, 2n))?.main).toBe(2n)
    keys.compact(3n)
    expect(keys.before(version(3n, 2, 2n))).toBeUndefined()
    expect(keys.before(version(4n, 3, 2n))?.main).toBe(3n)
  })
})

describe('sorted map', () => {
  it('agrees with a plain map, whatever happens to it', () => {
    const random = seededRandom(5)
    const sorted = new SortedMap<number>()
    const plain = new Map<string, number>()
    for (let step = 0; step < 6000; step++) {
      const key = `/${String(Math.floor(random.next() * 1500))}`
      if (random.next() < 0.7) {
        sorted.set(key, step)
        plain.set(key, step)
      } else {
        sorted.delete(key)
        plain.delete(key)
      }
      if (step % 500 !== 0) continue
      const [start, end] = [`/${String(Math.floor(random.next() * 1500))}`, random.next() < 0.3 ? undefined : `/${String(Math.floor(random.next() * 1500))}`]
      const seen: string[] = []
      sorted.scan(start, end, (_value, found) => { seen.push(found) })
      expect(seen).toEqual([...plain.keys()].filter(found => isInSpan(found, { start, end })).sort())
      expect(sorted.size).toBe(plain.size)
      for (const found of plain.keys()) expect(sorted.get(found)).toBe(plain.get(found))
    }
  })
})

describe('keys as bytes', () => {
  it('keep every byte and compare as bytes', () => {
    const random = seededRandom(9)
    const keys = Array.from({ length: 300 }, () => Uint8Array.from({ length: Math.floor(random.next() * 6) }, () => Math.floor(random.next() * 256)))
    for (const key of keys) expect([...keyToBytes(keyFromBytes(key))]).toEqual([...key])
    const byText = [...keys].sort((a, b) => (keyFromBytes(a) < keyFromBytes(b) ? -1 : 1))
    const byBytes = [...keys].sort((a, b) => Buffer.compare(a, b))
    expect(byText.map(keyFromBytes)).toEqual(byBytes.map(keyFromBytes))
  })

  it('know the three kinds of end', () => {
    const bytes = (text: string): Uint8Array => Buffer.from(text)
    expect(spanOf(bytes('a'), bytes(''))).toEqual({ start: 'a', end: 'a\0' })
    expect(spanOf(bytes('a'), bytes('\0'))).toEqual({ start: 'a', end: undefined })
    expect(spanOf(bytes('a'), bytes('b'))).toEqual({ start: 'a', end: 'b' })
    expect(prefixSpan('a\u00ff')).toEqual({ start: 'a\u00ff', end: 'b' })
    expect(prefixSpan('\u00ff')).toEqual({ start: '\u00ff', end: undefined })
  })
})

describe('value cache', () => {
  it('keeps to its size, and VC1 never drops what the log does not have', () => {
    const cache = new ValueCache(100, () => { throw new Error('the log was asked') })
    for (let position = 1; position <= 20; position++) cache.add(position, new Uint8Array(10))
    expect(cache.sizeBytes).toBe(200)
    for (let position = 1; position <= 20; position++) cache.get(position)
    cache.written(15)
    cache.add(21, new Uint8Array(10))
    expect(cache.sizeBytes).toBe(100)
    expect(() => cache.get(11)).toThrow('the log was asked')
    cache.get(16)
  })
})

it('the hash is CRC-32C', () => {
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283')
})
