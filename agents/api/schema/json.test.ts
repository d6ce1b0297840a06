import { describe, expect, test } from 'vitest'
import { exactNumberText, isExactNumber } from './clone.ts'
import { JsonSyntaxError, parseJson } from './json.ts'

describe('parseJson', () => {
  test('JS1 reports each repeated key once with its path and keeps the last value', () => {
    const { value, duplicates } = parseJson('{"spec":{"replicas":1,"replicas":2,"c":[{"n":1,"n":2,"n":3}]}}')
    expect(duplicates).toEqual(['spec.replicas', 'spec.c[0].n'])
    expect(value).toEqual({ spec: { replicas: 2, c: [{ n: 3 }] } })
  })

  test('JS2 keeps integers that a double cannot hold', () => {
    const { value } = parseJson('{"a":9007199254740993,"b":9007199254740991}')
    const { a, b } = value as { a: unknown; b: unknown }
    expect(isExactNumber(a)).toBe(true)
    expect(exactNumberText(a)).toBe('9007199254740993')
    expect(b).toBe(9007199254740991)
    expect(JSON.stringify(value)).toBe('{"a":9007199254740993,"b":9007199254740991}')
  })

  test('JS3 refuses a text nested without end', () => {
    expect(() => parseJson('['.repeat(100_000))).toThrow(JsonSyntaxError)
  })

  test('JS4 takes __proto__ for an ordinary key', () => {
    const { value } = parseJson('{"__proto__":{"polluted":true},"constructor":1}')
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  test.each([
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{a}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['"a', 'unexpected end of JSON input'],
  ])('says of %j: %s', (text, message) => {
    expect(() => parseJson(text)).toThrow(message)
  })

  test('reads what JSON.parse reads', () => {
    const text = '{"a":[1,-2.5e3,true,null,"\\u00e9\\n\\"x"],"b":{},"c":[]}'
    expect(parseJson(text).value).toEqual(JSON.parse(text))
  })
})

test('a string ends at its quote, escapes or not, and holds no control characters', () => {
  expect(parseJson('{"a\\"b":"c\\\\","d":"\\u0041"}').value).toEqual({ 'a"b': 'c\\', d: 'A' })
  expect(() => parseJson('{"a":"b\nc"}')).toThrow("invalid character '\\n' in string literal")
  expect(() => parseJson('"\\"')).toThrow('unexpected end of JSON input')
})
