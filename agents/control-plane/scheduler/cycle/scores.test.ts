import { expect, test } from 'vitest'
import { seededRandom } from '../../../base/random.ts'
import { cluster, node } from '../testing/scenario.ts'
import { nodeScores, packed, pickBest, totalScores } from './scores.ts'

test('SN5 numbers keep their value in the smallest array that holds them', () => {
  const cases: [number[], unknown][] = [
    [[0, 100, 255], Uint8Array],
    [[0, 256], Int32Array],
    [[-1, 3], Int32Array],
    [[2 ** 31], Float64Array],
    [[0.5, 1], Float64Array],
    [[], Uint8Array],
  ]
  for (const [numbers, kind] of cases) {
    const kept = packed(Float64Array.from(numbers))
    expect(kept, String(numbers)).toBeInstanceOf(kind)
    expect([...kept]).toEqual(numbers)
  }
})

test('SN5 what is kept of one decision stays as it was while the next is reckoned', () => {
  const { nodes } = cluster([{ node: node('a') }, { node: node('b') }])
  const column = (numbers: readonly number[]) => [{ plugin: 'P', weight: 3, raw: numbers, normalized: numbers }]
  const first = totalScores(nodes, column([10, 20]))
  totalScores(nodes, column([0, 0]))
  expect(nodeScores(first).map(({ node: name, total }) => [name, total])).toEqual([['a', 30], ['b', 60]])
  expect(pickBest(first.totals, seededRandom(1))).toBe(1)
})
