/**
 * The scheduler at work: takes pods from the queue one by one, decides, and binds in the background.
 * Upstream: pkg/scheduler/schedule_one.go.
 *
 *   SD1  One decision at a time; binding does not hold up the next one, because the pod is assumed at once.
 *   SD2  A pod that is being deleted, or that is assumed already, is not tried.
 *   SD3  When no node fits, PostFilter plugins are asked in order until one resolved it.
 *   SD4  Reserve and Permit come before the binding cycle; a rejection there speaks of the chosen node alone.
 *   SD5  Decisions go on for a few milliseconds at most before others (answers, watches, health) get their turn.
 *   SD7  While spans are recorded, waiting and the decision are some; what the binding asks for belongs to the decision's.
 *   SD6  Every decision is kept for inspection.
 *   SD8  Held on purpose, it keeps the pod at the head of the queue and decides nothing; a step lets that one through.
 */
import type { Pod } from '../../api/groups/core-v1/types.ts'
import { pods } from '../../api/resources.ts'
import type { Clock } from '../../base/clock.ts'
import { faultPoints } from '../../base/fault-points.ts'
import type { Log } from '../../base/log.ts'
import { errorText } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import { objectAttributes, spans } from '../../base/spans.ts'
import { SteppedGate } from '../../base/stepped-gate.ts'
import type { Client } from '../../machinery/client.ts'
import type { EventSubject } from '../../machinery/events.ts'
import type { PlacedPod } from './binding/binding-cycle.ts'
import { BindingCycle, rejectedOn } from './binding/binding-cycle.ts'
import type { WaitingPods } from './binding/waiting-pods.ts'
import { CycleTimer, rejectionStatus } from './cycle/cycle-timer.ts'
import type { CycleOptions, Decision, Unplaced } from './cycle/schedule-pod.ts'
import { chooseNode, findNodes, schedulePod } from './cycle/schedule-pod.ts'
import type { DecisionRecord } from './decisions/decision-log.ts'
import { DecisionLog, podName } from './decisions/decision-log.ts'
import { decisionAttributes } from './decisions/decision-attributes.ts'
import { filterWithExtenders, prioritizeWithExtenders } from './extender/ask-extenders.ts'
import type { Extender } from './extender/extender.ts'
import type { Failure } from './failure.ts'
import { FailureHandler } from './failure.ts'
import { fitMessage } from './framework/fit-message.ts'
import type { SchedulerMetrics } from './framework/metrics.ts'
import { sampledCycles } from './framework/metrics.ts'
import type { NodeRejection, PostFilterAnswer } from './framework/plugin.ts'
import type { Profile } from './profile/profile.ts'
import type { QueuedPod } from './queue/queued-pod.ts'
import type { SchedulingQueue } from './queue/scheduling-queue.ts'
import type { Cluster } from './snapshot/cluster.ts'

export interface SchedulerOptions {
  readonly profiles: ReadonlyMap<string, Profile>
  readonly extenders: readonly Extender[]
  readonly cluster: Cluster
  readonly queue: SchedulingQueue
  readonly waitingPods: WaitingPods
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: SchedulerMetrics
  readonly signal: AbortSignal
  findPod(namespace: string, name: string): Pod | undefined
  event(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string, options: { readonly action: string }): void
  /** SD5: resolves when everybody else had a turn. */
  breathe(): Promise<void>
}

const queueFault = faultPoints.define({ name: 'scheduler.queue', help: 'A pod that has come to the head of the queue. What holds it holds all behind it.', attributes: ['namespace', 'name'], effects: ['delay', 'hold'] })

const longestStretchMs = 5

export class Scheduler {
  readonly decisions = new DecisionLog()
  readonly gate = new SteppedGate()
  readonly #options: SchedulerOptions
  readonly #failures: FailureHandler
  readonly #binding: BindingCycle
  #startAt = 0

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#failures = new FailureHandler(options)
    this.#binding = new BindingCycle({ ...options, failures: this.#failures })
  }

  /** Pods that have a node and are not bound yet. */
  get bindings(): number {
    return this.#binding.running
  }

  /** SD1: until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { queue, clock } = this.#options
    let since = clock.monotonic()
    while (!signal.aborted) {
      let queued = queue.take()
      if (queued === undefined) {
        queued = await queue.next(signal).catch(() => undefined)
        since = clock.monotonic()
      }
      if (queued === undefined) return
      await this.gate.opened(signal) // SD8
      if (signal.aborted) return
      this.gate.passed()
      if (queueFault.rules !== undefined) await queueFault.meet({ namespace: queued.pod.metadata.namespace, name: queued.pod.metadata.name })
      await (spans.on ? this.#scheduleWatched(queued) : this.#scheduleOne(queued))
      if (clock.monotonic() - since < longestStretchMs) continue
      await this.#options.breathe() // SD5
      since = clock.monotonic()
    }
  }

  /** SD7 */
  async #scheduleWatched(queued: QueuedPod): Promise<void> {
    const { lastMove: { event, atMs }, movedWithin } = queued
    const { clock } = this.#options
    const waiting = spans.add({
      name: 'queue', parent: movedWithin ?? null, links: movedWithin === undefined ? [] : [movedWithin], startMs: spans.now() - (clock.now() - atMs),
      attributes: { 'queue.name': 'scheduling', 'queue.key': podName(queued.pod), 'queue.causes': [event] },
    })
    const span = spans.begin({ name: 'schedule', parent: waiting, attributes: { ...objectAttributes(pods, queued.pod.metadata), 'scheduler.profile': queued.profile, 'scheduler.attempt': queued.attempts } })
    await spans.within(span.context, () => this.#scheduleOne(queued))
    const record = this.decisions.list(queued.pod.metadata.uid, 1)[0]
    span.end({ attributes: record === undefined ? {} : decisionAttributes(record), error: record?.end.outcome === 'error' ? record.end.message : undefined })
  }

  async #scheduleOne(queued: QueuedPod): Promise<void> {
    const { profiles, queue, clock, metrics } = this.#options
    const profile = profiles.get(queued.profile)
    if (profile === undefined || this.#skips(queued.pod)) {
      queue.done(queued.pod.metadata.uid)
      return
    }
    const startedAt = clock.monotonic()
    const wokenBy = queued.lastMove
    let decision: Decision | null = null
    let failure: Failure | null = null
    try {
      decision = await this.#decide(queued.pod, profile)
    } catch (error) {
      failure = { kind: 'error', message: errorText(error), nominate: null }
    }
    const algorithmMs = clock.monotonic() - startedAt
    const record = this.decisions.add({ pod: queued.pod, profile: profile.name, atMs: clock.now(), attempt: queued.attempts, wokenBy, algorithmMs, decision }) // SD6
    if (decision?.node === null) failure = await this.#unplaced(queued, profile, decision, record)
    metrics.algorithm.observe((clock.monotonic() - startedAt) / 1_000)
    if (failure !== null) this.#failures.report({ queued, profile, failure, startedAt, record })
    else if (decision !== null && decision.node !== null) await this.#place({ queued, assumed: queued.pod, node: decision.node, profile, filters: decision.filters, record, startedAt })
  }

  /** SD2 */
  #skips(pod: Pod): boolean {
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#options.event(pod, 'Warning', 'FailedScheduling', `skip schedule deleting pod: ${podName(pod)}`, { action: 'Scheduling' })
      return true
    }
    return this.#options.cluster.isAssumed(pod.metadata.uid)
  }

  #decide(pod: Pod, profile: Profile): Decision | Promise<Decision> {
    const { cluster, extenders } = this.#options
    const options = this.#cycleOptions(profile)
    if (extenders.length > 0) return this.#decideWithExtenders(pod, options)
    const decision = schedulePod(pod, cluster, options)
    this.#goOnAfter(decision.asked)
    return decision
  }

  async #decideWithExtenders(pod: Pod, options: CycleOptions): Promise<Decision> {
    const { cluster, extenders, log } = this.#options
    const found = findNodes(pod, cluster, options)
    this.#goOnAfter(found.asked)
    const looked = found.feasible.length === 0 ? found : await filterWithExtenders(extenders, pod, found, log)
    const extra = looked.feasible.length > 1 ? await prioritizeWithExtenders(extenders, pod, looked, log) : []
    return chooseNode(pod, cluster, looked, options, extra)
  }

  #cycleOptions({ plugins, percentageOfNodesToScore, name }: Profile): CycleOptions {
    const { random, queue, clock, metrics, extenders } = this.#options
    return {
      plugins, random, percentageOfNodesToScore,
      startAt: this.#startAt,
      nominatedOn: node => queue.nominated.on(node),
      hasExtenderFilters: extenders.some(extender => extender.options.filterVerb !== ''),
      timer: new CycleTimer(clock, metrics, name, random.next() < sampledCycles),
    }
  }

  #goOnAfter(asked: number): void {
    this.#startAt = (this.#startAt + asked) % Math.max(1, this.#options.cluster.nodes.length)
  }

  /** SD3 */
  async #unplaced(queued: QueuedPod, profile: Profile, decision: Unplaced, record: DecisionRecord): Promise<Failure> {
    const { rejectedBy, pendingBy, diagnosis } = decision
    if (decision.totalNodes === 0) return { kind: 'unschedulable', message: fitMessage(diagnosis), rejectedBy: new Set(), pendingBy: new Set(), nominate: null }
    const found = await this.#postFilter(queued.pod, profile, decision)
    record.postFilter = { message: found.message, nominated: found.nominate ?? null, details: found.details ?? null }
    return { kind: 'unschedulable', message: fitMessage(diagnosis, found.message), rejectedBy, pendingBy, ...(found.nominate === undefined ? {} : { nominate: found.nominate }) }
  }

  async #postFilter(pod: Pod, profile: Profile, decision: Unplaced): Promise<PostFilterAnswer> {
    const { cluster, metrics, clock, signal, log } = this.#options
    if (profile.plugins.postFilter.length === 0) return { kind: 'rejected', message: '', nominate: null }
    const startedAt = clock.monotonic()
    const messages: string[] = []
    let last: PostFilterAnswer | undefined
    for (const plugin of profile.plugins.postFilter) {
      let answer: PostFilterAnswer
      try {
        answer = await plugin.postFilter(pod, cluster, decision, decision.filters.stateOf(plugin), signal)
      } catch (error) {
        log.error('PostFilter plugin failed', { plugin: plugin.name, pod: podName(pod), error: errorText(error) })
        return { kind: 'rejected', message: errorText(error) }
      }
      if (answer.kind === 'resolved') {
        metrics.point('PostFilter', 'Success', profile.name, (clock.monotonic() - startedAt) / 1_000)
        return answer
      }
      if (answer.message !== '') messages.push(answer.message)
      if (answer.nominate !== undefined || last === undefined) last = answer
      if (answer.ends === true) break
    }
    metrics.point('PostFilter', 'Unschedulable', profile.name, (clock.monotonic() - startedAt) / 1_000)
    return { ...last!, message: messages.join(', ') }
  }

  /** SD4 */
  async #place(candidate: PlacedPod): Promise<void> {
    const { cluster, queue } = this.#options
    const { queued, node, profile, record, startedAt } = candidate
    const placed: PlacedPod = { ...candidate, assumed: cluster.assume(queued.pod, node) }
    queue.nominated.forget(queued.pod.metadata.uid)
    let failure: Failure | null
    try {
      failure = this.#reserve(placed) ?? this.#permit(placed)
    } catch (error) {
      failure = { kind: 'error', message: errorText(error), nominate: null }
    }
    if (failure === null) {
      void this.#binding.bind(placed)
      return
    }
    await this.#binding.giveBack(placed)
    this.#failures.report({ queued, profile, failure, startedAt, record })
  }

  #reserve({ assumed, node, profile, filters }: PlacedPod): Failure | null {
    const { metrics, clock } = this.#options
    const startedAt = clock.monotonic()
    let rejection: NodeRejection | null = null
    for (const plugin of profile.plugins.reserve) {
      const verdict = plugin.reserve(filters.stateOf(plugin), assumed, node)
      if (verdict.fits) continue
      rejection = { ...verdict, plugin: plugin.name }
      break
    }
    metrics.point('Reserve', rejection === null ? 'Success' : rejectionStatus(rejection), profile.name, (clock.monotonic() - startedAt) / 1_000)
    return rejection === null ? null : rejectedOn(node, rejection)
  }

  #permit({ assumed, node, profile, filters, record }: PlacedPod): Failure | null {
    const { metrics, clock, waitingPods } = this.#options
    if (profile.plugins.permit.length === 0) return null
    const startedAt = clock.monotonic()
    const timeouts = new Map<string, number>()
    let rejection: NodeRejection | null = null
    for (const plugin of profile.plugins.permit) {
      const answer = plugin.permit(filters.stateOf(plugin), assumed, node)
      if (answer.kind === 'wait') timeouts.set(plugin.name, answer.timeoutMs)
      if (answer.kind !== 'reject') continue
      rejection = { ...answer.rejection, plugin: plugin.name }
      break
    }
    metrics.point('Permit', rejection !== null ? rejectionStatus(rejection) : timeouts.size > 0 ? 'Wait' : 'Success', profile.name, (clock.monotonic() - startedAt) / 1_000)
    if (rejection !== null) return rejectedOn(node, rejection)
    if (timeouts.size > 0) {
      waitingPods.add(assumed, node, timeouts)
      record.end = { outcome: 'waiting on permit', message: [...timeouts.keys()].join(', ') }
    }
    return null
  }
}
