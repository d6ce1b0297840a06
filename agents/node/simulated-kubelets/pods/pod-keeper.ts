/**
 * Plays the pods of all simulated nodes: looks at a pod when it changed or when its next stage is due, and writes what its
 * kubelet would.
 *
 *   PK1  One watch for all pods; what a pod is up to is remembered by its uid until it is gone.
 *   PK2  A status is written only when the run moved on; the uid in the patch keeps it from a namesake.
 *   PK3  A pod that is to go is deleted with grace 0 when its time is over; a pod that has ended, at once. How it ended is told
 *        before if somebody's finalizer holds it; of any other nobody could read it.
 *   PK4  Nothing happens on a node that is not on, or has no pod CIDR yet; when it is on again its pods have been restarted.
 *   PK5  A pod of the host network has the node's address.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import { pods as podType } from '../../../api/resources.ts'
import type { Clock } from '../../../base/clock.ts'
import { errorText, type Log } from '../../../base/log.ts'
import type { Cache } from '../../../machinery/cache.ts'
import type { Client } from '../../../machinery/client.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import { type ObjectKey, keyOf, keyText } from '../../../machinery/object-key.ts'
import { runQueueWorkers } from '../../../machinery/queue-workers.ts'
import { resourcePath } from '../../../machinery/resource-path.ts'
import { readStatusError } from '../../../machinery/status-error.ts'
import { WorkQueue } from '../../../machinery/work-queue.ts'
import type { SimulatedNode } from '../nodes/simulated-node.ts'
import type { Simulation } from '../simulation/simulation.ts'
import { lifecycleOf } from '../simulation/stages.ts'
import { PodAddresses } from './pod-addresses.ts'
import { type LifeData, type PodRun, adoptRun, advance, deletionDelayMs, isOver, rebooted, stopped } from './pod-run.ts'
import { podStatusOf } from './pod-status.ts'

export interface PodKeeperDeps {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly cache: Cache<Pod>
  readonly nodeCache: Cache<Node>
  readonly node: (name: string) => SimulatedNode | undefined
  readonly simulation: () => Simulation
}

export const nodeNameIndex = 'node'
const workers = 96
/** A server that is away for a moment is no news. */
const toldAfterFailures = 5
const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
const json = { 'content-type': 'application/json' }

interface Played {
  readonly key: string
  readonly nodeName: string
  run: PodRun
  /** What the API server was told last is this run. */
  told: PodRun | undefined
  deleteAtMs: number | undefined
}

export class PodKeeper {
  readonly #deps: PodKeeperDeps
  readonly #queue: WorkQueue<ObjectKey>
  readonly #played = new Map<string, Played>()
  readonly #addresses = new Map<string, { readonly cidr: string; readonly pods: PodAddresses }>()

  constructor(deps: PodKeeperDeps) {
    this.#deps = deps
    this.#queue = new WorkQueue({ name: 'pods', clock: deps.clock, metrics: deps.metrics })
  }

  changed(pod: Pod): void {
    if (this.#deps.node(pod.spec.nodeName ?? '') !== undefined) this.#queue.add(keyOf(pod), 'pod changed')
  }

  /** PK1 */
  gone(pod: Pod): void {
    this.#played.delete(pod.metadata.uid)
    this.#addresses.get(pod.spec.nodeName ?? '')?.pods.release(pod.metadata.uid)
  }

  /** Something about the node changed: its power, or its pod CIDR. */
  lookAtNode(name: string): void {
    for (const pod of this.#deps.cache.byIndex(nodeNameIndex, name)) this.#queue.add(keyOf(pod), 'node changed')
  }

  /** PK4 */
  rebootNode(name: string): void {
    for (const pod of this.#deps.cache.byIndex(nodeNameIndex, name)) {
      const played = this.#played.get(pod.metadata.uid)
      if (played !== undefined) played.run = rebooted(played.run, pod, this.#deps.clock.now())
    }
    this.lookAtNode(name)
  }

  runOf(uid: string): PodRun | undefined {
    return this.#played.get(uid)?.run
  }

  get counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { run } of this.#played.values()) counts.set(run.state, (counts.get(run.state) ?? 0) + 1)
    return counts
  }

  run(signal: AbortSignal): Promise<void> {
    return runQueueWorkers(this.#queue, {
      workers,
      work: key => this.#reconcile(key, signal),
      onFailure: (key, error, failures) => {
        if (failures === toldAfterFailures) this.#deps.log.warn('pod could not be played on', { pod: keyText(key), error: errorText(error) })
      },
    }, signal)
  }

  async #reconcile(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { cache, clock } = this.#deps
    const pod = cache.get(key)
    const node = pod === undefined ? undefined : this.#deps.node(pod.spec.nodeName ?? '')
    if (pod === undefined || node === undefined || node.power !== 'on') return // PK4
    const now = clock.now()
    const played = this.#playedOf(pod, now)
    const data = this.#dataOf(pod)
    if (pod.metadata.deletionTimestamp !== undefined) {
      await this.#endPod(pod, node, played, data, now, signal)
      return
    }
    const place = this.#placeOf(pod, node)
    if (place === undefined) return // PK4: the node's change brings us back
    const { run, dueAtMs } = advance(played.run, pod, data, now)
    played.run = run
    if (run !== played.told && this.#isNews(run, played.told)) {
      const status = podStatusOf(pod, run, place, now)
      if (status !== undefined) await this.#post(pod, status, signal)
      played.told = run
    }
    if (dueAtMs !== undefined) this.#queue.addAfter(key, Math.max(1, dueAtMs - clock.now()), 'next stage')
  }

  #playedOf(pod: Pod, now: number): Played {
    const { uid } = pod.metadata
    const known = this.#played.get(uid)
    if (known !== undefined) return known
    const run = adoptRun(pod, now)
    const played: Played = { key: keyText(keyOf(pod)), nodeName: pod.spec.nodeName ?? '', run, told: run, deleteAtMs: undefined }
    this.#played.set(uid, played)
    return played
  }

  #dataOf(pod: Pod): LifeData {
    const { lifecycles, seed } = this.#deps.simulation()
    return { lifecycle: lifecycleOf(pod, lifecycles), seed }
  }

  /** A plan for later is no news. */
  #isNews(run: PodRun, told: PodRun | undefined): boolean {
    return told === undefined || run.state !== told.state || run.enteredAtMs !== told.enteredAtMs || run.restarts !== told.restarts || run.initDone !== told.initDone
  }

  /** PK5 */
  #placeOf(pod: Pod, node: SimulatedNode): { readonly hostIp: string; readonly podIp: string } | undefined {
    if (pod.spec.hostNetwork === true) return { hostIp: node.address, podIp: node.address }
    const cidr = this.#deps.nodeCache.get({ name: node.name })?.spec.podCIDR
    if (cidr === undefined) return undefined
    let range = this.#addresses.get(node.name)
    if (range?.cidr !== cidr) {
      range = { cidr, pods: new PodAddresses(cidr) }
      this.#addresses.set(node.name, range)
      for (const other of this.#deps.cache.byIndex(nodeNameIndex, node.name)) if (other.status.podIP !== undefined && other.spec.hostNetwork !== true) range.pods.keep(other.metadata.uid, other.status.podIP)
    }
    const podIp = range.pods.of(pod.metadata.uid)
    return podIp === undefined ? undefined : { hostIp: node.address, podIp }
  }

  /** PK3 */
  async #endPod(pod: Pod, node: SimulatedNode, played: Played, data: LifeData, now: number, signal: AbortSignal): Promise<void> {
    played.deleteAtMs ??= isOver(played.run) ? now : now + deletionDelayMs(pod, data)
    if (now < played.deleteAtMs) {
      this.#queue.addAfter(keyOf(pod), played.deleteAtMs - now, 'deletion')
      return
    }
    const place = (pod.metadata.finalizers ?? []).length === 0 ? undefined : this.#placeOf(pod, node)
    const run = stopped(played.run, now)
    if (place !== undefined && run !== played.run) {
      const status = podStatusOf(pod, run, place, now)
      if (status !== undefined) await this.#post(pod, status, signal)
      played.run = run
      played.told = run
    }
    const { namespace, name, uid } = pod.metadata
    const body = `{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"preconditions":{"uid":"${uid}"}}`
    const reply = await this.#deps.client.raw({ method: 'DELETE', path: resourcePath(podType, { namespace, name }), headers: json, body, signal })
    if (reply.status >= 300 && reply.status !== 404 && reply.status !== 409) throw readStatusError(reply.status, reply.body, undefined)
  }

  /** PK2 */
  async #post(pod: Pod, status: unknown, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = pod.metadata
    const reply = await this.#deps.client.raw({ method: 'PATCH', path: `${resourcePath(podType, { namespace, name, subresource: 'status' })}?fieldManager=kubelet`, headers: strategic, body: JSON.stringify({ metadata: { uid }, status }), signal })
    if (reply.status >= 300 && reply.status !== 404 && reply.status !== 409) throw readStatusError(reply.status, reply.body, undefined)
  }
}
