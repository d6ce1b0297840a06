/**
 * The JSON paths of printer columns, in the dialect of client-go's jsonpath: ".spec.containers[0].image",
 * ".status.conditions[?(@.type=='Ready')].status", ".metadata.labels['a.b/c']", "..name", ".items[*].x", "[1:3]".
 *
 *   JP1  A missing key finds nothing; it is no error.
 *   JP2  A filter compares the first result of each side; @ alone tests for existence.
 */
import { getOwn, isPlainObject } from '../schema/clone.ts'

export type JsonPath = (root: unknown) => readonly unknown[]

export class JsonPathError extends Error {
  override readonly name = 'JsonPathError'
}

type Step = (values: readonly unknown[]) => readonly unknown[]

/** Throws JsonPathError. */
export function compileJsonPath(text: string): JsonPath {
  const steps = new PathReader(text).read()
  return root => steps.reduce<readonly unknown[]>((values, step) => step(values), [root])
}

class PathReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): Step[] {
    const steps: Step[] = []
    if (this.#text[this.#at] === '$' || this.#text[this.#at] === '@') this.#at += 1
    while (this.#at < this.#text.length) {
      if (this.#text.startsWith('..', this.#at)) {
        this.#at += 2
        steps.push(descend)
        if (this.#text[this.#at] !== '[') steps.push(this.#field())
      } else if (this.#text[this.#at] === '.') {
        this.#at += 1
        if (this.#at < this.#text.length && this.#text[this.#at] !== '[') steps.push(this.#field())
      } else if (this.#text[this.#at] === '[') {
        steps.push(this.#bracket())
      } else {
        steps.push(this.#field())
      }
    }
    return steps
  }

  #field(): Step {
    let name = ''
    while (this.#at < this.#text.length && !'.[ '.includes(this.#text[this.#at]!)) {
      if (this.#text[this.#at] === '\\') this.#at += 1
      name += this.#text[this.#at] ?? ''
      this.#at += 1
    }
    if (name === '') throw new JsonPathError(`unexpected character in ${this.#text}`)
    return name === '*' ? children : property(name)
  }

  #bracket(): Step {
    const inside = this.#untilClosed()
    if (inside.startsWith('?(') && inside.endsWith(')')) return filter(inside.slice(2, -1).trim())
    const parts = splitOutsideQuotes(inside, ',').map(part => part.trim())
    const steps = parts.map(part => {
      const quoted = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/.exec(part)
      if (quoted !== null) return property((quoted[1] ?? quoted[2])!.replaceAll(/\\(.)/g, '$1'))
      if (part === '*') return children
      const range = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(part)
      if (range === null || part === '') throw new JsonPathError(`invalid array index ${inside}`)
      return elements(range[1]!, part.includes(':') ? (range[2] ?? '') : undefined, range[3] ?? '')
    })
    return values => steps.flatMap(step => step(values))
  }

  #untilClosed(): string {
    const start = this.#at + 1
    let quote = ''
    let depth = 0
    for (let at = this.#at; at < this.#text.length; at += 1) {
      const character = this.#text[at]!
      if (quote !== '') {
        if (character === '\\') at += 1
        else if (character === quote) quote = ''
      } else if (character === "'" || character === '"') quote = character
      else if (character === '[') depth += 1
      else if (character === ']' && --depth === 0) {
        this.#at = at + 1
        return this.#text.slice(start, at)
      }
    }
    throw new JsonPathError(`unterminated array in ${this.#text}`)
  }
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = ['']
  let quote = ''
  for (const character of text) {
    if (quote === '' && character === separator) parts.push('')
    else {
      if (quote === '' && (character === "'" || character === '"')) quote = character
      else if (character === quote) quote = ''
      parts[parts.length - 1] += character
    }
  }
  return parts
}

function property(name: string): Step {
  return values => values.flatMap(value => {
    const found = isPlainObject(value) ? getOwn(value, name) : undefined
    return found === undefined ? [] : [found] // JP1
  })
}

function children(values: readonly unknown[]): readonly unknown[] {
  return values.flatMap(value => (Array.isArray(value) ? value as unknown[] : isPlainObject(value) ? Object.values(value) : []))
}

function descend(values: readonly unknown[]): readonly unknown[] {
  return values.flatMap(value => [value, ...descend(children([value]))])
}

function elements(first: string, last: string | undefined, step: string): Step {
  return values => values.flatMap(value => {
    if (!Array.isArray(value)) return []
    const list = value as unknown[]
    const place = (text: string, otherwise: number) => (text === '' ? otherwise : Number(text) < 0 ? Number(text) + list.length : Number(text))
    const from = place(first, 0)
    if (last === undefined) return from >= 0 && from < list.length ? [list[from]] : []
    const every = step === '' ? 1 : Math.max(1, Number(step))
    return list.slice(Math.max(0, from), Math.max(0, place(last, list.length))).filter((_item, index) => index % every === 0)
  })
}

const comparison = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s

/** JP2 */
function filter(text: string): Step {
  const found = comparison.exec(text)
  const left = operand(found === null ? text : found[1]!)
  const right = found === null ? undefined : operand(found[3]!)
  const matches = (item: unknown) => {
    const a = left(item)
    if (right === undefined) return a.length > 0
    const b = right(item)
    return a.length > 0 && b.length > 0 && compare(a[0], found![2]!, b[0])
  }
  return values => children(values).filter(matches)
}

function operand(text: string): JsonPath {
  const trimmed = text.trim()
  const quoted = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/.exec(trimmed)
  if (quoted !== null) return () => [(quoted[1] ?? quoted[2])!.replaceAll(/\\(.)/g, '$1')]
  if (/^-?\d+(?:\.\d+)?$/.test(trimmed)) return () => [Number(trimmed)]
  if (trimmed === 'true' || trimmed === 'false') return () => [trimmed === 'true']
  return compileJsonPath(trimmed)
}

function compare(a: unknown, operator: string, b: unknown): boolean {
  switch (operator) {
    case '==': return a === b
    case '!=': return a !== b
    default: break
  }
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false
  const left = a
  const right = b as typeof a
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  return operator === '>' ? left > right : left >= right
}
