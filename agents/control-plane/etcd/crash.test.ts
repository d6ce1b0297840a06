import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import { connectEtcd } from '../../runtime/grpc/connect-etcd.ts'
import type { WatchEvent } from '../../wire/etcd/client.ts'
import { prefixRange } from '../../wire/etcd/key-range.ts'
import { bundleStore, spawnStore } from './testing/bundled-store.ts'
import { freePort } from './testing/engines.ts'

const rounds = 20
const writers = 16
const mostWritesARound = 200

describe('the store as a process', () => {
  let folder: string
  let bundle: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubarium-crash-'))
    bundle = await bundleStore(folder)
  })
  afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

  it(`killed ${String(rounds)} times under load keeps every acknowledged write, and a resumed watch shows them all once`, { timeout: 180_000 }, async () => {
    const random = seededRandom(42)
    const endpoint = `http://127.0.0.1:${String(await freePort())}`
    const flags = [`--data-dir=${join(folder, 'data')}`, `--listen-client-urls=${endpoint}`]
    const client = connectEtcd({ endpoints: [endpoint] })
    const acknowledged = new Map<string, bigint>()
    const watched: WatchEvent[] = []
    let watchFrom = 2n
    let serial = 0
    let onAcknowledged = (): void => {}
    const acknowledgedUpTo = (count: number): Promise<void> => new Promise(resolve => {
      onAcknowledged = () => { if (acknowledged.size >= count) resolve() }
    })

    const writeUntilDown = async (): Promise<void> => {
      for (;;) {
        const key = `/k/${String(serial++)}`
        try {
          const { revision } = await client.put({ key, value: new Uint8Array(Math.floor(random.next() * 5000)) })
          acknowledged.set(key, revision)
          onAcknowledged()
        } catch {
          return
        }
      }
    }
    const watchUntilDown = async (): Promise<void> => {
      try {
        for await (const batch of client.watch({ ...prefixRange('/k/'), startRevision: watchFrom })) {
          if (batch.kind !== 'events') continue
          watched.push(...batch.events)
          watchFrom = batch.revision + 1n
        }
      } catch {
        // down with the store; resumes from watchFrom
      }
    }

    for (let round = 0; round < rounds; round++) {
      const store = await spawnStore(bundle, flags)
      const load = [...Array.from({ length: writers }, writeUntilDown), watchUntilDown()]
      const enough = acknowledged.size + writers + Math.floor(random.next() * mostWritesARound)
      await Promise.race([acknowledgedUpTo(enough), Promise.all(load)]) // however fast the machine is; or the store ended by itself
      expect(acknowledged.size).toBeGreaterThanOrEqual(enough)
      await store.kill('SIGKILL')
      await Promise.all(load)
    }

    const store = await spawnStore(bundle, flags)
    const { kvs, revision } = await client.range(prefixRange('/k/'))
    const stored = new Map(kvs.map(kv => [kv.key, kv.modRevision]))
    const lost = [...acknowledged].filter(([key, at]) => stored.get(key) !== at)
    expect(lost).toEqual([])
    expect(new Set(stored.values()).size).toBe(stored.size)

    const rest = client.watch({ ...prefixRange('/k/'), startRevision: watchFrom })
    if (watchFrom <= revision) for await (const batch of rest) {
      if (batch.kind === 'events') watched.push(...batch.events)
      if (batch.kind === 'events' && batch.revision >= revision) break
    }
    rest.cancel()
    const revisions = watched.map(event => event.kv.modRevision)
    expect(revisions).toEqual([...stored.values()].sort((a, b) => Number(a - b)))
    await client.close()
    expect(await store.kill('SIGTERM')).toBe(0)
  })

  it('keeps its folder private, refuses a second process, and says what is wrong with its flags', async () => {
    const data = join(folder, 'private')
    const [port, other] = [await freePort(), await freePort()]
    const store = await spawnStore(bundle, [`--data-dir=${data}`, `--listen-client-urls=http://127.0.0.1:${String(port)}`])
    expect(statSync(data).mode & 0o777).toBe(0o700)
    await expect(spawnStore(bundle, [`--data-dir=${data}`, `--listen-client-urls=http://127.0.0.1:${String(other)}`])).rejects.toThrow('is in use by another process')
    await expect(spawnStore(bundle, [`--data-dir=${data}2`, `--listen-client-urls=http://127.0.0.1:${String(port)}`])).rejects.toThrow('EADDRINUSE')
    await expect(spawnStore(bundle, [`--data-dir=${data}2`, '--listen-client-urls=tcp:9'])).rejects.toThrow('is not a URL such as')
    await expect(spawnStore(bundle, [`--data-dir=${data}2`, `--listen-client-urls=https://127.0.0.1:${String(other)}`])).rejects.toThrow('needs --cert-file and --key-file')
    await expect(spawnStore(bundle, [`--data-dir=${data}2`, '--bogus'])).rejects.toThrow('the store ended with 2: etcd: unknown flag: --bogus')
    await store.kill('SIGTERM')
  })
})
