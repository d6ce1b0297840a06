/**
 * HTTP CONNECT on a unix socket: how the API server reaches kubelets, pods and Services, by the upstream egress-selector
 * protocol. Whoever composes the lab says which line leads to a host.
 *
 *   EP1  Only CONNECT host:port is served; anything else is 405 and the connection ends.
 *   EP2  200 is answered once the far side is connected, never before; what came with the request is not lost.
 *   EP3  No line to the host, or a line that fails: 502 with the reason as text, so that it reaches the user's kubectl.
 *   EP4  The request head is at most 16 KiB and arrives within ten seconds.
 */
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorText, type Log } from '../../../agents/base/log.ts'
import { joinStreams } from './join-streams.ts'
import { NetworkError } from './network-error.ts'

/** What can open a TCP connection as seen from a node. */
export interface Dialer {
  dial(host: string, port: number, signal?: AbortSignal): Promise<Duplex>
}

export interface EgressProxyOptions {
  /** The line that leads to this host; undefined when none does. May throw with a reason for the user. */
  readonly dialerFor: (host: string, port: number) => Dialer | undefined | Promise<Dialer | undefined>
  readonly log: Log
}

export class EgressProxy {
  readonly socketPath: string
  readonly #server: Server
  readonly #open = new Set<Duplex>()

  private constructor(socketPath: string, options: EgressProxyOptions) {
    this.socketPath = socketPath
    this.#server = createServer({ maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 5_000 }) // EP4
    this.#server.on('request', (_request, response) => {
      response.writeHead(405, { allow: 'CONNECT', connection: 'close' }).end('this proxy serves CONNECT only\n') // EP1
    })
    this.#server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
      this.#open.add(client)
      client.on('close', () => this.#open.delete(client))
      client.on('error', () => { client.destroy() })
      void this.#connect(request.url ?? '', client, head, options)
    })
  }

  static listen(socketPath: string, options: EgressProxyOptions): Promise<EgressProxy> {
    const proxy = new EgressProxy(socketPath, options)
    rmSync(socketPath, { force: true })
    return new Promise((resolve, reject) => {
      proxy.#server.once('error', error => { reject(new NetworkError('ListenFailed', `the egress proxy could not listen on ${socketPath}: ${error.message}`, { cause: error })) })
      proxy.#server.listen(socketPath, () => {
        chmodSync(socketPath, 0o600)
        resolve(proxy)
      })
    })
  }

  get openConnections(): number {
    return this.#open.size
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => { resolve() }))
    this.#server.closeAllConnections()
    for (const client of this.#open) client.destroy()
    await closed
    rmSync(this.socketPath, { force: true })
  }

  async #connect(target: string, client: Duplex, head: Buffer, options: EgressProxyOptions): Promise<void> {
    const address = readAuthority(target)
    if (address === undefined) {
      refuse(client, 400, 'Bad Request', `"${target}" is not host:port`)
      return
    }
    const gaveUp = new AbortController()
    const onClientClosed = () => { gaveUp.abort(new Error('the client went away')) }
    client.on('close', onClientClosed)
    try {
      const dialer = await options.dialerFor(address.host, address.port)
      if (dialer === undefined) throw new Error(`no node of this lab leads to ${address.host}`)
      const far = await dialer.dial(address.host, address.port, gaveUp.signal)
      client.off('close', onClientClosed)
      if (client.destroyed) {
        far.destroy()
        return
      }
      client.write('HTTP/1.1 200 Connection established\r\n\r\n') // EP2
      if (head.length > 0) far.write(head)
      joinStreams(client, far)
    } catch (error) {
      options.log.debug('egress connection failed', { target, error: errorText(error) })
      refuse(client, 502, 'Bad Gateway', errorText(error)) // EP3
    }
  }
}

function refuse(client: Duplex, status: number, title: string, reason: string): void {
  const body = `${reason}\n`
  client.end(`HTTP/1.1 ${status} ${title}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}

/** "host:port" or "[v6]:port"; undefined for anything else. */
export function readAuthority(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port < 1 || port > 65_535) return undefined
  return { host: (match[1] ?? match[2])!, port }
}
