/**
 * Reads JSON as upstream's strict decoder does: in one pass, telling of duplicate keys and keeping big integers exact.
 *
 *   JS1  A repeated key is reported once with its path ("spec.replicas", "spec.containers[0].name"); the last wins.
 *   JS2  An integer that a double cannot hold is kept as an exact value.
 *   JS3  Nesting deeper than 1,000 levels is refused, so that no body can exhaust the stack.
 *   JS4  A key named "__proto__" is an ordinary own key.
 */
import { exactNumber, setOwn } from './clone.ts'

export interface ParsedJson {
  readonly value: unknown
  /** Paths of repeated keys, in order of appearance. */
  readonly duplicates: readonly string[]
}

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const maxDepth = 1_000
const numberPattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
// eslint-disable-next-line no-control-regex -- JSON forbids them inside strings
const controlCharacter = /[\u0000-\u001f]/

export function parseJson(text: string): ParsedJson {
  const scanner = new Scanner(text)
  const value = scanner.document()
  return { value, duplicates: scanner.duplicates }
}

class Scanner {
  readonly #text: string
  #at = 0
  #depth = 0
  readonly duplicates: string[] = []

  constructor(text: string) {
    this.#text = text
  }

  document(): unknown {
    const value = this.#value('')
    this.#space()
    if (this.#at < this.#text.length) this.#fail('after top-level value')
    return value
  }

  #value(path: string): unknown {
    this.#space()
    const code = this.#text.charCodeAt(this.#at)
    switch (code) {
      case 0x7b: return this.#nested(() => this.#object(path))
      case 0x5b: return this.#nested(() => this.#array(path))
      case 0x22: return this.#string()
      case 0x74: return this.#word('true', true)
      case 0x66: return this.#word('false', false)
      case 0x6e: return this.#word('null', null)
      default: return this.#number()
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1
    if (this.#depth > maxDepth) throw new JsonSyntaxError('exceeded max depth', this.#at)
    const value = read()
    this.#depth -= 1
    return value
  }

  #object(path: string): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    this.#at += 1
    this.#space()
    if (this.#take(0x7d)) return object
    for (;;) {
      this.#space()
      if (this.#text.charCodeAt(this.#at) !== 0x22) this.#fail('looking for beginning of object key string')
      const key = this.#string()
      const below = path === '' ? key : `${path}.${key}`
      if (Object.hasOwn(object, key) && !this.duplicates.includes(below)) this.duplicates.push(below)
      this.#space()
      if (!this.#take(0x3a)) this.#fail('after object key')
      setOwn(object, key, this.#value(below))
      this.#space()
      if (this.#take(0x7d)) return object
      if (!this.#take(0x2c)) this.#fail('after object key:value pair')
    }
  }

  #array(path: string): unknown[] {
    const array: unknown[] = []
    this.#at += 1
    this.#space()
    if (this.#take(0x5d)) return array
    for (;;) {
      array.push(this.#value(`${path}[${array.length}]`))
      this.#space()
      if (this.#take(0x5d)) return array
      if (!this.#take(0x2c)) this.#fail('after array element')
    }
  }

  /** Most strings have no escape: they end at the next quote. */
  #string(): string {
    const start = this.#at
    const quote = this.#text.indexOf('"', start + 1)
    if (quote < 0) this.#endless(start)
    const content = this.#text.slice(start + 1, quote)
    if (content.includes('\\')) return this.#escapedString(start)
    if (controlCharacter.test(content)) this.#endless(start)
    this.#at = quote + 1
    return content
  }

  #escapedString(start: number): string {
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at)
      if (code === 0x22) {
        this.#at = at + 1
        return this.#unescape(start, at + 1)
      }
      if (code === 0x5c) at += 1
      else if (code < 0x20) this.#endless(start)
    }
    return this.#endless(start)
  }

  /** A string that does not end before a control character or the text does. */
  #endless(start: number): never {
    for (let at = start + 1; at < this.#text.length; at += 1) {
      if (this.#text.charCodeAt(at) >= 0x20) continue
      this.#at = at
      this.#fail('in string literal')
    }
    throw new JsonSyntaxError('unexpected end of JSON input', this.#text.length)
  }

  #unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.#text.slice(start, end)) as string
    } catch {
      throw new JsonSyntaxError('invalid character in string escape code', start)
    }
  }

  #number(): unknown {
    const pattern = numberPattern
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) this.#fail('looking for beginning of value')
    this.#at = pattern.lastIndex
    const number = Number(match![0])
    const isInteger = match![1] === undefined && match![2] === undefined
    return isInteger && !Number.isSafeInteger(number) && number !== 0 ? exactNumber(match![0]) : number
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail(`in literal ${word}`)
    this.#at += word.length
    return value
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false
    this.#at += 1
    return true
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at += 1
    }
  }

  #fail(where: string): never {
    if (this.#at >= this.#text.length) throw new JsonSyntaxError('unexpected end of JSON input', this.#at)
    const character = this.#text[this.#at]!
    const quoted = character === "'" ? "'\\''" : character === '"' ? "'\"'" : `'${JSON.stringify(character).slice(1, -1)}'`
    throw new JsonSyntaxError(`invalid character ${quoted} ${where}`, this.#at)
  }
}
