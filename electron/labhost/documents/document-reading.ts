/**
 * Reads the plain value of a document that a person wrote, field by field, and keeps every complaint with the path it is about.
 *
 *   DO1  Every problem is reported, not only the first; what is wrong is read as something harmless, so that reading goes on.
 *   DO2  An unknown field is refused by name, and the known ones are said.
 */
import { readDuration } from '../../../agents/base/duration.ts'

export type Path = readonly (string | number)[]
export type Mapping = Readonly<Record<string, unknown>>

export interface Problem {
  readonly path: Path
  readonly message: string
  /** The field's name is what is wrong, not its value. */
  readonly aboutKey?: boolean
}

const labelForm = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

export class DocumentReading {
  readonly problems: Problem[] = []
  readonly #whole: string

  /** What the whole is, for the complaint that it is not even a mapping. */
  constructor(whole: string) {
    this.#whole = whole
  }

  problem(path: Path, message: string, aboutKey = false): void {
    this.problems.push({ path, message, ...(aboutKey ? { aboutKey } : {}) })
  }

  map(value: unknown, path: Path, fields: readonly string[]): Mapping {
    if (!isMapping(value)) {
      this.problem(path, path.length === 0 ? this.#whole : `must be a mapping, not ${quoted(value)}`)
      return {}
    }
    for (const field of Object.keys(value)) if (!fields.includes(field)) this.problem([...path, field], `unknown field; known here: ${fields.join(', ')}`, true) // DO2
    return value
  }

  list(value: unknown, path: Path): readonly unknown[] {
    if (value === undefined || value === null) return []
    if (Array.isArray(value)) return value
    this.problem(path, `must be a list, not ${quoted(value)}`)
    return []
  }

  text(value: unknown, path: Path, usual?: string): string {
    const given = value ?? usual
    if (typeof given === 'string' && given !== '') return given
    this.problem(path, `must be text, not ${quoted(value)}`)
    return ''
  }

  texts(value: unknown, path: Path): readonly string[] {
    return this.list(value, path).map((entry, index) => this.text(entry, [...path, index]))
  }

  whole(value: unknown, path: Path, least: number, most: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    this.problem(path, `${quoted(value)} is not a whole number from ${least} to ${most}`)
    return least
  }

  /** Milliseconds of "500ms", "30s", "5m". */
  duration(value: unknown, path: Path, range: { readonly leastMs: number; readonly mostMs: number; readonly usualMs?: number }): number {
    if (value === undefined && range.usualMs !== undefined) return range.usualMs
    const ms = typeof value === 'string' ? readDuration(value) : value === 0 ? 0 : undefined
    if (ms !== undefined && ms >= range.leastMs && ms <= range.mostMs) return ms
    this.problem(path, ms === undefined ? `${quoted(value)} is not a duration; write 500ms, 30s or 5m` : `${quoted(value)} is not from ${range.leastMs} ms to ${range.mostMs / 1000} s`)
    return range.leastMs
  }

  oneOf<const T extends string>(value: unknown, path: Path, words: readonly T[]): T {
    if (words.includes(value as T)) return value as T
    this.problem(path, `${quoted(value)} is not one of ${words.join(', ')}`)
    return words[0]!
  }

  label(value: unknown, path: Path, longest: number): string {
    if (typeof value !== 'string' || !labelForm.test(value) || value.length > longest) {
      this.problem(path, `${quoted(value)} is not a name: lower-case letters, digits and hyphens, beginning and ending with a letter or digit, at most ${longest} characters`)
      return ''
    }
    return value
  }
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value))
}

export function pathText(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
}
