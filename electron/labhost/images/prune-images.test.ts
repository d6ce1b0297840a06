import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pruneImages } from './prune-images.ts'

const [used, unused, newest] = ['a', 'b', 'c'].map(letter => letter.repeat(16)) as [string, string, string]
let cache = ''
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'prune-'))
  for (const [age, hash] of [[2, used], [1, unused], [0, newest]] as const) {
    await addFolder(`node/${hash}`, age)
    await writeFile(join(cache, 'node', hash, 'manifest.json'), JSON.stringify({ containersDir: hash }))
    await addFolder(`node/${hash}`, age)
    await addFolder(`containers/${hash}`, age)
  }
  await addFolder(`stages/base-${used}`, 5)
  await addFolder(`stages/base-${newest}`, 0)
  await addFolder(`node/${'d'.repeat(16)}.partial`, 0)
})
afterEach(async () => { await rm(cache, { recursive: true }) })

test('PI1 PI2 what is used and what is newest stays, with its layout', async () => {
  expect((await pruneImages(cache, [used])).sort()).toEqual([`containers/${unused}`, `node/${unused}`, `stages/base-${used}`])
  expect((await readdir(join(cache, 'containers'))).sort()).toEqual([used, newest])
})

test('PI3 what is being made is left alone', async () => {
  await pruneImages(cache, [])
  expect((await readdir(join(cache, 'node'))).sort()).toEqual([newest, `${'d'.repeat(16)}.partial`])
})

test('an empty cache is no error', async () => {
  expect(await pruneImages(join(cache, 'nowhere'), [])).toEqual([])
})

async function addFolder(path: string, hoursAgo: number): Promise<void> {
  await mkdir(join(cache, path), { recursive: true })
  const time = Date.now() / 1_000 - hoursAgo * 3_600
  await utimes(join(cache, path), time, time)
}
