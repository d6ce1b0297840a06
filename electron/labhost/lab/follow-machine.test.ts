import { expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import type { MachineReport } from '../../contract/machines.ts'
import { followMachine } from './follow-machine.ts'

const report = { at: 1_000 } as MachineReport

test('FM1 a machine that cannot be asked is told of once, with the reason, and looked for again', async () => {
  const clock = new FakeClock()
  const ending = new AbortController()
  const answers = [() => { throw new Error('the line is down') }, () => { throw new Error('the line is down') }, () => [report], () => { throw new Error('the line is down') }]
  async function* watch(): AsyncGenerator<MachineReport> { yield* answers.shift()!() }
  const items = followMachine(watch, clock, ending.signal)
  const next = async () => {
    const item = items.next()
    for (let tick = 0; tick < 20; tick++) {
      await clock.advance(1_000)
    }
    return (await item).value
  }
  expect(await next()).toEqual({ state: 'lost', reason: 'the line is down' })
  expect(await next()).toEqual({ state: 'known', report })
  expect(await next()).toEqual({ state: 'lost', reason: 'the line is down' })
  ending.abort()
  expect((await items.next()).done).toBe(true)
})
