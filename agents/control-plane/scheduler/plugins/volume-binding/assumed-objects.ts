/**
 * Objects as they will be once what was decided is written: a volume promised to a claim, a claim promised a node. The
 * next cycle must not promise them again. Upstream: pkg/scheduler/util/assumecache.
 *
 *   AO1  An assumption holds until the cache delivers another version of the object than the one it was made on.
 *   AO2  Restoring forgets the assumption.
 */
interface Versioned {
  readonly metadata: { readonly resourceVersion: string }
}

export class AssumedObjects<T extends Versioned> {
  readonly #assumed = new Map<string, { readonly object: T; readonly madeOn: string }>()

  get size(): number {
    return this.#assumed.size
  }

  /** The assumed form of an object that the cache has (AO1). */
  of(key: string, live: T): T {
    const assumption = this.#assumed.get(key)
    if (assumption === undefined) return live
    if (assumption.madeOn === live.metadata.resourceVersion) return assumption.object
    this.#assumed.delete(key)
    return live
  }

  assume(key: string, live: T, object: T): void {
    this.#assumed.set(key, { object, madeOn: live.metadata.resourceVersion })
  }

  /** AO2 */
  restore(key: string): void {
    this.#assumed.delete(key)
  }
}
