/**
 * One TLS connection that is kept open, one HTTP/1.1 request at a time: the cheapest client there is, for those who measure
 * what is on the other side. Answers are not parsed beyond where they end.
 */
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { ControlPlane } from '../integration/control-plane.ts'

export interface Access {
  readonly host: string
  readonly port: number
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** An administrator's, or whoever's certificate takes its place. */
export function accessOf({ server, ca, admin: { cert, key } }: Pick<ControlPlane, 'server' | 'ca' | 'admin'>): Access {
  return { host: '127.0.0.1', port: Number(new URL(server).port), ca, cert, key }
}

export interface RequestText {
  readonly method: string
  readonly path: string
  readonly body?: string
  /** JSON if none is said. */
  readonly type?: string
}

export class Connection {
  readonly #socket: TLSSocket
  #buffered: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined
  #failure: Error | undefined

  private constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk])
      this.#wake?.()
    })
    socket.on('close', () => {
      this.#failure ??= new Error('the server closed the connection')
      this.#wake?.()
    })
    socket.on('error', error => {
      this.#failure = error
      this.#wake?.()
    })
  }

  static open(access: Access): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ host: access.host, port: access.port, ca: access.ca, cert: access.cert, key: access.key, servername: 'localhost', ALPNProtocols: ['http/1.1'] })
      socket.once('error', reject)
      socket.once('secureConnect', () => {
        socket.setNoDelay(true)
        resolve(new Connection(socket))
      })
    })
  }

  async ask(request: Buffer): Promise<{ readonly status: number; readonly bytes: number }> {
    this.#socket.write(request)
    const head = await this.#until(() => this.#buffered.indexOf('\r\n\r\n'))
    const text = this.#buffered.toString('latin1', 0, head)
    const status = Number(text.slice(9, 12))
    this.#take(head + 4)
    const length = /\r\ncontent-length: (\d+)/i.exec(text)
    if (length !== null) return { status, bytes: await this.#skip(Number(length[1])) }
    if (!/\r\ntransfer-encoding: chunked/i.test(text)) return { status, bytes: 0 }
    let bytes = 0
    for (;;) {
      const line = await this.#until(() => this.#buffered.indexOf('\r\n'))
      const size = Number.parseInt(this.#buffered.toString('latin1', 0, line), 16)
      this.#take(line + 2)
      await this.#skip(size + 2)
      bytes += size
      if (size === 0) return { status, bytes }
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  async #until(look: () => number): Promise<number> {
    for (;;) {
      const found = look()
      if (found >= 0) return found
      await this.#more()
    }
  }

  async #skip(count: number): Promise<number> {
    let left = count
    for (;;) {
      const now = Math.min(left, this.#buffered.length)
      this.#take(now)
      left -= now
      if (left === 0) return count
      await this.#more()
    }
  }

  async #more(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await new Promise<void>(resolve => { this.#wake = resolve })
    this.#wake = undefined
  }

  #take(count: number): void {
    this.#buffered = count >= this.#buffered.length ? Buffer.alloc(0) : this.#buffered.subarray(count)
  }
}

export function renderRequest(access: Pick<Access, 'port'>, { method, path, body, type }: RequestText): Buffer {
  const content = body === undefined ? '' : `content-type: ${type ?? 'application/json'}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: localhost:${access.port}\r\nuser-agent: bench\r\naccept: application/json\r\n${content}\r\n${body ?? ''}`)
}
