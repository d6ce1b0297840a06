/** Engines for tests: the embedded store over a real socket, and the real etcd where it is installed. */
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { silentLog } from '../../../base/log.ts'
import { connectEtcd } from '../../../runtime/grpc/connect-etcd.ts'
import { serveGrpc } from '../../../runtime/grpc/grpc-server.ts'
import { systemClock, systemRandom } from '../../../runtime/system.ts'
import type { EtcdClient } from '../../../wire/etcd/client.ts'
import type { Log } from '../log/log.ts'
import { kvService } from '../rpc/kv-service.ts'
import { leaseService } from '../rpc/lease-service.ts'
import { maintenanceService } from '../rpc/maintenance-service.ts'
import { maxMessageBytes } from '../rpc/methods.ts'
import { watchService } from '../rpc/watch-service.ts'
import { Store, type StoreOptions } from '../store.ts'

export interface RunningEngine extends AsyncDisposable {
  readonly client: EtcdClient
  readonly endpoint: string
}

export async function startEmbedded(log: Log, options: Partial<StoreOptions> = {}): Promise<RunningEngine & { readonly store: Store }> {
  const store = new Store({ log, clock: systemClock, random: systemRandom, soon: setImmediate, ...options })
  const methods = new Map([...kvService(store), ...watchService(store), ...leaseService(store), ...maintenanceService(store, { name: 'test', clientUrls: [] })])
  const server = await serveGrpc('127.0.0.1', 0, { methods, maxRequestBytes: maxMessageBytes, log: silentLog })
  const endpoint = `http://127.0.0.1:${String(server.port)}`
  const client = connectEtcd({ endpoints: [endpoint] })
  return {
    store,
    client,
    endpoint,
    async [Symbol.asyncDispose]() {
      await client.close()
      await server[Symbol.asyncDispose]()
      await store.close()
    },
  }
}

export function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, name)).find(path => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export async function startRealEtcd(program: string): Promise<RunningEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-real-etcd-'))
  const [clientPort, peerPort] = [await freePort(), await freePort()]
  const endpoint = `http://127.0.0.1:${String(clientPort)}`
  const peer = `http://127.0.0.1:${String(peerPort)}`
  const child = spawn(program, [
    '--data-dir', folder, '--listen-client-urls', endpoint, '--advertise-client-urls', endpoint, '--listen-peer-urls', peer,
    '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`, '--unsafe-no-fsync',
  ], { stdio: 'ignore' })
  const client = connectEtcd({ endpoints: [endpoint] })
  const engine: RunningEngine = {
    client,
    endpoint,
    async [Symbol.asyncDispose]() {
      await client.close()
      const ended = new Promise(resolve => { child.once('close', resolve) })
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
  for (const deadline = Date.now() + 10_000; ;) {
    try {
      await client.status({ timeoutMs: 500 })
      return engine
    } catch (error) {
      if (Date.now() < deadline && child.exitCode === null) {
        await new Promise(resolve => { setTimeout(resolve, 50) })
        continue
      }
      await engine[Symbol.asyncDispose]()
      throw error
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  return port
}
