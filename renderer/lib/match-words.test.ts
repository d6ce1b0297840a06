import { describe, expect, test } from 'vitest'
import { bestMatches, matchWords } from './match-words.ts'

describe('matching typed words', () => {
  test('MW1 every word must be there, in any order and case', () => {
    expect(matchWords('sched go', 'Go to Scheduler')).not.toBeNull()
    expect(matchWords('sched lab', 'Go to Scheduler')).toBeNull()
    expect(matchWords('', 'anything')).toBe(0)
  })

  test('MW1 the beginning of the text comes before the beginning of a word, and that before its inside', () => {
    expect(bestMatches('pod', ['tripods', 'all pods', 'pods'], text => text)).toEqual(['pods', 'all pods', 'tripods'])
  })

  test('what matches equally well keeps its order', () => {
    expect(bestMatches('node', ['node-2', 'node-1'], text => text)).toEqual(['node-2', 'node-1'])
  })
})
