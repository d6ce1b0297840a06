import { duplexPair } from 'node:stream'
import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../../agents/base/fake-clock.ts'
import { SlowStream, type Slowness, unhindered } from './slow-stream.ts'

let clock: FakeClock
let slowness: Slowness
let near: SlowStream
let far: ReturnType<typeof duplexPair>[0]
const got: string[] = []
const heard: string[] = []
const settled = () => new Promise(resolve => { setImmediate(() => { setImmediate(resolve) }) })

beforeEach(() => {
  clock = new FakeClock()
  slowness = unhindered
  const [inner, other] = duplexPair()
  far = other
  near = new SlowStream(inner, clock, () => slowness)
  got.length = heard.length = 0
  near.on('data', (chunk: Buffer) => { got.push(String(chunk)) })
  far.on('data', (chunk: Buffer) => { heard.push(String(chunk)) })
})

test('SS3 bytes pass at once while nothing slows them down', async () => {
  near.write('a')
  far.write('b')
  await settled()
  expect([heard, got]).toEqual([['a'], ['b']])
})

test('bytes arrive after the delay, both ways, and not before', async () => {
  slowness = { delayMs: 100, kilobitsPerSecond: 0 }
  near.write('a')
  far.write('b')
  await settled()
  await clock.advance(99)
  await settled()
  expect([heard, got]).toEqual([[], []])
  await clock.advance(1)
  await settled()
  expect([heard, got]).toEqual([['a'], ['b']])
})

test('SS1 what is sent after the delay is gone does not overtake what is under way', async () => {
  slowness = { delayMs: 100, kilobitsPerSecond: 0 }
  near.write('first')
  slowness = unhindered
  near.write('second')
  await settled()
  expect(heard).toEqual([])
  await clock.advance(100)
  await settled()
  expect(heard.join(' ')).toBe('first second')
})

test('a rate lets so many bytes pass in a second', async () => {
  slowness = { delayMs: 0, kilobitsPerSecond: 8 } // a byte a millisecond
  near.write('x'.repeat(500))
  near.write('y'.repeat(500))
  await settled()
  await clock.advance(500)
  await settled()
  expect(heard.join('')).toBe('x'.repeat(500))
  await clock.advance(500)
  await settled()
  expect(heard.join('').length).toBe(1_000)
})

test('SS2 a writer waits when too much is under way, and goes on when there is room', async () => {
  slowness = { delayMs: 1_000, kilobitsPerSecond: 0 }
  let written = 0
  for (let piece = 0; piece < 10; piece++) near.write(Buffer.alloc(64 * 1024), () => { written++ })
  await settled()
  expect(written).toBe(3)
  await clock.advance(1_000)
  await settled()
  expect(written).toBeGreaterThan(3)
})

test('SS4 an end comes after the bytes before it, a destruction at once', async () => {
  slowness = { delayMs: 100, kilobitsPerSecond: 0 }
  let ended = false
  far.on('end', () => { ended = true })
  near.end('bye')
  await settled()
  expect(ended).toBe(false)
  await clock.advance(100)
  await settled()
  expect([heard, ended]).toEqual([['bye'], true])
  near.destroy()
  expect(near.destroyed).toBe(true)
})
