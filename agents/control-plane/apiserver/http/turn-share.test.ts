import { describe, expect, test } from 'vitest'
import { TurnShare } from './turn-share.ts'

function turns() {
  let nowMs = 0
  let due: (() => void)[] = []
  return {
    clock: { now: () => nowMs, nextTurn: (call: () => void) => { due.push(call) } },
    spend(ms: number) {
      nowMs += ms
    },
    next() {
      const calls = due
      due = []
      for (const call of calls) call()
    },
  }
}

describe('TurnShare', () => {
  test('TU1 begins what arrives until the share is spent, and some of the rest in each later turn', () => {
    const world = turns()
    const share = new TurnShare(world.clock)
    const begun: number[] = []
    const arrive = (id: number) => {
      share.take({ isWanted: () => true, begin: () => { begun.push(id); world.spend(4) } })
    }
    for (let id = 0; id < 8; id += 1) arrive(id)
    expect(begun).toEqual([0, 1, 2])
    world.next()
    expect([begun, share.waiting]).toEqual([[0, 1, 2, 3, 4, 5], 2])
    arrive(8) // TU2
    world.next()
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('a turn of its own begins with a fresh share', () => {
    const world = turns()
    const share = new TurnShare(world.clock)
    let begun = 0
    for (let turn = 0; turn < 5; turn += 1) {
      share.take({ isWanted: () => true, begin: () => { begun += 1; world.spend(100) } })
      world.next()
    }
    expect(begun).toBe(5)
  })

  test('TU3 what nobody wants any more never begins', () => {
    const world = turns()
    const share = new TurnShare(world.clock)
    const begun: number[] = []
    for (let id = 0; id < 1_000; id += 1) share.take({ isWanted: () => id === 0 || id === 999, begin: () => { begun.push(id); world.spend(20) } })
    world.next()
    expect([begun, share.waiting]).toEqual([[0, 999], 0])
  })
})
