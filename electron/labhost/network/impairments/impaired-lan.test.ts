import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../../agents/base/fake-clock.ts'
import { seededRandom } from '../../../../agents/base/random.ts'
import { framed } from '../switch/frame-stream.ts'
import { ImpairedLan } from './impaired-lan.ts'

let lan: ImpairedLan<null>
let clock: FakeClock
const stream = framed(Buffer.alloc(64))

beforeEach(() => {
  clock = new FakeClock(0)
  lan = new ImpairedLan(clock, seededRandom(1))
})

/** When a frame arrives that one sends to the other, if it does. */
async function arrivals(from: string, to: string): Promise<readonly number[]> {
  const startedAt = clock.monotonic()
  const at: number[] = []
  lan.enter(from, stream, 4, stream.length, null, (bytes, start, end) => {
    lan.leave(from, to, bytes, start, end, null, () => at.push(clock.monotonic() - startedAt))
  })
  await clock.advance(1_000)
  return at
}

test('IM2 a partition one way leaves the other way open', async () => {
  lan.set('user', { from: 'a', to: 'b' }, { down: true })
  expect([await arrivals('a', 'b'), await arrivals('b', 'a'), await arrivals('a', 'c')]).toEqual([[], [0], [0]])
})

test('IM2 what a machine sends, what it gets, and everything', async () => {
  lan.set('user', { from: 'a', to: '*' }, { delay: { ms: 10 } })
  lan.set('user', { from: '*', to: 'b' }, { delay: { ms: 100 } })
  lan.set('user', { from: '*', to: '*' }, { delay: { ms: 1 } })
  expect([await arrivals('a', 'b'), await arrivals('b', 'a'), await arrivals('a', 'c')]).toEqual([[111], [1], [11]])
})

test('IM1 layers of several owners follow one another and go one by one', async () => {
  const link = { from: 'a', to: 'b' }
  lan.set('user', link, { delay: { ms: 10 } })
  lan.set('fault-1', link, { delay: { ms: 5 } })
  expect(await arrivals('a', 'b')).toEqual([15])
  lan.clear('fault-1')
  expect(await arrivals('a', 'b')).toEqual([10])
  lan.set('user', link, null)
  expect(lan.isClear).toBe(true)
})

test('IM1 what is under way in a layer that goes still arrives', async () => {
  const link = { from: 'a', to: 'b' }
  lan.set('user', link, { delay: { ms: 10 } })
  let count = 0
  lan.leave('a', 'b', stream, 4, stream.length, null, () => count++)
  lan.set('user', link, null)
  await clock.advance(10)
  expect(count).toBe(1)
})
