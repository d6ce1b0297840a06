import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll } from 'vitest'
import { connectEtcd } from '../../../runtime/grpc/connect-etcd.ts'
import { systemClock } from '../../../runtime/index.ts'
import { EtcdStorage } from './etcd-storage.ts'
import { storageContract } from './storage.contract.ts'

const main = join(import.meta.dirname, '../../etcd/edge/main.ts')
const stores: { child: ChildProcess; folder: string }[] = []

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** A store process for each test: revisions and compaction are the whole store's. */
async function startStore(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-storage-'))
  const url = `http://127.0.0.1:${await freePort()}`
  const child = spawn(process.execPath, [main, `--data-dir=${folder}`, `--listen-client-urls=${url}`, `--advertise-client-urls=${url}`], { stdio: 'ignore' })
  stores.push({ child, folder })
  return url
}

afterAll(() => {
  for (const { child, folder } of stores) {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})

storageContract('EtcdStorage on the embedded store', async () => {
  const client = connectEtcd({ endpoints: [await startStore()] } as never)
  const storage = new EtcdStorage(client, systemClock)
  for (let tries = 0; ; tries++) {
    try {
      await storage.ready()
      break
    } catch (error) {
      if (tries > 200) throw error
      await pause(25)
    }
  }
  return { storage, end: () => client.close() }
})
