/**
 * A serial console for any number of readers and writers over QEMU's single console socket.
 *
 *   SC1  The socket is dialled when the first one opens the console and let go when the last one closes it.
 *   SC2  Everyone open sees the same output; what anyone types goes to the machine in the order it came.
 *   SC3  A reader that does not keep up loses output beyond keepBytes rather than holding the others back.
 */
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { SerialConsole } from '../machine.ts'

const keepBytes = 1024 * 1024

export class SharedConsole implements SerialConsole {
  readonly logFile: string
  readonly #dial: () => Promise<Socket>
  readonly #viewers = new Set<Duplex>()
  #line: Promise<Socket> | undefined

  constructor(logFile: string, dial: () => Promise<Socket>) {
    this.logFile = logFile
    this.#dial = dial
  }

  async open(signal?: AbortSignal): Promise<Duplex> {
    signal?.throwIfAborted()
    this.#line ??= this.#connect()
    const line = await this.#line
    const viewer = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, callback) => {
        line.write(chunk)
        callback()
      },
      destroy: (error, callback) => {
        this.#viewers.delete(viewer)
        if (this.#viewers.size === 0) this.#hangUp(line) // SC1
        callback(error)
      },
    })
    this.#viewers.add(viewer)
    signal?.addEventListener('abort', () => { viewer.destroy() }, { once: true })
    return viewer
  }

  close(): void {
    for (const viewer of [...this.#viewers]) viewer.destroy()
  }

  async #connect(): Promise<Socket> {
    try {
      const line = await this.#dial()
      line.on('error', () => {})
      line.on('data', (chunk: Buffer) => {
        for (const viewer of this.#viewers) if (viewer.readableLength < keepBytes) viewer.push(chunk) // SC2, SC3
      })
      line.on('close', () => {
        this.#line = undefined
        for (const viewer of [...this.#viewers]) viewer.push(null)
      })
      return line
    } catch (error) {
      this.#line = undefined
      throw error
    }
  }

  #hangUp(line: Socket): void {
    this.#line = undefined
    line.destroy()
  }
}
