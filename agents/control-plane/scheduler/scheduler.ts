/**
 * The scheduler at work: takes pods from the queue one by one, decides, binds in the background, and tells why not.
 *
 *   SD1  One decision at a time; binding does not hold up the next decision, because the pod is assumed at once.
 *   SD2  A failed binding is undone in the cluster view and the pod tries again.
 *   SD3  A pod that fits nowhere gets condition PodScheduled=False (Unschedulable) and the event FailedScheduling, both
 *        only when the text changed or ten minutes have passed for the event's sake (the recorder counts).
 *   SD4  Preemption deletes the victims, marks them with the DisruptionTarget condition and nominates the node.
 *   SD5  Only pods that name this scheduler are touched.
 *   SD6  The last decisions are kept for inspection, with every verdict and score.
 */
import type { Pod, PodCondition } from '../../api/groups/core-v1/types.ts'
import type { PodDisruptionBudget } from '../../api/groups/policy-v1/types.ts'
import { pods as podType } from '../../api/resources.ts'
import type { Clock } from '../../base/clock.ts'
import { timeText } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { errorText } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Client } from '../../machinery/client.ts'
import type { EventRecorder } from '../../machinery/events.ts'
import { isConflict, isNotFound } from '../../machinery/status-error.ts'
import type { Decision, NodeScore } from './cycle/schedule-pod.ts'
import { schedulePod } from './cycle/schedule-pod.ts'
import type { PreemptionPlan } from './cycle/preemption.ts'
import { planPreemption } from './cycle/preemption.ts'
import { fitMessage } from './framework/fit-message.ts'
import type { PluginSet } from './framework/plugin-set.ts'
import type { QueuedPod, SchedulingQueue } from './queue/scheduling-queue.ts'
import type { Cluster } from './snapshot/cluster.ts'

export interface SchedulerMetrics {
  scheduled(result: 'scheduled' | 'unschedulable' | 'error', seconds: number): void
}

export interface SchedulerOptions {
  readonly name: string
  readonly plugins: PluginSet
  readonly cluster: Cluster
  readonly queue: SchedulingQueue
  readonly client: Client
  readonly recorder: EventRecorder
  readonly budgets: () => readonly PodDisruptionBudget[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics?: SchedulerMetrics
}

/** One decision, for people. */
export interface DecisionRecord {
  readonly pod: string
  readonly uid: string
  readonly at: string
  readonly attempt: number
  readonly durationMs: number
  readonly node: string | null
  readonly message: string
  readonly rejections: Readonly<Record<string, { readonly plugin: string; readonly reasons: readonly string[]; readonly curable: boolean }>>
  readonly scores: readonly NodeScore[]
  readonly preemption: { readonly chosen: string | null; readonly victims: readonly string[]; readonly message: string } | null
  bindingError: string | null
}

/** Without any node no plugin rejected the pod; a name no plugin has makes the queue wake it at every change. */
const noNodes: ReadonlySet<string> = new Set(['NoNodes'])
const keptDecisions = 500
const keptDetailNodes = 200

export class Scheduler {
  readonly decisions: DecisionRecord[] = []
  readonly #options: SchedulerOptions
  #startAt = 0

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** SD1: until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { queue, log } = this.#options
    while (!signal.aborted) {
      const queued = await queue.next(signal).catch(() => null)
      if (queued === null) return
      try {
        await this.#try(queued, signal)
      } catch (error) {
        log.error('scheduling cycle failed', { pod: podName(queued.pod), error: errorText(error) })
        this.#options.metrics?.scheduled('error', 0)
        queue.failed(queued, new Set())
      }
    }
  }

  /** What would happen to this pod now, without doing it. */
  whatIf(pod: Pod): { readonly decision: Decision; readonly message: string } {
    const { cluster, plugins, random } = this.#options
    const decision = schedulePod(pod, cluster, { plugins, random })
    if (decision.node !== null) return { decision, message: `would be assigned to ${decision.node}` }
    const plan = planPreemption({ pod, cluster, outcome: decision, budgets: this.#options.budgets() })
    return { decision, message: fitMessage(decision.diagnosis, plan.message) }
  }

  async #try(queued: QueuedPod, signal: AbortSignal): Promise<void> {
    const { cluster, plugins, random, clock, queue } = this.#options
    const { pod } = queued
    if (pod.metadata.deletionTimestamp !== undefined || cluster.isAssumed(pod.metadata.uid)) {
      queue.done(pod.metadata.uid)
      return
    }
    const startedAt = clock.monotonic()
    const decision = schedulePod(pod, cluster, { plugins, random, startAt: this.#startAt })
    this.#startAt = (this.#startAt + decision.asked) % Math.max(1, cluster.nodes.length)
    const durationMs = clock.monotonic() - startedAt
    if (decision.node === null) {
      await this.#reject(queued, decision, durationMs, signal)
      return
    }
    cluster.assume(pod, decision.node)
    const record = this.#keep(queued, decision, durationMs, `assigned to ${decision.node}`, null)
    void this.#bind(queued, decision.node, record, signal)
  }

  async #bind(queued: QueuedPod, node: string, record: DecisionRecord, signal: AbortSignal): Promise<void> {
    const { client, cluster, queue, recorder, log, clock, metrics } = this.#options
    const { pod } = queued
    const { name, namespace, uid } = pod.metadata
    try {
      await client.createSubresource(podType, { namespace: namespace!, name }, 'binding', {
        apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target: { apiVersion: 'v1', kind: 'Node', name: node },
      }, signal)
      queue.done(uid)
      recorder.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`)
      metrics?.scheduled('scheduled', (clock.now() - queued.enteredAt) / 1_000)
      log.info('pod bound', { pod: podName(pod), node, attempts: queued.attempts, durationMs: record.durationMs })
    } catch (error) {
      cluster.forget(uid) // SD2
      record.bindingError = errorText(error)
      queue.changed({ resource: 'AssignedPod', action: 'Delete' })
      if (isNotFound(error)) queue.delete(uid)
      else queue.failed(queued, new Set())
      if (!signal.aborted) log.warn('binding failed', { pod: podName(pod), node, error: errorText(error), conflict: isConflict(error) })
    }
  }

  async #reject(queued: QueuedPod, decision: Extract<Decision, { node: null }>, durationMs: number, signal: AbortSignal): Promise<void> {
    const { cluster, queue, recorder, budgets, metrics } = this.#options
    const { pod } = queued
    const plan = planPreemption({ pod, cluster, outcome: decision, budgets: budgets() })
    const message = fitMessage(decision.diagnosis, plan.message)
    this.#keep(queued, decision, durationMs, message, plan)
    metrics?.scheduled('unschedulable', durationMs / 1_000)
    queue.failed(queued, decision.rejectedBy.size === 0 ? noNodes : decision.rejectedBy)
    recorder.event(pod, 'Warning', 'FailedScheduling', message)
    await this.#writeCondition(pod, message, plan.chosen?.node, signal)
    if (plan.chosen !== null) await this.#preempt(pod, plan, signal)
  }

  /** SD3 */
  async #writeCondition(pod: Pod, message: string, nominatedNodeName: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, clock, log } = this.#options
    const current = (pod.status.conditions ?? []).find(condition => condition.type === 'PodScheduled')
    const isSame = current?.status === 'False' && current.reason === 'Unschedulable' && current.message === message
    if (isSame && nominatedNodeName === undefined) return
    const condition: Partial<PodCondition> = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, ...(current?.status === 'False' ? {} : { lastTransitionTime: timeText(clock.now()) }) }
    const status = { conditions: [condition], ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }) }
    try {
      await client.patch(podType, { namespace: pod.metadata.namespace!, name: pod.metadata.name }, { metadata: { uid: pod.metadata.uid }, status }, { patchType: 'strategic', subresource: 'status' }, signal)
    } catch (error) {
      if (!isNotFound(error) && !signal.aborted) log.warn('pod condition not written', { pod: podName(pod), error: errorText(error) })
    }
  }

  /** SD4 */
  async #preempt(pod: Pod, plan: PreemptionPlan, signal: AbortSignal): Promise<void> {
    const { client, recorder, clock, log, name } = this.#options
    const { node, victims } = plan.chosen!
    for (const victim of victims) {
      const key = { namespace: victim.metadata.namespace!, name: victim.metadata.name }
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: `${name}: preempting to accommodate a higher priority pod`, lastTransitionTime: timeText(clock.now()) }
      try {
        await client.patch(podType, key, { metadata: { uid: victim.metadata.uid }, status: { conditions: [condition] } }, { patchType: 'strategic', subresource: 'status' }, signal)
        await client.delete(podType, key, { preconditions: { uid: victim.metadata.uid } }, signal)
        recorder.event(victim, 'Normal', 'Preempted', `Preempted by pod ${pod.metadata.uid} on node ${node}`)
        log.info('pod preempted', { victim: podName(victim), by: podName(pod), node })
      } catch (error) {
        if (!isNotFound(error)) log.warn('preemption failed', { victim: podName(victim), error: errorText(error) })
      }
    }
  }

  /** SD6 */
  #keep(queued: QueuedPod, decision: Decision, durationMs: number, message: string, plan: PreemptionPlan | null): DecisionRecord {
    const record: DecisionRecord = {
      pod: podName(queued.pod),
      uid: queued.pod.metadata.uid,
      at: new Date(this.#options.clock.now()).toISOString(),
      attempt: queued.attempts,
      durationMs,
      node: decision.node,
      message,
      rejections: Object.fromEntries([...decision.rejections].slice(0, keptDetailNodes).map(([node, { plugin, reasons, curable }]) => [node, { plugin, reasons, curable }])),
      scores: decision.node === null ? [] : decision.scores.slice(0, keptDetailNodes),
      preemption: plan === null ? null : { chosen: plan.chosen?.node ?? null, victims: plan.chosen?.victims.map(podName) ?? [], message: plan.message },
      bindingError: null,
    }
    this.decisions.push(record)
    if (this.decisions.length > keptDecisions) this.decisions.shift()
    return record
  }
}

function podName(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`
}
