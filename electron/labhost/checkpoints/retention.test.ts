import { expect, it } from 'vitest'
import { nameByTime, planRetention } from './retention.ts'

const made = (name: string, reason: 'drill' | 'asked', day: number) => ({ name, reason, takenAt: `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z` })

it('keeps the newest automatic ones, those with a given name, and the one that the lab goes on from', () => {
  const all = [made('a', 'drill', 1), made('mine', 'asked', 1), made('b', 'drill', 2), made('c', 'drill', 3), made('d', 'drill', 4)]
  expect(planRetention(all, 2, null)).toEqual(['a', 'b'])
  expect(planRetention(all, 2, 'a')).toEqual(['b'])
  expect(planRetention(all, 4, null)).toEqual([])
})

it('names by the time, with a number where that is taken', () => {
  const now = Date.UTC(2026, 10, 28, 7, 32, 52)
  expect(nameByTime(now, [])).toBe('20261128-073252')
  expect(nameByTime(now, ['20261128-073252', '20261128-073252-2'])).toBe('20261128-073252-3')
})
