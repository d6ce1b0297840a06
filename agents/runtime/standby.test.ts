import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clockBehindMs, standbyFiles } from '../base/standby.ts'
import { standBy } from './standby.ts'

let folder: string
let nowMs: number
const files = () => standbyFiles(join(folder, 'agent'))
const played: string[] = []
const stand = () => standBy(join(folder, 'agent'), () => nowMs, async (words, enough) => {
  played.push(`${words.join(' ')} begins`)
  await enough
  played.push('it ends')
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'standby-'))
  nowMs = Date.UTC(2026, 0, 1)
})
afterEach(() => { rmSync(folder, { recursive: true }) })

test('SB1 SB2 it says that it stands by, and goes on with the words left for it', async () => {
  const going = stand()
  await expect.poll(() => existsSync(files().ready)).toBe(true)
  writeFileSync(files().words, '["--port=1","--name=a b"]')
  nowMs += clockBehindMs
  writeFileSync(files().go, '')
  expect(await going).toEqual(['--port=1', '--name=a b'])
})

test('SB2 one that is started when it has been told does not stand by', async () => {
  writeFileSync(files().words, '["--x"]')
  writeFileSync(files().go, '')
  expect(await stand()).toEqual(['--x'])
  expect(existsSync(files().ready)).toBe(false)
})

test('SB3 it does not go on while its random generators could give what those of a copy give', async () => {
  const going = stand()
  await expect.poll(() => existsSync(files().ready)).toBe(true)
  writeFileSync(files().words, '[]')
  nowMs += 600_000
  writeFileSync(files().go, '')
  expect(await going).toBeUndefined()
})

test('SB4 it rehearses until that is enough, and only then stands by', async () => {
  writeFileSync(files().rehearsal, '["--play"]')
  const going = stand()
  await expect.poll(() => played).toEqual(['--play begins'])
  expect(existsSync(files().ready)).toBe(false)
  writeFileSync(files().rehearsed, '')
  await expect.poll(() => existsSync(files().ready)).toBe(true)
  expect(played).toEqual(['--play begins', 'it ends'])
  writeFileSync(files().words, '[]')
  nowMs += clockBehindMs
  writeFileSync(files().go, '')
  expect(await going).toEqual([])
})
