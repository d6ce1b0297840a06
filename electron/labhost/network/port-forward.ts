/**
 * A TCP port on 127.0.0.1 that leads to somewhere inside a lab.
 *
 *   PF1  It listens on 127.0.0.1 only.
 *   PF2  A client is accepted first and dialled for then; when that fails its connection is reset, and the next may work.
 *   PF3  `close` ends the listener and every connection that goes through it.
 */
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { errorText, type Log } from '../../../agents/base/log.ts'
import { joinStreams } from './join-streams.ts'
import { NetworkError } from './network-error.ts'

export interface PortForwardOptions {
  /** null: any free one. */
  readonly localPort: number | null
  readonly dial: (signal: AbortSignal) => Promise<Duplex>
  readonly log: Log
}

export interface PortForward {
  readonly localPort: number
  readonly connections: number
  close(): Promise<void>
}

export async function openPortForward(options: PortForwardOptions): Promise<PortForward> {
  const clients = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, client => {
    clients.add(client)
    client.on('close', () => clients.delete(client))
    client.on('error', () => { client.destroy() })
    const gaveUp = new AbortController()
    const onClosed = () => { gaveUp.abort(new Error('the client went away')) }
    client.on('close', onClosed)
    options.dial(gaveUp.signal).then(
      far => {
        client.off('close', onClosed)
        if (client.destroyed) far.destroy()
        else joinStreams(client, far)
      },
      (error: unknown) => {
        options.log.debug('forwarded connection failed', { localPort: options.localPort, error: errorText(error) })
        client.resetAndDestroy() // PF2
      },
    )
  })
  await listen(server, options.localPort)
  return {
    localPort: (server.address() as AddressInfo).port,
    get connections() {
      return clients.size
    },
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => { resolve() }))
      for (const client of clients) client.destroy() // PF3
      await closed
    },
  }
}

function listen(server: Server, port: number | null): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE'
        ? new NetworkError('PortTaken', `port ${port} on 127.0.0.1 is already used by another program; choose another, or leave it out to get a free one`, { cause: error })
        : new NetworkError('ListenFailed', `could not listen on 127.0.0.1:${port ?? 0}: ${error.message}`, { cause: error }))
    })
    server.listen({ host: '127.0.0.1', port: port ?? 0, exclusive: true }, () => { resolve() }) // PF1
  })
}
