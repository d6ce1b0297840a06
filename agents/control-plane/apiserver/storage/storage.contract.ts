/**
 * What every Storage must do; each implementation runs these against itself.
 */
import { describe, expect, test } from 'vitest'
import { CompactedError } from './storage.ts'
import type { Storage, StoreChange } from './storage.ts'

const bytes = (text: string) => Buffer.from(text)
const textOf = (value: Uint8Array | undefined) => (value === undefined ? undefined : Buffer.from(value).toString())

export function storageContract(name: string, make: () => Promise<{ storage: Storage; end(): Promise<void> }>): void {
  describe(name, () => {
    const run = (title: string, body: (storage: Storage) => Promise<void>) => {
      test(title, async () => {
        const { storage, end } = await make()
        try {
          await body(storage)
        } finally {
          await end()
        }
      })
    }

    run('ST1 a key is made once; a second maker learns what is there', async storage => {
      const first = await storage.put('/registry/a', bytes('1'), 0)
      const second = await storage.put('/registry/a', bytes('2'), 0)
      expect(first.ok).toBe(true)
      expect(second.ok).toBe(false)
      expect(second.ok ? '' : textOf(second.current?.value)).toBe('1')
    })

    run('ST1 a write or deletion from a stale revision changes nothing', async storage => {
      const first = await storage.put('/registry/a', bytes('1'), 0)
      if (!first.ok) throw new Error('not written')
      await storage.put('/registry/a', bytes('2'), first.revision)
      const stale = await storage.put('/registry/a', bytes('3'), first.revision)
      const staleRemoval = await storage.remove('/registry/a', first.revision)
      expect([stale.ok, staleRemoval.ok]).toEqual([false, false])
      expect(textOf((await storage.get('/registry/a')).value?.value)).toBe('2')
    })

    run('ST2 revisions grow over all keys and stay with the value', async storage => {
      const a = await storage.put('/registry/a', bytes('1'), 0)
      const b = await storage.put('/registry/b', bytes('1'), 0)
      if (!a.ok || !b.ok) throw new Error('not written')
      expect(b.revision).toBeGreaterThan(a.revision)
      expect((await storage.get('/registry/a')).value?.revision).toBe(a.revision)
      expect(await storage.currentRevision()).toBeGreaterThanOrEqual(b.revision)
    })

    run('ST3 a watch from an old revision tells every later change once, in order', async storage => {
      const first = await storage.put('/registry/a', bytes('1'), 0)
      if (!first.ok) throw new Error('not written')
      const seen: string[] = []
      const done = new Promise<void>(resolve => {
        const onChanges = (changes: readonly StoreChange[]) => {
          for (const change of changes) seen.push(`${change.key}=${textOf(change.value) ?? 'gone'}`)
          if (seen.length >= 3) resolve()
        }
        storage.watch('', first.revision, { onChanges, onEnd: () => resolve() })
      })
      const second = await storage.put('/registry/a', bytes('2'), first.revision)
      await storage.put('/registry/b', bytes('1'), 0)
      await storage.remove('/registry/a', second.ok ? second.revision : 0)
      await done
      expect(seen).toEqual(['/registry/a=2', '/registry/b=1', '/registry/a=gone'])
    })

    run('ST4 a range at an old revision shows the store as it was, page by page', async storage => {
      for (const key of ['a', 'b', 'c']) await storage.put(`/registry/${key}`, bytes(key), 0)
      const then = await storage.currentRevision()
      const a = await storage.get('/registry/a')
      await storage.remove('/registry/a', a.value!.revision)
      const first = await storage.range('/registry/', { revision: then, limit: 2 })
      const rest = await storage.range('/registry/', { revision: then, from: `${first.values.at(-1)!.key}\0` })
      expect(first.values.map(value => value.key)).toEqual(['/registry/a', '/registry/b'])
      expect([first.more, rest.more]).toEqual([true, false])
      expect(rest.values.map(value => value.key)).toEqual(['/registry/c'])
      expect((await storage.range('/registry/')).values.length).toBe(2)
    })

    run('ST6 a range never leaves its prefix, wherever it is told to go on from', async storage => {
      for (const key of ['a/x', 'b/x', 'c/x']) await storage.put(`/registry/${key}`, bytes(key), 0)
      for (const from of ['/registry/a/x', '/registry/', '', '/registry/b', '/registry/c/', '/z']) {
        const page = await storage.range('/registry/b/', { from })
        expect(page.values.map(value => value.key).filter(key => key !== '/registry/b/x')).toEqual([])
      }
    })

    run('ST4 what has been compacted cannot be read or watched any more', async storage => {
      const first = await storage.put('/registry/a', bytes('1'), 0)
      if (!first.ok) throw new Error('not written')
      const second = await storage.put('/registry/a', bytes('2'), first.revision)
      if (!second.ok) throw new Error('not written')
      const third = await storage.put('/registry/a', bytes('3'), second.revision)
      if (!third.ok) throw new Error('not written')
      await storage.compact(third.revision)
      await expect(storage.range('/registry/', { revision: first.revision })).rejects.toBeInstanceOf(CompactedError)
      const reason = await new Promise(resolve => storage.watch('', first.revision - 1, { onChanges() {}, onEnd: resolve }))
      expect(reason).toBe('compacted')
    })
  })
}
