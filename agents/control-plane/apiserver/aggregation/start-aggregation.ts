/** Puts the room together: who serves what, whether they answer, what they say of themselves. */
import { createSecureContext } from 'node:tls'
import type { APIService } from '../../../api/groups/apiregistration-v1/types.ts'
import { errorText } from '../../../base/log.ts'
import type { Exchange } from '../http/exchange.ts'
import { decodeServed } from '../watch-cache/stored-form.ts'
import { nameOfKey, namespaceOfKey } from '../registry/served-resource.ts'
import type { BootstrapDeps } from '../bootstrap/ensure-objects.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import type { ServiceDialer } from '../webhooks/service-dialer.ts'
import { readNamedFile, watchFiles } from '../access/watched-file.ts'
import { Availability } from './availability.ts'
import { ExtensionConnections } from './extension-connections.ts'
import { extensionServerOf, ExtensionServers } from './extension-servers.ts'
import type { ProxyIdentity } from './extension-servers.ts'
import { keepLocalServices } from './local-services.ts'
import { proxyToExtension } from './proxy-extension.ts'
import { RemoteDocuments } from './remote-documents.ts'

export interface Aggregation {
  readonly documents: RemoteDocuments
  /** The handler of a path that belongs to an extension server. */
  handlerOf(exchange: Exchange): (() => Promise<void>) | undefined
  /** Begins to keep APIServices and their conditions; resolves when the local ones have been made. */
  start(signal: AbortSignal): Promise<void>
}

export type AggregationDeps = BootstrapDeps & {
  readonly cache: WatchCache
  readonly services: ServiceDialer
  readonly inspect: (subject: string, read: () => unknown) => Disposable
  readonly signal: AbortSignal
}

const apiServices = { group: 'apiregistration.k8s.io', resource: 'apiservices' }
const followEveryMs = 250

export function createAggregation(identityFiles: { readonly cert: string; readonly key: string }, deps: AggregationDeps): Aggregation {
  const { table, cache, clock, log } = deps
  const servers = new ExtensionServers()
  const connections = new ExtensionConnections(deps.services, readIdentity(identityFiles))
  deps.signal.addEventListener('abort', () => { connections[Symbol.dispose]() }, { once: true })
  if (identityFiles.cert !== '') watchFiles([identityFiles.cert, identityFiles.key], () => { connections.useIdentity(readIdentity(identityFiles)) }, deps)
  const proxyDeps = { connections }
  const documents = new RemoteDocuments({ ...proxyDeps, clock, log, servers: () => servers.all, onChange: () => { table.generation += 1 } })
  const availability = new Availability({ ...deps, ...proxyDeps, onPassed: server => { void documents.refresh(server) } }, deps.signal)
  const stored = table.stored(apiServices)!.cache
  const reread = () => {
    servers.replace(table.list(apiServices) as unknown as APIService[])
    connections.keep(servers.all)
    table.generation += 1
  }
  cache.onLoad(stored, reread)
  cache.onChange(stored, event => {
    const name = nameOfKey(event.object.key)
    const isRemote = (bytes: Buffer | undefined) => bytes !== undefined && extensionServerOf(decodeServed(bytes) as unknown as APIService) !== undefined
    if (isRemote(event.object.bytes) || isRemote(event.previous?.bytes)) reread()
    if (!event.deleted) {
      availability.check(name)
      return
    }
    availability.forget(name)
    documents.forget(name)
  })
  const checkThoseOf = (namespace: string, service: string) => {
    for (const server of servers.all) if (server.service.namespace === namespace && server.service.name === service) availability.check(server.name)
  }
  cache.onChange(table.stored({ group: '', resource: 'services' })!.cache, event => {
    if (servers.all.length > 0) checkThoseOf(namespaceOfKey(event.object.key), nameOfKey(event.object.key))
  })
  cache.onChange(table.stored({ group: 'discovery.k8s.io', resource: 'endpointslices' })!.cache, event => {
    if (servers.all.length > 0) checkThoseOf(namespaceOfKey(event.object.key), event.object.labels['kubernetes.io/service-name'] ?? '')
  })
  deps.inspect('extension-servers', () => servers.all.map(({ name, service, isAvailable, groupPriority, versionPriority }) => ({ name, service, isAvailable, groupPriority, versionPriority, resources: documents.versions().find(version => `${version.version}.${version.group}` === name)?.resources.length ?? 0 })))
  return {
    documents,
    handlerOf(exchange) {
      const { path } = exchange
      const server = servers.find(path.startsWith('/openapi/v3/apis/') ? path.slice('/openapi/v3'.length) : path)
      return server === undefined ? undefined : () => proxyToExtension(exchange, server, proxyDeps)
    },
    async start(signal) {
      await keepLocalServices(deps, signal)
      for (const { metadata } of table.list(apiServices)) availability.check(metadata.name!)
      void followTable(deps, signal)
    },
  }
}

/** Definitions of custom resources come and go; their APIServices follow. */
async function followTable(deps: AggregationDeps, signal: AbortSignal): Promise<void> {
  const versions = () => [...new Set(deps.table.resources.map(({ group, version }) => `${group}/${version}`))].sort().join()
  let seen = versions()
  let generation = deps.table.generation
  while (!signal.aborted) {
    await new Promise<void>(resolve => {
      const timer = deps.clock.after(followEveryMs, resolve)
      signal.addEventListener('abort', () => {
        timer[Symbol.dispose]()
        resolve()
      }, { once: true })
    })
    if (signal.aborted || generation === deps.table.generation) continue
    generation = deps.table.generation
    const now = versions()
    if (now === seen) continue
    try {
      await keepLocalServices(deps, signal)
      seen = now
    } catch (error) {
      if (!signal.aborted) deps.log.warn('api services could not be kept', { error: errorText(error) })
    }
  }
}

/** Throws when the two are not a pair, as while one of them has been replaced and the other not yet. */
function readIdentity({ cert, key }: { readonly cert: string; readonly key: string }): ProxyIdentity | undefined {
  if (cert === '') return undefined
  const identity = { cert: readNamedFile(cert), key: readNamedFile(key) }
  createSecureContext(identity)
  return identity
}
