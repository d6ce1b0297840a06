/** What every log must do. `open` opens what was written before under the same name. */
import { describe, expect, it } from 'vitest'
import type { Version } from '../mvcc/key-history.ts'
import type { Log, LogEntry } from './log.ts'

export interface LogFactory {
  /** A new place; each call of `open` gives a log on what the place holds, after the one before was closed. */
  newPlace(): { open(): Log; remove(): void }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function version(position: number, main: bigint, key = `k${String(position)}`, lease = 0n): Version {
  return { key, main, sub: 0, createRevision: main, version: 1, lease, position }
}

function replayed(log: Log) {
  const seen = { facts: new Map<string, string>(), leases: new Map<bigint, number>(), versions: [] as Version[] }
  log.replay({
    fact: (name, value) => { seen.facts.set(name, value) },
    lease: (id, ttl) => { seen.leases.set(id, ttl) },
    version: found => { seen.versions.push(found) },
  })
  return seen
}

export function describeLog(name: string, factory: LogFactory): void {
  describe(`log: ${name}`, () => {
    const withLog = async (run: (log: Log, reopen: () => Promise<Log>) => Promise<void>): Promise<void> => {
      const place = factory.newPlace()
      let log = place.open()
      try {
        await run(log, async () => {
          await log.close()
          log = place.open()
          return log
        })
      } finally {
        await log.close()
        place.remove()
      }
    }

    it('LG3 replays versions in order of position, byte for byte', () => withLog(async (log, reopen) => {
      const key = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
      const versions = [version(1, 2n, key, 0x7fff_ffff_ffff_ffffn), { ...version(2, 3n), createRevision: 0n, version: 0, sub: 4 }, version(3, 9_007_199_254_740_993n)]
      log.write(versions.map(found => ({ kind: 'version', version: found, value: bytes(String(found.position)) })))
      await log.sync()
      const again = await reopen()
      expect(replayed(again).versions).toEqual(versions)
      expect(versions.map(({ position }) => new TextDecoder().decode(again.value(position)))).toEqual(['1', '2', '3'])
    }))

    it('LG3 replays the last of each fact and the leases that are left', () => withLog(async (log, reopen) => {
      log.write([{ kind: 'fact', name: 'compacted', value: '5' }, { kind: 'lease', id: 1n, ttlSeconds: 10 }, { kind: 'lease', id: 0x7fff_ffff_ffff_fff0n, ttlSeconds: 20 }])
      log.write([{ kind: 'fact', name: 'compacted', value: '8' }, { kind: 'lease-gone', id: 1n }])
      await log.sync()
      const { facts, leases } = replayed(await reopen())
      expect([...facts]).toEqual([['compacted', '8']])
      expect([...leases]).toEqual([[0x7fff_ffff_ffff_fff0n, 20]])
    }))

    it('LG4 answers for what is written and not yet synced', () => withLog(async log => {
      log.write([{ kind: 'version', version: version(1, 2n), value: bytes('v') }])
      expect(new TextDecoder().decode(log.value(1))).toBe('v')
      expect(() => log.value(2)).toThrow(RangeError)
      await log.sync()
    }))

    it('forgets what it is told to, and gets smaller', () => withLog(async (log, reopen) => {
      const entries = Array.from({ length: 50 }, (_, index): LogEntry => ({ kind: 'version', version: version(index + 1, 2n), value: new Uint8Array(10_000) }))
      log.write(entries)
      await log.sync()
      const before = log.size().usedBytes
      log.write([{ kind: 'forget', positions: Array.from({ length: 49 }, (_, index) => index + 1) }])
      await log.sync()
      log.defragment()
      expect(log.size().usedBytes).toBeLessThan(before / 4)
      expect(replayed(await reopen()).versions.map(({ position }) => position)).toEqual([50])
    }))

    it('keeps an empty value empty', () => withLog(async (log, reopen) => {
      log.write([{ kind: 'version', version: version(1, 2n), value: new Uint8Array(0) }])
      await log.sync()
      expect((await reopen()).value(1)).toHaveLength(0)
    }))
  })
}
