/**
 * An SSH channel as a well-behaved Duplex.
 *
 * ssh2's own channel never reports `destroyed`, leaves a pending write waiting for ever when the connection dies, and
 * ends as if all had been said when the line was cut. Whoever pipes through a link must be able to tell the difference.
 *
 *   CS1  The far side's end of data ends reading only; ours ends writing only.
 *   CS2  A line that is lost before the far side had ended its data is an error, never an end of data.
 *   CS3  Backpressure holds in both directions.
 */
import { Duplex } from 'node:stream'
import type { Channel, Client } from 'ssh2'

export class ChannelStream extends Duplex {
  readonly #channel: Channel
  readonly #client: Client
  readonly #onLost: () => void
  #farEnded = false
  #resumeWrite: (() => void) | undefined

  constructor(channel: Channel, client: Client, cutReason: () => string) {
    super({ allowHalfOpen: true, autoDestroy: true, highWaterMark: 256 * 1024 })
    this.#channel = channel
    this.#client = client
    this.#onLost = () => { if (!this.#farEnded || !this.writableFinished) this.destroy(new Error(cutReason())) } // CS2
    client.once('close', this.#onLost)
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause() // CS3
    })
    channel.on('end', () => {
      this.#farEnded = true
      this.push(null)
    })
    channel.on('error', (error: Error) => { this.destroy(error) })
    channel.on('drain', () => { this.#continueWrite() })
    channel.on('close', () => {
      if (this.destroyed) return
      if (this.readableEnded) this.destroy()
      else this.once('end', () => { this.destroy() })
    })
  }

  override _read(): void {
    this.#channel.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.#channel.write(chunk)) {
      callback()
      return
    }
    this.#resumeWrite = callback // CS3
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#channel.once('finish', () => { callback() }) // the far side's window may be full: closing now would lose what waits
    this.#channel.end()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#resumeWrite = undefined
    this.#client.off('close', this.#onLost)
    this.#channel.on('error', () => {})
    this.#channel.resume() // so that its close is not held back by data nobody wants
    ;(this.#channel as Channel & { destroy(): void }).destroy()
    callback(error)
  }

  #continueWrite(): void {
    const callback = this.#resumeWrite
    this.#resumeWrite = undefined
    callback?.()
  }
}
