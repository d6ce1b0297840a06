/** What a check of one value has found so far, and where it is. Places become text only when something is wrong there. */
import { notSupported, tooLong, tooMany, type FieldError, type FieldErrorReason } from '../field-error.ts'
import { exactNumberText, isExactNumber } from '../schema/clone.ts'
import type { Check } from './value-check.ts'
import { floatText } from './go-number.ts'

export class Findings {
  errors: FieldError[] = []
  /** Checks passed, by which upstream tells which alternative fitted best. */
  matches = 0
  readonly #base: string
  readonly #path: (string | number)[]

  constructor(base: string, path: (string | number)[] = []) {
    this.#base = base
    this.#path = path
  }

  get isAtRoot(): boolean {
    return this.#path.length === 0 && this.#base === ''
  }

  enter(step: string | number): void {
    this.#path.push(step)
  }

  leave(): void {
    this.#path.pop()
  }

  /** The same place with nothing found yet. */
  apart(check: Check, value: unknown): Findings {
    const other = new Findings(this.#base, this.#path)
    check(value, undefined, other)
    return other
  }

  merge(other: Findings): void {
    this.errors.push(...other.errors)
    this.matches += other.matches
  }

  /** As messages name the place: from where the check started. */
  name(): string {
    return this.#path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`), '')
  }

  quotedName(): string {
    return JSON.stringify(this.name())
  }

  invalid(value: unknown, detail: string): void {
    this.#add('FieldValueInvalid', `Invalid value: ${valueText(value)}: ${this.name()} in body ${detail}`)
  }

  wrongType(wanted: string, found: string): void {
    this.#add('FieldValueTypeInvalid', `Invalid value: ${JSON.stringify(found)}: ${this.name()} in body must be of type ${wanted}: ${JSON.stringify(found)}`)
  }

  notSupported(value: unknown, supported: readonly string[]): void {
    this.errors.push(notSupported(this.#field(), value, supported))
  }

  tooMany(actual: number, max: number): void {
    this.errors.push(tooMany(this.#field(), actual, max))
  }

  tooLong(max: number): void {
    this.errors.push(tooLong(this.#field(), max))
  }

  required(property: string): void {
    this.enter(property)
    this.#add('FieldValueRequired', 'Required value')
    this.leave()
  }

  forbiddenProperty(property: string): void {
    this.#add('FieldValueInvalid', `Invalid value: ${JSON.stringify(property)}: ${this.name()}.${property} in body is a forbidden property`)
  }

  /** Words of its own instead of "x in body should …". */
  said(value: unknown, text: string): void {
    this.#add('FieldValueInvalid', `Invalid value: ${valueText(value)}: ${text}`)
  }

  /** What is not about one field. */
  general(text: string): void {
    this.errors.push({ path: this.#base === '' ? '<nil>' : this.#base, reason: 'FieldValueInvalid', message: `Invalid value: "": ${text}` })
  }

  #add(reason: FieldErrorReason, message: string): void {
    this.errors.push({ path: this.#field(), reason, message })
  }

  #field(): string {
    const name = this.name()
    if (this.#base === '') return name === '' ? '<nil>' : name
    return name === '' ? this.#base : `${this.#base}.${name}`
  }
}

export function valueText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : floatText(value)
  if (isExactNumber(value)) return exactNumberText(value)
  return JSON.stringify(value) ?? 'null'
}
