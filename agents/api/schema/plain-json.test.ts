import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import type { Random } from '../../base/random.ts'
import { parseJson } from './json.ts'
import { parsePlainJson } from './plain-json.ts'

const deepest = 1_000
/** Too long for the plain way, so that the other reads it. */
const padding = ' '.repeat(64 * 1024)

describe('plain JSON', () => {
  test('PJ1 what holds no repeated key is read, and counted as the other counts', () => {
    const text = '{"a":{"b":[1,-2.5,true,null,"x:\\"y:"]},"":{},"__proto__":{"c":[]}}'
    const plain = parsePlainJson(text, deepest)!
    const other = parseJson(text + padding)
    expect(JSON.stringify(plain.value)).toBe(JSON.stringify(other.value))
    expect(plain.valueCount).toBe(other.valueCount)
    expect(Object.hasOwn(plain.value as object, '__proto__')).toBe(true)
  })

  test.each(['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"b":{"c":1,"c":1}}]', '{"__proto__":1,"__proto__":2}'])('PJ1 %s is left to the other, which tells of the repeated key', text => {
    expect(parsePlainJson(text, deepest)).toBeUndefined()
    expect(parseJson(text).duplicates).toHaveLength(1)
  })

  test.each(['1234567890123456', '[9007199254740993]', '1e400', '[1E2]', '0.1234567890123456', `${'['.repeat(1_001)}${']'.repeat(1_001)}`, '{"a":', '"a', '[1,]', ''])('PJ2 %s is left to the other', text => {
    expect(parsePlainJson(text, deepest)).toBeUndefined()
  })

  test('random documents, with keys repeated and not, are the same both ways', () => {
    const random = seededRandom(23)
    let repeated = 0
    for (let round = 0; round < 2_000; round += 1) {
      const text = randomText(random, 4)
      const short = parseJson(text)
      const long = parseJson(text + padding)
      expect({ ...short, value: JSON.stringify(short.value) }, text).toEqual({ ...long, value: JSON.stringify(long.value) })
      if (short.duplicates.length > 0) repeated += 1
    }
    expect(repeated).toBeGreaterThan(200)
  })
})

function randomText(random: Random, depth: number): string {
  const roll = random.next()
  const some = (make: () => string) => Array.from({ length: Math.floor(random.next() * 4) }, make).join(',')
  if (depth === 0 || roll < 0.3) return one(random, ['0', '-0', '12.5', '1e3', '123456789012345', '9007199254740993', '""', '"a:b"', '"\\\\"', '"\\":"', 'true', 'null'])
  if (roll < 0.5) return `[${some(() => randomText(random, depth - 1))}]`
  return `{${some(() => `${one(random, ['"a"', '"\\u0061"', '"b"', '"7"', '"__proto__"', '":"'])} : ${randomText(random, depth - 1)}`)}}`
}

function one<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random.next() * choices.length)]!
}
