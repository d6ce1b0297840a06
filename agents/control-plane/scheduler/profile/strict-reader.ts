/**
 * Reads one object of a configuration file strictly: every field is asked for by name and kind, what was not asked for is
 * a problem, and every problem carries its path.
 *
 *   SR1  Null and absent are the same: the default counts.
 *   SR2  A field of the wrong kind is a problem and reads as its default, so that all problems are found at once.
 *   SR3  `end` tells of fields that nobody asked for, by upstream's words.
 */
import type { FieldError } from '../../../api/field-error.ts'
import { fieldErrorText } from '../../../api/field-error.ts'

export type ConfigPath = readonly (string | number)[]

export interface ConfigProblem {
  readonly path: ConfigPath
  /** The key itself is wrong, not its value. */
  readonly aboutKey: boolean
  readonly text: string
}

export class StrictReader {
  readonly path: ConfigPath
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #problems: ConfigProblem[]
  readonly #asked = new Set<string>()

  constructor(value: unknown, path: ConfigPath, problems: ConfigProblem[]) {
    this.path = path
    this.#problems = problems
    this.#fields = isObject(value) ? value : {}
    if (value !== undefined && value !== null && !isObject(value)) this.#say(path, `${pathText(path)}: must be an object`)
  }

  text(name: string, otherwise: string): string {
    return this.#read(name, otherwise, (value): value is string => typeof value === 'string', 'must be a string')
  }

  number(name: string, otherwise: number): number {
    return this.#read(name, otherwise, (value): value is number => typeof value === 'number' && Number.isInteger(value), 'must be a whole number')
  }

  fraction(name: string, otherwise: number): number {
    return this.#read(name, otherwise, (value): value is number => typeof value === 'number', 'must be a number')
  }

  flag(name: string, otherwise: boolean): boolean {
    return this.#read(name, otherwise, (value): value is boolean => typeof value === 'boolean', 'must be true or false')
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null
  }

  /** Undefined when the field is absent. */
  object<T>(name: string, read: (reader: StrictReader) => T): T | undefined {
    this.#asked.add(name)
    if (!this.has(name)) return undefined
    const reader = new StrictReader(this.#fields[name], [...this.path, name], this.#problems)
    const found = read(reader)
    reader.end()
    return found
  }

  objects<T>(name: string, read: (reader: StrictReader, index: number) => T): T[] {
    return this.#list(name).map((value, index) => {
      const reader = new StrictReader(value, [...this.path, name, index], this.#problems)
      const found = read(reader, index)
      reader.end()
      return found
    })
  }

  texts(name: string): string[] {
    return this.#list(name).flatMap((value, index) => {
      if (typeof value === 'string') return [value]
      this.#say([...this.path, name, index], `${pathText([...this.path, name, index])}: must be a string`)
      return []
    })
  }

  /** The value as it stands, for whoever validates it by other means. */
  raw(name: string): unknown {
    this.#asked.add(name)
    return this.#fields[name] ?? undefined
  }

  /** A problem that validation found with a field of this object. */
  wrong(name: string | number | ConfigPath, error: (path: string) => FieldError): void {
    const path = [...this.path, ...(typeof name === 'object' ? name : [name])]
    this.#say(path, fieldErrorText(error(pathText(path))))
  }

  /** SR3 */
  end(): void {
    for (const name of Object.keys(this.#fields)) {
      if (!this.#asked.has(name)) this.#problems.push({ path: [...this.path, name], aboutKey: true, text: `unknown field "${pathText([...this.path, name])}"` })
    }
  }

  /** SR1 SR2 */
  #read<T>(name: string, otherwise: T, isRight: (value: unknown) => value is T, message: string): T {
    this.#asked.add(name)
    const value = this.#fields[name]
    if (value === undefined || value === null) return otherwise
    if (isRight(value)) return value
    this.#say([...this.path, name], `${pathText([...this.path, name])}: ${message}`)
    return otherwise
  }

  #list(name: string): readonly unknown[] {
    this.#asked.add(name)
    const value = this.#fields[name]
    if (value === undefined || value === null) return []
    if (Array.isArray(value)) return value
    this.#say([...this.path, name], `${pathText([...this.path, name])}: must be a list`)
    return []
  }

  #say(path: ConfigPath, text: string): void {
    this.#problems.push({ path, aboutKey: false, text })
  }
}

export function pathText(path: ConfigPath): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
