/**
 * Where pods wait to be scheduled. Upstream: pkg/scheduler/backend/queue.
 *
 *   SQ1  active: ready to be tried, in the order of the QueueSort plugin.
 *   SQ2  backoff: tried and failed; see backoff.ts.
 *   SQ3  unschedulable: waits for a change of the cluster that a plugin which rejected it named and whose hint says Queue;
 *        every 30 s those that have waited longer than 5 minutes are tried all the same.
 *   SQ4  A change that happens while a pod is being tried is not missed.
 *   SQ5  gated: pods that a PreEnqueue plugin holds. They are asked again when that plugin hears of a change.
 *   SQ6  When nothing is active, the pod whose backoff ends first is tried early rather than leaving the scheduler idle;
 *        not one whose last try ended in an error, which would be tried again without end.
 *   SQ7  A pod that only waits for something its plugin set going is tried at once when that has come, without backoff.
 *   SQ8  Pods that no plugin rejected (an error, or no node at all) go to backoff.
 *   SQ9  Every move has a cause, which is counted (queue_incoming_pods_total) and kept for people.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { spans } from '../../../base/spans.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import { silentLog } from '../../../base/log.ts'
import type { ClusterEvent } from '../framework/cluster-event.ts'
import { eventLabel } from '../framework/cluster-event.ts'
import { podChanges } from '../framework/object-changes.ts'
import type { Plugin, PreEnqueuePlugin, QueueSortPlugin } from '../framework/plugin.ts'
import type { BackoffLimits } from './backoff.ts'
import { backoffDuration, defaultBackoff, endOfWait, isBackingOff, startOfWindow } from './backoff.ts'
import { Heap } from './heap.ts'
import { InFlightEvents } from './in-flight-events.ts'
import { Nominator } from './nominator.ts'
import type { QueuedPod, QueuePlace } from './queued-pod.ts'
import { WakeTable, type HintWatcher } from './wake-table.ts'

/** As much of a profile as its waiting pods depend on. */
export interface QueueProfile {
  readonly preEnqueue: readonly PreEnqueuePlugin[]
  readonly plugins: readonly Plugin[]
}

export interface QueueOptions {
  readonly clock: Clock
  readonly log?: Log
  readonly sort: QueueSortPlugin
  /** By scheduler name. */
  readonly profiles: ReadonlyMap<string, QueueProfile>
  readonly backoff?: BackoffLimits
  readonly longestUnschedulableMs?: number
  /** SQ9 */
  readonly onMove?: (queue: 'active' | 'backoff' | 'unschedulable', event: string) => void
  readonly onHint?: HintWatcher
}

export interface FailedAttempt {
  readonly rejectedBy: ReadonlySet<string>
  readonly pendingBy?: ReadonlySet<string>
}

const flushEveryMs = 30_000
const defaultLongestUnschedulableMs = 5 * 60_000
const nobody: ReadonlySet<string> = new Set()

const podAdd: ClusterEvent = { resource: 'UnschedulablePod', action: 'Add' }
const timeout: ClusterEvent = { resource: '*', action: '*', label: 'UnschedulableTimeout' }
const forced: ClusterEvent = { resource: '*', action: '*', label: 'ForceActivate' }

type Wake = 'no' | 'after backoff' | 'now'

export class SchedulingQueue {
  readonly nominated = new Nominator()
  readonly #clock: Clock
  readonly #profiles: ReadonlyMap<string, QueueProfile>
  readonly #wakes: WakeTable
  readonly #limits: BackoffLimits
  readonly #longestUnschedulableMs: number
  readonly #onMove: NonNullable<QueueOptions['onMove']>
  readonly #active: Heap<QueuedPod>
  readonly #backoff: Heap<QueuedPod>
  readonly #errorBackoff = new Heap<QueuedPod>((a, b) => a.backoffUntil < b.backoffUntil)
  /** Unschedulable and gated pods. */
  readonly #waiting = new Set<QueuedPod>()
  /** The waiting pods by who rejected them: profile and plugin. */
  readonly #byRejector = new Map<string, Set<QueuedPod>>()
  readonly #all = new Map<string, QueuedPod>()
  readonly #inFlight = new InFlightEvents()
  #flushedAt: number
  #waiter: ((pod: QueuedPod) => void) | undefined
  #timer: Disposable | undefined

  constructor(options: QueueOptions) {
    this.#clock = options.clock
    this.#profiles = options.profiles
    this.#wakes = new WakeTable([...options.profiles].map(([name, { plugins }]) => [name, plugins] as const), { log: options.log ?? silentLog, clock: options.clock, ...(options.onHint === undefined ? {} : { onHint: options.onHint }) })
    this.#limits = options.backoff ?? defaultBackoff
    this.#longestUnschedulableMs = options.longestUnschedulableMs ?? defaultLongestUnschedulableMs
    this.#onMove = options.onMove ?? (() => {})
    this.#active = new Heap((a, b) => options.sort.less(a, b)) // SQ1
    this.#backoff = new Heap((a, b) => (a.backoffUntil === b.backoffUntil ? options.sort.less(a, b) : a.backoffUntil < b.backoffUntil))
    this.#flushedAt = options.clock.now()
  }

  /** A pod without a node appeared. */
  add(pod: Pod): void {
    const known = this.#all.get(pod.metadata.uid)
    if (known !== undefined) this.update(known.pod, pod)
    else this.#add(pod, podAdd)
  }

  update(before: Pod, pod: Pod): void {
    const { uid } = pod.metadata
    const queued = this.#all.get(uid)
    if (queued === undefined) {
      this.#add(pod, { resource: 'UnschedulablePod', action: 'Update' })
      return
    }
    this.nominated.seen(before, pod)
    const heap = [this.#active, this.#backoff, this.#errorBackoff].find(candidate => candidate.has(queued))
    if (heap !== undefined) {
      heap.delete(queued)
      queued.pod = pod
      heap.push(queued)
      return
    }
    const events = podChanges(before, pod)
    if (!this.#waiting.has(queued)) {
      if (this.#inFlight.has(uid)) for (const event of events) this.#inFlight.happened({ event, before, after: pod, onlyFor: uid }) // SQ4
      return
    }
    queued.pod = pod
    for (const event of events) {
      this.#wake(queued, event, before, pod)
      if (!this.#waiting.has(queued)) break
    }
    this.#serve()
  }

  delete(uid: string): void {
    this.nominated.forget(uid)
    const queued = this.#all.get(uid)
    if (queued === undefined) return
    this.#all.delete(uid)
    this.#leave(queued)
  }

  /** The next pod to try, if there is one. Call `done` or `failed` for it afterwards. */
  take(): QueuedPod | undefined {
    this.#flush()
    let queued = this.#active.pop()
    if (queued === undefined) {
      queued = this.#backoff.pop() // SQ6
      if (queued !== undefined) this.#moved(queued, 'active', 'PopFromBackoffQ', null)
    }
    if (queued === undefined) return undefined
    queued.attempts++
    queued.rejectedBy = nobody
    queued.pendingBy = nobody
    queued.firstActiveAt ??= this.#clock.now()
    this.#inFlight.taken(queued.pod.metadata.uid)
    return queued
  }

  /** Resolves with the next pod to try; rejects when the signal aborts. */
  next(signal: AbortSignal): Promise<QueuedPod> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error)
        return
      }
      const onAbort = () => {
        this.#waiter = undefined
        this.#timer?.[Symbol.dispose]()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiter = queued => {
        signal.removeEventListener('abort', onAbort)
        resolve(queued)
      }
      this.#serve()
    })
  }

  /** The attempt can no longer end as unschedulable: what happens from now on need not be remembered for the pod. */
  forgetEvents(uid: string): void {
    this.#inFlight.done(uid)
  }

  /** The pod got a node (or went away): it leaves the queue. */
  done(uid: string): void {
    this.#inFlight.done(uid)
    this.#all.delete(uid)
  }

  /** The attempt failed: by these plugins' rejection, or with an error when there are none. `pod` is the latest that is known of it. */
  failed(queued: QueuedPod, { rejectedBy, pendingBy = nobody }: FailedAttempt, pod: Pod = queued.pod): void {
    const { uid } = pod.metadata
    const missed = this.#inFlight.seenBy(uid)
    this.#inFlight.done(uid)
    if (!this.#all.has(uid)) return
    queued.pod = pod
    queued.rejectedBy = rejectedBy
    queued.pendingBy = pendingBy
    const isError = rejectedBy.size === 0 && pendingBy.size === 0
    queued.unschedulableCount += isError ? 0 : 1
    queued.errorsInARow = isError ? queued.errorsInARow + 1 : 0
    queued.queuedAt = this.#clock.now()
    queued.flushed = false
    const backoffMs = backoffDuration(queued, this.#limits)
    queued.backoffUntil = backoffMs === 0 ? 0 : startOfWindow(queued.queuedAt + backoffMs)
    this.#requeue(queued, isError ? 'after backoff' : this.#wakeOfAny(queued, missed), 'ScheduleAttemptFailure', null) // SQ4 SQ8
    this.#serve()
  }

  /** The cluster changed: wakes the pods it may help, of those that `only` lets pass. */
  changed(event: ClusterEvent, before?: unknown, after?: unknown, { only }: { readonly only?: (pod: Pod) => boolean } = {}): void {
    if (!this.#wakes.isHeard(event)) return
    this.#inFlight.happened({ event, before, after })
    if (this.#waiting.size === 0) return
    for (const queued of this.#hearers(event)) if (only?.(queued.pod) ?? true) this.#wake(queued, event, before, after)
    this.#serve()
  }

  /** Brings a pod from wherever it waits into the active queue. */
  activate(pod: Pod): void {
    const queued = this.#all.get(pod.metadata.uid)
    if (queued === undefined) return
    if (this.#inFlight.has(pod.metadata.uid)) this.#inFlight.happened({ event: forced, before: undefined, after: pod, onlyFor: pod.metadata.uid })
    else if (!this.#active.has(queued)) {
      const wasChecked = this.#backoff.has(queued) || this.#errorBackoff.has(queued)
      this.#leave(queued)
      this.#toActive(queued, 'ForceActivate', null, wasChecked)
      this.#serve()
    }
  }

  place(uid: string): QueuePlace | undefined {
    const queued = this.#all.get(uid)
    if (queued === undefined) return undefined
    if (this.#active.has(queued)) return 'active'
    if (this.#backoff.has(queued) || this.#errorBackoff.has(queued)) return 'backoff'
    if (this.#waiting.has(queued)) return queued.gate === null ? 'unschedulable' : 'gated'
    return 'in-flight'
  }

  counts(): Readonly<Record<QueuePlace, number>> {
    this.#flush()
    let gated = 0
    for (const queued of this.#waiting) if (queued.gate !== null) gated++
    const active = this.#active.size
    const backoff = this.#backoff.size + this.#errorBackoff.size
    return { active, backoff, unschedulable: this.#waiting.size - gated, gated, 'in-flight': this.#all.size - active - backoff - this.#waiting.size }
  }

  /** How many waiting pods each plugin of each profile rejected. */
  rejections(): readonly { readonly profile: string; readonly plugin: string; readonly pods: number }[] {
    return [...this.#byRejector].map(([key, pods]) => ({ profile: key.slice(0, key.indexOf('\n')), plugin: key.slice(key.indexOf('\n') + 1), pods: pods.size }))
  }

  /** Events kept for pods in flight, by label. */
  keptEvents(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { event } of this.#inFlight.events) counts.set(eventLabel(event), (counts.get(eventLabel(event)) ?? 0) + 1)
    return counts
  }

  get(uid: string): QueuedPod | undefined {
    return this.#all.get(uid)
  }

  all(): readonly QueuedPod[] {
    return [...this.#all.values()]
  }

  #add(pod: Pod, event: ClusterEvent): void {
    const now = this.#clock.now()
    const queued: QueuedPod = {
      pod, profile: pod.spec.schedulerName ?? 'default-scheduler', queuedAt: now, firstActiveAt: null, attempts: 0, unschedulableCount: 0, errorsInARow: 0, backoffUntil: 0,
      rejectedBy: nobody, pendingBy: nobody, gate: null, flushed: false, lastMove: { event: eventLabel(event), plugin: null, atMs: now },
    }
    this.#all.set(pod.metadata.uid, queued)
    this.nominated.seen(undefined, pod)
    this.#toActive(queued, eventLabel(event), null)
    this.#serve()
  }

  /** Waiting pods that some plugin which rejected them hears this event for. */
  #hearers(event: ClusterEvent): readonly QueuedPod[] {
    if (event.resource === '*') return [...this.#waiting]
    const found = new Set<QueuedPod>()
    for (const [key, pods] of this.#byRejector) {
      const split = key.indexOf('\n')
      if (this.#wakes.listens(key.slice(0, split), key.slice(split + 1), event)) for (const queued of pods) found.add(queued)
    }
    return [...found]
  }

  #wake(queued: QueuedPod, event: ClusterEvent, before: unknown, after: unknown): void {
    if (queued.gate !== null && !this.#wakes.listens(queued.profile, queued.gate.plugin, event)) return // SQ5
    const { wake, plugin } = this.#wakeOf(queued, event, before, after)
    if (wake === 'no') return
    this.#leave(queued)
    this.#requeue(queued, wake, eventLabel(event), plugin)
  }

  #wakeOf(queued: QueuedPod, event: ClusterEvent, before: unknown, after: unknown): { wake: Wake; plugin: string | null } {
    if (queued.rejectedBy.size === 0 && queued.pendingBy.size === 0) return { wake: 'after backoff', plugin: null }
    if (event.resource === '*') return { wake: 'after backoff', plugin: null }
    const hinted = (plugin: string) => this.#wakes.hint(queued.profile, plugin, event, queued.pod, before, after) === 'Queue'
    for (const plugin of queued.pendingBy) if (hinted(plugin)) return { wake: 'now', plugin } // SQ7
    for (const plugin of queued.rejectedBy) if (hinted(plugin)) return { wake: 'after backoff', plugin }
    return { wake: 'no', plugin: null }
  }

  /** SQ4 */
  #wakeOfAny(queued: QueuedPod, missed: ReturnType<InFlightEvents['seenBy']>): Wake {
    let strongest: Wake = 'no'
    for (const { event, before, after } of missed) {
      const { wake } = this.#wakeOf(queued, event, before, after)
      if (wake === 'now') return wake
      if (wake !== 'no') strongest = wake
    }
    return strongest
  }

  #requeue(queued: QueuedPod, wake: Wake, event: string, plugin: string | null): void {
    if (wake === 'no') this.#toWaiting(queued, event)
    else if (wake === 'after backoff' && isBackingOff(queued.backoffUntil, this.#clock.now())) this.#toBackoff(queued, event, plugin)
    else this.#toActive(queued, event, plugin)
  }

  #toActive(queued: QueuedPod, event: string, plugin: string | null, wasChecked = false): void {
    if (!wasChecked && this.#isGated(queued)) { // SQ5
      this.#toWaiting(queued, event)
      return
    }
    queued.firstActiveAt ??= this.#clock.now()
    this.#active.push(queued)
    this.#moved(queued, 'active', event, plugin)
  }

  #toBackoff(queued: QueuedPod, event: string, plugin: string | null): void {
    if (this.#isGated(queued)) {
      this.#toWaiting(queued, event)
      return
    }
    const isError = queued.rejectedBy.size === 0 && queued.pendingBy.size === 0
    ;(isError ? this.#errorBackoff : this.#backoff).push(queued) // SQ6
    this.#moved(queued, 'backoff', event, plugin)
  }

  #toWaiting(queued: QueuedPod, event: string): void {
    this.#waiting.add(queued)
    for (const plugin of [...queued.rejectedBy, ...queued.pendingBy]) {
      const key = `${queued.profile}\n${plugin}`
      const pods = this.#byRejector.get(key)
      if (pods === undefined) this.#byRejector.set(key, new Set([queued]))
      else pods.add(queued)
    }
    this.#moved(queued, 'unschedulable', event, null)
  }

  /** SQ5: the plugin that held it is asked first, because it will most likely hold it again. */
  #isGated(queued: QueuedPod): boolean {
    const plugins = this.#profiles.get(queued.profile)?.preEnqueue ?? []
    const held = queued.gate?.plugin
    const inOrder = held === undefined ? plugins : [...plugins].sort((a, b) => Number(b.name === held) - Number(a.name === held))
    for (const plugin of inOrder) {
      const verdict = plugin.preEnqueue(queued.pod)
      if (verdict.fits) continue
      queued.gate = { plugin: plugin.name, reasons: verdict.reasons }
      queued.rejectedBy = new Set([...queued.rejectedBy, plugin.name])
      return true
    }
    queued.gate = null
    return false
  }

  #leave(queued: QueuedPod): void {
    if (this.#active.delete(queued) || this.#backoff.delete(queued) || this.#errorBackoff.delete(queued)) return
    if (!this.#waiting.delete(queued)) return
    for (const plugin of [...queued.rejectedBy, ...queued.pendingBy]) {
      const key = `${queued.profile}\n${plugin}`
      const pods = this.#byRejector.get(key)
      pods?.delete(queued)
      if (pods?.size === 0) this.#byRejector.delete(key)
    }
  }

  /** SQ9 */
  #moved(queued: QueuedPod, to: 'active' | 'backoff' | 'unschedulable', event: string, plugin: string | null): void {
    queued.lastMove = { event, plugin, atMs: this.#clock.now() }
    if (spans.on) queued.movedWithin = spans.current()
    this.#onMove(to, event)
  }

  #serve(): void {
    const waiter = this.#waiter
    if (waiter === undefined) return
    const queued = this.take()
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    if (queued === undefined) {
      this.#wakeAtNextDeadline()
      return
    }
    this.#waiter = undefined
    waiter(queued)
  }

  #flush(): void {
    const now = this.#clock.now()
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (let first = heap.peek(); first !== undefined && !isBackingOff(first.backoffUntil, now); first = heap.peek()) {
        heap.delete(first)
        this.#toActive(first, 'BackoffComplete', null, true)
      }
    }
    if (now - this.#flushedAt < flushEveryMs) return
    this.#flushedAt = now
    for (const queued of [...this.#waiting]) {
      if (now - queued.queuedAt <= this.#longestUnschedulableMs) continue
      queued.flushed = true
      this.#wake(queued, timeout, undefined, undefined) // SQ3
    }
  }

  #wakeAtNextDeadline(): void {
    const now = this.#clock.now()
    const ends = [this.#backoff, this.#errorBackoff].flatMap(heap => heap.peek() ?? []).map(first => endOfWait(first.backoffUntil))
    if (this.#waiting.size > 0) ends.push(this.#flushedAt + flushEveryMs)
    if (ends.length > 0) this.#timer = this.#clock.after(Math.max(0, Math.min(...ends) - now), () => { this.#serve() })
  }
}
