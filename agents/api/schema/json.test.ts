import { describe, expect, test } from 'vitest'
import { exactNumberText, isExactNumber } from './clone.ts'
import { pick, seededRandom } from '../../base/random.ts'
import type { Random } from '../../base/random.ts'
import { JsonSyntaxError, parseJson, parseJsonInTurns } from './json.ts'

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

describe('hostile texts', () => {
  const cpuMs = (run: () => void): number => {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }

  test('JS5 three megabytes of brackets are read in turns of a few milliseconds each', async () => {
    for (const piece of ['[],', '"\\n",', '{"a":{"b":[]}},']) {
      let last = process.cpuUsage()
      const turns: number[] = []
      const turn = async () => {
        const { user, system } = process.cpuUsage(last)
        turns.push((user + system) / 1000)
        await new Promise(resolve => { setImmediate(resolve) })
        last = process.cpuUsage()
      }
      const text = `[${piece.repeat(Math.floor(3_000_000 / piece.length))}0]`
      const { value, valueCount } = await parseJsonInTurns(text, turn)
      expect((value as unknown[]).length).toBe(Math.floor(3_000_000 / piece.length) + 1)
      expect(turns.length).toBeGreaterThanOrEqual(Math.floor(valueCount / 10_000) - 1)
      expect(turns.sort((a, b) => a - b)[Math.floor(turns.length * 0.9)]!).toBeLessThan(50)
    }
  })

  test('JS5 a text with more values than are wanted is not read to its end', async () => {
    const { valueCount } = await parseJsonInTurns(`[${'1,'.repeat(100_000)}1]`, () => Promise.resolve(), 20_000)
    expect(valueCount).toBeLessThan(50_000)
  })

  test('JS6 ten thousand repeated keys behind a key of a megabyte cost no more than others', () => {
    const key = 'k'.repeat(1_000_000)
    let duplicates: readonly string[] = []
    expect(cpuMs(() => { ({ duplicates } = parseJson(`{"${key}":[${Array.from({ length: 10_000 }, () => '{"a":1,"a":1}').join(',')}]}`)) })).toBeLessThan(500)
    expect(duplicates).toHaveLength(1)
    expect(cpuMs(() => { ({ duplicates } = parseJson(`{${Array.from({ length: 50_000 }, (_, index) => `"k${index}":1,"k${index}":2`).join(',')}}`)) })).toBeLessThan(2_000)
    expect(duplicates).toHaveLength(100)
  })

  test.each(['1e400', '-1e400', '9'.repeat(400), 'NaN', 'Infinity', '-Infinity', '01', '+1', '.5', '1.', '0x10', '1e', "'a'", 'undefined', '[1,]', '{"a":1,}', '//x', '\ufeff{}'])('JS7 %s is no JSON', text => {
    expect(() => parseJson(text)).toThrow(JsonSyntaxError)
  })

  test('lone surrogates and NUL stay what they are', () => {
    expect(parseJson('"\\ud800"').value).toBe('\ud800')
    expect(parseJson('"a\\u0000b"').value).toBe('a\0b')
  })

  test('five thousand random texts, whole and broken, are read as JSON.parse reads them', () => {
    const random = seededRandom(17)
    const make = (source: Random, depth: number): unknown => {
      const roll = source.next()
      if (depth === 0 || roll < 0.4) return pick(source, [0, -1, 1.5, 1e21, 123456789012345, 9007199254740991, '', 'é\n"\\', '\u2028', true, null])
      if (roll < 0.7) return Array.from({ length: Math.floor(source.next() * 4) }, () => make(source, depth - 1))
      return Object.fromEntries(['a', '__proto__', '"', 'b c'].filter(() => source.next() < 0.5).map(key => [key, make(source, depth - 1)]))
    }
    let broken = 0
    for (let round = 0; round < 5_000; round += 1) {
      let text = JSON.stringify(make(random, 4), null, pick(random, [0, 1]))
      if (random.next() < 0.5) {
        const at = Math.floor(random.next() * text.length)
        text = text.slice(0, at) + pick(random, ['', ',', '[', '}', '"', '\\', '1', 'e', ' ', '\n'])! + text.slice(at + Math.floor(random.next() * 2))
      }
      let expected: unknown
      let fails = false
      try {
        expected = JSON.parse(text)
      } catch {
        fails = true
        broken += 1
      }
      if (/e\d{3}/.test(text)) continue // more than a double can hold
      if (fails) expect(() => parseJson(text), text).toThrow(JsonSyntaxError)
      else if (!/\d{16}/.test(text)) expect(JSON.stringify(parseJson(text).value), text).toBe(JSON.stringify(expected))
    }
    expect(broken).toBeGreaterThan(500)
  })
})
