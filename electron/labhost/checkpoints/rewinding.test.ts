import { appendFileSync, existsSync, mkdtempSync, rmSync, utimesSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { type RewindStep, rewindSteps, rewindTo, rewindUnderway } from './rewinding.ts'
import { saveCheckpoint } from './saving.ts'
import { Shelf } from './shelf.ts'
import { TestLab } from './testing/test-lab.ts'

let folder: string
let lab: TestLab
let shelf: Shelf

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-rewind-'))
  lab = new TestLab(join(folder, 'lab'))
  shelf = new Shelf(join(folder, 'checkpoints'))
  lab.become('1')
  await saveCheckpoint(lab, shelf, { name: 'one', reason: 'asked', programVersion: '1' }, { clock: new FakeClock(), signal: new AbortController().signal })
  lab.become('2')
  lab.did.length = 0
})
afterEach(() => { rmSync(folder, { recursive: true, force: true }) })

const rewind = (step?: <T>(step: RewindStep, run: () => Promise<T>) => Promise<T>) => rewindTo('one', lab, shelf, { signal: new AbortController().signal, ...(step === undefined ? {} : { step }) })

it('RW3 ends everything before it puts anything back', async () => {
  await rewind()
  expect(lab.did).toEqual(['halt', 'put back', 'start'])
  expect(lab.moments).toEqual(['1', '1', '1'])
  expect(shelf.current).toBe('one')
  expect(rewindUnderway(shelf)).toBe(null)
})

describe('RW1 a checkpoint that is not whole is refused by name before anything is touched', () => {
  const memory = () => join(shelf.files.checkpoint('one'), 'machines/node-1/memory')
  const spoil: Readonly<Record<string, readonly [spoil: () => void, words: RegExp]>> = {
    'a longer file': [() => { appendFileSync(memory(), 'x') }, /machines\/node-1\/memory has 9 bytes and had 8/],
    'another content': [() => { writeFileSync(memory(), 'memory 9') }, /machines\/node-1\/memory has another content/],
    'a missing file': [() => { rmSync(memory()) }, /machines\/node-1\/memory is missing/],
    'a file too many': [() => { writeFileSync(join(shelf.files.checkpoint('one'), 'etcd/db-wal'), '') }, /etcd\/db-wal does not belong to it/],
    'a torn manifest': [() => { writeFileSync(shelf.files.manifest('one'), '{"formatVersion": 1, "na') }, /manifest is not JSON/],
    'a manifest of a later format': [() => { writeFileSync(shelf.files.manifest('one'), '{"formatVersion": 2, "programVersion": "3.0"}') }, /format 2, made by Kubarium 3.0/],
    'another desktop': [() => { lab.unfit = 'node-1 was saved under kvm, and here is only tcg' }, /node-1 was saved under kvm/],
  }
  it.each(Object.keys(spoil))('%s', async what => {
    spoil[what]![0]()
    await expect(rewind()).rejects.toThrow(spoil[what]![1])
    expect(lab.did).toEqual([])
    expect(lab.moments).toEqual(['2', '2', '2'])
    expect(rewindUnderway(shelf)).toBe(null)
  })

  it('SH3 does not read again what nobody touched; `thorough` does', async () => {
    const before = statSync(memory())
    writeFileSync(memory(), 'memory 9')
    utimesSync(memory(), before.atime, before.mtime)
    await expect(shelf.verify('one', { thorough: true })).rejects.toThrow(/another content/)
  })
})

describe.each(rewindSteps)('when the lab host is killed before %s', step => {
  it('RW2 the next one finds the lab as it was, or finishes the rewind; the checkpoint stays whole', async () => {
    await new Promise<void>(resolve => { void rewind((at, run) => (at === step ? new Promise(() => { resolve() }) : run())) })
    const next = new Shelf(shelf.files.directory)
    await next.recover()
    const goal = rewindUnderway(next)
    if (step === 'verify') {
      expect(goal).toBe(null)
      expect(lab.moments).toEqual(['2', '2', '2'])
      return
    }
    expect(goal).toBe('one')
    await rewindTo(goal!, lab, next, { signal: new AbortController().signal })
    expect(lab.moments).toEqual(['1', '1', '1'])
    expect(rewindUnderway(next)).toBe(null)
    await expect(next.verify('one', { thorough: true })).resolves.toMatchObject({ name: 'one' })
  })

  it('RW4 a step that fails leaves the rewind to be done again', async () => {
    const failing = rewind((at, run) => (at === step ? Promise.reject(new Error('no memory left')) : run()))
    await expect(failing).rejects.toThrow('no memory left')
    expect(rewindUnderway(shelf)).toBe(step === 'verify' ? null : 'one')
    await rewind()
    expect(lab.moments).toEqual(['1', '1', '1'])
    expect(existsSync(shelf.files.rewinding)).toBe(false)
  })
})
