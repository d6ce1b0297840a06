/**
 * Pods that Permit plugins told to wait. Upstream: framework/runtime/waiting_pods_map.go.
 *
 *   WP1  A pod goes on when every plugin that asked it to wait has allowed it, and is rejected by the first that rejects.
 *   WP2  A plugin that says nothing within its time rejects; no plugin may ask for more than 15 minutes.
 *   WP3  The first decision counts; what comes after it changes nothing.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import { durationText } from '../../../base/duration.ts'
import type { WaitingPod } from '../framework/plugin-handle.ts'
import type { NodeRejection } from '../framework/plugin.ts'

export type PermitDecision =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'rejected'; readonly rejection: NodeRejection }
  | { readonly kind: 'preempted'; readonly message: string }

const longestWaitMs = 15 * 60_000

export class WaitingPods {
  readonly #pods = new Map<string, Waiting>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get(uid: string): WaitingPod | undefined {
    return this.#pods.get(uid)
  }

  all(): readonly WaitingPod[] {
    return [...this.#pods.values()]
  }

  /** `timeouts` by plugin, in milliseconds. */
  add(pod: Pod, node: string, timeouts: ReadonlyMap<string, number>): void {
    this.#pods.set(pod.metadata.uid, new Waiting(pod, node, timeouts, this.#clock))
  }

  /** Resolves at once for a pod that nobody told to wait. */
  async decision(uid: string): Promise<PermitDecision> {
    const waiting = this.#pods.get(uid)
    if (waiting === undefined) return { kind: 'allowed' }
    try {
      return await waiting.decision
    } finally {
      this.#pods.delete(uid)
    }
  }

  /** Ends all waits: the scheduler stops. */
  clear(): void {
    for (const waiting of this.#pods.values()) waiting.preempt('the scheduler is stopping')
  }
}

class Waiting implements WaitingPod {
  readonly pod: Pod
  readonly node: string
  readonly decision: Promise<PermitDecision>
  readonly #timers = new Map<string, Disposable>()
  #decide: ((decision: PermitDecision) => void) | undefined

  constructor(pod: Pod, node: string, timeouts: ReadonlyMap<string, number>, clock: Clock) {
    this.pod = pod
    this.node = node
    const { promise, resolve } = Promise.withResolvers<PermitDecision>()
    this.decision = promise
    this.#decide = resolve
    for (const [plugin, askedMs] of timeouts) {
      const waitMs = Math.min(askedMs, longestWaitMs) // WP2
      this.#timers.set(plugin, clock.after(waitMs, () => { this.reject(plugin, `rejected due to timeout after waiting ${durationText(waitMs)} at plugin ${plugin}`) }))
    }
  }

  get pendingPlugins(): readonly string[] {
    return [...this.#timers.keys()]
  }

  allow(plugin: string): void {
    this.#timers.get(plugin)?.[Symbol.dispose]()
    this.#timers.delete(plugin)
    if (this.#timers.size === 0) this.#end({ kind: 'allowed' }) // WP1
  }

  reject(plugin: string, message: string): boolean {
    return this.#end({ kind: 'rejected', rejection: { fits: false, plugin, reasons: [message], curable: true } })
  }

  preempt(message: string): boolean {
    return this.#end({ kind: 'preempted', message })
  }

  /** WP3 */
  #end(decision: PermitDecision): boolean {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]()
    const decide = this.#decide
    this.#decide = undefined
    decide?.(decision)
    return decide !== undefined
  }
}
