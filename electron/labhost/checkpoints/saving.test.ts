import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { type SaveStep, recoverSave, saveCheckpoint, saveSteps } from './saving.ts'
import { Shelf } from './shelf.ts'
import { TestLab } from './testing/test-lab.ts'

let folder: string
let lab: TestLab
let shelf: Shelf

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-saving-'))
  lab = new TestLab(join(folder, 'lab'))
  shelf = new Shelf(join(folder, 'checkpoints'))
})
afterEach(() => { rmSync(folder, { recursive: true, force: true }) })

const never = () => new AbortController().signal
const save = (name: string, at?: (step: SaveStep) => Promise<void> | void) => saveCheckpoint(lab, shelf, { name, reason: 'asked', programVersion: '1' }, { clock: new FakeClock(), signal: never(), ...(at === undefined ? {} : { at }) })

it('SV1 takes machines and store while both stand still, and writes after they go on', async () => {
  const stillAt: Record<string, string[]> = {}
  const manifest = await save('one', step => { stillAt[step] = [...lab.still].sort() })
  expect(stillAt).toEqual({ prepare: [], freeze: [], take: ['node-1', 'store'], thaw: ['node-1', 'store'], finish: [], digest: [], complete: [] })
  expect(lab.did).toEqual(['prepare', 'freeze', 'save while node-1 store stand still', 'finish'])
  expect(manifest).toMatchObject({ name: 'one', lab: 'lab', machines: ['node-1'], earlier: null })
  expect(manifest.files.map(({ path }) => path)).toEqual(['etcd/db', 'lab/record', 'machines/node-1/memory'])
  expect(await shelf.verify('one', { thorough: true })).toEqual(manifest)
})

it('SV4 shares with the earlier one what did not change', async () => {
  await save('one')
  writeFileSync(join(folder, 'lab/store'), 'store 1')
  await save('two')
  const inode = (name: string, path: string) => statSync(join(shelf.files.checkpoint(name), path)).ino
  expect(inode('two', 'machines/node-1/memory')).toBe(inode('one', 'machines/node-1/memory'))
  expect(inode('two', 'etcd/db')).not.toBe(inode('one', 'etcd/db'))
  expect(readdirSync(join(shelf.files.checkpoint('two'), 'machines/node-1'))).toEqual(['memory'])
  await shelf.delete('one')
  await expect(shelf.verify('two', { thorough: true })).resolves.toMatchObject({ name: 'two' })
})

it('refuses before anything stands still', async () => {
  lab.refusal = 'node-1 has no memory that could be kept'
  await expect(save('one')).rejects.toThrow(/no memory/)
  await expect(save('../one')).rejects.toThrow(/not a name/)
  expect(lab.did).toEqual([])
  lab.refusal = null
  await save('one')
  await expect(save('one')).rejects.toThrow(/already/)
})

describe.each(saveSteps)('when %s', step => {
  it('SV3 fails, the lab goes on and only the earlier checkpoint is there', async () => {
    await save('old')
    await expect(save('new', at => { if (at === step) throw new Error('no space') })).rejects.toThrow('no space')
    expect([...lab.still]).toEqual([])
    expect(await shelf.names()).toEqual(['old'])
    expect(existsSync(shelf.files.half('new'))).toBe(false)
    expect(existsSync(shelf.files.saving)).toBe(false)
    await expect(save('new')).resolves.toMatchObject({ name: 'new', earlier: 'old' })
  })

  it('SV2 is where the lab host is killed, the next one makes the lab go on, and the earlier checkpoint is whole', async () => {
    await save('old')
    await new Promise<void>(resolve => { void save('new', at => (at === step ? new Promise<void>(() => { resolve() }) : undefined)) })
    const next = new Shelf(shelf.files.directory)
    await next.recover()
    await recoverSave(lab, next)
    expect([...lab.still]).toEqual([])
    expect(await next.names()).toEqual(['old'])
    await expect(next.verify('old', { thorough: true })).resolves.toMatchObject({ name: 'old' })
    expect(existsSync(next.files.half('new'))).toBe(false)
    expect(await recoverSave(lab, next)).toBe(false)
  })
})
