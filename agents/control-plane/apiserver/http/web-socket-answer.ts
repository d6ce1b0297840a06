/**
 * An answer that goes out as WebSocket messages, for watches of clients that cannot read a stream otherwise.
 * Upstream: apiserver/pkg/endpoints/handlers/watch.go HandleWS.
 *
 *   WS1  Each event is one message: text for JSON and YAML, binary for protobuf, without the length before it.
 *   WS2  A subprotocol is echoed if exactly one was offered; nothing that the client sends is looked at.
 *   WS3  It can be written to, and waited for, like the answer it stands for.
 */
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Exchange } from './exchange.ts'
import { badRequest } from './api-error.ts'
import { takeUpgrade } from './server.ts'

const highBytes = 256 * 1024
const server = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, handleProtocols: offered => [...offered][0] ?? false })

export function wantsWebSocket(exchange: Exchange): boolean {
  return takeUpgrade(exchange) !== undefined && exchange.header('upgrade')?.toLowerCase() === 'websocket'
}

/** Shakes hands; from then on the exchange's answer is messages. */
export async function answerOverWebSocket(exchange: Exchange, isBinary: boolean): Promise<void> {
  const { socket, head } = takeUpgrade(exchange)!
  const offered = (exchange.header('sec-websocket-protocol') ?? '').split(',').filter(protocol => protocol.trim() !== '')
  if (exchange.header('sec-websocket-key') === undefined || offered.length > 1) throw badRequest('the WebSocket handshake cannot be answered') // WS2
  ;(exchange.response as ServerResponse).detachSocket(socket as Socket)
  exchange.response = await new Promise<WebSocket>(resolve => {
    server.handleUpgrade(exchange.request as IncomingMessage, socket, head, resolve)
  }).then(opened => new WebSocketAnswer(opened, isBinary) as unknown as ServerResponse)
}

class WebSocketAnswer extends EventEmitter {
  readonly headersSent = true
  writableEnded = false
  destroyed = false
  readonly #socket: WebSocket
  readonly #isBinary: boolean

  constructor(socket: WebSocket, isBinary: boolean) {
    super()
    this.#socket = socket
    this.#isBinary = isBinary
    socket.on('error', () => {})
    socket.on('close', () => {
      this.destroyed = true
      this.emit('close')
    })
  }

  get writableLength(): number {
    return this.#socket.bufferedAmount
  }

  get writableFinished(): boolean {
    return this.writableEnded
  }

  writeHead(): this {
    return this
  }

  flushHeaders(): void { /* the handshake has said all */ }

  /** WS3 */
  write(bytes: Buffer): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return true
    for (const message of this.#isBinary ? framesOf(bytes) : linesOf(bytes)) {
      this.#socket.send(message, { binary: this.#isBinary }, () => {
        if (this.#socket.bufferedAmount < highBytes) this.emit('drain')
      })
    }
    return this.#socket.bufferedAmount < highBytes
  }

  end(): void {
    this.writableEnded = true
    this.#socket.close(1000)
  }

  destroy(): void {
    this.destroyed = true
    this.#socket.terminate()
  }
}

/** WS1 */
function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at)
    const stop = end < 0 ? bytes.length : end
    if (stop > at) yield bytes.subarray(at, stop)
    at = stop + 1
  }
}

function* framesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + 4 <= bytes.length;) {
    const size = bytes.readUInt32BE(at)
    yield bytes.subarray(at + 4, at + 4 + size)
    at += 4 + size
  }
}
