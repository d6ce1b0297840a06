/**
 * Where pods wait to be scheduled. Upstream: pkg/scheduler/backend/queue.
 *
 *   SQ1  active: ready to be tried, highest priority first, then who waited longest.
 *   SQ2  backoff: tried and failed; 1 s after the first failure, doubling to 10 s.
 *   SQ3  unschedulable: waits for a change of the cluster that a plugin which rejected it named (wakeOn), at most 5 minutes.
 *   SQ4  A change that happens while a pod is being tried is not missed: such a pod goes to backoff, not to unschedulable.
 *   SQ5  gated: pods that a gate plugin holds; they come back when the pod changes.
 *   SQ6  When nothing is active, the pod whose backoff ends first is tried early rather than leaving the scheduler idle;
 *        not one whose last try ended in an error, which would be tried again without end.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import type { ClusterEvent, WakeEvent } from '../framework/cluster-event.ts'
import { hears } from '../framework/cluster-event.ts'
import type { Plugin, PreEnqueuePlugin } from '../framework/plugin.ts'
import { podFacts } from '../snapshot/pod-facts.ts'
import { Heap } from './heap.ts'

export interface QueuedPod {
  pod: Pod
  readonly enteredAt: number
  /** When it last entered the active queue. */
  queuedAt: number
  attempts: number
  backoffUntil: number
  rejectedBy: ReadonlySet<string>
  waitingSince: number
}

const firstBackoffMs = 1_000
const longestBackoffMs = 10_000
const longestUnschedulableMs = 5 * 60_000

export type QueuePlace = 'active' | 'backoff' | 'unschedulable' | 'gated' | 'in-flight'

export class SchedulingQueue {
  readonly #clock: Clock
  readonly #gates: readonly PreEnqueuePlugin[]
  readonly #wakesBy: ReadonlyMap<string, readonly WakeEvent[]>
  readonly #active = new Heap<QueuedPod>((a, b) => {
    const difference = podFacts(a.pod).priority - podFacts(b.pod).priority
    return difference !== 0 ? difference > 0 : a.queuedAt < b.queuedAt // SQ1
  })
  readonly #backoff = new Heap<QueuedPod>((a, b) => a.backoffUntil < b.backoffUntil)
  readonly #unschedulable = new Map<string, QueuedPod>()
  readonly #gated = new Map<string, QueuedPod>()
  readonly #all = new Map<string, QueuedPod>()
  readonly #inFlight = new Map<string, { missed: ClusterEvent[] }>()
  #waiter: ((pod: QueuedPod) => void) | undefined
  #timer: Disposable | undefined

  constructor(options: { clock: Clock; gates: readonly PreEnqueuePlugin[]; plugins: readonly Plugin[] }) {
    this.#clock = options.clock
    this.#gates = options.gates
    this.#wakesBy = new Map(options.plugins.map(plugin => [plugin.name, plugin.wakeOn ?? []]))
  }

  /** A pod without a node appeared. */
  add(pod: Pod): void {
    if (this.#all.has(pod.metadata.uid)) {
      this.update(pod)
      return
    }
    const now = this.#clock.now()
    const queued: QueuedPod = { pod, enteredAt: now, queuedAt: now, attempts: 0, backoffUntil: 0, rejectedBy: new Set(), waitingSince: now }
    this.#all.set(pod.metadata.uid, queued)
    this.#admit(queued)
  }

  update(pod: Pod): void {
    const queued = this.#all.get(pod.metadata.uid)
    if (queued === undefined) {
      this.add(pod)
      return
    }
    const specChanged = queued.pod.metadata.generation !== pod.metadata.generation || JSON.stringify(queued.pod.metadata.labels) !== JSON.stringify(pod.metadata.labels) || (queued.pod.spec.schedulingGates ?? []).length !== (pod.spec.schedulingGates ?? []).length
    if (this.#active.has(queued)) {
      this.#active.delete(queued)
      queued.pod = pod
      this.#active.push(queued)
      return
    }
    queued.pod = pod
    if (this.#gated.delete(pod.metadata.uid)) this.#admit(queued) // SQ5
    else if (specChanged && this.#unschedulable.delete(pod.metadata.uid)) this.#wake(queued)
  }

  delete(uid: string): void {
    const queued = this.#all.get(uid)
    if (queued === undefined) return
    this.#all.delete(uid)
    this.#inFlight.delete(uid)
    this.#active.delete(queued)
    this.#backoff.delete(queued)
    this.#unschedulable.delete(uid)
    this.#gated.delete(uid)
  }

  /** Resolves with the next pod to try; rejects when the signal aborts. Call `done` or `failed` for it afterwards. */
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

  /** The pod got a node (or went away): it leaves the queue. */
  done(uid: string): void {
    this.#inFlight.delete(uid)
    this.#all.delete(uid)
  }

  /** The attempt failed: by these plugins' rejection, or with an error when the set is empty. */
  failed(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    const uid = queued.pod.metadata.uid
    const flight = this.#inFlight.get(uid)
    this.#inFlight.delete(uid)
    if (!this.#all.has(uid)) return
    queued.rejectedBy = rejectedBy
    queued.waitingSince = this.#clock.now()
    queued.backoffUntil = queued.waitingSince + Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.max(0, queued.attempts - 1)) // SQ2
    const missed = flight?.missed.some(event => this.#concerns(queued, event)) ?? false
    if (rejectedBy.size === 0 || missed) this.#backoff.push(queued) // SQ4
    else this.#unschedulable.set(uid, queued) // SQ3
    this.#serve()
  }

  /** The cluster changed: wakes the pods it may help. */
  changed(event: ClusterEvent): void {
    for (const flight of this.#inFlight.values()) flight.missed.push(event)
    for (const [uid, queued] of this.#unschedulable) {
      if (!this.#concerns(queued, event)) continue
      this.#unschedulable.delete(uid)
      this.#wake(queued)
    }
  }

  place(uid: string): QueuePlace | undefined {
    const queued = this.#all.get(uid)
    if (queued === undefined) return undefined
    if (this.#inFlight.has(uid)) return 'in-flight'
    if (this.#active.has(queued)) return 'active'
    if (this.#backoff.has(queued)) return 'backoff'
    return this.#gated.has(uid) ? 'gated' : 'unschedulable'
  }

  counts(): Readonly<Record<QueuePlace, number>> {
    return { active: this.#active.size, backoff: this.#backoff.size, unschedulable: this.#unschedulable.size, gated: this.#gated.size, 'in-flight': this.#inFlight.size }
  }

  all(): readonly QueuedPod[] {
    return [...this.#all.values()]
  }

  #concerns(queued: QueuedPod, event: ClusterEvent): boolean {
    for (const plugin of queued.rejectedBy) {
      const wakes = this.#wakesBy.get(plugin)
      if (wakes === undefined || wakes.some(wake => hears(wake, event))) return true
    }
    return false
  }

  #admit(queued: QueuedPod): void {
    if (this.#gates.some(gate => !gate.preEnqueue(queued.pod).fits)) {
      this.#gated.set(queued.pod.metadata.uid, queued) // SQ5
      return
    }
    this.#activate(queued)
  }

  #wake(queued: QueuedPod): void {
    if (queued.backoffUntil > this.#clock.now()) this.#backoff.push(queued)
    else this.#activate(queued)
    this.#serve()
  }

  #activate(queued: QueuedPod): void {
    queued.queuedAt = this.#clock.now()
    this.#active.push(queued)
    this.#serve()
  }

  #serve(): void {
    this.#flush()
    const waiter = this.#waiter
    if (waiter === undefined) return
    const queued = this.#active.pop() ?? ((this.#backoff.peek()?.rejectedBy.size ?? 0) > 0 ? this.#backoff.pop() : undefined) // SQ6
    if (queued === undefined) {
      this.#wakeAtNextDeadline()
      return
    }
    this.#waiter = undefined
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    queued.attempts++
    this.#inFlight.set(queued.pod.metadata.uid, { missed: [] })
    waiter(queued)
  }

  #flush(): void {
    const now = this.#clock.now()
    for (let first = this.#backoff.peek(); first !== undefined && first.backoffUntil <= now; first = this.#backoff.peek()) {
      this.#backoff.delete(first)
      first.queuedAt = now
      this.#active.push(first)
    }
    for (const [uid, queued] of this.#unschedulable) {
      if (now - queued.waitingSince < longestUnschedulableMs) continue
      this.#unschedulable.delete(uid) // SQ3
      queued.queuedAt = now
      this.#active.push(queued)
    }
  }

  #wakeAtNextDeadline(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    let oldest = Number.POSITIVE_INFINITY
    for (const queued of this.#unschedulable.values()) oldest = Math.min(oldest, queued.waitingSince)
    const backoffEnds = this.#backoff.peek()?.backoffUntil ?? Number.POSITIVE_INFINITY
    const next = Math.min(backoffEnds, Math.max(oldest + longestUnschedulableMs, this.#clock.now() + 1_000))
    if (next === Number.POSITIVE_INFINITY) return
    this.#timer = this.#clock.after(Math.max(0, next - this.#clock.now()), () => { this.#serve() })
  }
}
