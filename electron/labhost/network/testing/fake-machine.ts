import { type Server, type Socket, createServer } from 'node:net'
import { join } from 'node:path'
import { FrameReader, framed } from '../switch/frame-stream.ts'

/** Stands where QEMU stands: listens, and speaks frames to whoever dials. */
export class FakeMachine {
  readonly path: string
  readonly frames: Buffer[] = []
  /** When each came: milliseconds of performance.now(). */
  readonly arrivals: number[] = []
  #socket: Socket | undefined
  #server: Server | undefined
  #wake = () => {}

  constructor(folder: string, name: string) {
    this.path = join(folder, `${name}.sock`)
  }

  listen(): Promise<void> {
    this.#server = createServer(socket => {
      this.#socket = socket
      const reader = new FrameReader()
      socket.on('data', chunk => {
        const now = performance.now()
        reader.push(chunk, (bytes, at, end) => {
          this.frames.push(Buffer.from(bytes.subarray(at, end)))
          this.arrivals.push(now)
        })
        this.#wake()
      })
      socket.on('error', () => {})
      this.#wake()
    })
    return new Promise(resolve => this.#server!.listen(this.path, () => { resolve() }))
  }

  send(hex: string): void {
    this.#socket!.write(framed(Buffer.from(hex, 'hex')))
  }

  sendRaw(hex: string): void {
    this.#socket!.write(Buffer.from(hex, 'hex'))
  }

  async until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + 25_000
    while (!holds()) {
      if (performance.now() > deadline) throw new Error('it did not come to pass')
      await new Promise<void>(resolve => {
        this.#wake = resolve
        setTimeout(resolve, 10)
      })
    }
  }

  get plugged(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed
  }

  async stop(): Promise<void> {
    this.#socket?.destroy()
    this.#socket = undefined
    await new Promise<void>(resolve => this.#server!.close(() => { resolve() }))
  }
}
