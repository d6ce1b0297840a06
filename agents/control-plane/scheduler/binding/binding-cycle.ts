/**
 * What comes after a node was chosen and reserved, in the background: permits, preparations, the binding itself.
 * Upstream: bindingCycle in pkg/scheduler/schedule_one.go.
 *
 *   BC1  When the binding will take a while (a permit is waited for, or PreBind has something to do), the node is written
 *        into status.nominatedNodeName first, so that others know where the pod is going.
 *   BC2  Until the permits are there the pod may still be rejected as unschedulable; any failure after that is an error.
 *   BC3  An extender that binds comes before the Bind plugins; of these the first that is interested binds.
 *   BC4  Whatever fails, the reservations are given back in reverse order, the pod no longer counts on the node, and pods
 *        that wait for room hear of it.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import { errorText } from '../../../base/log.ts'
import type { Client } from '../../../machinery/client.ts'
import type { EventSubject } from '../../../machinery/events.ts'
import type { PreparedFilters } from '../cycle/cycle-filters.ts'
import { rejectionStatus } from '../cycle/cycle-timer.ts'
import type { DecisionRecord } from '../decisions/decision-log.ts'
import { podName } from '../decisions/decision-log.ts'
import { bindWithExtenders } from '../extender/ask-extenders.ts'
import type { Extender } from '../extender/extender.ts'
import { fitMessage } from '../framework/fit-message.ts'
import type { SchedulerMetrics } from '../framework/metrics.ts'
import { assignedPodDelete } from '../framework/object-changes.ts'
import type { NodeRejection, PreBindPlugin } from '../framework/plugin.ts'
import { patchPodStatus } from '../framework/pod-status.ts'
import { isRejected, notInterested } from '../framework/verdict.ts'
import type { Profile } from '../profile/profile.ts'
import type { QueuedPod } from '../queue/queued-pod.ts'
import type { SchedulingQueue } from '../queue/scheduling-queue.ts'
import type { Cluster } from '../snapshot/cluster.ts'
import type { Failure, FailureReport } from '../failure.ts'
import type { WaitingPods } from './waiting-pods.ts'

export interface BindingOptions {
  readonly client: Client
  readonly clock: Clock
  readonly cluster: Cluster
  readonly queue: SchedulingQueue
  readonly extenders: readonly Extender[]
  readonly waitingPods: WaitingPods
  readonly failures: FailureReport
  readonly metrics: SchedulerMetrics
  readonly log: Log
  readonly signal: AbortSignal
  event(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string, options: { readonly action: string }): void
}

/** A pod that was given a node: counted there already, not bound yet. */
export interface PlacedPod {
  readonly queued: QueuedPod
  /** As it counts on the node, spec.nodeName included. */
  readonly assumed: Pod
  readonly node: string
  readonly profile: Profile
  readonly filters: PreparedFilters
  readonly record: DecisionRecord
  readonly startedAt: number
}

export class BindingCycle {
  readonly #options: BindingOptions
  #running = 0

  constructor(options: BindingOptions) {
    this.#options = options
  }

  get running(): number {
    return this.#running
  }

  async bind(placed: PlacedPod): Promise<void> {
    this.#running++
    try {
      const failure = await this.#steps(placed).catch((error: unknown): Failure => ({ kind: 'error', message: errorText(error), nominate: null }))
      if (failure === null) this.#bound(placed)
      else await this.#fail(placed, failure)
    } finally {
      this.#running--
    }
  }

  /** BC4: also for failures in Reserve and Permit, before the binding cycle. */
  async giveBack({ assumed, node, profile, filters }: PlacedPod): Promise<void> {
    for (const plugin of [...profile.plugins.reserve].reverse()) await plugin.unreserve(filters.stateOf(plugin), assumed, node)
    this.#options.cluster.forget(assumed.metadata.uid)
  }

  async #steps(placed: PlacedPod): Promise<Failure | null> {
    const { queue, waitingPods, metrics, clock, extenders, log } = this.#options
    const { assumed, node, profile } = placed
    const { uid } = assumed.metadata
    const preparing = await this.#announce(placed)
    const permitAt = clock.monotonic()
    const waits = waitingPods.get(uid) !== undefined
    const permit = await waitingPods.decision(uid)
    if (waits) metrics.permitWaited(permit.kind === 'allowed' ? 'Success' : permit.kind === 'rejected' ? 'Unschedulable' : 'Error', (clock.monotonic() - permitAt) / 1_000)
    if (permit.kind === 'rejected') return rejectedOn(node, permit.rejection)
    if (permit.kind === 'preempted') return { kind: 'error', message: `waiting on permit for pod: ${permit.message}`, nominate: null }
    queue.forgetEvents(uid) // BC2
    const unprepared = await this.#prepare(placed, preparing)
    if (unprepared !== null) return unprepared
    const bindAt = clock.monotonic()
    if (await bindWithExtenders(extenders, placed.queued.pod, node, log)) return null // BC3
    const failure = await this.#bindWithPlugins(placed)
    metrics.point('Bind', failure === null ? 'Success' : 'Error', profile.name, (clock.monotonic() - bindAt) / 1_000)
    return failure
  }

  /** BC1: resolves to the PreBind plugins that have something to do. */
  async #announce({ assumed, node, profile, filters, queued }: PlacedPod): Promise<readonly PreBindPlugin[]> {
    const { client, clock, log, signal, waitingPods } = this.#options
    const busy = profile.plugins.preBind.filter(plugin => plugin.preBindPreFlight(filters.stateOf(plugin), assumed, node))
    if (busy.length === 0 && waitingPods.get(assumed.metadata.uid) === undefined) return busy
    try {
      await patchPodStatus(client, clock, queued.pod, { nominate: node }, signal)
    } catch (error) {
      log.warn('nominated node was not written', { pod: podName(assumed), node, error: errorText(error) })
    }
    return busy
  }

  async #prepare({ assumed, node, profile, filters }: PlacedPod, plugins: readonly PreBindPlugin[]): Promise<Failure | null> {
    const { metrics, clock, signal } = this.#options
    if (plugins.length === 0) return null
    const startedAt = clock.monotonic()
    for (const plugin of plugins) {
      const verdict = await named(`running PreBind plugin "${plugin.name}"`, () => plugin.preBind(filters.stateOf(plugin), assumed, node, signal))
      if (verdict.fits) continue
      metrics.point('PreBind', rejectionStatus(verdict), profile.name, (clock.monotonic() - startedAt) / 1_000)
      return rejectedOn(node, { ...verdict, plugin: plugin.name })
    }
    metrics.point('PreBind', 'Success', profile.name, (clock.monotonic() - startedAt) / 1_000)
    return null
  }

  async #bindWithPlugins({ assumed, node, profile }: PlacedPod): Promise<Failure | null> {
    for (const plugin of profile.plugins.bind) {
      const answer = await named(`running Bind plugin "${plugin.name}"`, () => plugin.bind(assumed, node, this.#options.signal))
      if (answer === notInterested) continue
      return isRejected(answer) ? rejectedOn(node, { ...answer, plugin: plugin.name }) : null
    }
    return { kind: 'error', message: 'no Bind plugin is interested in the pod', nominate: null }
  }

  #bound({ queued, assumed, node, profile, filters, record, startedAt }: PlacedPod): void {
    const { queue, metrics, clock, log, event } = this.#options
    const { name, namespace, uid } = assumed.metadata
    queue.done(uid)
    event(queued.pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`, { action: 'Binding' })
    const tookMs = clock.monotonic() - startedAt
    record.bindingMs = tookMs - record.algorithmMs
    record.end = { outcome: 'bound' }
    metrics.attempt('scheduled', profile.name, tookMs / 1_000)
    metrics.scheduled(queued.attempts, queued.firstActiveAt === null ? null : (clock.now() - queued.firstActiveAt) / 1_000, queued.flushed)
    log.debug('pod bound', { pod: podName(assumed), node, attempts: queued.attempts, durationMs: tookMs })
    for (const plugin of profile.plugins.postBind) plugin.postBind(filters.stateOf(plugin), assumed, node)
  }

  async #fail(placed: PlacedPod, failure: Failure): Promise<void> {
    const { queue, failures, log, signal } = this.#options
    const { queued, assumed, node, profile, record, startedAt } = placed
    if (!signal.aborted) log.warn('binding failed', { pod: podName(assumed), node, error: failure.message })
    await this.giveBack(placed)
    if (failure.kind === 'error') queue.changed(assignedPodDelete, assumed, undefined)
    failures.report({ queued, profile, failure, startedAt, record })
    if (failure.kind === 'unschedulable') queue.changed(assignedPodDelete, assumed, undefined, { only: other => other.metadata.uid !== queued.pod.metadata.uid })
  }
}

/** A rejection after a node was chosen: it speaks of that node alone. */
export function rejectedOn(node: string, rejection: NodeRejection): Failure {
  const by = new Set([rejection.plugin])
  return {
    kind: 'unschedulable',
    message: fitMessage({ totalNodes: 1, byNode: new Map([[node, rejection]]), others: null, beforeNodes: null }),
    rejectedBy: rejection.pending === true ? new Set() : by,
    pendingBy: rejection.pending === true ? by : new Set(),
    nominate: null,
  }
}

async function named<T>(what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    throw new Error(`${what}: ${errorText(error)}`, { cause: error })
  }
}

