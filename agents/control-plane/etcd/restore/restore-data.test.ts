import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { WatchResponse } from '../../../wire/etcd/watch-messages.ts'
import { databaseFile } from '../log/database-file.ts'
import { SqliteLog } from '../log/sqlite-log.ts'
import { newStore, requests, settle } from '../testing/steady.ts'
import { restoreData } from './restore-data.ts'

const { put, range, watch } = requests
let folder: string
let data: string
let saved: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-restore-'))
  data = join(folder, 'etcd')
  saved = join(folder, 'saved')
})
afterEach(() => { rmSync(folder, { recursive: true, force: true }) })

async function inStore<T>(path: string, act: (store: ReturnType<typeof newStore>['store']) => Promise<T>): Promise<T> {
  const { store } = newStore({ log: new SqliteLog(join(path, databaseFile)) })
  try {
    return await act(store)
  } finally {
    await store.close()
  }
}

/** A store at revision 3 that is kept, and goes on to 13. */
async function undoneFuture(): Promise<void> {
  cpSync(folderWithNothing(), data, { recursive: true })
  await inStore(data, async store => { for (const value of ['1', '2']) await store.put(put('a', value)) })
  cpSync(data, saved, { recursive: true })
  await inStore(data, async store => { for (let count = 0; count < 10; count++) await store.put(put('future', String(count))) })
}

function folderWithNothing(): string {
  return mkdtempSync(join(folder, 'new-'))
}

it('goes on beyond what was given out, with the old content and the old revisions of what did not change', async () => {
  await undoneFuture()
  const { savedRevision, revision } = await restoreData(saved, data)
  expect(savedRevision).toBe(3n)
  expect(revision).toBeGreaterThan(13n)
  await inStore(data, async store => {
    const { kvs, header } = await store.range(range('a', '\0'))
    expect(kvs.map(kv => [Buffer.from(kv.key).toString(), Buffer.from(kv.value).toString(), kv.modRevision])).toEqual([['a', '2', 3n]])
    expect(header?.revision).toBe(revision)
    expect((await store.put(put('a', '3'))).header?.revision).toBe(revision + 1n)
  })
})

it('tells who remembers a revision of the undone time, or an older one, that it is compacted', async () => {
  await undoneFuture()
  await restoreData(saved, data)
  await inStore(data, async store => {
    for (const revision of [3n, 10n]) expect(() => store.range(range('a', '', revision))).toThrow(/compacted/)
    const answers: Partial<WatchResponse>[] = []
    const stream = store.watches.open({ send: answer => { answers.push(answer); return true } })
    stream.request(watch('a', '', { startRevision: 11n }))
    await settle()
    expect(answers.at(-1)).toMatchObject({ canceled: true, compactRevision: store.keys.compacted })
  })
})

it('RD1 can be repeated after a crash between the renames', async () => {
  await undoneFuture()
  renameSync(data, `${data}.undone`)
  expect((await restoreData(saved, data)).revision).toBeGreaterThan(13n)
  expect(existsSync(`${data}.undone`)).toBe(false)
  const again = await restoreData(saved, data)
  expect(again.savedRevision).toBe(3n)
})

it('RD3 where there was no store the revision stays', async () => {
  await undoneFuture()
  rmSync(data, { recursive: true })
  expect(await restoreData(saved, data)).toEqual({ savedRevision: 3n, revision: 3n })
})

it('changes nothing when there is nothing to restore from', async () => {
  await undoneFuture()
  rmSync(join(saved, databaseFile))
  writeFileSync(join(saved, 'other'), '')
  await expect(restoreData(saved, data)).rejects.toThrow(/no kubarium-etcd.db/)
  await inStore(data, async store => { expect((await store.range(range('future'))).kvs).toHaveLength(1) })
})
