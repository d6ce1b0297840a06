import { connect as connectTls } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { Socket } from 'node:net'

/** TLS over a socket that has been dialled already; the socket is destroyed when that fails or the signal aborts first. */
export async function secureSocket(socket: Socket, options: Omit<ConnectionOptions, 'socket'>, signal: AbortSignal): Promise<TLSSocket> {
  return await new Promise((resolve, reject) => {
    const secure = connectTls({ ...options, socket })
    const fail = (error: Error) => {
      signal.removeEventListener('abort', onAbort)
      secure.destroy()
      socket.destroy()
      reject(error)
    }
    const onAbort = () => {
      fail(new Error('the call has ended'))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    secure.once('error', fail)
    secure.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort)
      secure.off('error', fail)
      secure.on('error', () => {}) // whoever uses it hears of the close
      resolve(secure)
    })
    if (signal.aborted) onAbort()
  })
}
