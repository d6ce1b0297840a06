import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contentHash, fileHash, folderInputs } from './content-hash.ts'

let folder = ''
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'content-hash-')) })
afterEach(async () => { await rm(folder, { recursive: true }) })

test('CH1 the order of inputs does not matter, their content does', () => {
  const a = { name: 'a', value: '1' }
  const b = { name: 'b', value: '2' }
  expect(contentHash([a, b])).toBe(contentHash([b, a]))
  expect(contentHash([a, b])).not.toBe(contentHash([a, { name: 'b', value: '3' }]))
  expect(contentHash([a])).toMatch(/^[0-9a-f]{16}$/)
})

test('CH1 the hash is the same on every machine and in every version', () => {
  expect(contentHash([{ name: 'recipe', value: 'x' }])).toBe('3bdd5f721b1bdbb2')
})

test('CH2 moving text from one part to the next changes the hash', () => {
  expect(contentHash([{ name: 'ab', value: 'c' }])).not.toBe(contentHash([{ name: 'a', value: 'bc' }]))
  expect(contentHash([{ name: 'a', value: '' }, { name: 'b', value: '' }])).not.toBe(contentHash([{ name: 'ab', value: '' }]))
})

test('CH3 a folder counts by path, content and executable bit', async () => {
  await mkdir(join(folder, 'deep'))
  await writeFile(join(folder, 'deep/file'), 'hello')
  await writeFile(join(folder, 'skip.test.ts'), 'x')
  const read = async (): Promise<string> => contentHash(await folderInputs(folder, 'p', path => path.endsWith('.test.ts')))
  const before = await read()
  await writeFile(join(folder, 'skip.test.ts'), 'y')
  expect(await read()).toBe(before)
  await chmod(join(folder, 'deep/file'), 0o755)
  expect(await read()).not.toBe(before)
})

test('a file hashes to its sha256', async () => {
  await writeFile(join(folder, 'f'), 'abc')
  expect(await fileHash(join(folder, 'f'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
