/**
 * Service controller: gives Services of type LoadBalancer an address on the desktop.
 *
 * Reads   Services, Nodes, the cloud's load balancers     Writes   Services (finalizer, status), the cloud's load balancers
 * Woken   by Services, and by nodes that come, go or change what plan-load-balancer.ts looks at
 *
 *   SC1  The finalizer service.kubernetes.io/load-balancer-cleanup is there before the load balancer is.
 *   SC2  The cloud is asked to change something only when something differs; each change is told by upstream's events.
 *   SC3  A Service that is deleted, or is no longer of this type, loses its load balancer, then its address, then the finalizer.
 *   SC4  What cannot be had is the event SyncLoadBalancerFailed, and is tried again every 5 s, upstream's first delay.
 */
import type { Node, Service } from '../../../../api/groups/core-v1/types.ts'
import { nodes, services } from '../../../../api/resources.ts'
import { errorText } from '../../../../base/log.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf, keyText } from '../../../../machinery/object-key.ts'
import { isConflict, isNotFound } from '../../../../machinery/status-error.ts'
import { isConnectionError } from '../../../../machinery/transport.ts'
import type { LoadBalancer } from '../../../../wire/cloud/cloud-api.ts'
import type { CloudConfig } from '../../cloud-config.ts'
import { cleanupFinalizer, isAsWished, loadBalancerName, mayBeBehind, statusOf, wantsLoadBalancer, wishOf } from './plan-load-balancer.ts'

const retryMs = 5_000

export function createServiceLbController(config: CloudConfig): Controller {
  return {
    name: 'service-lb-controller',
    reconciles: services,
    ignores: ({ type, object }) => type !== 'deleted' && !wantsLoadBalancer(object as Service) && !hasFinalizer(object as Service),
    alsoWokenBy: [wokenBy(nodes, ({ type, object, previous }, caches) => (type === 'updated' && mayBeBehind(object) === (previous !== undefined && mayBeBehind(previous as Node)) ? [] : caches.list(services).filter(wantsLoadBalancer).map(keyOf)))],
    workers: config.concurrentServiceSyncs,
    reconcile: (key, deps, signal) => reconcile(config, key, deps, signal),
  }
}

const hasFinalizer = ({ metadata }: Service): boolean => metadata.finalizers?.includes(cleanupFinalizer) === true

async function reconcile(config: CloudConfig, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const service = deps.cache.get(services, key)
  if (service === undefined) return done
  try {
    if (service.metadata.deletionTimestamp !== undefined || !wantsLoadBalancer(service)) await takeAway(config, service, deps, signal)
    else await ensure(config, service, deps, signal)
  } catch (error) {
    if (isNotFound(error) || signal.aborted) return done
    if (isConflict(error) || isConnectionError(error)) throw error
    deps.events.event(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${errorText(error)}`) // SC4
    deps.log.warn('load balancer not ensured', { service: keyText(key), error: errorText(error) })
    return again(retryMs)
  }
  return done
}

async function ensure({ cloud }: CloudConfig, service: Service, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const name = loadBalancerName(service)
  const wish = wishOf(service, deps.cache.list(nodes))
  const present = await cloud.loadBalancer(name, signal)
  if (present !== undefined && isAsWished(present, wish)) { // SC2
    await writeStatus(service, statusOf(present), deps, signal)
    return
  }
  if (!hasFinalizer(service)) await patchService(service, { metadata: { finalizers: [...(service.metadata.finalizers ?? []), cleanupFinalizer] } }, deps, signal) // SC1
  const isNodesOnly = present !== undefined && isAsWished({ ...present, nodes: wish.nodes }, wish)
  if (!isNodesOnly) deps.events.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')
  const made: LoadBalancer = await cloud.ensureLoadBalancer(name, wish, signal)
  await writeStatus(service, statusOf(made), deps, signal)
  if (made.problems.length > 0) throw new Error(`failed to ensure load balancer: ${made.problems.map(({ port, protocol, reason }) => `port ${port}/${protocol}: ${reason}`).join('; ')}`)
  if (isNodesOnly) deps.events.event(service, 'Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts')
  else deps.events.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')
  deps.log.info('load balancer ensured', { service: wish.service, name, address: made.address, nodes: wish.nodes })
}

async function takeAway({ cloud }: CloudConfig, service: Service, deps: ReconcileDeps, signal: AbortSignal): Promise<void> { // SC3
  if (!hasFinalizer(service)) return
  deps.events.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer')
  await cloud.deleteLoadBalancer(loadBalancerName(service), signal)
  if (service.metadata.deletionTimestamp === undefined) await writeStatus(service, {}, deps, signal)
  await patchService(service, { metadata: { finalizers: service.metadata.finalizers!.filter(one => one !== cleanupFinalizer) } }, deps, signal)
  deps.events.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer')
}

async function writeStatus(service: Service, loadBalancer: ReturnType<typeof statusOf>, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const facts = (status: ReturnType<typeof statusOf> | undefined): string => JSON.stringify((status?.ingress ?? []).map(({ ip, ipMode, ports = [] }) => [ip, ipMode, ports.map(({ port, protocol, error }) => [port, protocol, error])]))
  if (facts(service.status.loadBalancer) === facts(loadBalancer)) return
  await patchService(service, { status: { loadBalancer: loadBalancer.ingress === undefined ? { ingress: null } : loadBalancer } }, deps, signal)
}

/** Through the status subresource, which carries metadata too: more this controller may not write. */
async function patchService(service: Service, patch: unknown, { client }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  await client.patch(services, keyOf(service), patch, { patchType: 'merge', subresource: 'status' }, signal)
}
