/** Byte carriers over what Node has: sockets, and WebSockets whose messages are pieces of a byte stream. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ByteCarrier } from '../../../wire/streaming/byte-link.ts'

const highBytes = 256 * 1024

export function socketCarrier(socket: Duplex): ByteCarrier {
  return {
    write(bytes) {
      if (!socket.destroyed && !socket.writableEnded) socket.write(bytes)
    },
    drained: () => (socket.destroyed || !socket.writableNeedDrain ? Promise.resolve() : untilDrained(socket)),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
  }
}

function untilDrained(socket: Duplex): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}

export function webSocketCarrier(socket: WebSocket): ByteCarrier {
  const sender = new WebSocketSender(socket)
  return {
    write: bytes => { sender.send(bytes) },
    drained: () => sender.drained(),
    pause: () => { socket.pause() },
    resume: () => { socket.resume() },
    end: () => { socket.close(1000) },
  }
}

/** Sends messages and knows when the queue is short again. */
export class WebSocketSender {
  readonly #socket: WebSocket
  #waiting: (() => void)[] = []

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('close', () => { this.#release() })
  }

  send(message: Uint8Array | string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(message, { binary: typeof message !== 'string' }, () => {
      if (this.#socket.bufferedAmount < highBytes) this.#release()
    })
  }

  drained(): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN || this.#socket.bufferedAmount < highBytes) return Promise.resolve()
    return new Promise(resolve => { this.#waiting.push(resolve) })
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
