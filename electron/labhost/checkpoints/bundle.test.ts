import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { exportBundle, importBundle } from './bundle.ts'
import { saveCheckpoint } from './saving.ts'
import { Shelf, filesUnder } from './shelf.ts'
import { TestLab } from './testing/test-lab.ts'

let folder: string
let shelf: Shelf
let file: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-bundle-'))
  const lab = new TestLab(join(folder, 'lab'))
  truncateSync(join(folder, 'lab/memory'), 5 * 1024 * 1024 + 3) // a hole in it
  writeFileSync(join(folder, 'lab/memory'), 'end', { flag: 'a' })
  shelf = new Shelf(join(folder, 'here'))
  file = join(folder, 'one.checkpoint')
  const manifest = await saveCheckpoint(lab, shelf, { name: 'one', reason: 'asked', programVersion: '1' }, { clock: new FakeClock(), signal: new AbortController().signal })
  await exportBundle(shelf.files.checkpoint('one'), manifest, file, () => {})
})
afterEach(() => { rmSync(folder, { recursive: true, force: true }) })

it('carries a checkpoint to another shelf, holes and all', async () => {
  const there = new Shelf(join(folder, 'there'))
  expect(await importBundle(file, null, there, () => {})).toBe('one')
  expect(await importBundle(file, 'again', there, () => {})).toBe('again')
  const manifest = await there.verify('again', { thorough: true })
  expect(manifest).toMatchObject({ name: 'again', reason: 'imported', lab: 'lab' })
  for (const path of await filesUnder(shelf.files.checkpoint('one'))) {
    if (path !== 'manifest.json') expect(readFileSync(join(there.files.checkpoint('one'), path)).equals(readFileSync(join(shelf.files.checkpoint('one'), path))), path).toBe(true)
  }
  expect(statSync(file).size).toBeLessThan(4_096)
})

it('refuses what is cut off, changed, or something else, and leaves nothing of it', async () => {
  const there = new Shelf(join(folder, 'there'))
  const whole = readFileSync(file)
  const attempt = async (bytes: Buffer): Promise<unknown> => {
    writeFileSync(file, bytes)
    return await importBundle(file, null, there, () => {}).catch((error: unknown) => error)
  }
  for (let length = 0; length < whole.length; length += 37) expect(await attempt(whole.subarray(0, length)), `${length} bytes`).toMatchObject({ reason: 'damaged' })
  for (let at = 0; at < whole.length; at += 41) {
    const changed = Buffer.from(whole)
    changed[at] = changed[at]! ^ 0x55
    expect(await attempt(changed), `byte ${at}`).toMatchObject({ reason: 'damaged' })
  }
  expect(await there.names()).toEqual([])
  expect(await filesUnder(there.files.directory)).toEqual([])
  await expect(importBundle(join(folder, 'nothing'), null, there, () => {})).rejects.toMatchObject({ reason: 'not-found' })
})
