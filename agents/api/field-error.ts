/**
 * What is wrong with one field of an object, in the words of upstream (apimachinery/pkg/util/validation/field).
 *
 *   FE1  `message` is the whole text of a cause: "Required value", "Invalid value: \"x\": must be …".
 *   FE2  An Invalid status quotes `<path>: <message>`; several are joined as "[a, b]".
 */
export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueNotFound'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError'

export interface FieldError {
  /** "spec.containers[0].name". */
  readonly path: string
  readonly reason: FieldErrorReason
  readonly message: string
}

export function required(path: string, detail = ''): FieldError {
  return { path, reason: 'FieldValueRequired', message: withDetail('Required value', detail) }
}

export function invalid(path: string, value: unknown, detail: string): FieldError {
  return { path, reason: 'FieldValueInvalid', message: withDetail(`Invalid value: ${valueText(value)}`, detail) }
}

/** The supported values stand in the order given: upstream sorts only where it keeps a set. */
export function notSupported(path: string, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(goQuote).join(', ')}`
  return { path, reason: 'FieldValueNotSupported', message: withDetail(`Unsupported value: ${valueText(value)}`, detail) }
}

export function duplicate(path: string, value: unknown): FieldError {
  return { path, reason: 'FieldValueDuplicate', message: `Duplicate value: ${valueText(value)}` }
}

export function notFound(path: string, value: unknown): FieldError {
  return { path, reason: 'FieldValueNotFound', message: `Not found: ${valueText(value)}` }
}

export function forbidden(path: string, detail: string): FieldError {
  return { path, reason: 'FieldValueForbidden', message: withDetail('Forbidden', detail) }
}

export function tooLong(path: string, maxLength: number): FieldError {
  return { path, reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maxLength} bytes` }
}

export function tooMany(path: string, actual: number, max: number): FieldError {
  return { path, reason: 'FieldValueTooMany', message: `Too many: ${actual}: must have at most ${max} ${max === 1 ? 'item' : 'items'}` }
}

export function typeInvalid(path: string, value: unknown, detail: string): FieldError {
  return { path, reason: 'FieldValueTypeInvalid', message: withDetail(`Invalid value: ${valueText(value)}`, detail) }
}

/** One error as an Invalid status quotes it. */
export function fieldErrorText(error: FieldError): string {
  return `${error.path}: ${error.message}`
}

/** All errors as an Invalid status quotes them after "is invalid: "; the same text twice is said once (FE2). */
export function fieldErrorsText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(fieldErrorText))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`
}

/** Go's %q for ordinary text. */
export function goQuote(text: string): string {
  return JSON.stringify(text)
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return goQuote(value)
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}
