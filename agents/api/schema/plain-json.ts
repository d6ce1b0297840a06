/**
 * Reads JSON with the engine's parser where that cannot differ from our own (json.ts).
 *
 *   PJ1  A look at the text counts the colons outside strings; keys that were repeated are missing in what JSON.parse makes
 *        of it, so that the counts differ.
 *   PJ2  Integers of 16 digits and more, exponents and deep nesting are left to the other.
 */
import type { ParsedJson } from './json.ts'

const none: readonly string[] = []
const maxDigits = 15

/** undefined: not for this parser, or not JSON. */
export function parsePlainJson(text: string, maxDepth: number): ParsedJson | undefined {
  const colons = countColons(text, maxDepth)
  if (colons < 0) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const counts = { keys: 0, values: 0 }
  count(value, counts)
  return counts.keys === colons ? { value, duplicates: none, valueCount: counts.values } : undefined // PJ1
}

/** Outside strings; negative for what PJ2 excludes. */
function countColons(text: string, maxDepth: number): number {
  let colons = 0
  let depth = 0
  let digits = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x30 && code <= 0x39) {
      if (++digits > maxDigits) return -1
      continue
    }
    if (digits > 0 && (code === 0x65 || code === 0x45)) return -1
    digits = 0
    if (code === 0x22) at = endOfString(text, at)
    else if (code === 0x3a) colons += 1
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maxDepth) return -1
    } else if (code === 0x7d || code === 0x5d) depth -= 1
  }
  return colons
}

/** Where the closing quote is; the end of the text if there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return at
    if (code === 0x5c) at += 1
  }
  return text.length
}

function count(value: unknown, counts: { keys: number; values: number }): void {
  counts.values += 1
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) count(item, counts)
    return
  }
  const keys = Object.keys(value)
  counts.keys += keys.length
  for (const key of keys) count((value as Record<string, unknown>)[key], counts)
}
