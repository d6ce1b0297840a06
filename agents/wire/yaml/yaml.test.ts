import { expect, test } from 'vitest'
import { YamlSyntaxError, parseYaml, parseYamlDocuments } from './yaml.ts'

test('YAML 1.1: on and yes are booleans, dates stay text, numbers are numbers', () => {
  expect(parseYaml('a: yes\nb: on\nc: 2026-01-01\nd: 0x10\ne: "yes"\nf:\n').value).toEqual({ a: true, b: true, c: '2026-01-01', d: 16, e: 'yes', f: null })
})
test('YM1 a mistake names line and column', () => {
  expect(() => parseYaml('a: [1\nb: 2\n')).toThrow(YamlSyntaxError)
  expect(() => parseYaml('a: [1\nb: 2\n')).toThrow(/line \d/)
})
test('YM2 repeated keys are told with their path', () => {
  expect(parseYaml('spec:\n  replicas: 1\n  replicas: 2\nlist:\n- a: 1\n  a: 2\n')).toEqual({ value: { spec: { replicas: 2 }, list: [{ a: 2 }] }, duplicates: ['spec.replicas', 'list[0].a'] })
})
test('YM3 a bomb of aliases is refused', () => {
  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]', ...Array.from({ length: 8 }, (_, index) => `a${index + 1}: &a${index + 1} [${Array(10).fill(`*a${index}`).join(',')}]`)].join('\n')
  expect(() => parseYaml(bomb)).toThrow(/too large/)
})
test('YM4 no key reaches the prototype', () => {
  const { value } = parseYaml('__proto__:\n  polluted: true\n1: one\n')
  expect(Object.keys(value as object).sort()).toEqual(['1', '__proto__'])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})
test('only the first document, merge keys resolved, nothing is nothing', () => {
  expect(parseYaml('base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\n---\nother: 1\n').value).toEqual({ base: { x: 1, y: 2 }, mine: { x: 1, y: 3 } })
  expect(parseYaml('').value).toBeNull()
})

test('YM5 YM6 numbers are what Go reads', () => {
  expect(parseYaml('a: 22:22\nb: 1:30.5\nc: 0777\nd: 1_000\ne: 0x1F\nf: +1\ng: 08').value).toEqual({ a: '22:22', b: '1:30.5', c: 511, d: 1000, e: 31, f: 1, g: 8 })
  expect(JSON.stringify(parseYaml('a: 9007199254740993\nb: 9223372036854775807\nc: -9223372036854775808\nd: 99999999999999999999').value)).toBe('{"a":9007199254740993,"b":9223372036854775807,"c":-9223372036854775808,"d":100000000000000000000}')
})

test.each([
  ['laughs', ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...[...'bcdefghij'].map((name, index) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefghij'[index]!}`).join(',')}]`)].join('\n')],
  ['a ring', 'a: &a [*a]'],
  ['flow lists', '['.repeat(20_000)],
  ['flow maps', '{a: '.repeat(5_000)],
  ['block lists', '- '.repeat(20_000)],
  ['explicit keys', '? '.repeat(5_000)],
  ['not a number', 'a: .nan'],
  ['infinity', 'a: -.inf'],
])('YM3 %s are refused', (_name, text) => {
  expect(() => parseYaml(text)).toThrow(YamlSyntaxError)
})

test('YM2 repeated keys without end are told a hundred times', () => {
  expect(parseYaml(Array.from({ length: 1_000 }, (_, index) => `k${index}: 1\nk${index}: 2`).join('\n')).duplicates).toHaveLength(100)
})

test('a body is its first document, a manifest file may hold several', () => {
  expect(parseYaml('a: 1\n---\na: 2\n').value).toEqual({ a: 1 })
  expect(parseYamlDocuments('a: 1\n---\n---\na: 2\n').map(({ value }) => value)).toEqual([{ a: 1 }, null, { a: 2 }])
  expect(() => parseYamlDocuments('a: 1\n---\na: [1\nb: 2\n')).toThrow(/line 4/)
})
