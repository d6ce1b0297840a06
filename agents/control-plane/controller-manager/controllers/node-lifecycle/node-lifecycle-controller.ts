/**
 * Node lifecycle controller: notices nodes that have gone silent, says so in their conditions, and taints them, so that
 * nothing new is scheduled there and what runs there is evicted (by the taint eviction controller).
 *
 * Reads   Nodes, Leases of kube-node-lease, Pods          Writes   Node status, Node taints, Pod status (Ready False)
 * Woken   by the node and its Lease, by the time its grace ends; while not ready, every monitor period
 *
 *   NH1  Times are measured by our own clock from when a sign of life was seen, never by the time written in it: clocks
 *        of nodes may be wrong. A restarted controller gives every node a full grace period.
 *   NH2  Pods of a node that is no longer ready are marked not ready at once, so that Services leave them out.
 *   NH3  Conditions and taints are those of plan-node.ts, paces those of zones.ts.
 */
import type { Node, Pod } from '../../../../api/groups/core-v1/types.ts'
import { leases, nodes, pods } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isConflict, isNotFound } from '../../../../machinery/status-error.ts'
import type { ControllerConfig } from '../../controller-config.ts'
import { podsOnNode, withNodeIndex } from '../../nodes/pods-on-node.ts'
import { podCondition } from '../../pods/pod-state.ts'
import { conditionOf, isNodeReady, planTaints, silentConditions } from './plan-node.ts'
import type { Zone } from './zones.ts'
import { Pace, zoneOf, ZoneTally } from './zones.ts'

interface SignsOfLife {
  readonly uid: string
  sign: string
  seenAt: number
  wasReady: boolean
}

export const nodeLeaseNamespace = 'kube-node-lease'

export function createNodeLifecycleController(config: ControllerConfig): Controller {
  const heard = new Map<string, SignsOfLife>()
  const paces = new Map<string, Pace>()
  const tally = new ZoneTally()
  return {
    name: 'node-lifecycle-controller',
    reconciles: nodes,
    alsoWokenBy: [wokenBy(leases, ({ object }) => [{ name: object.metadata.name }], { namespace: nodeLeaseNamespace })],
    reads: [pods],
    prepare: withNodeIndex,
    workers: 8,
    reconcile: (key, deps, signal) => reconcile({ config, heard, paces, tally }, key, deps, signal),
  }
}

interface Memory {
  readonly config: ControllerConfig
  readonly heard: Map<string, SignsOfLife>
  readonly paces: Map<string, Pace>
  readonly tally: ZoneTally
}

async function reconcile(memory: Memory, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const { config, heard, tally } = memory
  if (heard.size === 0) for (const one of deps.cache.list(nodes)) tally.see(one)
  let node = deps.cache.get(nodes, key)
  if (node === undefined) {
    tally.forget(key.name)
    if (heard.delete(key.name)) deps.events.event({ kind: 'Node', metadata: { name: key.name } }, 'Normal', 'RemovingNode', `Node ${key.name} event: Removing Node ${key.name} from Controller`)
    return done
  }
  const life = listen(memory, node, deps)
  const hasSpoken = conditionOf(node, 'Ready')?.lastHeartbeatTime !== undefined || leaseOf(node, deps) !== undefined
  const graceLeftMs = life.seenAt + (hasSpoken ? config.nodeMonitorGracePeriodMs : config.nodeStartupGracePeriodMs) - deps.clock.monotonic()
  if (graceLeftMs <= 0) node = await silence(node, deps, signal)
  tally.see(node)

  const ready = isNodeReady(node)
  if (!ready) await markPods(node, life.wasReady, deps, signal) // NH2
  life.wasReady = ready
  const awaitsEviction = await taint(memory, node, deps, signal)
  if (ready) return again(graceLeftMs + 1)
  return again(awaitsEviction ? 1_000 : Math.min(config.nodeMonitorPeriodMs, graceLeftMs > 0 ? graceLeftMs + 1 : config.nodeMonitorPeriodMs))
}

function listen({ heard }: Memory, node: Node, deps: ReconcileDeps): SignsOfLife {
  const { name, uid } = node.metadata
  const sign = `${conditionOf(node, 'Ready')?.lastHeartbeatTime ?? ''} ${leaseOf(node, deps)?.spec?.renewTime ?? ''}`
  const known = heard.get(name)
  if (known === undefined || known.uid !== uid) { // NH1
    const first = { uid, sign, seenAt: deps.clock.monotonic(), wasReady: false }
    heard.set(name, first)
    deps.events.event(node, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`)
    return first
  }
  if (known.sign !== sign) Object.assign(known, { sign, seenAt: deps.clock.monotonic() })
  return known
}

const leaseOf = (node: Node, { cache }: ReconcileDeps) => cache.of(leases, { namespace: nodeLeaseNamespace }).get({ namespace: nodeLeaseNamespace, name: node.metadata.name })

async function silence(node: Node, deps: ReconcileDeps, signal: AbortSignal): Promise<Node> {
  const conditions = silentConditions(node, deps.clock.now())
  if (conditions === undefined) return node
  const wasReady = isNodeReady(node)
  const written = await deps.client.update(nodes, { ...node, status: { ...node.status, conditions } }, { subresource: 'status' }, signal)
  deps.log.warn('node went silent', { node: node.metadata.name })
  if (wasReady) deps.events.event(node, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`)
  return written
}

async function taint({ config, paces, tally }: Memory, node: Node, deps: ReconcileDeps, signal: AbortSignal): Promise<boolean> {
  const { taints, awaitsEviction } = planTaints(node, deps.clock.now(), {
    allZonesDown: () => tally.zones(config).every(({ state }) => state === 'FullDisruption'),
    mayEvict: () => {
      const zone = tally.zones(config).find(({ name }) => name === zoneOf(node))!
      return paceOf(paces, zone, deps).tryTake(zone.rate, deps.clock.monotonic())
    },
  })
  if (taints !== undefined) {
    await deps.client.patch(nodes, keyOf(node), { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } }, { patchType: 'merge' }, signal)
    deps.log.info('node taints changed', { node: node.metadata.name, taints: taints.map(({ key, effect }) => `${key}:${effect}`) })
  }
  return awaitsEviction
}

function paceOf(paces: Map<string, Pace>, zone: Zone, { clock }: ReconcileDeps): Pace {
  const pace = paces.get(zone.name) ?? new Pace(clock.monotonic())
  paces.set(zone.name, pace)
  return pace
}

async function markPods(node: Node, isNews: boolean, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const ready = podsOnNode(deps.cache, node.metadata.name).filter(pod => podCondition(pod, 'Ready')?.status === 'True')
  const results = await Promise.allSettled(ready.map(pod => markNotReady(pod, deps, signal)))
  for (const result of results) if (result.status === 'rejected' && !isNotFound(result.reason) && !isConflict(result.reason)) throw result.reason
  if (isNews) for (const pod of ready) deps.events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready')
}

async function markNotReady(pod: Pod, { client, clock }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const conditions = (pod.status.conditions ?? []).map(condition => (condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: timeText(clock.now()) } : condition))
  await client.update(pods, { ...pod, status: { ...pod.status, conditions } }, { subresource: 'status' }, signal)
}

