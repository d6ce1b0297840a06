import { describe, expect, test } from 'vitest'
import { pick, seededRandom } from '../../base/random.ts'
import { kindOf } from '../kinds.ts'
import { fieldSelectorText, fieldsOf, matchesFields, parseFieldSelector, unsupportedField } from './field-selector.ts'
import { matches, matchesLabelMap, matchesLabelSelector, parseLabelSelector, selectorText } from './label-selector.ts'

describe('label selectors', () => {
  test.each([
    ['a=b', { a: 'b' }, true], ['a==b', { a: 'c' }, false], ['a!=b', {}, true], ['a!=b', { a: 'b' }, false], ['a in (b,c)', { a: 'c' }, true],
    ['a notin (b)', {}, true], ['a', { a: '' }, true], ['!a', {}, true], ['a>3', { a: '4' }, true], ['a<3', { a: 'x' }, false], ['', {}, true], ['a=', { a: '' }, true], ['a in ()', { a: '' }, true],
    [' a = b , c ', { a: 'b', c: '1' }, true], ['toString', {}, false],
  ])('LS2 LS3 %j on %j: %s', (text, labels, expected) => {
    expect(matches(parseLabelSelector(text), labels as Record<string, string>)).toBe(expected)
  })

  test.each([
    ['a=(', "unable to parse requirement: found '(', expected: identifier"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a,', "unable to parse requirement: found '', expected: identifier after ','"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['-a=b', 'unable to parse requirement: key: Invalid value: "-a"'],
  ])('LS4 refuses %j', (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(message)
  })

  test.each(['in', 'notin'])('a long list of values means what a short one does: %s', operator => {
    const values = Array.from({ length: 1_000 }, (_, index) => `v${index}`)
    for (const selector of [parseLabelSelector(`a ${operator} (${values.join(',')})`), { requirements: [{ key: 'a', operator: operator as 'in', values }], nothing: false }]) {
      expect([{ a: 'v999' }, { a: 'v1000' }, undefined].map(labels => matches(selector, labels))).toEqual(operator === 'in' ? [true, false, false] : [false, true, true])
    }
  })

  test('a Service without a selector, or with an empty one, selects nothing', () => {
    const maps: readonly (Record<string, string> | undefined)[] = [undefined, {}, { a: '1' }, { a: '1', b: '2' }]
    expect(maps.map(map => matchesLabelMap(map, { a: '1' }))).toEqual([false, false, true, false])
  })

  test('LS1 a null selector matches nothing, an empty one everything', () => {
    expect(matchesLabelSelector(null, {})).toBe(false)
    expect(matchesLabelSelector({}, { a: 'b' })).toBe(true)
  })

  test('text of a parsed selector parses to the same', () => {
    const random = seededRandom(3)
    for (let round = 0; round < 300; round += 1) {
      const text = Array.from({ length: 1 + Math.floor(random.next() * 3) }, () => pick(random, ['a=b', 'c!=d', 'e in (f,g)', 'h notin (i)', 'j', '!k', 'l>5'])).join(',')
      const selector = parseLabelSelector(text)
      expect(parseLabelSelector(selectorText(selector)).requirements.length).toBe(selector.requirements.length)
      expect(selectorText(parseLabelSelector(selectorText(selector)))).toBe(selectorText(selector))
    }
  })
})

describe('field selectors', () => {
  test('FS1 reads terms and escapes', () => {
    const terms = parseFieldSelector('spec.nodeName=a,status.phase!=b\\,c')
    expect(terms).toEqual([{ path: 'spec.nodeName', operator: '=', value: 'a' }, { path: 'status.phase', operator: '!=', value: 'b,c' }])
    expect(parseFieldSelector(fieldSelectorText(terms))).toEqual(terms)
    expect(matchesFields(terms, path => (path === 'spec.nodeName' ? 'a' : 'x'))).toBe(true)
    expect(matchesFields(terms, fieldsOf({ spec: { nodeName: 'a' }, status: null }))).toBe(true)
    expect(matchesFields(terms, fieldsOf({ spec: {} }))).toBe(false)
    expect(() => parseFieldSelector('nonsense')).toThrow("invalid selector: 'nonsense'; can't understand 'nonsense'")
  })

  test('FS2 an unknown path is refused in upstream\'s words', () => {
    expect(unsupportedField(kindOf('', 'pods')!, parseFieldSelector('spec.foo=a'))).toBe('field label not supported: spec.foo')
    expect(unsupportedField(kindOf('', 'configmaps')!, parseFieldSelector('data=a'))).toBe('"data" is not a known field selector: only "metadata.name", "metadata.namespace"')
    expect(unsupportedField(kindOf('', 'pods')!, parseFieldSelector('status.phase=a,metadata.name=b'))).toBeUndefined()
  })
})
