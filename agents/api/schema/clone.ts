/**
 * Copies and compares JSON values.
 *
 *   CL1  A key named "__proto__" is data: it becomes an own property and never a prototype.
 *   CL2  Integers beyond 2^53 are kept exactly, as JSON.rawJSON values; they are atoms here.
 */
import type { JsonValue } from './scalars.ts'

interface RawJson { readonly rawJSON: string }
interface RawJsonHost { isRawJSON(value: unknown): boolean; rawJSON(text: string): RawJson }
const host = JSON as unknown as RawJsonHost

/** An exact big integer, which JSON.stringify writes as it is. Typed as number because no other code meets one. */
export function exactNumber(text: string): number {
  return host.rawJSON(text) as unknown as number
}

export function isExactNumber(value: unknown): boolean {
  return typeof value === 'object' && value !== null && host.isRawJSON(value)
}

export function exactNumberText(value: unknown): string {
  return (value as RawJson).rawJSON
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !host.isRawJSON(value)
}

/** Sets an own property whatever its name (CL1). */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  else (target as Record<string, unknown>)[key] = value
}

/** Reads an own property; inherited ones do not exist. */
export function getOwn(target: unknown, key: string): unknown {
  return typeof target === 'object' && target !== null && Object.hasOwn(target, key) ? (target as Record<string, unknown>)[key] : undefined
}

export function deepClone<T>(value: T): T {
  if (Array.isArray(value)) return value.map(item => deepClone(item) as unknown) as T
  if (!isPlainObject(value)) return value
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setOwn(copy, key, deepClone(value[key]))
  return copy as T
}

/** Same JSON, whatever the order of keys; a key holding undefined counts as absent. */
export function identical(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => identical(item, b[index]))
  if (isExactNumber(a)) return isExactNumber(b) && exactNumberText(a) === exactNumberText(b)
  if (!isPlainObject(a) || !isPlainObject(b)) return typeof a === 'number' && Number.isNaN(a) && Number.isNaN(b)
  const keys = Object.keys(a).filter(key => a[key] !== undefined)
  const others = Object.keys(b).filter(key => b[key] !== undefined)
  return keys.length === others.length && keys.every(key => Object.hasOwn(b, key) && identical(a[key], b[key]))
}

/** Like identical, but absent, null, {} and [] are the same, as upstream's Semantic.DeepEqual has it. */
export function semanticallyEqual(a: unknown, b: unknown): boolean {
  if (isVoid(a) || isVoid(b)) return isVoid(a) && isVoid(b)
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => semanticallyEqual(item, b[index]))
  if (!isPlainObject(a) || !isPlainObject(b)) return identical(a, b)
  for (const key of Object.keys(a)) if (!semanticallyEqual(a[key], getOwn(b, key))) return false
  for (const key of Object.keys(b)) if (!Object.hasOwn(a, key) && !isVoid(b[key])) return false
  return true
}

function isVoid(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  return isPlainObject(value) && Object.keys(value).length === 0
}

export type { JsonValue }
