/** Whether what a probe saw is as it should be, and what was seen in a few words. */
import type { Expectation } from '../drill.ts'

export interface Seen {
  readonly ok: boolean
  readonly seen: string
}

const longestSeen = 200

/** `values`: everything that was found; all but `count` are about the first. */
export function judge(values: readonly unknown[], expect: Expectation): Seen {
  if ('count' in expect) {
    const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = expect.count
    return { ok: values.length >= atLeast && values.length <= atMost, seen: String(values.length) }
  }
  const [value] = values
  if (value === undefined) return { ok: false, seen: 'nothing' }
  return { ok: isAs(value, expect), seen: shortText(value) }
}

function isAs(value: unknown, expect: Exclude<Expectation, { count: unknown }>): boolean {
  if ('is' in expect) return value === expect.is || String(value) === String(expect.is)
  if ('matches' in expect) return new RegExp(expect.matches).test(typeof value === 'string' ? value : JSON.stringify(value))
  const number = typeof value === 'number' ? value : Number(value)
  return 'atLeast' in expect ? number >= expect.atLeast : number <= expect.atMost
}

export function shortText(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : (JSON.stringify(value) ?? String(value))
  return text.length > longestSeen ? `${text.slice(0, longestSeen)}…` : text
}

export function expectationText(expect: Expectation): string {
  if ('is' in expect) return `is ${shortText(expect.is)}`
  if ('atLeast' in expect) return `is at least ${expect.atLeast}`
  if ('atMost' in expect) return `is at most ${expect.atMost}`
  if ('matches' in expect) return `matches ${expect.matches}`
  const { atLeast, atMost } = expect.count
  return atLeast === undefined ? `has at most ${atMost}` : atMost === undefined ? `has at least ${atLeast}` : `has ${atLeast} to ${atMost}`
}
