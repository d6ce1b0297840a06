import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../../agents/base/fake-clock.ts'
import { seededRandom } from '../../../../agents/base/random.ts'
import type { LinkImpairments } from '../../../contract/links.ts'
import { framed } from '../switch/frame-stream.ts'
import { ImpairedLink } from './impaired-link.ts'

let clock: FakeClock
let arrived: { readonly at: number; readonly frame: string }[]

beforeEach(() => {
  clock = new FakeClock(0)
  arrived = []
})

/** Frames of that many bytes, the number of the frame in their last four. */
function linkOf(impairments: LinkImpairments) {
  const link = new ImpairedLink<null>(impairments, clock, seededRandom(7))
  const send = (number: number, bytes = 64): void => {
    const frame = Buffer.alloc(bytes)
    frame.writeUInt32BE(number, bytes - 4)
    const stream = framed(frame)
    link.pass(stream, 4, stream.length, null, (got, at, end) => arrived.push({ at: clock.monotonic(), frame: got.toString('hex', at, end) }))
  }
  return { link, send }
}

const numbers = () => arrived.map(({ frame }) => Number(`0x${frame.slice(-8)}`))
const share = (part: number, whole: number) => (part / whole) * 100
const many = 20_000

async function sendMany(send: (number: number) => void, everyMs = 0): Promise<void> {
  for (let number = 0; number < many; number++) {
    send(number)
    if (everyMs > 0) await clock.advance(everyMs)
  }
}

test('loss at random takes its share of 20,000 frames, within one part in a hundred, correlated or not', async () => {
  for (const correlationPercent of [0, 50]) {
    const { link, send } = linkOf({ loss: { model: 'random', percent: 10, correlationPercent } })
    await sendMany(send)
    expect(Math.abs(share(link.counts.dropped.loss, many) - 10), `correlation ${correlationPercent}`).toBeLessThan(1)
  }
})

test('a correlated loss comes in longer runs', async () => {
  const runs = async (correlationPercent: number): Promise<number> => {
    arrived = []
    const { send } = linkOf({ loss: { model: 'random', percent: 20, correlationPercent } })
    await sendMany(send)
    const got = numbers()
    return got.filter((number, index) => index > 0 && number !== got[index - 1]! + 1).length
  }
  expect(await runs(80)).toBeLessThan((await runs(0)) / 2)
})

test('every nth frame is lost, and no other', () => {
  const { send } = linkOf({ loss: { model: 'every', nth: 4 } })
  for (let number = 1; number <= 12; number++) send(number)
  expect(numbers()).toEqual([1, 2, 3, 5, 6, 7, 9, 10, 11])
})

test('Gilbert and Elliott lose in bursts: as often as the two states say', async () => {
  const { link, send } = linkOf({ loss: { model: 'gilbert-elliott', toBadPercent: 10, toGoodPercent: 40, lossInBadPercent: 75, lossInGoodPercent: 0 } })
  await sendMany(send)
  expect(Math.abs(share(link.counts.dropped.loss, many) - 15)).toBeLessThan(1.5) // bad a fifth of the time
})

test('a delay is exact, and frames stay in order', async () => {
  const { send } = linkOf({ delay: { ms: 20 } })
  send(1)
  await clock.advance(5)
  send(2)
  await clock.advance(15)
  expect(arrived.map(({ at }) => at)).toEqual([20])
  await clock.advance(5)
  expect(numbers()).toEqual([1, 2])
  expect(arrived[1]!.at).toBe(25)
})

test('jitter keeps the mean and has the width that its distribution gives it', async () => {
  for (const distribution of ['uniform', 'normal', 'pareto', 'pareto-normal'] as const) {
    arrived = []
    const { send } = linkOf({ delay: { ms: 200, jitterMs: 10, distribution } })
    const startedAt = clock.monotonic()
    for (let number = 0; number < 1_500; number++) send(number)
    await clock.advance(2_000)
    const delays = arrived.map(({ at }) => at - startedAt)
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length
    const deviation = Math.sqrt(delays.reduce((sum, delay) => sum + (delay - mean) ** 2, 0) / delays.length)
    expect(Math.abs(mean - 200), distribution).toBeLessThan(1)
    if (distribution === 'uniform') expect(Math.max(...delays)).toBeLessThan(210)
    if (distribution === 'normal') expect(Math.abs(deviation - 10)).toBeLessThan(1)
  }
})

test('a rate lets a frame go when its last bit has left, and drops what its queue does not hold', async () => {
  const { link, send } = linkOf({ rate: { megabitsPerSecond: 8, queueKiB: 3 } }) // 1,000 bytes a millisecond
  for (let number = 1; number <= 6; number++) send(number, 1_000)
  await clock.advance(10)
  expect(arrived.map(({ at }) => Number(at.toFixed(6)))).toEqual([1, 2, 3])
  expect(link.counts.dropped.queue).toBe(3)
})

test('a rate and a delay add up', async () => {
  const { send } = linkOf({ rate: { megabitsPerSecond: 8, queueKiB: 64 }, delay: { ms: 10 } })
  send(1, 1_000)
  send(2, 1_000)
  await clock.advance(20)
  expect(arrived.map(({ at }) => Number(at.toFixed(6)))).toEqual([11, 12])
})

test('duplicates come twice, a share of them', async () => {
  const { link, send } = linkOf({ duplicatePercent: 5 })
  await sendMany(send)
  expect(Math.abs(share(link.counts.duplicated, many) - 5)).toBeLessThan(1)
  expect(arrived.length).toBe(many + link.counts.duplicated)
})

test('corruption turns over one bit behind the addresses, in a copy', () => {
  const { link } = linkOf({ corruptPercent: 100 })
  const stream = framed(Buffer.alloc(64))
  link.pass(stream, 4, stream.length, null, (bytes, at, end) => {
    const bits = [...bytes.subarray(at, end)].flatMap((byte, index) => (byte === 0 ? [] : [[index, byte.toString(2).replaceAll('0', '')] as const]))
    expect(bits.length).toBe(1)
    expect(bits[0]![0]).toBeGreaterThanOrEqual(12)
    expect(bits[0]![1]).toBe('1')
  })
  expect(stream.subarray(4).every(byte => byte === 0)).toBe(true)
})

test('a reordered frame overtakes those that are delayed', async () => {
  const { link, send } = linkOf({ delay: { ms: 10 }, reorderPercent: 25 })
  for (let number = 0; number < 400; number++) {
    send(number)
    await clock.advance(1)
  }
  await clock.advance(20)
  expect(Math.abs(share(link.counts.reordered, 400) - 25)).toBeLessThan(6)
  expect(numbers()).not.toEqual([...numbers()].sort((a, b) => a - b))
})

test('what is blocked by an expression does not pass, everything else does', () => {
  const { link } = linkOf({ block: 'udp port 53' })
  const packet = (port: number) => framed(Buffer.from(`5254003000025254003000010800${'45000020000000004011'}0000ac1e000bac1e000cc001${port.toString(16).padStart(4, '0')}000c000000000000`, 'hex'))
  for (const stream of [packet(53), packet(80)]) link.pass(stream, 4, stream.length, null, (_bytes, at) => arrived.push({ at, frame: '' }))
  expect([arrived.length, link.counts.dropped.block]).toEqual([1, 1])
})

test('an MTU black hole swallows large packets without a word', () => {
  const { link, send } = linkOf({ mtuBytes: 1_400 })
  send(1, 1_414)
  send(2, 1_415)
  expect(numbers()).toEqual([1])
  expect(link.counts.dropped.mtu).toBe(1)
})

test('a flapping link is up first, then down, and so on', async () => {
  const { send } = linkOf({ flap: { upMs: 100, downMs: 50 } })
  for (let number = 0; number < 6; number++) {
    send(number)
    await clock.advance(50)
  }
  expect(numbers()).toEqual([0, 1, 3, 4])
})

test('IL1 IL4 parameters change while frames are under way, each for itself', async () => {
  const { link, send } = linkOf({ delay: { ms: 30 }, loss: { model: 'every', nth: 2 } })
  send(1)
  link.configure({ loss: { model: 'every', nth: 2 } })
  send(2) // the loss goes on counting
  send(3)
  expect(numbers()).toEqual([3])
  await clock.advance(30)
  expect(numbers()).toEqual([3, 1])
})

test('IL3 a frame that passes at once is the one that was received', () => {
  const { link } = linkOf({ loss: { model: 'random', percent: 0 } })
  const stream = framed(Buffer.alloc(64))
  link.pass(stream, 4, stream.length, null, bytes => { expect(bytes).toBe(stream) })
  expect(link.counts.passed).toBe(1)
})
