import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from './fake-clock.ts'
import { type FaultRuleOrder, FaultPoints, InjectedError } from './fault-points.ts'

let clock: FakeClock
let points: FaultPoints
let chance: number
let crashes: number
beforeEach(() => {
  clock = new FakeClock()
  points = new FaultPoints()
  chance = 0
  crashes = 0
  points.begin({ clock, random: { next: () => chance }, crash: () => { crashes++ } })
})

const define = () => points.define({ name: 'room.place', help: 'What passes.', attributes: ['verb', 'name'], effects: ['delay', 'hold', 'error', 'drop', 'change'] })
const order = (more: Partial<FaultRuleOrder> = {}): FaultRuleOrder => ({ id: 'fault-1', point: 'room.place', effect: 'drop', match: {}, percent: 100, parameters: {}, ...more })

test('FP1 a point has no rules until one is set, and none again when it is over', () => {
  const point = define()
  expect(point.rules).toBeUndefined()
  points.set(order(), 1_000)
  expect(point.rules).toHaveLength(1)
  expect(points.remove('fault-1')).toBe(true)
  expect(point.rules).toBeUndefined()
  expect(points.remove('fault-1')).toBe(false)
})

test('FP2 a rule ends at its time, and whoever is held goes on', async () => {
  const point = define()
  points.set(order({ effect: 'hold' }), 1_000)
  let isThrough = false
  const held = point.meet({}).then(rule => {
    isThrough = true
    return rule
  })
  await clock.advance(999)
  expect(isThrough).toBe(false)
  await clock.advance(1)
  expect((await held)?.id).toBe('fault-1')
  expect(points.rules).toEqual([])
})

test('FP3 the first rule that fits decides, by values, by the beginning of a value, and by chance', async () => {
  const point = define()
  points.set(order({ id: 'a', match: { verb: 'get, list', name: 'web-*' }, effect: 'error', parameters: { code: 503, message: 'no' } }), 1_000)
  points.set(order({ id: 'b', percent: 30 }), 1_000)
  await expect(point.meet({ verb: 'list', name: 'web-1' })).rejects.toEqual(new InjectedError(503, 'no'))
  chance = 0.29
  expect((await point.meet({ verb: 'list', name: 'api' }))?.effect).toBe('drop')
  expect((await point.meet({ verb: 'list' }))?.effect).toBe('drop')
  chance = 0.3
  expect(await point.meet({ verb: 'list', name: 'api' })).toBeUndefined()
  expect(points.rules.map(({ id, hits }) => [id, hits])).toEqual([['a', 1], ['b', 2]])
})

test('a delay takes its time, and a place that cannot wait is told to leave it undone', async () => {
  const point = define()
  points.set(order({ effect: 'delay', parameters: { ms: 50 } }), 1_000)
  const delayed = point.meet({})
  await clock.advance(50)
  expect((await delayed)?.effect).toBe('delay')
  points.remove('fault-1')
  points.set(order({ effect: 'error', parameters: { code: 500, message: 'broken' } }), 1_000)
  expect(() => point.refuses({})).toThrow('broken')
  points.set(order({ effect: 'hold' }), 1_000)
  expect(point.refuses({})).toBe(true)
})

test('FP4 what there is not is refused by name', () => {
  define()
  const refusal = (more: Partial<FaultRuleOrder>, forMs = 1_000) => {
    try {
      points.set(order(more), forMs)
    } catch (error) {
      return (error as Error).message
    }
    return 'accepted'
  }
  expect(refusal({ point: 'room.other' })).toBe('there is no fault point "room.other" here; there are room.place')
  expect(refusal({ effect: 'crash' })).toBe('room.place has no effect "crash"; it has delay, hold, error, drop, change')
  expect(refusal({ match: { colour: 'red' } })).toBe('room.place has no attribute "colour"; it has verb, name')
  expect(refusal({ effect: 'delay', parameters: {} })).toBe('ms of delay must be from 0 to 3600000, not undefined')
  expect(refusal({ effect: 'delay', parameters: { ms: 1, more: 2 } })).toBe('delay has no parameter "more"; it has ms')
  expect(refusal({ percent: 101 })).toBe('percent must be from 0 to 100, not 101')
  expect(refusal({}, 0)).toBe('a fault lasts from 1 ms to 24 hours, not 0 ms')
  expect(points.rules).toEqual([])
})

test('FP5 a rule that is set again lasts longer, and holds whom it held', async () => {
  const point = define()
  points.set(order({ effect: 'hold' }), 1_000)
  let isThrough = false
  const held = point.meet({}).then(() => { isThrough = true })
  await clock.advance(900)
  points.set(order({ effect: 'hold' }), 1_000)
  await clock.advance(900)
  expect(isThrough).toBe(false)
  await clock.advance(100)
  await held
})

test('a process that was never begun with has points and takes no rules', () => {
  const off = new FaultPoints()
  const point = off.define({ name: 'room.place', help: '', attributes: [], effects: ['drop'] })
  expect(() => off.set(order(), 1_000)).toThrow('faults cannot be injected here')
  expect(point.rules).toBeUndefined()
  off.crash()
  points.crash()
  expect(crashes).toBe(1)
})
