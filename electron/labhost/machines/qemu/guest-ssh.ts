/**
 * A connection to the sshd behind QEMU's user network.
 *
 * QEMU accepts on the desktop's port long before the guest listens, and tells no one: bytes simply do not come. A
 * connection counts only once the server's banner has arrived.
 *
 *   GS1  A silent connection is given up after patienceMs for a fresh one; a try that QEMU closes at once is followed by the next after pauseMs.
 *   GS2  While one is silent a second is opened beside it, because a slow guest may still answer the first; the first to speak wins.
 */
import { connect, type Socket } from 'node:net'
import { type Clock, sleep } from '../../../../agents/base/clock.ts'

const pauseMs = 100
const besideMs = 700
const patienceMs = 6_000

export function connectGuestSsh(port: number, clock: Clock, signal: AbortSignal): Promise<Socket> {
  const winner = Promise.withResolvers<Socket>()
  const done = new AbortController()
  const over = AbortSignal.any([signal, done.signal])
  const open = new Set<Socket>()
  const attempt = async (): Promise<void> => {
    while (!over.aborted) {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true })
      open.add(socket)
      const spoke = await bannerOf(socket, clock, over)
      if (spoke && !over.aborted) {
        open.delete(socket)
        done.abort(new Error('another connection spoke first'))
        winner.resolve(socket)
        return
      }
      open.delete(socket)
      socket.destroy()
      await sleep(clock, pauseMs, over).catch(() => {})
    }
  }
  const beside = async (): Promise<void> => { // GS2
    await sleep(clock, besideMs, over)
    await attempt()
  }
  const onAbort = () => { winner.reject(signal.reason as Error) }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  void attempt().catch(() => {})
  void beside().catch(() => {})
  return winner.promise.finally(() => {
    signal.removeEventListener('abort', onAbort)
    done.abort(new Error('it is decided'))
    for (const socket of open) socket.destroy()
  })
}

/** True when the first bytes came; they are put back to be read again. */
function bannerOf(socket: Socket, clock: Clock, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    const finish = (spoke: boolean) => {
      timer[Symbol.dispose]()
      socket.off('readable', onReadable)
      socket.off('close', onClose)
      signal.removeEventListener('abort', onClose)
      resolve(spoke)
    }
    const onClose = () => { finish(false) }
    const onReadable = () => {
      const bytes = socket.read() as Buffer | null
      if (bytes === null) return
      socket.unshift(bytes)
      finish(true)
    }
    const timer = clock.after(patienceMs, onClose)
    socket.on('error', () => {})
    socket.on('close', onClose)
    socket.on('readable', onReadable)
    signal.addEventListener('abort', onClose, { once: true })
  })
}
