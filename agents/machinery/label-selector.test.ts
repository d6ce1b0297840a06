import { describe, expect, it } from 'vitest'
import { matchesLabelMap, matchesLabelSelector, matchesRequirements, readSelector, selectorText } from './label-selector.ts'

describe('label selectors', () => {
  it.each([
    ['app=web', { app: 'web' }, true],
    ['app==web', { app: 'db' }, false],
    ['app!=web', {}, true], // LS1
    ['tier notin (a, b)', {}, true], // LS1
    ['tier in (a, b),app', { tier: 'b', app: '' }, true],
    ['tier in (a,b),!app', { tier: 'b', app: '' }, false],
    ['', { any: 'thing' }, true], // LS2
    ['example.com/role=x', { 'example.com/role': 'x' }, true],
    ['toString', {}, false],
  ])('LS1, LS2: %s on %j is %s', (text, labels, matches) => {
    expect(matchesRequirements(readSelector(text), labels as Record<string, string>)).toBe(matches)
  })

  it('LS2: an absent LabelSelector and an empty label map match nothing', () => {
    expect(matchesLabelSelector(undefined, { a: '1' })).toBe(false)
    expect(matchesLabelSelector({}, { a: '1' })).toBe(true)
    expect(matchesLabelMap({}, { a: '1' })).toBe(false)
  })

  it.each(['a in (b', 'a=b=c d', '=x', 'a in b'])('LS3: refuses %j', text => {
    expect(() => readSelector(text)).toThrow(/unable to parse/)
  })

  it('renders canonical text', () => {
    expect(selectorText({ matchLabels: { b: '2', a: '1' }, matchExpressions: [{ key: 'c', operator: 'NotIn', values: ['y', 'x'] }, { key: 'd', operator: 'DoesNotExist' }] }))
      .toBe('a=1,b=2,c notin (x,y),!d')
  })
})
