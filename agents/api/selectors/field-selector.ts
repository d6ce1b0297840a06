/**
 * Field selectors: comma-joined terms `path=value`, `path==value`, `path!=value`, all of which must hold.
 *
 *   FS1  In a value, `\` escapes `\`, `,` and `=`.
 *   FS2  Which paths a kind knows is its own matter (Kind.selectableFields); an unknown one is refused with upstream's text.
 */
import type { Kind } from '../kind.ts'
import type { KubernetesObject } from '../kubernetes-object.ts'

export interface FieldRequirement {
  readonly path: string
  readonly operator: '=' | '!='
  readonly value: string
}

export class FieldSelectorError extends Error {
  override readonly name = 'FieldSelectorError'
}

export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitTerms(text).filter(term => term !== '').map(term => {
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term)
    if (match === null) throw new FieldSelectorError(`invalid selector: '${term}'; can't understand '${term}'`)
    return { path: match[1]!, operator: match[2] === '!=' ? '!=' : '=', value: unescapeValue(match[3]!) }
  })
}

function splitTerms(text: string): string[] {
  const terms: string[] = []
  let term = ''
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]!
    if (character === '\\') {
      term += character + (text[index + 1] ?? '')
      index += 1
    } else if (character === ',') {
      terms.push(term)
      term = ''
    } else {
      term += character
    }
  }
  terms.push(term)
  return terms
}

function unescapeValue(text: string): string {
  let value = ''
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]!
    if (character === '\\') {
      const following = text[index + 1]
      if (following !== '\\' && following !== ',' && following !== '=') throw new FieldSelectorError(`invalid field selector: invalid escape sequence: ${following === undefined ? '\\' : `\\${following}`}`)
      value += following
      index += 1
    } else if (character === ',' || character === '=') {
      throw new FieldSelectorError(`invalid field selector: unescaped character in value: ${character}`)
    } else {
      value += character
    }
  }
  return value
}

export function escapeFieldValue(text: string): string {
  return text.replace(/[\\,=]/g, character => `\\${character}`)
}

export function fieldSelectorText(requirements: readonly FieldRequirement[]): string {
  return requirements.map(({ path, operator, value }) => `${path}${operator}${escapeFieldValue(value)}`).join(',')
}

/** An object's own fields by their path, as text; an absent one is empty. */
export function fieldsOf(object: object): (path: string) => string {
  return path => String(path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], object) ?? '')
}

export function matchesFields(requirements: readonly FieldRequirement[], valueOf: (path: string) => string): boolean {
  return requirements.every(({ path, operator, value }) => (valueOf(path) === value) === (operator === '='))
}

/** Reads one selectable field of an object; unknown ones are empty. */
export function fieldOf<T extends KubernetesObject>(kind: Pick<Kind<T>, 'selectableFields'>, object: T, path: string): string {
  if (path === 'metadata.name') return object.metadata.name
  if (path === 'metadata.namespace') return object.metadata.namespace ?? ''
  return Object.hasOwn(kind.selectableFields, path) ? kind.selectableFields[path]!(object) : ''
}

/** Why the kind does not know one of the paths, in upstream's words, or undefined if it knows all (FS2). */
export function unsupportedField(kind: Pick<Kind, 'selectableFields' | 'type'>, requirements: readonly FieldRequirement[]): string | undefined {
  const known = Object.keys(kind.selectableFields)
  for (const { path } of requirements) {
    if (path === 'metadata.name' || (path === 'metadata.namespace' && kind.type.namespaced) || known.includes(path)) continue
    return known.length > 0
      ? `field label not supported: ${path}`
      : `"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`
  }
  return undefined
}
