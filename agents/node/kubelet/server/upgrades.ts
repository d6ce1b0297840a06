/**
 * Accepts an upgrade request in whichever way the client asks: WebSocket or SPDY/3.1.
 *
 *   UP1  WebSocket: exactly one of the offered subprotocols is chosen; none known is 400.
 *   UP2  SPDY: one of the X-Stream-Protocol-Version values is chosen (each may hold several, by comma); none known is 403.
 *   UP3  The clients' pings are answered by the protocols themselves; a WebSocket that is silent is not cut.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import { SpdyConnection, type SpdyStream } from '../../../wire/streaming/spdy-connection.ts'
import { socketCarrier } from './carriers.ts'

export function upgradeKind(request: IncomingMessage): 'websocket' | 'spdy' | undefined {
  const wanted = (request.headers.upgrade ?? '').toLowerCase()
  return wanted === 'websocket' ? 'websocket' : wanted === 'spdy/3.1' ? 'spdy' : undefined
}

export function offeredSubprotocols(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map(name => name.trim()).filter(name => name !== '')
}

export function offeredStreamVersions(request: IncomingMessage): string[] {
  const given = request.headers['x-stream-protocol-version']
  return (Array.isArray(given) ? given : [given ?? '']).flatMap(value => value.split(',')).map(name => name.trim()).filter(name => name !== '')
}

export function refuseUpgrade(socket: Duplex, status: number, reason: string, message: string): void {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(message)}\r\nConnection: close\r\n\r\n${message}`)
}

let webSocketServer: Promise<WebSocketServer> | undefined

/** Loaded at the first upgrade: most kubelets start long before anybody runs exec. */
function loadWebSocketServer(): Promise<WebSocketServer> {
  webSocketServer ??= import('ws').then(({ WebSocketServer: Server }) => new Server({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 }))
  return webSocketServer
}

export async function acceptWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer, protocol: string): Promise<WebSocket> {
  const server = await loadWebSocketServer()
  if (protocol === '') delete request.headers['sec-websocket-protocol']
  else request.headers['sec-websocket-protocol'] = protocol // UP1
  return new Promise(resolve => { server.handleUpgrade(request, socket, head, resolve) })
}

export function acceptSpdy(socket: Duplex, head: Buffer, version: string, onStream: (stream: SpdyStream) => void, onClose: () => void): SpdyConnection {
  const versionLine = version === '' ? '' : `X-Stream-Protocol-Version: ${version}\r\n`
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${versionLine}\r\n`)
  const connection = new SpdyConnection({ role: 'server', carrier: socketCarrier(socket), onStream, onClose })
  pipeSocket(socket, head, connection)
  return connection
}

export function pipeSocket(socket: Duplex, head: Uint8Array, connection: SpdyConnection): void {
  socket.on('data', (bytes: Buffer) => { connection.receive(bytes) })
  socket.on('error', () => { connection.lost('the connection failed') })
  socket.on('close', () => { connection.lost('the connection was closed') })
  socket.on('end', () => {
    connection.lost('the connection ended')
    socket.end()
  })
  if (head.length > 0) connection.receive(head)
}
