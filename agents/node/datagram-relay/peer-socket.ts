/** A UDP socket connected to one peer. What is sent before it is connected waits, a few datagrams of it. */
import { createSocket } from 'node:dgram'
import type { RelayOptions } from './relay.ts'

const waitingLimit = 64

export function peerSockets(host: string): RelayOptions['connect'] {
  return (port, onAnswer, onLost) => {
    const socket = createSocket('udp4')
    const waiting: Uint8Array[] = []
    let phase: 'connecting' | 'connected' | 'closed' = 'connecting'
    const close = (): void => {
      if (phase !== 'closed') socket.close()
      phase = 'closed'
    }
    socket.on('message', onAnswer)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || phase === 'closed') return // DR5
      close()
      onLost(error.message)
    })
    socket.connect(port, host, () => {
      if (phase === 'closed') return
      phase = 'connected'
      for (const payload of waiting.splice(0)) socket.send(payload)
    })
    return {
      send: payload => {
        if (phase === 'connected') socket.send(payload, () => {}) // what the kernel refuses is lost, as datagrams are
        else if (phase === 'connecting' && waiting.length < waitingLimit) waiting.push(payload.slice())
      },
      close,
    }
  }
}
