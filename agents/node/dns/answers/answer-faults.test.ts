import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { type FaultRuleOrder, faultPoints } from '../../../base/fault-points.ts'
import { otherAnswer } from './answer-faults.ts'

let clock: FakeClock
let begun: Disposable
beforeEach(() => {
  clock = new FakeClock()
  begun = faultPoints.begin({ clock, random: { next: () => 0 }, crash() {} })
})
afterEach(() => { begun[Symbol.dispose]() })

const set = (more: Partial<FaultRuleOrder>) => faultPoints.set({ id: 'a', point: 'dns.answer', effect: 'drop', match: {}, percent: 100, parameters: {}, ...more }, 60_000)
const ask = (name: string, type = 'A') => otherAnswer({ name, type, class: 'IN' })

test('a failure has its code, for the names it is about alone, however they are spelt', async () => {
  set({ effect: 'error', match: { name: 'web.*', type: 'A' }, parameters: { code: 3, message: '' } })
  expect(await ask('WEB.example')).toMatchObject({ code: 'NXDOMAIN', answers: [] })
  expect(await ask('api.example')).toBeUndefined()
  set({ effect: 'error', match: {}, parameters: { code: 2, message: '' } })
  expect(await ask('api.example')).toMatchObject({ code: 'SERVFAIL' })
})

test('a wrong address is told for A, and that there is none for the rest', async () => {
  set({ effect: 'change', parameters: { value: '192.0.2.1' } })
  expect(await ask('web.example')).toMatchObject({ code: 'NOERROR', answers: [{ name: 'web.example', record: { type: 'A', address: '192.0.2.1' } }] })
  expect(await ask('web.example', 'AAAA')).toMatchObject({ code: 'NOERROR', answers: [], withSoa: true })
})

test('silence is none, and a delay the truth, later', async () => {
  set({})
  expect(await ask('web.example')).toBe('none')
  set({ effect: 'delay', parameters: { ms: 100 } })
  const asked = ask('web.example')
  await clock.advance(100)
  expect(await asked).toBeUndefined()
})
