/** A JSON value as Go prints the maps it decodes into (%v): upstream's texts about patches quote them so. */
import { isPlainObject } from '../../api/schema/clone.ts'

export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (isPlainObject(value)) return `map[${Object.keys(value).sort().map(key => `${key}:${goText(value[key])}`).join(' ')}]`
  return String(value)
}
