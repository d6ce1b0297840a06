import { expect, test } from 'vitest'
import { seededRandom } from './random.ts'
import { sortFew } from './sort-few.ts'

test.each([0, 1, 2, 5, 16, 17, 100])('sorts %i as sort() does, equal ones in their order', count => {
  const random = seededRandom(count)
  for (let round = 0; round < 50; round++) {
    const items = Array.from({ length: count }, (_, index) => ({ rank: Math.floor(random.next() * 10), index }))
    const byRank = (a: { rank: number }, b: { rank: number }) => a.rank - b.rank
    expect(sortFew([...items], byRank)).toEqual([...items].sort(byRank))
  }
})
