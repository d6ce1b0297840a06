import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeLog } from './log.contract.ts'
import { MemoryLog } from './memory-log.ts'
import { SqliteLog } from './sqlite-log.ts'

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'kubarium-log-'))

describeLog('memory', {
  newPlace() {
    const log = new MemoryLog()
    return { open: () => log, remove() {} }
  },
})

describeLog('SQLite', {
  newPlace() {
    const folder = newFolder()
    return { open: () => new SqliteLog(join(folder, 'log.db')), remove() { rmSync(folder, { recursive: true }) } }
  },
})

describe('the SQLite log', () => {
  it('is one process\'s alone', async () => {
    const folder = newFolder()
    const log = new SqliteLog(join(folder, 'log.db'))
    expect(() => new SqliteLog(join(folder, 'log.db'))).toThrow('locked')
    await log.close()
    rmSync(folder, { recursive: true })
  })

  it('refuses a file from a newer version, and one that is no database', async () => {
    const folder = newFolder()
    const path = join(folder, 'log.db')
    writeFileSync(path, 'no database at all, only words that are long enough to be read as a header of one hundred bytes or more')
    expect(() => new SqliteLog(path)).toThrow('not a database')
    rmSync(folder, { recursive: true })
  })

  it('gives a snapshot that another log opens', async () => {
    const folder = newFolder()
    const log = new SqliteLog(join(folder, 'log.db'))
    log.write([{ kind: 'version', version: { key: 'a', main: 2n, sub: 0, createRevision: 2n, version: 1, lease: 0n, position: 1 }, value: Uint8Array.of(7) }])
    await log.sync()
    const { sizeBytes, chunks } = await log.snapshot()
    const parts: Uint8Array[] = []
    for await (const chunk of chunks) parts.push(chunk)
    writeFileSync(join(folder, 'copy.db'), Buffer.concat(parts))
    expect(readFileSync(join(folder, 'copy.db')).length).toBe(sizeBytes)
    const copy = new SqliteLog(join(folder, 'copy.db'))
    expect([...copy.value(1)]).toEqual([7])
    await Promise.all([log.close(), copy.close()])
    rmSync(folder, { recursive: true })
  })

  it('LG1 LG2 after a torn tail keeps what was synced and drops the rest whole', async () => {
    const folder = newFolder()
    const path = join(folder, 'log.db')
    const log = new SqliteLog(path)
    const write = (position: number): void => { log.write([{ kind: 'version', version: { key: 'a', main: BigInt(position), sub: 0, createRevision: 2n, version: 1, lease: 0n, position }, value: new Uint8Array(9000).fill(position) }]) }
    write(2)
    await log.sync()
    const synced = readFileSync(`${path}-wal`)
    write(3)
    await log.sync()
    const whole = readFileSync(`${path}-wal`)
    const database = readFileSync(path)
    await log.close()
    for (const length of [synced.length, synced.length + 1, synced.length + 4200, whole.length - 1, whole.length]) {
      const copy = join(folder, `cut-${String(length)}.db`)
      writeFileSync(copy, database)
      writeFileSync(`${copy}-wal`, whole.subarray(0, length))
      const reopened = new SqliteLog(copy)
      const positions: number[] = []
      reopened.replay({ fact() {}, lease() {}, version: found => { positions.push(found.position) } })
      expect(positions).toEqual(length === whole.length ? [2, 3] : [2])
      await reopened.close()
    }
    rmSync(folder, { recursive: true })
  })
})
