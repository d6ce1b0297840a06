/**
 * Port-forward: each connection of the client is a pair of streams (data, error), joined to a pair at the runtime.
 *
 *   PF1  Pairs are told apart by requestid; the port stands on each stream.
 *   PF2  Each direction ends by itself; text on the runtime's error stream is passed on, and ends the pair.
 *   PF3  The older WebSocket dialect has one pair a port, chosen by the query: channel 2n data, 2n+1 error, each begun by
 *        us with the port.
 *   PF5  What a client sends before the runtime has been reached waits for it, and counts against the receive window.
 *   PF4  The runtime is dialled once a session, at the first pair.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { errorText } from '../../../base/log.ts'
import { ReceiveWindow } from '../../../wire/streaming/byte-link.ts'
import { chooseDialect, portPrefix, readChannelMessage, renderChannelMessage, spdyPortForwardProtocol, type ChannelDialect } from '../../../wire/streaming/channel-dialects.ts'
import { SpdyConnection, type SpdyStream } from '../../../wire/streaming/spdy-connection.ts'
import { WebSocketSender, webSocketCarrier } from './carriers.ts'
import { joinRaw } from './command-peer.ts'
import { allReplied, openSpdy } from './runtime-streams.ts'
import { acceptSpdy, acceptWebSocket, offeredStreamVersions, offeredSubprotocols, refuseUpgrade, upgradeKind } from './upgrades.ts'

const version = 'portforward.k8s.io'

export async function servePortForward(request: IncomingMessage, socket: Duplex, head: Buffer, query: URLSearchParams, dial: () => Promise<string>): Promise<void> {
  const session = new PortForwardSession(dial)
  if (upgradeKind(request) === 'spdy') {
    const offered = offeredStreamVersions(request)
    if (offered.length > 0 && !offered.includes(version)) {
      refuseUpgrade(socket, 403, 'Forbidden', `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${version}]`)
      return
    }
    acceptSpdy(socket, head, version, stream => { session.accept(stream) }, () => { session.close() })
    return
  }
  const subprotocols = offeredSubprotocols(request)
  if (subprotocols.includes(spdyPortForwardProtocol)) {
    tunnelSpdy(await acceptWebSocket(request, socket, head, spdyPortForwardProtocol), session)
    return
  }
  const dialect = chooseDialect(subprotocols)
  const ports = [...query.getAll('port'), ...query.getAll('ports')].flatMap(text => text.split(',')).map(Number)
  if (dialect === undefined || ports.length === 0 || ports.some(port => !Number.isInteger(port) || port < 1 || port > 65_535)) {
    refuseUpgrade(socket, 400, 'Bad Request', dialect === undefined ? 'none of the offered WebSocket subprotocols is supported' : 'query parameter "port" is required')
    return
  }
  serveChannels(await acceptWebSocket(request, socket, head, dialect.protocol), dialect, ports, session)
}

function tunnelSpdy(socket: WebSocket, session: PortForwardSession): void {
  const connection = new SpdyConnection({ role: 'server', carrier: webSocketCarrier(socket), onStream: stream => { session.accept(stream) }, onClose: () => { session.close() } })
  socket.on('message', (raw: RawData) => { connection.receive(joinRaw(raw)) })
  socket.on('error', () => {})
  socket.on('close', () => { connection.lost('the connection was closed') })
}

/** One end of a pair: what comes from it is listened to, what goes to it is written. */
interface PairEnd {
  listen(onChunk: (chunk: Uint8Array, consumed: () => void) => void, onEnd: (clean: boolean) => void): void
  write(chunk: Uint8Array): Promise<void>
  end(): void
  reset(): void
}

class PortForwardSession {
  readonly #dial: () => Promise<string>
  readonly #half = new Map<string, { data?: SpdyStream; error?: SpdyStream }>()
  #runtime: Promise<SpdyConnection> | undefined
  #nextRequest = 0

  constructor(dial: () => Promise<string>) {
    this.#dial = dial
  }

  accept(stream: SpdyStream): void {
    const type = stream.header('streamtype')
    const id = stream.header('requestid') ?? String(type === 'error' ? stream.id : stream.id - 2)
    const port = Number(stream.header('port'))
    if ((type !== 'data' && type !== 'error') || !Number.isInteger(port) || port < 1 || port > 65_535) {
      stream.reset(1)
      return
    }
    stream.reply()
    const pair = { ...this.#half.get(id), [type]: stream }
    if (pair.data === undefined || pair.error === undefined) {
      this.#half.set(id, pair) // PF1
      return
    }
    this.#half.delete(id)
    void this.join(port, pair.data, pair.error)
  }

  /** Joins a client's pair with the runtime's. */
  async join(port: number, data: PairEnd, error: Pick<PairEnd, 'write' | 'end'>): Promise<void> {
    try {
      this.#runtime ??= this.#dial().then(url => openSpdy(url, version)) // PF4
      const runtime = await this.#runtime
      const headers = { port: [String(port)], requestid: [String(this.#nextRequest++)] }
      const theirError = runtime.open({ streamtype: ['error'], ...headers })
      const theirData = runtime.open({ streamtype: ['data'], ...headers })
      await allReplied([theirError, theirData])
      theirError.end()
      joinData(data, theirData)
      theirError.listen(
        (chunk, consumed) => void error.write(chunk).then(consumed),
        () => { error.end() }, // PF2
      )
    } catch (failure) {
      this.#runtime = undefined
      await error.write(Buffer.from(`error forwarding port ${port}: ${errorText(failure)}`))
      error.end()
      data.reset()
    }
  }

  close(): void {
    void this.#runtime?.then(connection => { connection.close() }).catch(() => {})
  }
}

function joinData(a: PairEnd, b: PairEnd): void {
  for (const [from, to] of [[a, b], [b, a]] as const) {
    from.listen(
      (chunk, consumed) => void to.write(chunk).then(consumed),
      clean => {
        if (clean) to.end()
        else to.reset()
      },
    )
  }
}

function serveChannels(socket: WebSocket, dialect: ChannelDialect, ports: readonly number[], session: PortForwardSession): void {
  const sender = new WebSocketSender(socket)
  const window = new ReceiveWindow({ pause: () => { socket.pause() }, resume: () => { socket.resume() } })
  const send = (channel: number, data: Uint8Array) => {
    sender.send(renderChannelMessage(dialect, channel, data))
    return sender.drained()
  }
  const channels = new Map<number, EarlyChannel>()
  let open = ports.length
  const finishOne = () => {
    if (--open === 0) socket.close(1000)
  }
  for (const [index, port] of ports.entries()) {
    const [dataChannel, errorChannel] = [index * 2, index * 2 + 1]
    void send(dataChannel, portPrefix(port)) // PF3
    void send(errorChannel, portPrefix(port))
    const channel = new EarlyChannel()
    channels.set(dataChannel, channel)
    const data: PairEnd = {
      listen: (onChunk, onEnd) => { channel.listen(onChunk, onEnd) },
      write: chunk => send(dataChannel, chunk),
      end: finishOne,
      reset: finishOne,
    }
    void session.join(port, data, { write: chunk => send(errorChannel, chunk), end() {} })
  }
  socket.on('message', (raw: RawData, isBinary: boolean) => {
    const bytes = joinRaw(raw)
    const message = readChannelMessage(dialect, isBinary ? bytes : bytes.toString('utf8'))
    if (message === undefined) return
    if ('closed' in message) channels.get(message.closed)?.end(true)
    else if (message.data.length > 0) channels.get(message.channel)?.take(message.data, window.take(message.data.length))
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    for (const channel of channels.values()) channel.end(false)
    session.close()
  })
}

/** PF5 */
class EarlyChannel {
  readonly #waiting: { readonly chunk: Uint8Array; readonly consumed: () => void }[] = []
  #onChunk: ((chunk: Uint8Array, consumed: () => void) => void) | undefined
  #onEnd: ((clean: boolean) => void) | undefined
  #ended: { readonly clean: boolean } | undefined

  listen(onChunk: (chunk: Uint8Array, consumed: () => void) => void, onEnd: (clean: boolean) => void): void {
    this.#onChunk = onChunk
    this.#onEnd = onEnd
    for (const { chunk, consumed } of this.#waiting.splice(0)) onChunk(chunk, consumed)
    if (this.#ended !== undefined) onEnd(this.#ended.clean)
  }

  take(chunk: Uint8Array, consumed: () => void): void {
    if (this.#ended !== undefined) consumed()
    else if (this.#onChunk === undefined) this.#waiting.push({ chunk, consumed })
    else this.#onChunk(chunk, consumed)
  }

  end(clean: boolean): void {
    if (this.#ended !== undefined) return
    this.#ended = { clean }
    this.#onEnd?.(clean)
  }
}
