/**
 * Command-line flags in the upstream style.
 *
 *   FL1  A value is given as --name=value or --name value; a boolean alone means true, and takes a value only after "=".
 *   FL2  A list flag takes commas and may be repeated; the first use replaces the default, later ones add. `texts` is a list
 *        whose values may hold commas: each use is one value.
 *   FL3  A flag that is not known, a value that cannot be read and a missing required flag are each one clear line.
 *   FL4  A flag marked `ignored` is accepted, so that an upstream manifest starts, and is reported as having no effect.
 */
import { readDuration } from '../base/duration.ts'

export type FlagType = 'string' | 'number' | 'boolean' | 'duration' | 'strings' | 'texts' | 'map'

export interface FlagSpec {
  /** `duration` is written as Go writes it ("40s") and read as milliseconds; `map` is k=v,k=v. */
  readonly type: FlagType
  readonly default?: string | number | boolean | readonly string[] | Readonly<Record<string, string>>
  readonly required?: true
  /** Accepted for compatibility, without effect. */
  readonly ignored?: true
  readonly help: string
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>

interface ValueOfType {
  string: string
  number: number
  boolean: boolean
  duration: number
  strings: readonly string[]
  texts: readonly string[]
  map: Readonly<Record<string, string>>
}

type IsGiven<S extends FlagSpec> = S extends { readonly default: unknown } ? true : S extends { readonly required: true } ? true : false
export type FlagValue<S extends FlagSpec> = IsGiven<S> extends true ? ValueOfType[S['type']] : ValueOfType[S['type']] | undefined
export type FlagValues<S extends FlagSpecs> = { readonly [Name in keyof S]: FlagValue<S[Name]> }

/** Keeps the literal types of a table of flags. */
export function defineFlags<const S extends FlagSpecs>(specs: S): S {
  return specs
}

/** What is wrong with a command line, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface ParsedFlags<S extends FlagSpecs> {
  readonly values: FlagValues<S>
  /** Names the command line gave, for logging. */
  readonly given: readonly string[]
}

export function parseFlags<S extends FlagSpecs>(specs: S, argv: readonly string[]): ParsedFlags<S> {
  const values: Record<string, unknown> = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, initialValue(name, spec)]))
  const given = new Set<string>()
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const match = /^--?([A-Za-z][\w.-]*)(?:=([\s\S]*))?$/.exec(word)
    if (match === null) throw new UsageError(`unexpected argument ${JSON.stringify(word)}; flags are written --name=value`)
    const name = match[1]!
    const spec = specs[name] ?? specs[name.replaceAll('_', '-')]
    if (spec === undefined) throw new UsageError(`unknown flag: --${name}${suggestion(name, Object.keys(specs))}`)
    const text = match[2] ?? (spec.type === 'boolean' ? 'true' : rest.shift())
    if (text === undefined) throw new UsageError(`flag needs an argument: --${name}`)
    const value = readValue(name, spec.type, text)
    values[name] = given.has(name) ? joined(values[name], value) : value
    given.add(name)
  }
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.required === true && values[name] === undefined) throw new UsageError(`required flag --${name} is missing: ${spec.help}`)
  }
  return { values: values as FlagValues<S>, given: [...given] }
}

/** A duration's default may be written as text. */
function initialValue(name: string, spec: FlagSpec): unknown {
  return spec.type === 'duration' && typeof spec.default === 'string' ? readValue(name, spec.type, spec.default) : spec.default
}

/** The --help text. */
export function flagsText(specs: FlagSpecs): string {
  const names = Object.keys(specs).sort()
  const width = Math.max(...names.map(name => name.length)) + 2
  return names
    .map(name => {
      const spec = specs[name]!
      const initial = spec.default === undefined ? '' : ` (default ${JSON.stringify(spec.default)})`
      return `  --${name.padEnd(width)}${spec.help}${initial}${spec.ignored === true ? ' (accepted, no effect)' : ''}`
    })
    .join('\n')
}

function readValue(name: string, type: FlagType, text: string): unknown {
  const invalid = (wanted: string): UsageError => new UsageError(`invalid argument ${JSON.stringify(text)} for --${name}: ${wanted}`)
  switch (type) {
    case 'string':
      return text
    case 'strings':
      return text === '' ? [] : text.split(',').map(part => part.trim())
    case 'texts':
      return [text]
    case 'number': {
      const value = Number(text)
      if (text.trim() === '' || Number.isNaN(value)) throw invalid('a number is wanted')
      return value
    }
    case 'boolean': {
      if (['true', '1', 't', 'T', 'TRUE', 'True'].includes(text)) return true
      if (['false', '0', 'f', 'F', 'FALSE', 'False'].includes(text)) return false
      throw invalid('true or false is wanted')
    }
    case 'duration': {
      const value = readDuration(text)
      if (value === undefined) throw invalid('a duration such as 40s or 1m30s is wanted')
      return value
    }
    case 'map': {
      const pairs = text === '' ? [] : text.split(',').map(pair => pair.split('=') as [string, ...string[]])
      if (pairs.some(([key, ...rest]) => key === '' || rest.length === 0)) throw invalid('name=value pairs are wanted')
      return Object.fromEntries(pairs.map(([key, ...rest]) => [key.trim(), rest.join('=').trim()]))
    }
  }
}

function joined(before: unknown, after: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(after)) return [...(before as string[]), ...(after as string[])]
  if (typeof before === 'object' && before !== null && typeof after === 'object') return { ...before, ...after }
  return after
}

function suggestion(name: string, known: readonly string[]): string {
  const near = known.map(other => ({ other, distance: editDistance(name, other) })).sort((a, b) => a.distance - b.distance)[0]
  return near !== undefined && near.distance <= Math.max(2, Math.floor(name.length / 4)) ? ` (did you mean --${near.other}?)` : ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
