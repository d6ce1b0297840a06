import { createSocket, type Socket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { MemoryLog } from '../../../agents/base/log.ts'
import { isInRanges } from './balancer-door.ts'
import { openDatagramDoor, silenceMs } from './datagram-door.ts'
import type { DatagramListener } from './datagram-line.ts'

async function udpSocket(): Promise<Socket & { readonly port: number; readonly heard: string[] }> {
  const socket = createSocket('udp4')
  const heard: string[] = []
  socket.on('message', payload => heard.push(String(payload)))
  await new Promise<void>(resolve => { socket.bind(0, '127.0.0.1', resolve) })
  onTestFinished(() => { socket.close() })
  return Object.assign(socket, { heard, port: (socket.address() as AddressInfo).port })
}

/** A door with two backends that answer "<name>: <what they heard>". */
async function scene(sessionLimit = 3) {
  const clock = new FakeClock()
  const { port } = await udpSocket() // taken on 127.0.0.1, so nobody else's
  const sessions: { readonly backend: string; readonly listener: DatagramListener; isOpen: boolean }[] = []
  const state = { healthy: ['a', 'b'], ranges: [] as string[], unreachable: new Set<string>(), silent: false, counts: new Map<string, number>(), turn: 0, onAsked: (_host: string): unknown => undefined }
  const address = '127.0.0.2'
  const door = await openDatagramDoor({
    address, port, clock, log: new MemoryLog(), sessionLimit,
    behind: {
      targetPort: () => 30_053,
      lets: client => {
        state.onAsked(client)
        return isInRanges(state.ranges, client)
      },
      order: () => {
        const start = state.turn++ % state.healthy.length
        return [...state.healthy.slice(start), ...state.healthy.slice(0, start)]
      },
      isHealthy: name => state.healthy.includes(name),
      served: (_, name) => {
        state.counts.set(name, (state.counts.get(name) ?? 0) + 1)
        return () => { state.counts.set(name, state.counts.get(name)! - 1) }
      },
    },
    dialDatagrams: (backend, target, listener) => {
      if (state.unreachable.has(backend)) return Promise.reject(new Error('unreachable'))
      const session = { backend, listener, isOpen: true }
      sessions.push(session)
      return Promise.resolve({
        send: payload => { if (!state.silent) listener.onAnswer(new TextEncoder().encode(`${backend}:${target}: ${new TextDecoder().decode(payload)}`)) },
        close: () => { session.isOpen = false },
      })
    },
  })
  onTestFinished(() => { door.close() })
  const say = (client: Socket, text: string): void => { client.send(text, port, address) }
  return { clock, door, sessions, state, say }
}

describe('UDP port of a load balancer', () => {
  test('DD1: each client has a session of its own, and keeps its backend while that is healthy', async () => {
    const { state, sessions, say } = await scene()
    const [one, two] = [await udpSocket(), await udpSocket()]
    say(one, '1')
    await expect.poll(() => one.heard).toEqual(['a:30053: 1'])
    say(two, '2')
    await expect.poll(() => two.heard).toEqual(['b:30053: 2'])
    say(one, '3')
    await expect.poll(() => one.heard).toEqual(['a:30053: 1', 'a:30053: 3'])
    expect(Object.fromEntries(state.counts)).toEqual({ a: 1, b: 1 })
    state.healthy = ['b']
    say(one, '4')
    await expect.poll(() => one.heard.at(-1)).toBe('b:30053: 4')
    expect(sessions.map(({ backend, isOpen }) => `${backend} ${isOpen}`)).toEqual(['a false', 'b true', 'b true'])
    expect(Object.fromEntries(state.counts)).toEqual({ a: 0, b: 2 })
  })

  test('DD1: a session that its line lost is begun again with the next datagram', async () => {
    const { sessions, say } = await scene()
    const client = await udpSocket()
    say(client, '1')
    await expect.poll(() => client.heard.length).toBe(1)
    sessions[0]!.listener.onEnd('the line to the node ended')
    say(client, '2')
    await expect.poll(() => client.heard.at(-1)).toBe('b:30053: 2')
  })

  test('DD2: silence ends a session, sooner where nothing ever answered', async () => {
    const { clock, state, sessions, say } = await scene()
    const [answered, unanswered] = [await udpSocket(), await udpSocket()]
    say(answered, '1')
    await expect.poll(() => answered.heard.length).toBe(1)
    state.silent = true
    say(unanswered, '2')
    await expect.poll(() => sessions.length).toBe(2)
    const look = async (untilMs: number): Promise<boolean[]> => {
      while (clock.monotonic() < untilMs) {
        await clock.advance(5_000)
        await new Promise(resolve => { setImmediate(resolve) })
      }
      return sessions.map(({ isOpen }) => isOpen)
    }
    expect(await look(silenceMs.unanswered - 5_000)).toEqual([true, true])
    expect(await look(silenceMs.unanswered)).toEqual([true, false])
    expect(await look(silenceMs.answered - 5_000)).toEqual([true, false])
    expect(await look(silenceMs.answered)).toEqual([false, false])
  })

  test('DD3: one session too many takes the place of the one that was silent longest', async () => {
    const { sessions, say } = await scene(2)
    const clients = [await udpSocket(), await udpSocket(), await udpSocket()]
    for (const index of [0, 1, 0, 2]) {
      const { length } = clients[index]!.heard
      say(clients[index]!, 'x')
      await expect.poll(() => clients[index]!.heard.length).toBe(length + 1)
    }
    expect(sessions.map(({ isOpen }) => isOpen)).toEqual([true, false, true])
  })

  test('DD4: a backend that cannot be reached is passed over; without any, and for clients outside the ranges, datagrams are dropped', async () => {
    const { state, sessions, say } = await scene()
    const client = await udpSocket()
    state.unreachable.add('a')
    say(client, '1')
    await expect.poll(() => client.heard).toEqual(['b:30053: 1'])
    const asked: string[] = []
    state.onAsked = host => asked.push(host)
    state.ranges = ['10.0.0.0/8']
    say(client, '2')
    await expect.poll(() => asked).toEqual(['127.0.0.1'])
    state.ranges = ['127.0.0.0/8']
    say(client, '3')
    await expect.poll(() => client.heard).toEqual(['b:30053: 1', 'b:30053: 3'])
    state.unreachable.add('b')
    sessions[0]!.listener.onEnd('lost')
    say(client, '4')
    await expect.poll(() => asked.length).toBe(3)
    state.unreachable.clear()
    say(client, '5')
    await expect.poll(() => client.heard.at(-1)).toMatch(/: 5$/)
    expect(client.heard.filter(text => /: [24]$/.test(text))).toEqual([])
  })

  test('DD5: closing ends the sessions and frees the port', async () => {
    const { door, sessions, say } = await scene()
    const client = await udpSocket()
    say(client, '1')
    await expect.poll(() => client.heard.length).toBe(1)
    door.close()
    await door.ended
    expect(sessions[0]!.isOpen).toBe(false)
  })
})
