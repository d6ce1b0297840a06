/**
 * After authorization: which handler answers a path. Resource paths go by group, version, resource and subresource;
 * the rest are exact paths and a few prefixes.
 */
import { ApiError, methodNotAllowed, methodNotSupported, noSuchPage, noSuchPath, notFound } from './api-error.ts'
import type { Exchange } from './exchange.ts'
import type { Discovery } from '../discovery/discovery.ts'
import { isBuiltInGroup } from '../discovery/group-priority.ts'
import { isReview, serveReview } from '../access/reviews.ts'
import type { ReviewDeps } from '../access/reviews.ts'
import type { ResourceTable } from '../registry/resource-table.ts'
import { serveResource, serveStatus } from '../registry/rest-handler.ts'
import { serveBinding } from '../registry/subresources/pod-binding.ts'
import type { SubresourceDeps, SubresourceHandler } from '../registry/subresources/subresource.ts'
import { subresourceHandlers } from '../registry/subresources/subresources.ts'

export type PathHandler = (exchange: Exchange) => Promise<void>

export interface RouterDeps {
  readonly table: ResourceTable
  readonly discovery: Discovery
  readonly subresources: SubresourceDeps
  readonly reviews: ReviewDeps
  /** Handlers of log, exec, attach, portforward and proxy, by "resource/subresource". */
  readonly streams: Readonly<Record<string, SubresourceHandler>>
  /** Answers a path outside /api and /apis, or a resource nobody here knows; false when it is not theirs. */
  readonly paths: (exchange: Exchange) => Promise<boolean>
}

export function createRouter(deps: RouterDeps): PathHandler {
  return async exchange => {
    if (exchange.info.isResourceRequest) await routeResource(exchange, deps)
    else await routePath(exchange, deps)
  }
}

async function routeResource(exchange: Exchange, deps: RouterDeps): Promise<void> {
  const { group, version, resource, subresource, apiPrefix, verb } = exchange.info
  if ((apiPrefix === 'api') !== (group === '')) throw noSuchPath()
  if (subresource === '' && isReview(group, resource)) {
    if (verb !== 'create') throw methodNotAllowed()
    await serveReview(exchange, deps.reviews)
    return
  }
  if (group === '' && resource === 'bindings' && verb === 'create') {
    await serveBinding(exchange, deps.table.find('', 'v1', 'pods')!, deps.subresources)
    return
  }
  const served = deps.table.find(group, version, resource)
  if (served === undefined) {
    if (group === '' && resource === 'componentstatuses') {
      await serveComponentStatuses(exchange)
      return
    }
    if (await deps.paths(exchange)) return
    throw isBuiltInGroup(group) ? noSuchPath() : noSuchPage()
  }
  if (served.custom?.deprecation !== undefined) exchange.warn(served.custom.deprecation)
  const isNamespaces = group === '' && resource === 'namespaces'
  if (!served.namespaced && exchange.info.namespace !== '' && !isNamespaces) throw noSuchPath()
  if (subresource === '') {
    await serveResource(exchange, served, deps.subresources)
    return
  }
  const row = served.row.subresources.find(known => known.name === subresource)
  if (row === undefined) throw noSuchPath()
  const stream = deps.streams[`${resource}/${subresource}`]
  if (stream !== undefined && group === '') {
    await stream(exchange, served, deps.subresources)
    return
  }
  if (!row.verbs.includes(verb)) throw methodNotSupported(served, verb)
  if (subresource === 'status') {
    await serveStatus(exchange, served, deps.subresources)
    return
  }
  const handler = subresourceHandlers[`${group}/${resource}/${subresource}`] ?? (served.isCustom && subresource === 'scale' ? subresourceHandlers['apps/deployments/scale'] : undefined)
  if (handler === undefined) throw new ApiError('NotImplemented', `the subresource ${resource}/${subresource} is not implemented by this server`)
  await handler(exchange, served, deps.subresources)
}

async function routePath(exchange: Exchange, deps: RouterDeps): Promise<void> {
  const segments = exchange.path.split('/').filter(segment => segment !== '')
  const isRead = exchange.method === 'GET' || exchange.method === 'HEAD'
  if (segments[0] === 'api' && isRead) {
    if (segments.length === 1) await deps.discovery.serveRoot(exchange, 'api')
    else await deps.discovery.serveVersion(exchange, '', segments[1]!)
    return
  }
  if (segments[0] === 'apis' && isRead) {
    if (segments.length === 1) await deps.discovery.serveRoot(exchange, 'apis')
    else if (segments.length === 2) await deps.discovery.serveGroup(exchange, segments[1]!)
    else await deps.discovery.serveVersion(exchange, segments[1]!, segments[2]!)
    return
  }
  if (!(await deps.paths(exchange))) throw noSuchPage()
}

/** Deprecated upstream and empty here: the components tell of their health themselves. */
async function serveComponentStatuses(exchange: Exchange): Promise<void> {
  exchange.warn('v1 ComponentStatus is deprecated in v1.19+')
  if (exchange.info.name !== '') throw notFound({ group: '', resource: 'componentstatus' }, exchange.info.name)
  await exchange.send(200, 'application/json', JSON.stringify({ kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items: [] }))
}
