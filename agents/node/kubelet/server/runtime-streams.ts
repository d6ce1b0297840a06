/**
 * The runtime side of exec, attach and port-forward: a SPDY/3.1 client to the streaming URL that CRI answers with.
 * SPDY rather than the WebSocket that containerd also serves, because only SPDY lets stdin end before the command does.
 *
 *   RT1  The end of a command is its status on the error stream, after stdout and stderr have ended.
 *   RT2  A connection that breaks before that is a failure, with what is known of why.
 *   RT3  Nothing is written to a stream, and none is ended, before the runtime has answered it: Go's spdystream drops data
 *        that comes earlier.
 */
import { request as httpRequest } from 'node:http'
import { errorText } from '../../../base/log.ts'
import { commandFailed, readCommandStatus, type RemoteCommandStatus } from '../../../wire/streaming/remote-command-status.ts'
import { SpdyConnection, type SpdyStream } from '../../../wire/streaming/spdy-connection.ts'
import { socketCarrier } from './carriers.ts'
import type { CommandPeer, StreamOptions } from './command-peer.ts'
import { pipeSocket } from './upgrades.ts'

const pingEveryMs = 30_000

export function openSpdy(url: string, version: string): Promise<SpdyConnection> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', agent: false, headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': version, 'content-length': '0' } })
    request.on('upgrade', (_response, socket, head) => {
      socket.setNoDelay(true)
      socket.setTimeout(0)
      const connection = new SpdyConnection({ role: 'client', carrier: socketCarrier(socket), onClose: () => { clearInterval(pings) } })
      const pings = setInterval(() => { connection.ping() }, pingEveryMs)
      pings.unref()
      pipeSocket(socket, head, connection)
      resolve(connection)
    })
    request.on('response', response => {
      response.resume()
      reject(new Error(`the runtime refused the stream with status ${response.statusCode}`))
    })
    request.on('error', reject)
    request.end()
  })
}

/** Joins a peer and a command of the runtime until the command ends or the peer goes. */
export async function runRemoteCommand(peer: CommandPeer, url: string, options: StreamOptions): Promise<void> {
  const connection = await openSpdy(url, 'v4.channel.k8s.io')
  const stream = (type: string, wanted: boolean) => (wanted ? connection.open({ streamtype: [type] }) : undefined)
  const error = connection.open({ streamtype: ['error'] })
  const stdin = stream('stdin', options.stdin)
  const stdout = stream('stdout', options.stdout)
  const stderr = stream('stderr', options.stderr)
  const resize = stream('resize', options.tty)
  await allReplied([error, stdin, stdout, stderr, resize]) // RT3
  peer.start({
    stdin: (chunk, consumed) => void (stdin === undefined ? Promise.resolve() : stdin.write(chunk)).then(consumed),
    stdinEnd: () => { stdin?.end() },
    resize: text => void resize?.write(Buffer.from(text)),
    closed: () => { connection.close() },
  })
  const [status] = await Promise.all([statusOf(error), copyOut(stdout, chunk => peer.stdout(chunk)), copyOut(stderr, chunk => peer.stderr(chunk))])
  peer.finish(status) // RT1
  connection.close()
}

export async function allReplied(streams: readonly (SpdyStream | undefined)[]): Promise<void> {
  const replies = await Promise.all(streams.map(stream => stream?.replied ?? true))
  if (replies.includes(false)) throw new Error('the connection to the container runtime was lost')
}

async function statusOf(error: SpdyStream): Promise<RemoteCommandStatus> {
  const parts: Uint8Array[] = []
  const isClean = await new Promise<boolean>(resolve => {
    error.listen((chunk, consumed) => {
      parts.push(chunk)
      consumed()
    }, resolve)
  })
  const text = Buffer.concat(parts).toString('utf8')
  if (text === '' && !isClean) return commandFailed('the connection to the container runtime was lost') // RT2
  return readCommandStatus(text)
}

async function copyOut(from: SpdyStream | undefined, to: (chunk: Uint8Array) => Promise<void>): Promise<void> {
  if (from === undefined) return
  let last: Promise<void> = Promise.resolve()
  await new Promise<void>(resolve => {
    from.listen((chunk, consumed) => { last = to(chunk).then(consumed) }, () => { resolve() })
  })
  await last
}

export function describeFailure(error: unknown): RemoteCommandStatus {
  return commandFailed(errorText(error))
}
