/**
 * The client side of exec and attach, whatever it speaks: WebSocket channels or SPDY streams.
 *
 *   CP1  stdin, resize, stdout, stderr and the final status mean the same in every dialect.
 *   CP2  The status goes out after everything written to stdout and stderr, then the connection is closed.
 *   CP3  SPDY: the streams that the query asks for must be opened within 30 s.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { ReceiveWindow, type ChunkListener } from '../../../wire/streaming/byte-link.ts'
import { chooseDialect, readChannelMessage, readResize, renderChannelMessage, streamChannel, type ChannelDialect } from '../../../wire/streaming/channel-dialects.ts'
import type { RemoteCommandStatus } from '../../../wire/streaming/remote-command-status.ts'
import type { SpdyConnection, SpdyStream } from '../../../wire/streaming/spdy-connection.ts'
import { WebSocketSender } from './carriers.ts'
import { acceptSpdy, acceptWebSocket, offeredStreamVersions, offeredSubprotocols, refuseUpgrade, upgradeKind } from './upgrades.ts'

export interface StreamOptions {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

export interface CommandPeer {
  /** Called once. */
  start(on: { readonly stdin: ChunkListener; readonly stdinEnd: () => void; readonly resize: (text: string) => void; readonly closed: () => void }): void
  stdout(chunk: Uint8Array): Promise<void>
  stderr(chunk: Uint8Array): Promise<void>
  finish(status: RemoteCommandStatus): void
}

export function readStreamOptions(query: URLSearchParams): StreamOptions {
  const isSet = (...names: string[]) => names.some(name => ['1', 'true'].includes(query.get(name) ?? ''))
  const tty = isSet('tty')
  return { stdin: isSet('input', 'stdin'), stdout: isSet('output', 'stdout'), stderr: isSet('error', 'stderr') && !tty, tty }
}

const spdyVersions = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']

/** Resolves with the peer, or undefined after refusing it. */
export async function acceptCommandPeer(request: IncomingMessage, socket: Duplex, head: Buffer, options: StreamOptions): Promise<CommandPeer | undefined> {
  if (upgradeKind(request) === 'websocket') {
    const dialect = chooseDialect(offeredSubprotocols(request))
    if (dialect === undefined) {
      refuseUpgrade(socket, 400, 'Bad Request', 'none of the offered WebSocket subprotocols is supported')
      return undefined
    }
    return webSocketPeer(await acceptWebSocket(request, socket, head, dialect.protocol), dialect, options)
  }
  const offered = offeredStreamVersions(request)
  const version = offered.length === 0 ? '' : spdyVersions.find(name => offered.includes(name))
  if (version === undefined) {
    refuseUpgrade(socket, 403, 'Forbidden', `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${spdyVersions.join(' ')}]`)
    return undefined
  }
  return spdyPeer(socket, head, version, options)
}

function webSocketPeer(socket: WebSocket, dialect: ChannelDialect, options: StreamOptions): CommandPeer {
  const sender = new WebSocketSender(socket)
  const window = new ReceiveWindow({ pause: () => { socket.pause() }, resume: () => { socket.resume() } })
  const send = (channel: number, data: Uint8Array) => {
    sender.send(renderChannelMessage(dialect, channel, data))
    return sender.drained()
  }
  socket.pause() // what the client sends before start() must not be lost
  const first = options.stdout ? streamChannel.stdout : options.stderr ? streamChannel.stderr : streamChannel.error
  void send(first, new Uint8Array(0))
  return {
    start({ stdin, stdinEnd, resize, closed }) {
      let stdinOpen = true
      const endStdin = () => {
        if (stdinOpen) stdinEnd()
        stdinOpen = false
      }
      socket.on('message', (raw: RawData, isBinary: boolean) => {
        const bytes = joinRaw(raw)
        const message = readChannelMessage(dialect, isBinary ? bytes : bytes.toString('utf8'))
        if (message === undefined) return
        if ('closed' in message) {
          if (message.closed === streamChannel.stdin) endStdin()
        } else if (message.channel === streamChannel.stdin && stdinOpen && message.data.length > 0) stdin(message.data, window.take(message.data.length))
        else if (message.channel === streamChannel.resize) resize(Buffer.from(message.data).toString('utf8'))
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        endStdin()
        closed()
      })
      socket.resume()
    },
    stdout: chunk => send(streamChannel.stdout, chunk),
    stderr: chunk => send(streamChannel.stderr, chunk),
    finish(status) {
      if (dialect.jsonStatus) void send(streamChannel.error, Buffer.from(JSON.stringify(status)))
      else if (status.status === 'Failure') void send(streamChannel.error, Buffer.from(status.message ?? ''))
      socket.close(1000) // CP2
    },
  }
}

export function joinRaw(raw: RawData): Buffer {
  return Buffer.isBuffer(raw) ? raw : Array.isArray(raw) ? Buffer.concat(raw) : Buffer.from(raw)
}

function spdyPeer(socket: Duplex, head: Buffer, version: string, options: StreamOptions): Promise<CommandPeer | undefined> {
  const hasResize = options.tty && version !== '' && version !== 'channel.k8s.io' && version !== 'v2.channel.k8s.io'
  const wanted = ['error', ...(options.stdin ? ['stdin'] : []), ...(options.stdout ? ['stdout'] : []), ...(options.stderr ? ['stderr'] : []), ...(hasResize ? ['resize'] : [])]
  const streams = new Map<string, SpdyStream>()
  const { promise, resolve } = Promise.withResolvers<CommandPeer | undefined>()
  let onClosed = () => {}
  const connection = acceptSpdy(socket, head, version, stream => {
    stream.reply()
    streams.set(stream.header('streamType') ?? '', stream)
    if (wanted.every(name => streams.has(name))) {
      clearTimeout(timer)
      resolve(peerOfStreams(connection, streams, version, callback => { onClosed = callback }))
    }
  }, () => {
    clearTimeout(timer)
    resolve(undefined)
    onClosed()
  })
  const timer = setTimeout(() => { // CP3
    connection.close()
    resolve(undefined)
  }, 30_000)
  return promise
}

function peerOfStreams(connection: SpdyConnection, streams: ReadonlyMap<string, SpdyStream>, version: string, whenClosed: (callback: () => void) => void): CommandPeer {
  const isJson = version.startsWith('v4') || version.startsWith('v5')
  return {
    start({ stdin, stdinEnd, resize, closed }) {
      whenClosed(closed)
      streams.get('stdin')?.listen(stdin, stdinEnd)
      streams.get('resize')?.listen((chunk, consumed) => {
        for (const line of Buffer.from(chunk).toString('utf8').split('\n')) if (readResize(line) !== undefined) resize(line)
        consumed()
      }, () => {})
    },
    stdout: chunk => streams.get('stdout')?.write(chunk) ?? Promise.resolve(),
    stderr: chunk => streams.get('stderr')?.write(chunk) ?? Promise.resolve(),
    finish(status) {
      streams.get('stdout')?.end()
      streams.get('stderr')?.end()
      const error = streams.get('error')
      if (isJson) void error?.write(Buffer.from(JSON.stringify(status)))
      else if (status.status === 'Failure') void error?.write(Buffer.from(status.message ?? ''))
      error?.end()
      connection.close() // CP2
    },
  }
}
