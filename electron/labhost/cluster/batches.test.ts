import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { batches } from './batches.ts'

const soon = () => new Promise(resolve => setImmediate(resolve))

describe('batches', () => {
  test('what comes close together is given together, what comes later is given later', async () => {
    const clock = new FakeClock()
    const late = Promise.withResolvers<void>()
    async function* source(): AsyncGenerator<number> {
      yield 1
      yield 2
      await late.promise
      yield 3
    }
    const read = batches(source(), clock, 50, new AbortController().signal)
    const first = read.next()
    await soon()
    await clock.advance(50)
    expect((await first).value).toEqual([1, 2])
    late.resolve()
    const second = read.next()
    await soon()
    await clock.advance(50)
    expect((await second).value).toEqual([3])
    expect((await read.next()).done).toBe(true)
  })

  test('an error comes after everything that came before it', async () => {
    async function* source(): AsyncGenerator<number> {
      yield 1
      throw new Error('the server went away')
    }
    const clock = new FakeClock()
    const read = batches(source(), clock, 50, new AbortController().signal)
    const first = read.next()
    await soon()
    await clock.advance(50)
    expect((await first).value).toEqual([1])
    await expect(read.next()).rejects.toThrow('the server went away')
  })
})
