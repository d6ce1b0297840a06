/**
 * The embedded etcd: one member, its database in --data-dir.
 *
 *   EM1  Client URLs are served only when the database has been read: whoever connects is served.
 *   EM2  When the log fails the process ends with status 1; what was not acknowledged may be lost, nothing else.
 *   EM3  A data folder in use by another process is refused at the start.
 */
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { readDuration } from '../../../base/duration.ts'
import { componentVersion, runComponent, type ComponentContext } from '../../../runtime/component.ts'
import { servePlain } from '../../../runtime/debug-server.ts'
import { serveGrpc, type GrpcServer } from '../../../runtime/grpc/grpc-server.ts'
import { readRetention, startAutoCompaction } from '../compaction/auto-compactor.ts'
import { databaseFile } from '../log/database-file.ts'
import { faultyLog } from '../log/faulty-log.ts'
import { SqliteLog } from '../log/sqlite-log.ts'
import { kvService } from '../rpc/kv-service.ts'
import { leaseService } from '../rpc/lease-service.ts'
import { maintenanceService, protocolVersion } from '../rpc/maintenance-service.ts'
import { maxMessageBytes } from '../rpc/methods.ts'
import { watchService } from '../rpc/watch-service.ts'
import { Store } from '../store.ts'
import { etcdFlags } from './flags.ts'
import { inspectStore } from './inspections.ts'
import { readListenUrl } from './listen-urls.ts'
import { exposeStore } from './metrics.ts'

type Context = ComponentContext<typeof etcdFlags>

await runComponent({ name: 'etcd', flags: etcdFlags, start })

async function start(context: Context): Promise<void> {
  const { flags, lifetime, log } = context
  const store = openStore(context)
  lifetime.onEnd(() => store.close())
  void store.failed.then(error => { context.stop(error) }) // EM2

  const clientUrls = flags['advertise-client-urls'] ?? flags['listen-client-urls']
  const methods = new Map([...kvService(store), ...watchService(store), ...leaseService(store), ...maintenanceService(store, { name: flags.name, clientUrls })])
  const servers: GrpcServer[] = []
  for (const text of flags['listen-client-urls']) {
    const url = readListenUrl('listen-client-urls', text)
    const server = await serveGrpc(url.address, url.port, { methods, maxRequestBytes: maxMessageBytes, log, ...(url.secure && { tls: readTls(flags) }) })
    servers.push(lifetime.own(server))
    log.info('serving clients', { address: url.address, port: server.port, secure: url.secure })
  }

  exposeStore(context.metrics, store, () => servers.reduce((sum, server) => sum + server.connections, 0), protocolVersion)
  for (const [subject, read] of Object.entries(inspectStore(store))) context.inspect(subject, read)
  for (const text of flags['listen-metrics-urls']) {
    const url = readListenUrl('listen-metrics-urls', text)
    lifetime.own(await servePlain(context, { address: url.address, port: url.port, extra: (_request, response, { pathname }) => answerEtcdPath(store, pathname, response) }))
  }

  const retention = readRetention(flags['auto-compaction-mode'], flags['auto-compaction-retention'], readDuration)
  const compactable = {
    get revision() { return store.keys.revision },
    get compacted() { return store.keys.compacted },
    compact: (revision: bigint) => store.compact({ revision, physical: false }),
  }
  lifetime.own(startAutoCompaction(retention, compactable, context.clock, log))
  log.info('store opened', { revision: String(store.keys.revision), compacted: String(store.keys.compacted), keys: store.keys.liveKeys })
}

function openStore({ flags, clock, random, faults }: Context): Store {
  const folder = flags['data-dir']
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const log = openLog(join(folder, databaseFile))
  return new Store({
    log: faults === undefined ? log : faultyLog(log),
    clock,
    random,
    soon: setImmediate,
    maxTxnOps: flags['max-txn-ops'],
    progressNotifyMs: flags['watch-progress-notify-interval'] ?? flags['experimental-watch-progress-notify-interval'],
    ...(flags['quota-backend-bytes'] > 0 && { quotaBytes: flags['quota-backend-bytes'] }),
  })
}

function openLog(path: string): SqliteLog {
  try {
    return new SqliteLog(path)
  } catch (error) {
    if (error instanceof Error && error.message.includes('locked')) throw new Error(`${path} is in use by another process`) // EM3
    throw error
  }
}

function readTls(flags: Context['flags']) {
  const cert = flags['cert-file']
  const key = flags['key-file']
  const clientCa = flags['trusted-ca-file']
  if (cert === undefined || key === undefined) throw new Error('an https client URL needs --cert-file and --key-file')
  if (flags['client-cert-auth'] && clientCa === undefined) throw new Error('--client-cert-auth needs --trusted-ca-file')
  return { cert: readFileSync(cert), key: readFileSync(key), ...(flags['client-cert-auth'] && clientCa !== undefined && { clientCa: readFileSync(clientCa) }) }
}

/** The two paths that are etcd's own way. */
function answerEtcdPath(store: Store, path: string, response: ServerResponse): boolean {
  const send = (status: number, body: unknown): true => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify(body)}\n`)
    return true
  }
  if (path === '/version') return send(200, { etcdserver: protocolVersion, etcdcluster: protocolVersion, kubarium: componentVersion })
  if (path !== '/health') return false
  return store.hasNoSpace ? send(503, { health: 'false', reason: 'ALARM NOSPACE' }) : send(200, { health: 'true', reason: '' })
}
