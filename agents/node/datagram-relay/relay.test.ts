import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DatagramFrameReader, renderEnd, renderFrame } from '../../wire/datagrams/datagram-frames.ts'
import { peerSockets } from './peer-socket.ts'
import { DatagramRelay, sessionLimit } from './relay.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A relay over sockets that only remember. */
function scene() {
  const told: string[] = []
  const peers = new Map<string, { answer(text: string): void; lose(reason: string): void }>()
  let opened = 0
  const state = { takesMore: true }
  const reader = new DatagramFrameReader()
  const relay = new DatagramRelay({
    connect: (port, onAnswer, onLost) => {
      const name = `socket ${++opened} to ${port}`
      peers.set(name, { answer: text => { onAnswer(bytes(text)) }, lose: onLost })
      return { send: payload => { told.push(`${name}: ${new TextDecoder().decode(payload)}`) }, close: () => { told.push(`${name} closed`) } }
    },
    write: piece => {
      for (const { session, port, payload } of reader.read(piece)) told.push(`session ${session} from ${port}: ${new TextDecoder().decode(payload)}`)
      return state.takesMore
    },
  })
  const send = (session: number, port: number, text: string): void => { relay.read(renderFrame({ session, port, payload: bytes(text) })) }
  return { relay, told, peers, state, send }
}

describe('datagram relay', () => {
  test('DR1 DR2: a session keeps its socket, and gets another with another port', () => {
    const { told, peers, send } = scene()
    send(1, 53, 'a')
    send(2, 53, 'b')
    send(1, 53, 'c')
    peers.get('socket 1 to 53')!.answer('for one')
    send(1, 54, 'd')
    expect(told).toEqual(['socket 1 to 53: a', 'socket 2 to 53: b', 'socket 1 to 53: c', 'session 1 from 53: for one', 'socket 1 to 53 closed', 'socket 3 to 54: d'])
  })

  test('DR3: one session too many is ended with the reason; an ended one makes room', () => {
    const { relay, told, send } = scene()
    for (let session = 1; session <= sessionLimit; session++) send(session, 53, '')
    send(0, 53, 'too many')
    expect(told.at(-1)).toBe('session 0 from 0: the node carries 4096 UDP sessions already')
    relay.read(renderEnd(7))
    send(0, 53, 'fits')
    expect(told.at(-1)).toBe('socket 4097 to 53: fits')
    expect(relay.sessions).toBe(sessionLimit)
  })

  test('DR4: answers are dropped while the stream takes no more', () => {
    const { relay, told, peers, state, send } = scene()
    send(1, 53, 'a')
    state.takesMore = false
    for (const text of ['taken', 'dropped']) peers.get('socket 1 to 53')!.answer(text)
    state.takesMore = true
    relay.drained()
    peers.get('socket 1 to 53')!.answer('again')
    expect(told.slice(1)).toEqual(['session 1 from 53: taken', 'session 1 from 53: again'])
  })

  test('a socket that is lost ends its session; DR6: closing ends all', () => {
    const { relay, told, peers, send } = scene()
    send(1, 53, 'a')
    send(2, 53, 'b')
    peers.get('socket 1 to 53')!.lose('no route')
    relay.close()
    expect(told.slice(2)).toEqual(['socket 1 to 53 closed', 'session 1 from 0: no route', 'socket 2 to 53 closed'])
  })

  test('DR5: over real sockets, a peer that comes late is heard', async () => {
    const answers: string[] = []
    const free = createSocket('udp4').bind(0, '127.0.0.1')
    await new Promise(resolve => free.once('listening', resolve))
    const { port } = free.address() as AddressInfo
    await new Promise<void>(resolve => { free.close(() => { resolve() }) })
    const peer = peerSockets('127.0.0.1')(port, answer => answers.push(new TextDecoder().decode(answer)), reason => answers.push(reason))
    onTestFinished(() => { peer.close() })
    peer.send(bytes('nobody'))
    const late = createSocket('udp4')
    late.on('message', (message, from) => { late.send(`heard ${String(message)}`, from.port, from.address) })
    onTestFinished(() => { late.close() })
    await new Promise<void>(resolve => { late.bind(port, '127.0.0.1', resolve) })
    await expect.poll(() => {
      peer.send(bytes('you'))
      return answers.includes('heard you')
    }).toBe(true)
  })
})
