/**
 * Reads the spans of every component while somebody holds it.
 *
 *   SC1  Each component is read by itself, twice a second; one that does not answer holds up nobody and is asked again
 *        a little later. Why it is silent is kept until it answers.
 *   SC2  A few seconds after the last holder let go the reading ends, and with it, within a minute, the recording: who comes
 *        again at once misses nothing.
 *   SC3  A component's clock is compared with ours at every reading; a difference that the way there explains is none.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import { sleep } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import { decodeSpans } from '../../../agents/wire/otlp/otlp-json.ts'
import type { OtlpTraces } from '../../../agents/wire/otlp/otlp-json.ts'
import { SpanStore } from './span-store.ts'

export interface SpanSource {
  /** As a lab names it: "etcd", "kubelet@node-1". */
  readonly name: string
  readonly component: string
  readonly node: string | null
  /** What the component answers at /debug/inspect/spans/<cursor>. */
  read(cursor: string | null): Promise<unknown>
}

interface SpanReading extends OtlpTraces {
  readonly next?: string
  readonly nowUnixMs?: number
}

const everyMs = 500
const silentPauseMs = 2_000
const leastOffsetMs = 5
const lingerMs = 5_000

export class SpanCollector {
  spans = new SpanStore()
  readonly #clock: Clock
  readonly #sources: () => readonly SpanSource[]
  readonly #silent = new Map<string, string>()
  readonly #reading = new Set<string>()
  #holders = 0
  #stop: AbortController | undefined
  #letGo: Disposable | undefined
  #first = Promise.withResolvers<void>()

  constructor(deps: { readonly clock: Clock; readonly sources: () => readonly SpanSource[] }) {
    this.#clock = deps.clock
    this.#sources = deps.sources
  }

  get silent(): readonly { readonly component: string; readonly reason: string }[] {
    return [...this.#silent].map(([component, reason]) => ({ component, reason }))
  }

  /** Reads until disposed of. Resolves when every component was asked once: from then on nothing is missed. */
  async hold(): Promise<Disposable> {
    this.#holders++
    this.#letGo?.[Symbol.dispose]()
    this.#letGo = undefined
    if (this.#stop === undefined) this.#start()
    await this.#first.promise
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (isHeld && --this.#holders === 0) this.#letGo = this.#clock.after(lingerMs, () => { this.#end() }) // SC2
        isHeld = false
      },
    }
  }

  /** Everything that was read belongs to a time that was undone; components count anew. */
  forget(): void {
    this.spans = new SpanStore()
    this.#silent.clear()
    this.#reading.clear()
    if (this.#stop === undefined) return
    this.#stop.abort()
    this.#start()
  }

  #start(): void {
    const stop = new AbortController()
    this.#stop = stop
    this.#first = Promise.withResolvers<void>()
    void this.#run(stop.signal)
  }

  #end(): void {
    this.#stop?.abort()
    this.#stop = undefined
    this.#letGo = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    const firsts = this.#sources().map(source => this.#follow(source, signal))
    await Promise.all(firsts)
    this.#first.resolve()
    while (!signal.aborted) {
      for (const source of this.#sources()) void this.#follow(source, signal) // a node that was added meanwhile
      await sleep(this.#clock, silentPauseMs, signal).catch(() => {})
    }
  }

  /** Resolves after the first reading, and goes on. */
  async #follow(source: SpanSource, signal: AbortSignal): Promise<void> {
    if (this.#reading.has(source.name)) return
    this.#reading.add(source.name)
    const cursor = await this.#read(source, null)
    void (async () => {
      let at = cursor
      while (!signal.aborted && at !== undefined) {
        await sleep(this.#clock, everyMs, signal).catch(() => {})
        if (!signal.aborted) at = await this.#read(source, at)
      }
      if (!signal.aborted) this.#reading.delete(source.name)
    })()
  }

  /** SC1: undefined when it did not answer. */
  async #read(source: SpanSource, cursor: string | null): Promise<string | undefined> {
    const sentAt = this.#clock.now()
    try {
      const answer = (await source.read(cursor)) as SpanReading
      const receivedAt = this.#clock.now()
      for (const { spans } of decodeSpans(answer)) this.spans.add(spans, { component: source.component, node: source.node, offsetMs: offsetOf(answer.nowUnixMs, sentAt, receivedAt) })
      this.#silent.delete(source.name)
      return answer.next ?? ''
    } catch (error) {
      this.#silent.set(source.name, errorText(error))
      return undefined
    }
  }
}

/** SC3 */
function offsetOf(theirs: number | undefined, sentAt: number, receivedAt: number): number {
  if (theirs === undefined) return 0
  const offset = (sentAt + receivedAt) / 2 - theirs
  return Math.abs(offset) <= (receivedAt - sentAt) / 2 + leastOffsetMs ? 0 : offset
}
