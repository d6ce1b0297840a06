/**
 * What happened in the cluster while pods are being tried, so that none of it is missed when one of them fails.
 *
 *   IF1  Events are kept once for all pods in flight; a pod sees those since it was taken.
 *   IF2  What no pod in flight needs any more is forgotten.
 *   IF3  An update of a pod in flight is seen by that pod alone.
 */
import type { ClusterEvent } from '../framework/cluster-event.ts'

export interface HappenedEvent {
  readonly event: ClusterEvent
  readonly before: unknown
  readonly after: unknown
  /** IF3: the uid of the only pod that sees it. */
  readonly onlyFor?: string
}

export class InFlightEvents {
  /** Position of the next event at the time a pod was taken, in the order of taking. */
  readonly #since = new Map<string, number>()
  #events: HappenedEvent[] = []
  /** Position of #events[0]. */
  #base = 0

  get pods(): number {
    return this.#since.size
  }

  get events(): readonly HappenedEvent[] {
    return this.#events
  }

  has(uid: string): boolean {
    return this.#since.has(uid)
  }

  taken(uid: string): void {
    this.#since.set(uid, this.#base + this.#events.length)
  }

  happened(event: HappenedEvent): void {
    if (this.#since.size > 0) this.#events.push(event)
  }

  /** IF1 */
  seenBy(uid: string): readonly HappenedEvent[] {
    const since = this.#since.get(uid)
    if (since === undefined) return []
    return this.#events.slice(since - this.#base).filter(({ onlyFor }) => onlyFor === undefined || onlyFor === uid)
  }

  /** The pod is no longer being tried. */
  done(uid: string): void {
    if (!this.#since.delete(uid)) return
    const oldest: number = this.#since.values().next().value ?? this.#base + this.#events.length // taken in order, so the first is the oldest
    if (oldest === this.#base) return
    this.#events = oldest >= this.#base + this.#events.length ? [] : this.#events.slice(oldest - this.#base) // IF2
    this.#base = oldest
  }
}
