import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { newFlowCounts, QueueSet } from './queue-set.ts'
import type { QueueConfig, Ticket, Work } from './queue-set.ts'
import { dealHand } from './shuffle-sharding.ts'

const narrow: Work = { initialSeats: 1, finalSeats: 0, lingerMs: 0 }
const queuing: QueueConfig = { mode: 'queue', queues: 64, handSize: 6, queueLengthLimit: 50 }
const never = new AbortController().signal

function setUp(config: QueueConfig, limit: number) {
  const clock = new FakeClock()
  const queues = new QueueSet<string>(clock, config, limit)
  const flow = newFlowCounts('schema')
  const arrive = (user: string, work = narrow) => queues.arrive(flow, work, config.mode === 'queue' ? dealHand('schema', user, config.queues, config.handSize) : [], user, user)
  return { clock, queues, flow, arrive }
}

/** Runs a request for so long as soon as it may. */
async function run(clock: FakeClock, queues: QueueSet<string>, ticket: Ticket<string>, lengthMs: number, ended: () => void): Promise<void> {
  if (ticket.state === 'waiting' && !(await queues.decided(ticket, 60_000, never))) return
  if (ticket.state !== 'executing') return
  await new Promise<void>(resolve => {
    clock.after(lengthMs, resolve)
  })
  queues.finish(ticket)
  ended()
}

describe('queue set', () => {
  test('QS2 with room nobody waits and no timer is set', () => {
    const { clock, queues, arrive } = setUp(queuing, 4)
    const tickets = ['a', 'b', 'c', 'd'].map(user => arrive(user))
    expect(tickets.map(ticket => ticket.state)).toEqual(['executing', 'executing', 'executing', 'executing'])
    expect(clock.pendingTimers).toBe(0)
    expect(arrive('e').state).toBe('waiting')
    queues.finish(tickets[0]!)
    expect(queues).toMatchObject({ waiting: 0, executing: 4, seatsInUse: 4 })
  })

  test('QS1 a greedy user with hundreds of requests waiting does not starve one with a few', async () => {
    const { clock, queues, arrive } = setUp(queuing, 10)
    const served = { greedy: 0, modest: 0 }
    for (let at = 0; at < 290; at++) void run(clock, queues, arrive('greedy'), 100, () => { served.greedy += 1 })
    expect(queues.waiting).toBe(280)
    const modest: number[] = []
    for (let at = 0; at < 20; at++) {
      const came = clock.monotonic()
      void run(clock, queues, arrive('modest'), 100, () => {
        served.modest += 1
        modest.push(clock.monotonic() - came)
      })
      for (let step = 0; step < 100 && served.modest === at; step++) await clock.advance(10)
    }
    expect(served.modest).toBe(20)
    expect(Math.max(...modest)).toBeLessThanOrEqual(350)
    expect(queues.refused).toBe(0)
  })

  test('two users who always have work get the same service, though one sends ten times as much', async () => {
    const { clock, queues, arrive } = setUp({ mode: 'queue', queues: 64, handSize: 1, queueLengthLimit: 100 }, 4)
    const served: Record<string, number> = { many: 0, few: 0 }
    const send = (user: string): void => {
      void run(clock, queues, arrive(user), 20, () => {
        served[user]! += 1
        send(user)
      })
    }
    for (let at = 0; at < 80; at++) send('many')
    for (let at = 0; at < 8; at++) send('few')
    await clock.advance(4_000)
    expect(served['many']! + served['few']!).toBeGreaterThan(700)
    expect(served['few']! / served['many']!).toBeGreaterThan(0.9)
    expect(served['few']! / served['many']!).toBeLessThan(1.1)
  })

  test('seats count, not requests: a user of wide requests gets as many seats as one of narrow ones', async () => {
    const { clock, queues, arrive } = setUp({ mode: 'queue', queues: 64, handSize: 1, queueLengthLimit: 100 }, 10)
    const seats: Record<string, number> = { wide: 0, narrow: 0 }
    const send = (user: string, work: Work): void => {
      void run(clock, queues, arrive(user, work), 20, () => {
        seats[user]! += work.initialSeats
        send(user, work)
      })
    }
    for (let at = 0; at < 20; at++) {
      send('wide', { initialSeats: 5, finalSeats: 0, lingerMs: 0 })
      send('narrow', narrow)
    }
    await clock.advance(4_000)
    expect(seats['narrow']! / seats['wide']!).toBeGreaterThan(0.7)
    expect(seats['narrow']! / seats['wide']!).toBeLessThan(1.4)
  })

  test('QS3 a full queue refuses, the others still take', () => {
    const { queues, flow, arrive } = setUp({ mode: 'queue', queues: 64, handSize: 1, queueLengthLimit: 2 }, 1)
    const states = Array.from({ length: 4 }, () => arrive('greedy').state)
    expect(states).toEqual(['executing', 'waiting', 'waiting', 'refused'])
    expect(arrive('somebody else').state).toBe('waiting')
    expect(flow.refused['queue-full']).toBe(1)
    expect(queues.waiting).toBe(3)
  })

  test('a level without queues refuses what has no room; an exempt one never does', () => {
    const rejecting = setUp({ mode: 'reject' }, 1)
    expect([rejecting.arrive('a').state, rejecting.arrive('b').state]).toEqual(['executing', 'refused'])
    expect(rejecting.flow.refused['concurrency-limit']).toBe(1)
    const exempt = setUp({ mode: 'exempt' }, 0)
    expect(exempt.arrive('a').state).toBe('executing')
  })

  test('a request that waited too long, or whose client has gone, leaves its queue', async () => {
    const { clock, queues, flow, arrive } = setUp(queuing, 1)
    const first = arrive('a')
    const late = queues.decided(arrive('b'), 15_000, never)
    const client = new AbortController()
    const gone = queues.decided(arrive('c'), 15_000, client.signal)
    client.abort()
    await clock.advance(15_000)
    expect([await late, await gone]).toEqual([false, false])
    expect(flow.refused['time-out']).toBe(2)
    expect(queues.waiting).toBe(0)
    queues.finish(first)
    expect(queues.isIdle).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  test('QS4 and QS5: what is wider than the limit waits for all others, and is not overtaken', () => {
    const { queues, arrive } = setUp({ mode: 'queue', queues: 8, handSize: 1, queueLengthLimit: 10 }, 2)
    const running = arrive('a')
    const wide = arrive('b', { initialSeats: 5, finalSeats: 0, lingerMs: 0 })
    expect([running.state, wide.state]).toEqual(['executing', 'waiting'])
    queues.finish(running)
    expect(wide.state).toBe('executing')
    expect(arrive('c').state).toBe('waiting')
  })

  test('QS7 the seats of a write are free only when its watchers have been told', async () => {
    const { clock, queues, arrive } = setUp(queuing, 3)
    const write = arrive('a', { initialSeats: 1, finalSeats: 3, lingerMs: 10 })
    queues.finish(write)
    expect(queues).toMatchObject({ executing: 0, seatsInUse: 3 })
    expect(arrive('b').state).toBe('waiting')
    await clock.advance(10)
    expect(queues).toMatchObject({ executing: 1, seatsInUse: 1 })
  })

  test('QS8 queues come and go with the configuration; what waits in one that goes is still served', () => {
    const { queues, arrive } = setUp({ mode: 'queue', queues: 8, handSize: 8, queueLengthLimit: 10 }, 1)
    const running = arrive('a')
    const waiting = Array.from({ length: 8 }, () => arrive('a'))
    queues.configure({ mode: 'queue', queues: 1, handSize: 1, queueLengthLimit: 10 }, 100)
    expect(waiting.every(ticket => ticket.state === 'executing')).toBe(true)
    for (const ticket of [running, ...waiting]) queues.finish(ticket)
    expect(queues.queues).toHaveLength(1)
  })
})

describe('shuffle sharding', () => {
  test('SH1, SH2: the same hand for the same flow, of different queues', () => {
    expect(dealHand('schema', 'alice', 64, 8)).toEqual(dealHand('schema', 'alice', 64, 8))
    for (const user of Array.from({ length: 200 }, (_user, at) => `user-${at}`)) {
      const hand = dealHand('schema', user, 16, 4)
      expect(new Set(hand).size).toBe(4)
      expect(hand.every(queue => queue >= 0 && queue < 16)).toBe(true)
    }
  })

  test('every queue is dealt about as often', () => {
    const dealt = new Array<number>(16).fill(0)
    for (let at = 0; at < 2_000; at++) for (const queue of dealHand('s', `u${at}`, 16, 4)) dealt[queue]! += 1
    expect(Math.min(...dealt)).toBeGreaterThan(400)
    expect(Math.max(...dealt)).toBeLessThan(600)
  })
})
