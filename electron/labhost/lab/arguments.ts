/**
 * Reads what a client sent, field by field. Nothing else of it is ever used, and what is not as the contract says is
 * refused by name.
 */
import { LabError } from './lab-error.ts'

type Reader<T> = (value: unknown, name: string) => T
type Shape = Readonly<Record<string, Reader<unknown>>>
type Read<S extends Shape> = { readonly [F in keyof S]: S[F] extends Reader<infer T> ? T : never }

export function readArguments<S extends Shape>(given: unknown, shape: S): Read<S> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw refused('the arguments', 'an object')
  const unknown = Object.keys(given).find(field => !Object.hasOwn(shape, field))
  if (unknown !== undefined) throw new LabError('invalid-argument', `unknown argument ${JSON.stringify(unknown)}`)
  return Object.fromEntries(Object.entries(shape).map(([field, read]) => [field, read((given as Record<string, unknown>)[field], field)])) as Read<S>
}

export const text: Reader<string> = (value, name) => {
  if (typeof value !== 'string' || value.length > 100_000) throw refused(name, 'text')
  return value
}

export const flag: Reader<boolean> = (value, name) => {
  if (typeof value !== 'boolean') throw refused(name, 'true or false')
  return value
}

export const anything: Reader<unknown> = value => value

export function whole(least: number, most: number): Reader<number> {
  return (value, name) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) throw refused(name, `a whole number from ${least} to ${most}`)
    return value
  }
}

export function number(least: number, most: number): Reader<number> {
  return (value, name) => {
    if (typeof value !== 'number' || !(value >= least && value <= most)) throw refused(name, `a number from ${least} to ${most}`)
    return value
  }
}

export function oneOf<const T extends string>(...words: readonly T[]): Reader<T> {
  return (value, name) => {
    if (!words.includes(value as T)) throw refused(name, `one of ${words.join(', ')}`)
    return value as T
  }
}

export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, name) => (value === null || value === undefined ? null : reader(value, name))
}

export function list<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, name) => {
    if (!Array.isArray(value) || value.length > 1_000) throw refused(name, 'a list')
    return value.map((entry, index) => reader(entry, `${name}[${index}]`))
  }
}

export function object<S extends Shape>(shape: S): Reader<Read<S>> {
  return (value, name) => {
    if (typeof value !== 'object' || value === null) throw refused(name, 'an object')
    return readArguments(value, shape)
  }
}

function refused(name: string, wanted: string): LabError {
  return new LabError('invalid-argument', `${name} must be ${wanted}`)
}
