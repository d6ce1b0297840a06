import { describe, expect, test } from 'vitest'
import { canonicalMicroTime, canonicalTime, TimeTextError } from './time-leaf.ts'

describe('times', () => {
  test.each(['2026-02-28T23:59:59Z', '2024-02-29T00:00:00Z', '2026-12-31T12:00:00Z', '0001-01-01T00:00:00Z'])('%s is canonical, and what says the same becomes it', text => {
    const bare = text.slice(0, -1)
    for (const other of [text, `${bare}z`, `${bare}+00:00`, `${bare}.9Z`, text.replace('T', 't')]) expect(canonicalTime(other)).toBe(text)
  })

  test.each(['2026-02-29T00:00:00Z', '2026-00-01T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-00T00:00:00Z', '2026-04-31T00:00:00Z', '2026-01-01T24:00:01Z', '2026-01-01T00:60:00Z', '2026-01-01 00:00:00Z', ' 2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z\n'])('%j is no time', text => {
    expect(() => canonicalTime(text)).toThrow(TimeTextError)
  })

  test.each([
    ['2026-01-01T00:00:00Z', 'cannot parse "Z" as ".000000"'],
    ['2026-01-01T00:00:00.123Z', 'cannot parse ".123Z" as ".000000"'],
    ['2026-01-01T00:00:00.123456789Z', 'cannot parse "789Z" as "Z07:00"'],
  ])('%s is no MicroTime: its fraction has six digits', (text, why) => {
    expect(() => canonicalMicroTime(text)).toThrow(`parsing time "${text}" as "2006-01-02T15:04:05.000000Z07:00": ${why}`)
    expect(canonicalMicroTime('2026-01-01T01:00:00.123456+01:00')).toBe('2026-01-01T00:00:00.123456Z')
  })
})
