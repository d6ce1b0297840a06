/**
 * The dotted paths by which a definition names one of its fields: ".spec.replicas", ".spec.labels['a.b']".
 *
 *   FP1  Every step leads to a declared property, or into a map by a key in brackets and single quotes.
 */
import { additionalOf, type Schema } from './schema.ts'

export interface FoundField {
  /** As errors write it: spec.replicas, spec.labels[a.b]. */
  readonly path: string
  readonly steps: readonly string[]
  readonly schema: Schema
}

export class FieldPathError extends Error {
  override readonly name = 'FieldPathError'
}

const unknownField = 'does not refer to a valid field'

/** Throws FieldPathError with upstream's words (FP1). */
export function findField(text: string, root: Schema, allowsBrackets = true): FoundField {
  const tokens = tokensOf(text)
  const steps: string[] = []
  let path = ''
  let schema = root
  const enter = (name: string) => {
    const named = schema.properties !== undefined && Object.keys(schema.properties).length > 0
    const next = named ? (Object.hasOwn(schema.properties!, name) ? schema.properties![name] : undefined) : additionalOf(schema)
    if (next === undefined) throw new FieldPathError(unknownField)
    path = named ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`
    steps.push(name)
    schema = next
  }
  const take = () => {
    const token = tokens.shift()
    if (token === undefined) throw new FieldPathError('unexpected end of JSON path')
    return token
  }
  while (tokens.length > 0) {
    const token = take()
    if (token === '.') {
      enter(take())
    } else if (token === '[') {
      if (!allowsBrackets) throw new FieldPathError('array notation is not allowed')
      enter(unquote(take()))
      const close = take()
      if (close !== ']') throw new FieldPathError(`expected ] but got ${close}`)
    } else {
      throw new FieldPathError(`expected [ or . but got: ${token}`)
    }
  }
  return { path, steps, schema }
}

function tokensOf(text: string): string[] {
  return text.match(/'(?:[^'\\]|\\[^])*'|[.[\]]|[^.[\]']+|'/g) ?? []
}

const escapes: Readonly<Record<string, string>> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', "'": "'", '\\': '\\' }

function unquote(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) throw new FieldPathError(`expected single quoted string but got ${token}`)
  return token.slice(1, -1).replaceAll(/\\([^])/g, (whole, letter: string) => {
    const meant = escapes[letter]
    if (meant === undefined) throw new FieldPathError(`invalid string literal: invalid escape char ${whole}`)
    return meant
  })
}
