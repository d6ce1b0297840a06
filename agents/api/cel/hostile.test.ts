/**
 * Expressions and objects made to harm: each ends, soon, with a clean error or the right answer. Times are CPU times and generous;
 * what they catch is the difference between a moment and forever.
 */
import { describe, expect, test } from 'vitest'
import { CelBudget, CelCompileError, CelCostError, CelEvaluationError, compileCel, dynType } from './cel.ts'
import type { CelEnvironment } from './cel.ts'

const environment: CelEnvironment = { variables: { object: dynType }, libraries: ['bindings'] }

/** Milliseconds of CPU that the work took; the second of two runs, once the code is warm. */
function cpuMs(work: () => void): number {
  work()
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function outcome(source: string, object: unknown = {}): string {
  try {
    const value = compileCel(source, environment).evaluate({ object }, new CelBudget())
    return `value ${String(value)}`
  } catch (error) {
    if (error instanceof CelCompileError || error instanceof CelEvaluationError || error instanceof CelCostError) return `${error.name}: ${error.message.split('\n')[0]!.slice(0, 120)}`
    throw error
  }
}

const tooDear = 'CelCostError: operation cancelled: actual cost limit exceeded'

describe('source text', () => {
  test.each([
    ['parentheses', '('.repeat(5_000) + '1' + ')'.repeat(5_000)],
    ['lists', '['.repeat(5_000) + ']'.repeat(5_000)],
    ['selections', `object${'.a'.repeat(5_000)}`],
    ['indexes', `object${'[0]'.repeat(5_000)}`],
    ['sums', Array.from({ length: 5_000 }, () => '1').join('+')],
    ['comparisons', Array.from({ length: 5_000 }, () => '1').join('<')],
    ['choices', 'true?1:'.repeat(5_000) + '1'],
  ])('PA1: 5,000 nested %s are refused', (_name, source) => {
    expect(outcome(source)).toBe('CelCompileError: ERROR: <input>:-1:0: expression recursion limit exceeded: 250')
  })

  test('PA2: 5,000 terms of && are fine', () => {
    expect(outcome(Array.from({ length: 5_000 }, () => 'true').join('&&'))).toBe('value true')
    expect(outcome(`${'!'.repeat(5_001)}true`)).toBe('value false')
    expect(outcome(`${'-'.repeat(5_001)}object`, 1)).toBe('value -1')
  })

  test('PA1: more than 100,000 characters are refused, huge literals below that are not', () => {
    expect(outcome(`'${'x'.repeat(100_000)}'`)).toBe('CelCompileError: ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100002, limit 100000')
    expect(outcome(`'${'x'.repeat(90_000)}'.size()`)).toBe('value 90000')
    expect(outcome('9'.repeat(90_000))).toBe('CelCompileError: ERROR: <input>:1:1: invalid int literal')
    expect(outcome(`1${'0'.repeat(90_000)}.0`)).toBe('CelCompileError: ERROR: <input>:1:1: invalid double literal')
  })

  test('MA3: macros that double at every link are refused', () => {
    expect(outcome(`optional.of(1)${'.optMap(x, x)'.repeat(60)}`)).toContain('expression is too large')
  })

  test('UN3: types that double at every level are refused', () => {
    const source = Array.from({ length: 60 }, (_, index) => `cel.bind(v${index}, {${index === 0 ? '1: 1' : `'a': [v${index - 1}], 'b': [v${index - 1}]`}}, `).join('')
    expect(cpuMs(() => outcome(`${source}true${')'.repeat(60)}`))).toBeLessThan(500)
    const pairs = Array.from({ length: 60 }, (_, index) => `cel.bind(v${index}, {${index === 0 ? '1: 1' : `[v${index - 1}]: [v${index - 1}]`}}, `).join('')
    expect(outcome(`${pairs}true${')'.repeat(60)}`)).toContain('the type of the expression is too large')
  })

  test('many literals and unknown types are checked in linear time', () => {
    expect(cpuMs(() => outcome(Array.from({ length: 4_000 }, () => '[]==[]').join('||')))).toBeLessThan(1_500)
    expect(cpuMs(() => outcome(`[${Array.from({ length: 15_000 }, (_, index) => index).join(',')}].size()`))).toBeLessThan(1_500)
  })
})

describe('evaluation', () => {
  const numbers = Array.from({ length: 1_000 }, (_, index) => index)

  test.each([
    ['nested loops', 'object.all(a, object.all(b, object.all(c, a + b + c >= 0)))'],
    ['nested maps', 'object.map(a, object.map(b, object.map(c, [a, b, c])))'],
    ['loops that absorb failures', 'object.all(a, object.exists(b, object.exists(c, c.x == 1)) || true)'],
    ['loops that cost nothing', 'object.filter(a, object.filter(b, object.filter(c, false) == []) == [])'],
  ])('%s end within 50 ms of CPU at 100,000 units', (_name, source) => {
    const program = compileCel(source, environment)
    const run = (): void => expect(() => program.evaluate({ object: numbers }, new CelBudget(10_000_000, 100_000))).toThrow(CelCostError)
    run()
    expect(cpuMs(run)).toBeLessThan(100)
  })

  test.each([
    ['strings that double', `${Array.from({ length: 60 }, (_, index) => `cel.bind(v${index}, ${index === 0 ? "'x'" : `v${index - 1} + v${index - 1}`}, `).join('')}v59.size()${')'.repeat(60)}`, tooDear],
    ['replacing nothing by much', "object.replace('', object).size()", tooDear],
    ['a range without end', 'lists.range(9223372036854775807).size()', tooDear],
    ['joining by much', "object.split('').join(object).size()", tooDear],
  ])('%s cannot fill memory', (_name, source, expected) => {
    expect(outcome(source, 'x'.repeat(100_000))).toBe(expected)
  })

  const doubled = (last: string): string => `${Array.from({ length: 60 }, (_, index) => `cel.bind(v${index}, ${index === 0 ? '[1]' : `v${index - 1} + v${index - 1}`}, `).join('')}${last}${')'.repeat(60)}`

  test('CO1: lists that double cost nothing until they are walked, and then too much', { timeout: 60_000 }, () => {
    expect(outcome(doubled('v59.size()'))).toBe(`value ${2n ** 59n}`)
    for (const walk of ['v59 == v59', '[v59] == [v59]', 'v59.sum()', 'v59.all(x, x == 1)', 'v59.filter(x, false)', 'v59.reverse()', 'v59.distinct()', 'v59.sort()', '2 in v59', 'sets.contains(v59, v59)', "'%s'.format([v59])", 'v59.flatten(1)', 'v59.slice(0, 576460752303423488)', 'v59.isSorted()', 'v59.indexOf(2)', 'v59.map(x, x)', 'v59.exists_one(x, false)', 'v59.transformMap(i, x, x)', 'v59.max()', 'v59.last()']) {
      let result = ''
      expect(cpuMs(() => { result = outcome(doubled(walk)) })).toBeLessThan(1_500)
      expect(`${walk}: ${result}`).toBe(`${walk}: ${walk === 'v59.last()' ? 'value [object Object]' : tooDear}`)
    }
  })

  test('a regular expression cannot blow up', () => {
    expect(cpuMs(() => outcome("object.matches('^(a+)+$')", `${'a'.repeat(2_000)}!`))).toBeLessThan(500)
    expect(outcome("object.matches('(?=x)')", 'x')).toContain("CelCompileError: ERROR: <input>:1:16: invalid matches argument")
  })
})

describe('objects', () => {
  test('CV2: inherited properties do not exist', () => {
    for (const key of ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf']) {
      expect(outcome(`object['${key}']`)).toBe(`CelEvaluationError: no such key: ${key}`)
      expect(outcome(`'${key}' in object`)).toBe('value false')
      expect(outcome(`has(object.${key})`)).toBe('value false')
      expect(outcome(`{'a': 1}['${key}']`)).toBe(`CelEvaluationError: no such key: ${key}`)
    }
    expect(outcome("object['__proto__'].x", JSON.parse('{"__proto__": {"x": 5}}'))).toBe('value 5')
    expect(outcome('object.map(k, k)[0]', JSON.parse('{"__proto__": 1}'))).toBe('value __proto__')
  })

  test('variables are only those that were declared', () => {
    expect(outcome('constructor')).toContain("undeclared reference to 'constructor'")
    expect(outcome('toString()')).toContain("undeclared reference to 'toString'")
    expect(outcome('__proto__')).toContain("undeclared reference to '__proto__'")
  })

  test('a map with a key named __proto__ is an ordinary one when it comes out', () => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(outcome("{'__proto__': {'polluted': true}}.size()")).toBe('value 1')
  })

  test('objects nested 1,000 deep compare', () => {
    let deep: unknown = 1
    for (let depth = 0; depth < 1_000; depth += 1) deep = { a: [deep] }
    expect(outcome('object == object', deep)).toBe('value true')
  })
})
