/**
 * What a benchmark has started, where whoever interrupts it can reach it: processes, machines, folders. A `using` alone is not
 * enough, since its end is reached only by work that goes on.
 *
 *   BE1  Whatever is owned ends once: where its `using` ends, or with all the others, the last that was started first.
 *   BE2  What is still starting ends as soon as it is there.
 *   BE3  One that fails to end does not keep the others; the first failure is told when all have been tried.
 */
export class Belongings implements AsyncDisposable {
  readonly #owned: Promise<AsyncDisposable>[] = []

  /** Answers what was started; it is for an `await using` of whoever needs it no longer than that. */
  own<T extends AsyncDisposable>(starting: Promise<T>): Promise<T> {
    const owned = starting.then(endsOnce)
    owned.catch(() => {}) // the caller is told
    this.#owned.push(owned)
    return owned
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = []
    for (const owned of this.#owned.splice(0).reverse()) {
      const thing = await owned.catch(() => undefined) // BE2: what never was there needs no end
      try {
        await thing?.[Symbol.asyncDispose]()
      } catch (error) {
        failures.push(error) // BE3
      }
    }
    if (failures.length > 0) throw failures[0] instanceof Error ? failures[0] : new Error(String(failures[0]))
  }
}

/** BE1 */
function endsOnce<T extends AsyncDisposable>(thing: T): T {
  const end = thing[Symbol.asyncDispose].bind(thing)
  let ended: PromiseLike<void> | undefined
  Object.defineProperty(thing, Symbol.asyncDispose, { value: () => ended ??= end() })
  return thing
}
