/**
 * Whatever must end has an owner from birth. A Lifetime owns disposables and an abort signal; ending it aborts the
 * signal first, then disposes in reverse order of ownership. Ending twice is harmless.
 */
export class Lifetime implements AsyncDisposable {
  readonly #abort = new AbortController()
  readonly #owned: (() => void | Promise<void>)[] = []
  #ended: Promise<void> | undefined

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get isOver(): boolean {
    return this.#ended !== undefined
  }

  own<T extends Disposable | AsyncDisposable>(thing: T): T {
    this.onEnd(() => (Symbol.asyncDispose in thing ? Promise.resolve(thing[Symbol.asyncDispose]()) : thing[Symbol.dispose]()))
    return thing
  }

  onEnd(callback: () => void | Promise<void>): void {
    if (this.#ended !== undefined) void Promise.resolve(callback()).catch(() => {})
    else this.#owned.push(callback)
  }

  child(): Lifetime {
    return this.own(new Lifetime())
  }

  end(reason: Error = new Error('ended')): Promise<void> {
    this.#ended ??= this.#finish(reason)
    return this.#ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }

  async #finish(reason: Error): Promise<void> {
    this.#abort.abort(reason)
    const failures: unknown[] = []
    for (const callback of this.#owned.reverse()) {
      try {
        await callback()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be ended')
  }
}
