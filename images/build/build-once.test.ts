import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BuildError } from './build-error.ts'
import { buildOnce } from './build-once.ts'

let home = ''
beforeEach(async () => { home = await mkdtemp(join(tmpdir(), 'build-once-')) })
afterEach(async () => { await rm(home, { recursive: true }) })

test('BO1 the final name appears only when the maker is done', async () => {
  const folder = join(home, 'image')
  const made = await buildOnce(folder, async work => {
    await writeFile(join(work, 'disk'), 'x')
    expect(await readdir(home)).not.toContain('image')
  })
  expect(made).toBe(true)
  expect(await readdir(home)).toEqual(['image'])
  expect(await readFile(join(folder, 'disk'), 'utf8')).toBe('x')
})

test('BO1 what is there is not made again', async () => {
  await buildOnce(join(home, 'image'), () => Promise.resolve())
  expect(await buildOnce(join(home, 'image'), () => Promise.reject(new Error('made twice')))).toBe(false)
})

test('BO2 two that want the same make it once', async () => {
  let runs = 0
  let waits = 0
  const make = async (): Promise<void> => {
    runs += 1
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  const made = await Promise.all([1, 2].map(() => buildOnce(join(home, 'image'), make, { onWait: () => { waits += 1 } })))
  expect(runs).toBe(1)
  expect(waits).toBe(1)
  expect(made.sort()).toEqual([false, true])
})

test('BO3 the lock and remains of a maker that died are cleared', async () => {
  await writeFile(join(home, 'image.lock'), '999999999')
  await writeFile(join(home, 'image.partial'), 'half')
  expect(await buildOnce(join(home, 'image'), work => writeFile(join(work, 'disk'), 'whole'))).toBe(true)
  expect(await readdir(home)).toEqual(['image'])
})

test('BO4 a failure leaves nothing and says why', async () => {
  const failing = buildOnce(join(home, 'image'), async work => {
    await writeFile(join(work, 'disk'), 'half')
    throw Object.assign(new Error('write'), { code: 'ENOSPC' })
  })
  await expect(failing).rejects.toMatchObject({ reason: 'disk-full', message: expect.stringMatching(/is full.*KUBARIUM_HOME/) as string })
  await expect(failing).rejects.toBeInstanceOf(BuildError)
  expect(await readdir(home)).toEqual([])
})

test('BO4 waiting ends with the signal', async () => {
  await writeFile(join(home, 'image.lock'), String(process.pid))
  const ending = new AbortController()
  const waiting = buildOnce(join(home, 'image'), () => Promise.resolve(), { signal: ending.signal })
  ending.abort()
  await expect(waiting).rejects.toThrow()
})
