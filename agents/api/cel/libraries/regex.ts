/**
 * Regular expressions in RE2's syntax, which run in time linear in the text.
 *
 *   RE1  Compiled patterns are kept, so that an expression evaluated often compiles its pattern once.
 *   RE2  Finding all pays for each match: a million of them in one text would hold everybody up.
 */
import { RE2JS } from 're2js'
import { ArrayList } from '../collections.ts'
import { CelFault } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { work } from '../frame.ts'

const known = new Map<string, RE2JS | CelFault>()
const maxKnown = 500
const maxKnownLength = 1_000
const workPerMatch = 50

/** RE1 */
export function compiledRegex(pattern: string): RE2JS | CelFault {
  const found = known.get(pattern)
  if (found !== undefined) return found
  const made = compile(pattern)
  if (pattern.length > maxKnownLength) return made
  if (known.size >= maxKnown) known.clear()
  known.set(pattern, made)
  return made
}

function compile(pattern: string): RE2JS | CelFault {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    return new CelFault(error instanceof Error ? error.message : String(error))
  }
}

function illegal(fault: CelFault): CelFault {
  return new CelFault(`Illegal regex: ${fault.message}`)
}

function find(text: string, pattern: string): CelValue | CelFault {
  const regex = compiledRegex(pattern)
  if (regex instanceof CelFault) return illegal(regex)
  const matcher = regex.matcher(text)
  return matcher.find() ? (matcher.group() ?? '') : ''
}

function findAll(text: string, pattern: string, limit = -1n): CelValue | CelFault {
  const regex = compiledRegex(pattern)
  if (regex instanceof CelFault) return illegal(regex)
  const matcher = regex.matcher(text)
  const found: string[] = []
  work(text.length)
  while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) {
    work(workPerMatch) // RE2
    found.push(matcher.group() ?? '')
  }
  return new ArrayList(found)
}

export const regexes: readonly CelOverload[] = [
  member('string_find_string', 'find', 'string, string -> string', find),
  member('string_find_all_string', 'findAll', 'string, string -> list(string)', findAll),
  member('string_find_all_string_int', 'findAll', 'string, string, int -> list(string)', findAll),
]
