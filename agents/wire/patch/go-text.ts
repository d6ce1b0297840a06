/** JSON values as Go prints what it decodes them into: upstream's texts about patches quote them so. */
import { goQuote } from '../../api/field-error.ts'
import { exactNumberText, isExactNumber, isPlainObject } from '../../api/schema/clone.ts'

/** %v */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (isPlainObject(value)) return `map[${Object.keys(value).sort().map(key => `${key}:${goText(value[key])}`).join(' ')}]`
  return isExactNumber(value) ? exactNumberText(value) : String(value)
}

/** %#v */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (isPlainObject(value)) return `map[string]interface {}{${Object.keys(value).sort().map(key => `${goQuote(key)}:${goSyntax(value[key])}`).join(', ')}}`
  return typeof value === 'string' ? goQuote(value) : goText(value)
}

/** %T */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (isPlainObject(value)) return 'map[string]interface {}'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  return isExactNumber(value) || Number.isInteger(value) ? 'int64' : 'float64'
}
