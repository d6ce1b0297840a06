import { describe, expect, test } from 'vitest'
import { DomainCounts } from './domain-counts.ts'

function zones(pods: Record<string, number>): DomainCounts {
  const counts = new DomainCounts()
  for (const [zone, count] of Object.entries(pods)) counts.addNode(zone, count)
  return counts
}

describe('DomainCounts', () => {
  test('DC1 a domain without pods exists, and goes with its last node', () => {
    const counts = zones({ a: 2, b: 0 })
    expect([counts.size, counts.lowest, counts.total]).toEqual([2, 0, 2])
    counts.removeNode('b', 0)
    expect([counts.size, counts.lowest]).toEqual([1, 2])
  })

  test('DC2 the worked example: a pod comes to the emptiest domain', () => {
    const counts = zones({ a: 3, b: 3, c: 1 })
    counts.add('c', 1)
    expect([counts.lowest, counts.total]).toEqual([2, 8])
    counts.add('c', 2)
    expect(counts.lowest).toBe(3)
    counts.add('a', -3)
    expect(counts.lowest).toBe(0)
  })

  test('a domain of several nodes keeps what the others have', () => {
    const counts = zones({ a: 1 })
    counts.addNode('a', 4)
    counts.removeNode('a', 1)
    expect([counts.get('a'), counts.lowest]).toEqual([4, 4])
  })

  test('imagined changes move the lowest and nothing else', () => {
    const counts = zones({ a: 3, b: 1, c: 1 })
    expect(counts.lowestWith(new Map([['b', 5]]))).toBe(1)
    expect(counts.lowestWith(new Map([['b', 5], ['c', 1]]))).toBe(2)
    expect(counts.lowestWith(new Map([['a', -3]]))).toBe(0)
    expect(counts.lowestWith(new Map([['elsewhere', -3]]))).toBe(1)
    expect(counts.lowest).toBe(1)
  })

  test('without domains nothing is the lowest', () => {
    expect([new DomainCounts().lowest, new DomainCounts().lowestWith(new Map([['a', 1]]))]).toEqual([0, 0])
  })
})
