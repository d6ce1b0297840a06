/**
 * Route controller: in the cloud's network, each node's Pod CIDR leads to that node (overlay mode host-gw).
 *
 * Reads   Nodes, the cloud's routes          Writes   the cloud's routes, Nodes (condition NetworkUnavailable)
 * Woken   by nodes, and every --route-reconciliation-period
 *
 *   RC1  A route is named after the node and its CIDR; it is made when missing or leading elsewhere.
 *   RC2  Routes inside --cluster-cidr that no node has any more are deleted. Others are not touched.
 *   RC4  A simulated node has no network and gets no route.
 *   RC3  The condition NetworkUnavailable tells the outcome: False/RouteCreated or True/NoRouteCreated; on failure the event
 *        FailedToCreateRoute as well.
 */
import type { Node } from '../../../../api/groups/core-v1/types.ts'
import { nodes } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { cidrContains, readCidr } from '../../../../base/ip.ts'
import { errorText } from '../../../../base/log.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again } from '../../../../machinery/controller.ts'
import { isSimulated } from '../../../../machinery/kubelet/simulated-label.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import type { CloudRoute } from '../../../../wire/cloud/cloud-api.ts'
import type { CloudConfig } from '../../cloud-config.ts'

export function createNodeRouteController(config: CloudConfig): Controller | undefined {
  if (!config.configureCloudRoutes || config.clusterCidr === undefined) return undefined
  return {
    name: 'node-route-controller',
    reconciles: nodes,
    ignores: ({ type, object, previous }) => type === 'updated' && cidrOf(object as Node) === cidrOf(previous as Node | undefined),
    workers: 1,
    reconcile: (_key, deps, signal) => reconcile(config, deps, signal),
  }
}

const cidrOf = (node: Node | undefined): string => node?.spec.podCIDR ?? ''

async function reconcile(config: CloudConfig, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const present = await config.cloud.routes(signal)
  const all = deps.cache.list(nodes).filter(node => cidrOf(node) !== '' && !isSimulated(node)) // RC4
  const wanted = new Map(all.map(node => [routeName(node), node]))
  const range = readCidr(config.clusterCidr!)!
  for (const route of present) {
    const destination = readCidr(route.destination)
    const isOurs = destination !== undefined && cidrContains(range, route.destination.split('/')[0]!)
    if (isOurs && !wanted.has(route.name)) await config.cloud.deleteRoute(route.name, signal) // RC2
  }
  for (const [name, node] of wanted) {
    const route: CloudRoute = { name, node: node.metadata.name, destination: cidrOf(node) }
    const isThere = present.some(other => other.name === name && other.node === route.node && other.destination === route.destination)
    const failure = isThere ? undefined : await config.cloud.ensureRoute(route, signal).then(() => undefined, (error: unknown) => error) // RC1
    if (failure !== undefined) deps.events.event(node, 'Warning', 'FailedToCreateRoute', `Could not create route ${name} ${route.destination} for node ${route.node}: ${errorText(failure)}`)
    await tell(node, failure === undefined, deps, signal)
  }
  return again(config.routeReconciliationPeriodMs)
}

const routeName = (node: Node): string => `${node.metadata.name}-${cidrOf(node).replace(/[./]/g, '-')}`

async function tell(node: Node, isRouted: boolean, { client, clock }: ReconcileDeps, signal: AbortSignal): Promise<void> { // RC3
  const status = isRouted ? 'False' : 'True'
  const reason = isRouted ? 'RouteCreated' : 'NoRouteCreated'
  const before = node.status.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  if (before?.status === status && before.reason === reason) return
  const now = timeText(clock.now())
  const condition = { type: 'NetworkUnavailable', status, reason, message: isRouted ? 'RouteController created a route' : 'RouteController failed to create a route', lastHeartbeatTime: now, lastTransitionTime: now }
  await client.patch(nodes, { name: node.metadata.name }, { status: { conditions: [condition] } }, { patchType: 'strategic', subresource: 'status' }, signal).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}
