/**
 * Node ports: one record in the store says which are taken, so that no two API servers give out the same.
 * Upstream: pkg/registry/core/service/allocator/storage/storage.go, portallocator/{allocator,operation}.go.
 *
 *   NP1  Every taking and giving back is one conditional write of the record; whoever loses the race reads it anew.
 *   NP2  "taken" and "full" are said only of a record read just now, never of one remembered.
 *   NP3  Until the repair loop has made the record, nothing is given out; a record of another range neither.
 *   NP4  One server's own changes wait for each other instead of racing.
 */
import type { Random } from '../../../base/random.ts'
import { ApiError } from '../http/api-error.ts'
import type { Storage } from '../storage/storage.ts'
import { isWithin, readRange, renderRange, spanText } from './port-range.ts'
import type { PortSpan } from './port-range.ts'
import { pickFree } from './pick-free.ts'

export const portRangeKey = '/registry/ranges/servicenodeports'

export type PortVerdict = 'allocated' | 'taken' | 'out of range'

interface Known {
  readonly revision: number
  readonly ports: ReadonlySet<number>
}

type Change = (ports: ReadonlySet<number>) => ReadonlySet<number> | undefined

export class NodePorts {
  readonly span: PortSpan
  readonly #storage: Storage
  readonly #random: Random
  readonly #band: number
  #known: Known | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(span: PortSpan, storage: Storage, random: Random) {
    this.span = span
    this.#storage = storage
    this.#random = random
    this.#band = span.size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(span.size / 32)), 128)
  }

  async take(port: number): Promise<PortVerdict> {
    if (!isWithin(this.span, port)) return 'out of range'
    let verdict: PortVerdict = 'taken'
    await this.#change(ports => {
      verdict = ports.has(port) ? 'taken' : 'allocated'
      return verdict === 'taken' ? undefined : new Set([...ports, port])
    })
    return verdict
  }

  /** A free port from above the static band while there is one; undefined when all are taken. */
  async takeAny(): Promise<number | undefined> {
    let taken: number | undefined
    await this.#change(ports => {
      const isFree = (offset: number) => !ports.has(this.span.first + offset)
      const offset = pickFree(this.#random, this.#band, this.span.size - 1, isFree) ?? pickFree(this.#random, 0, this.#band - 1, isFree)
      taken = offset === undefined ? undefined : this.span.first + offset
      return taken === undefined ? undefined : new Set([...ports, taken])
    })
    return taken
  }

  async giveBack(given: readonly number[]): Promise<void> {
    if (given.length === 0) return
    await this.#change(ports => (given.some(port => ports.has(port)) ? new Set([...ports].filter(port => !given.includes(port))) : undefined))
  }

  /** For dry runs: whether it is taken as far as is known. */
  async has(port: number): Promise<boolean> {
    return (await this.#read()).ports.has(port)
  }

  async #change(decide: Change): Promise<void> {
    const before = this.#last // NP4
    const done = Promise.withResolvers<void>()
    this.#last = done.promise
    await before
    try {
      await this.#changeNow(decide)
    } finally {
      done.resolve()
    }
  }

  async #changeNow(decide: Change): Promise<void> {
    let isFresh = this.#known === undefined
    let known = this.#known ?? (await this.#read())
    for (;;) {
      const next = decide(known.ports)
      if (next === undefined) {
        if (isFresh) return
        known = await this.#read() // NP2
        isFresh = true
        continue
      }
      const written = await this.#storage.put(portRangeKey, renderRange(this.span, next), known.revision) // NP1
      if (written.ok) {
        this.#known = { revision: written.revision, ports: next }
        return
      }
      known = await this.#read()
      isFresh = true
    }
  }

  async #read(): Promise<Known> {
    const { value } = await this.#storage.get(portRangeKey)
    const stored = value === undefined ? undefined : readRange(value.value)
    if (value === undefined || stored?.range !== spanText(this.span)) { // NP3
      this.#known = undefined
      throw new ApiError('InternalError', stored === undefined ? 'cannot allocate resources of type servicenodeportallocations at this time' : `the stored range of node ports is ${stored.range}, not ${spanText(this.span)}; it is being repaired`)
    }
    this.#known = { revision: value.revision, ports: stored.ports }
    return this.#known
  }
}
