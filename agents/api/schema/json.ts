/**
 * Reads JSON as upstream's strict decoder does: in one pass, telling of duplicate keys and keeping big integers exact.
 *
 *   JS1  A repeated key is reported once with its path ("spec.replicas", "spec.containers[0].name"); the last wins.
 *   JS2  An integer that a double cannot hold is kept as an exact value.
 *   JS3  Nesting deeper than 1,000 levels is refused, so that no body can exhaust the stack.
 *   JS4  A key named "__proto__" is an ordinary own key.
 *   JS5  A long text can be read in turns, so that nobody else waits for it.
 *   JS6  At most 100 repeated keys are told, and no more than 64 KiB of their paths.
 *   JS7  A number that a double cannot hold at all (1e400) is refused.
 *   JS8  A short text with nothing of this in it is left to JSON.parse, which is faster; what that would not read the same
 *        way, or refuses, is read here.
 */
import { parsePlainJson } from './plain-json.ts'
import { exactNumber, setOwn } from './clone.ts'

export interface ParsedJson {
  readonly value: unknown
  /** Paths of repeated keys, in order of appearance. */
  readonly duplicates: readonly string[]
  /** How much there is of it: objects, lists and scalars. */
  readonly valueCount: number
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
/** JS8: a fraction of a turn. */
const maxPlainLength = 64 * 1024
const maxDuplicates = 100
const maxDuplicateCharacters = 64 * 1024
/** About two milliseconds' worth. */
const valuesPerTurn = 10_000
const numberPattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
// eslint-disable-next-line no-control-regex -- JSON forbids them inside strings
const controlCharacter = /[\u0000-\u001f]/

export function parseJson(text: string): ParsedJson {
  const plain = text.length <= maxPlainLength ? parsePlainJson(text, maxDepth) : undefined
  if (plain !== undefined) return plain
  const reader = new JsonReader(text)
  reader.advance(Infinity)
  return reader.result
}

/** The same in turns (JS5): after each, the caller lets others go on. */
export async function parseJsonInTurns(text: string, turn: () => Promise<void>, maxValues = Infinity): Promise<ParsedJson> {
  const plain = text.length <= maxPlainLength ? parsePlainJson(text, maxDepth) : undefined
  if (plain !== undefined) return plain
  const reader = new JsonReader(text)
  while (!reader.advance(valuesPerTurn)) {
    if (reader.valueCount > maxValues) break
    await turn()
  }
  return reader.result
}

interface Open {
  readonly container: Record<string, unknown> | unknown[]
  /** Of an object: the key whose value is being read. */
  key: string
}

type Expecting = 'value' | 'value or end' | 'key' | 'key or end' | 'more' | 'nothing'

/** Reads without recursion, so that it can stop anywhere and go on later. */
class JsonReader {
  readonly #text: string
  #at = 0
  #expecting: Expecting = 'value'
  readonly #open: Open[] = []
  #root: unknown
  readonly #duplicates = new Set<string>()
  #duplicateCharacters = 0
  valueCount = 0

  constructor(text: string) {
    this.#text = text
  }

  get result(): ParsedJson {
    return { value: this.#root, duplicates: [...this.#duplicates], valueCount: this.valueCount }
  }

  /** Reads at most so many values more; true when the whole text has been read. */
  advance(values: number): boolean {
    const until = this.valueCount + values
    for (;;) {
      this.#space()
      switch (this.#expecting) {
        case 'value or end':
          if (this.#take(0x5d)) this.#close()
          else this.#value()
          break
        case 'value':
          this.#value()
          break
        case 'key or end':
          if (this.#take(0x7d)) this.#close()
          else this.#key()
          break
        case 'key':
          this.#key()
          break
        case 'more':
          this.#more()
          break
        case 'nothing':
          if (this.#at < this.#text.length) this.#fail('after top-level value')
          return true
      }
      if (this.valueCount >= until) return false
    }
  }

  #value(): void {
    this.valueCount += 1
    const code = this.#text.charCodeAt(this.#at)
    switch (code) {
      case 0x7b:
        this.#begin({}, 'key or end')
        return
      case 0x5b:
        this.#begin([], 'value or end')
        return
      case 0x22:
        this.#put(this.#string())
        break
      case 0x74:
        this.#put(this.#word('true', true))
        break
      case 0x66:
        this.#put(this.#word('false', false))
        break
      case 0x6e:
        this.#put(this.#word('null', null))
        break
      default:
        this.#put(this.#number())
    }
    this.#expecting = this.#open.length === 0 ? 'nothing' : 'more'
  }

  #begin(container: Open['container'], expecting: Expecting): void {
    if (this.#open.length >= maxDepth) throw new JsonSyntaxError('exceeded max depth', this.#at)
    this.#at += 1
    this.#put(container)
    this.#open.push({ container, key: '' })
    this.#expecting = expecting
  }

  #put(value: unknown): void {
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = value
    else if (Array.isArray(parent.container)) parent.container.push(value)
    else setOwn(parent.container, parent.key, value)
  }

  #close(): void {
    this.#open.pop()
    this.#expecting = this.#open.length === 0 ? 'nothing' : 'more'
  }

  #key(): void {
    if (this.#text.charCodeAt(this.#at) !== 0x22) this.#fail('looking for beginning of object key string')
    const parent = this.#open.at(-1)!
    parent.key = this.#string()
    if (Object.hasOwn(parent.container, parent.key)) this.#noteDuplicate()
    this.#space()
    if (!this.#take(0x3a)) this.#fail('after object key')
    this.#expecting = 'value'
  }

  #more(): void {
    const isList = Array.isArray(this.#open.at(-1)!.container)
    if (this.#take(0x2c)) this.#expecting = isList ? 'value' : 'key'
    else if (this.#take(isList ? 0x5d : 0x7d)) this.#close()
    else this.#fail(isList ? 'after array element' : 'after object key:value pair')
  }

  /** JS1, JS6: the path is put together only here. */
  #noteDuplicate(): void {
    if (this.#duplicates.size >= maxDuplicates || this.#duplicateCharacters >= maxDuplicateCharacters) return
    let path = ''
    for (const { container, key } of this.#open) {
      if (Array.isArray(container)) path += `[${container.length - 1}]`
      else path += path === '' ? key : `.${key}`
    }
    this.#duplicateCharacters += path.length
    this.#duplicates.add(path)
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
    const small = this.#smallInteger()
    if (small !== undefined) return small
    const pattern = numberPattern
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) this.#fail('looking for beginning of value')
    this.#at = pattern.lastIndex
    const number = Number(match![0])
    if (!Number.isFinite(number)) throw new JsonSyntaxError(`json: cannot unmarshal number ${match![0].slice(0, 40)} into Go value of type float64`, this.#at) // JS7
    const isInteger = match![1] === undefined && match![2] === undefined
    return isInteger && !Number.isSafeInteger(number) && number !== 0 ? exactNumber(match![0]) : number
  }

  /** Most numbers have few digits and nothing else. */
  #smallInteger(): number | undefined {
    let at = this.#at
    let number = 0
    let code = this.#text.charCodeAt(at)
    if (!(code >= 0x31 && code <= 0x39)) return undefined
    for (; code >= 0x30 && code <= 0x39; code = this.#text.charCodeAt(++at)) number = number * 10 + code - 0x30
    if (code === 0x2e || code === 0x65 || code === 0x45 || at - this.#at > 15) return undefined
    this.#at = at
    return number
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
    const quoted = character === "'" ? "'\\''" : character === '"' ? "'\"'" : `'${goCharacter(character)}'`
    throw new JsonSyntaxError(`invalid character ${quoted} ${where}`, this.#at)
  }
}

/** Inside Go's quotes: what can be printed stands as it is. */
function goCharacter(character: string): string {
  return /\p{Cc}|\p{Cn}|\p{Zs}/u.test(character) && character !== ' ' ? JSON.stringify(character).slice(1, -1) : character === '\\' ? '\\\\' : character
}
