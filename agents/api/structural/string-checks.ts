/** maxLength, minLength, pattern (the first that fails is told) and format of strings. */
import { RE2JS } from 're2js'
import { stringFormat } from './formats.ts'
import type { Schema } from './schema.ts'
import type { Check } from './value-check.ts'

export function stringChecks(schema: Schema, format: string): Check[] {
  const { minLength, maxLength } = schema
  const pattern = schema.pattern === undefined || schema.pattern === '' ? undefined : patternTest(schema.pattern)
  const fits = format === '' ? undefined : stringFormat(format)
  return [(value, _old, found) => {
    if (typeof value !== 'string') return
    const length = minLength === undefined && maxLength === undefined ? 0 : lengthOf(value)
    if (maxLength !== undefined && length > maxLength) found.tooLong(maxLength)
    else if (minLength !== undefined && length < minLength) found.invalid(value, `should be at least ${minLength} chars long`)
    else if (pattern !== undefined && !pattern(value)) found.invalid(value, `should match '${schema.pattern!}'`)
    found.matches += 1
    if (fits === undefined) return
    if (!fits(value)) found.wrongType(format, value)
    found.matches += 1
  }]
}

/** In code points. */
function lengthOf(text: string): number {
  // eslint-disable-next-line no-control-regex -- ASCII has one code point a unit
  if (/^[\x00-\x7f]*$/.test(text)) return text.length
  let length = 0
  for (const _character of text) length += 1
  return length
}

/** Compiled when first needed: most patterns of a big definition never are. Those of the last thousand are kept. */
const compiledPatterns = new Map<string, RE2JS>()
const maxCompiled = 1_000

function patternTest(pattern: string): (text: string) => boolean {
  return text => {
    let compiled = compiledPatterns.get(pattern)
    if (compiled === undefined) {
      if (compiledPatterns.size >= maxCompiled) compiledPatterns.clear()
      compiled = RE2JS.compile(pattern)
      compiledPatterns.set(pattern, compiled)
    }
    return compiled.matcher(text).find()
  }
}

/** Definitions repeat their patterns, and are looked at several times on their way in. */
const judged = new Map<string, string | undefined>()
const maxJudged = 2_000
const maxKeptLength = 500

/** Why a pattern is no regular expression, in Go's words; undefined if it is one. */
export function patternError(pattern: string): string | undefined {
  if (judged.has(pattern)) return judged.get(pattern)
  const error = compileError(pattern)
  if (pattern.length <= maxKeptLength) {
    if (judged.size >= maxJudged) judged.clear()
    judged.set(pattern, error)
  }
  return error
}

function compileError(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
