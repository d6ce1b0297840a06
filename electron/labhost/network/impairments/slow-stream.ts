/**
 * A stream of bytes that takes its time: both ways, each byte arrives after a delay, and no more than so many pass in a second.
 *
 *   SS1  Bytes keep their order, whatever is changed while they are under way.
 *   SS2  What is under way is bounded: above that the writer waits, and the other side is not read.
 *   SS3  While nothing slows it down, and nothing is under way, bytes pass at once.
 *   SS4  An end takes the same way as the bytes before it; an error and a destruction do not wait.
 */
import { Duplex } from 'node:stream'
import type { Clock } from '../../../../agents/base/clock.ts'

export interface Slowness {
  readonly delayMs: number
  /** 0 is no limit. */
  readonly kilobitsPerSecond: number
}

export const unhindered: Slowness = { delayMs: 0, kilobitsPerSecond: 0 }

const mostUnderWayBytes = 256 * 1024

class Lane {
  readonly #clock: Clock
  readonly #slowness: () => Slowness
  readonly #queue: { readonly dueAt: number; readonly bytes: number; readonly arrive: () => void }[] = []
  #timer: Disposable | undefined
  #freeAt = 0
  #bytes = 0
  #onRoom: (() => void) | undefined

  constructor(clock: Clock, slowness: () => Slowness) {
    this.#clock = clock
    this.#slowness = slowness
  }

  get isFull(): boolean {
    return this.#bytes >= mostUnderWayBytes
  }

  /** Called once, as soon as there is room again. */
  whenRoom(callback: () => void): void {
    this.#onRoom = callback
  }

  send(bytes: number, arrive: () => void): void {
    const { delayMs, kilobitsPerSecond } = this.#slowness()
    if (delayMs === 0 && kilobitsPerSecond === 0 && this.#queue.length === 0) { // SS3
      arrive()
      return
    }
    const now = this.#clock.monotonic()
    this.#freeAt = Math.max(now, this.#freeAt) + (kilobitsPerSecond === 0 ? 0 : (bytes * 8) / kilobitsPerSecond)
    const dueAt = Math.max(this.#freeAt + delayMs, this.#queue.at(-1)?.dueAt ?? 0) // SS1
    this.#queue.push({ dueAt, bytes, arrive })
    this.#bytes += bytes
    this.#arm()
  }

  end(): void {
    this.#timer?.[Symbol.dispose]()
    this.#queue.length = 0
  }

  #arm(): void {
    const next = this.#queue[0]
    if (next === undefined || this.#timer !== undefined) return
    this.#timer = this.#clock.after(Math.max(0, next.dueAt - this.#clock.monotonic()), () => {
      this.#timer = undefined
      const now = this.#clock.monotonic()
      while (this.#queue[0] !== undefined && this.#queue[0].dueAt <= now) {
        const { bytes, arrive } = this.#queue.shift()!
        this.#bytes -= bytes
        arrive()
      }
      if (!this.isFull) {
        const callback = this.#onRoom
        this.#onRoom = undefined
        callback?.()
      }
      this.#arm()
    })
  }
}

export class SlowStream extends Duplex {
  readonly #inner: Duplex
  readonly #out: Lane
  readonly #in: Lane

  constructor(inner: Duplex, clock: Clock, slowness: () => Slowness) {
    super({ allowHalfOpen: inner.allowHalfOpen })
    this.#inner = inner
    this.#out = new Lane(clock, slowness)
    this.#in = new Lane(clock, slowness)
    inner.on('data', (chunk: Buffer) => {
      this.#in.send(chunk.length, () => { if (!this.destroyed && !this.push(chunk)) inner.pause() })
      if (!this.#in.isFull) return
      inner.pause() // SS2
      this.#in.whenRoom(() => { inner.resume() })
    })
    inner.on('end', () => { this.#in.send(0, () => { if (!this.destroyed) this.push(null) }) }) // SS4
    inner.on('error', error => { this.destroy(error) })
    inner.on('close', () => { this.#in.send(0, () => { this.destroy() }) })
  }

  override _read(): void {
    if (!this.#in.isFull) this.#inner.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#out.send(chunk.length, () => { if (!this.#inner.destroyed) this.#inner.write(chunk) })
    if (this.#out.isFull) this.#out.whenRoom(done) // SS2
    else done()
  }

  override _final(done: () => void): void {
    this.#out.send(0, () => { // SS4
      this.#inner.end()
      done()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#out.end()
    this.#in.end()
    this.#inner.destroy(error ?? undefined)
    done(error)
  }
}
