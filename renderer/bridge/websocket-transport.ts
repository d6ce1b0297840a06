/** Frames over the gateway's WebSocket, for a page in a browser. Reconnects with growing pauses from 0.3 s to 5 s. */
import type { ClientFrame, HostFrame } from '../../electron/contract/frames.ts'
import type { Transport, TransportListener } from './transport.ts'

const firstPauseMs = 300
const longestPauseMs = 5_000

export function openWebSocketTransport(address: string): Transport {
  let socket: WebSocket | undefined
  let listener: TransportListener | undefined
  let pauseMs = firstPauseMs
  let timer: ReturnType<typeof setTimeout> | undefined
  let isClosed = false

  const connect = (): void => {
    listener?.state('connecting')
    const next = new WebSocket(address)
    socket = next
    next.addEventListener('open', () => {
      pauseMs = firstPauseMs
      listener?.state('up')
    })
    next.addEventListener('message', event => {
      if (typeof event.data === 'string') listener?.frame(JSON.parse(event.data) as HostFrame)
    })
    next.addEventListener('close', () => {
      if (isClosed) return
      listener?.state('lost')
      timer = setTimeout(connect, pauseMs)
      pauseMs = Math.min(longestPauseMs, pauseMs * 2)
    })
  }

  return {
    send(frame: ClientFrame) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame))
    },
    listen(given) {
      listener = given
      connect()
    },
    close() {
      isClosed = true
      clearTimeout(timer)
      socket?.close()
    },
  }
}
