import { describe, expect, test } from 'vitest'
import { seededRandom, pick } from '../../base/random.ts'
import { addQuantities, canonicalQuantity, compareQuantities, parseQuantity, quantityMillis, quantityValue, subtractQuantities } from './quantity.ts'

describe('quantities', () => {
  // What upstream's server answers for each.
  test.each([
    ['1000m', '1'], ['1024Mi', '1Gi'], ['0.5', '500m'], ['0.1Gi', '107374182400m'], ['1.5Gi', '1536Mi'], ['1000Ki', '1000Ki'], ['1e3', '1e3'],
    ['100', '100'], ['1000', '1k'], ['.5', '500m'], ['5.', '5'], ['512Ki', '512Ki'], ['0.5Ki', '512'], ['-1.5Gi', '-1536Mi'], ['12E', '9223372036854775807'],
    ['0', '0'], ['0Gi', '0'], ['+1', '1'], ['1E3', '1e3'],
  ])('QU2 %s is written %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical)
  })

  test('QU1 rounds up what is finer than a nano', () => {
    expect(canonicalQuantity('0.0000000001')).toBe('1n')
  })

  test.each(['', 'x', '1x', '1 Gi', '1GiB', '--1', 'NaN', '1'.repeat(200)])('refuses %j', text => {
    expect(() => parseQuantity(text)).toThrow("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  })

  test.each(['1e', '1kk', '10Mm', '1i'])('names the suffix in %j', text => {
    expect(() => parseQuantity(text)).toThrow("unable to parse quantity's suffix")
  })

  test('QU3 canonical text is a fixed point, and keeps the value', () => {
    const random = seededRandom(1)
    for (let round = 0; round < 2_000; round += 1) {
      const text = `${Math.floor(random.next() * 1e6)}${random.next() < 0.3 ? `.${Math.floor(random.next() * 1e4)}` : ''}${pick(random, ['', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'u'])}`
      const canonical = canonicalQuantity(text)
      expect(canonicalQuantity(canonical)).toBe(canonical)
      expect(compareQuantities(text, canonical)).toBe(0)
    }
  })

  test('adds, subtracts, compares and counts', () => {
    expect(addQuantities('500m', '1')).toBe('1500m')
    expect(addQuantities('1Gi', '512Mi')).toBe('1536Mi')
    expect(subtractQuantities('1', '1')).toBe('0')
    expect(compareQuantities('1Gi', '1G')).toBe(1)
    expect(quantityMillis('1.5')).toBe(1500n)
    expect(quantityValue('1500m')).toBe(2n)
    expect(quantityValue('-1500m')).toBe(-2n)
  })
})
