import { isPlainObject } from '../schema/clone.ts'

/** JSON with the keys in order: equal values have equal texts. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (!isPlainObject(value)) return JSON.stringify(value) ?? 'null'
  return `{${Object.keys(value).sort().map(key => `${JSON.stringify(key)}:${canonicalText(value[key])}`).join(',')}}`
}
