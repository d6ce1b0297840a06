/**
 * How long the event loop of this process was held at a stretch.
 *
 *   LM1  Counted is the processor time of the main thread between two rounds of the loop, so that a busy machine, which
 *        delays everybody, does not count as a long turn.
 *   LM2  It runs only while somebody reads it: a reading tells what was longest since the reading before, and keeps the
 *        meter on for another minute.
 */
export interface LoopReading {
  readonly metering: boolean
  readonly longestTurnMs: number
  readonly turns: number
  readonly threadCpuMs: number
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  /** Of it, buffers: bodies and answers on their way. */
  readonly bufferBytes: number
}

const keepOnMs = 60_000

export class LoopMeter {
  #timer: NodeJS.Timeout | undefined
  #onUntil = 0
  #last = 0
  #longest = 0
  #turns = 0

  read(): LoopReading {
    const { rss, heapUsed, heapTotal, arrayBuffers } = process.memoryUsage()
    const reading = { metering: this.#timer !== undefined, longestTurnMs: Math.round(this.#longest * 10) / 10, turns: this.#turns, threadCpuMs: Math.round(threadCpuMs()), residentBytes: rss, heapUsedBytes: heapUsed, heapTotalBytes: heapTotal, bufferBytes: arrayBuffers }
    this.#longest = 0
    this.#turns = 0
    this.#onUntil = performance.now() + keepOnMs
    if (this.#timer === undefined) {
      this.#last = threadCpuMs()
      this.#timer = setInterval(() => { this.#turn() }, 1).unref()
    }
    return reading
  }

  #turn(): void {
    const now = threadCpuMs()
    this.#longest = Math.max(this.#longest, now - this.#last)
    this.#last = now
    this.#turns += 1
    if (performance.now() < this.#onUntil) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
