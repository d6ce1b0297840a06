import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureImages, type ImageProgress } from './ensure-images.ts'

let folder = ''
let builder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ensure-images-'))
  builder = join(folder, 'builder.mjs')
})
afterEach(async () => { await rm(folder, { recursive: true }) })

test('EI2 progress is passed on and the result returned', async () => {
  await writeFile(builder, `console.log(JSON.stringify({ progress: { step: 'one', ratio: 0.5 } })); console.log('noise'); console.log(JSON.stringify({ result: { hash: 'h', args: process.argv.slice(2) } }))`)
  const seen: ImageProgress[] = []
  const result = await ensureImages({ cacheDir: '/c', builder, dnsBundle: '/d', onProgress: progress => { seen.push(progress) } })
  expect(seen).toEqual([{ step: 'one', ratio: 0.5 }])
  expect(result).toMatchObject({ hash: 'h', args: ['--cache-dir=/c', '--dns-bundle=/d'] })
})

test('EI2 a failure is the builder\'s own paragraph', async () => {
  await writeFile(builder, `console.log(JSON.stringify({ error: { reason: 'disk-full', message: 'The disk is full.' } })); process.exitCode = 1`)
  await expect(ensureImages({ cacheDir: '/c', builder })).rejects.toMatchObject({ name: 'ImageError', reason: 'disk-full', message: 'The disk is full.' })
})

test('EI2 a builder that dies is told with what it said', async () => {
  await writeFile(builder, `console.error('no such thing'); process.exit(7)`)
  await expect(ensureImages({ cacheDir: '/c', builder })).rejects.toMatchObject({ reason: 'failed', message: expect.stringMatching(/status 7.*no such thing/s) as string })
})

test('EI3 the signal stops the builder', async () => {
  await writeFile(builder, `process.on('SIGTERM', () => { console.log(JSON.stringify({ error: { reason: 'cancelled', message: 'cancelled' } })); process.exit(1) }); console.log(JSON.stringify({ progress: { step: 'long', ratio: 0 } })); setTimeout(() => {}, 60_000)`)
  const ending = new AbortController()
  await expect(ensureImages({ cacheDir: '/c', builder, signal: ending.signal, onProgress: () => { ending.abort() } })).rejects.toMatchObject({ reason: 'cancelled' })
})
