/**
 * Source text -> tokens. White space and `// comments` vanish.
 *
 *   LX1  The longest token wins: `1.5` is one number, `1.x` is a number, a dot and a name.
 *   LX2  Strings: '…', "…" on one line, '''…''' and """…""" over several; r before them: no escapes; b before them: bytes.
 *   LX3  What cannot be a token is upstream's "token recognition error" at its place; what follows is read all the same.
 */
export type TokenKind = 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'name' | 'escaped-name' | 'operator' | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly position: number
}

export class SyntaxFault extends Error {
  readonly position: number
  constructor(position: number, message: string) {
    super(message)
    this.position = position
  }
}

/** More than anyone reads; the rest would only repeat. */
const maxFaults = 100

const number = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|0x[\da-fA-F]+[uU]?|\d+[uU]?/y
const name = /[A-Za-z_][A-Za-z\d_]*/y
const escapedName = /`[A-Za-z\d_./ -]+`/y
const operator = /==|!=|<=|>=|&&|\|\||[[\]{}().,?:!<>+\-*/%]/y
const blank = /(?:[\t\r\n\f ]+|\/\/[^\n]*)+/y
const stringStart = /([bB]?[rR]?|[rR][bB])('''|"""|'|")/y
const escape = /\\(?:[abfnrtv"'\\?`]|[0-3][0-7][0-7]|[xX][\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})/y

export interface ReadTokens {
  readonly tokens: readonly Token[]
  readonly faults: readonly SyntaxFault[]
}

export function readTokens(source: string): ReadTokens {
  const tokens: Token[] = []
  const faults: SyntaxFault[] = []
  let position = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position
    return pattern.exec(source)
  }
  while (position < source.length) {
    const skipped = take(blank)
    if (skipped !== null) {
      position += skipped[0].length
      continue
    }
    const token = readString(source, position) ?? readPlain(take, position)
    if (token === undefined) {
      const text = unreadable(source, position)
      if (faults.length < maxFaults) faults.push(new SyntaxFault(position, `Syntax error: token recognition error at: '${text.replaceAll('\t', '\\t')}'`)) // LX3
      position += text.length
      continue
    }
    tokens.push(token)
    position += token.text.length
  }
  tokens.push({ kind: 'end', text: '<EOF>', position: source.length })
  return { tokens, faults }
}

function readPlain(take: (pattern: RegExp) => RegExpExecArray | null, position: number): Token | undefined {
  const digits = take(number)
  if (digits !== null) return { kind: numberKind(digits[0]), text: digits[0], position }
  const word = take(name)
  if (word !== null) return { kind: word[0] === 'in' ? 'operator' : 'name', text: word[0], position }
  const escaped = take(escapedName)
  if (escaped !== null) return { kind: 'escaped-name', text: escaped[0], position }
  const sign = take(operator)
  return sign === null ? undefined : { kind: 'operator', text: sign[0], position }
}

function numberKind(text: string): TokenKind {
  if (/[uU]$/.test(text)) return 'uint'
  if (text.startsWith('0x')) return 'int'
  return /[.eE]/.test(text) ? 'double' : 'int'
}

/** A whole string literal with its quotes and prefix (LX2), or undefined where none starts or it never ends. */
function readString(source: string, position: number): Token | undefined {
  stringStart.lastIndex = position
  const start = stringStart.exec(source)
  if (start === null) return undefined
  const prefix = start[1]!
  if (/^[rR][bB]$/.test(prefix)) return undefined // only br'…' is bytes
  // '' is the empty string unless a third quote follows
  const quote = start[2]!
  const raw = /[rR]/.test(prefix)
  const end = closingQuote(source, position + start[0].length, quote, raw)
  if (end === undefined) return undefined
  return { kind: /[bB]/.test(prefix) ? 'bytes' : 'string', text: source.slice(position, end), position }
}

function closingQuote(source: string, from: number, quote: string, raw: boolean): number | undefined {
  let at = from
  while (at < source.length) {
    if (source.startsWith(quote, at)) return at + quote.length
    const character = source[at]!
    if (quote.length === 1 && (character === '\n' || character === '\r')) return undefined
    if (character === '\\' && !raw) {
      escape.lastIndex = at
      const sequence = escape.exec(source)
      if (sequence === null) return undefined
      at += sequence[0].length
      continue
    }
    at += 1
  }
  return undefined
}

/** A string that never ends reaches to the end of its line; anything else is one character. */
function unreadable(source: string, position: number): string {
  const quoted = /^(?:[bB]?[rR]?)['"]/.test(source.slice(position, position + 3))
  return quoted ? source.slice(position).split('\n')[0]! : String.fromCodePoint(source.codePointAt(position)!)
}

/** The text of a string or bytes literal. Bytes literals keep one character per byte where escapes made them. */
export function literalText(token: Token): string | Uint8Array {
  const [, prefix, quote] = /^([a-zA-Z]*)('''|"""|'|")/.exec(token.text)!
  const inner = token.text.slice(prefix!.length + quote!.length, token.text.length - quote!.length).replace(/\r\n?/g, '\n')
  const raw = /[rR]/.test(prefix!)
  if (token.kind === 'bytes') return raw ? new TextEncoder().encode(inner) : unescapeBytes(inner, token.position)
  return raw ? inner : unescapeText(inner, token.position)
}

const simpleEscapes: ReadonlyMap<string, string> = new Map([['a', '\x07'], ['b', '\b'], ['f', '\f'], ['n', '\n'], ['r', '\r'], ['t', '\t'], ['v', '\v'], ['\\', '\\'], ["'", "'"], ['"', '"'], ['`', '`'], ['?', '?']])

function unescapeText(text: string, position: number): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\([0-3][0-7]{2}|[xX][\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[^])/g, (_match, sequence: string) => {
    const simple = simpleEscapes.get(sequence)
    if (simple !== undefined) return simple
    const code = /^\d/.test(sequence) ? Number.parseInt(sequence, 8) : Number.parseInt(sequence.slice(1), 16)
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new SyntaxFault(position, 'invalid unicode code point')
    return String.fromCodePoint(code)
  })
}

function unescapeBytes(text: string, position: number): Uint8Array {
  const bytes: number[] = []
  const encoder = new TextEncoder()
  for (let at = 0; at < text.length;) {
    if (text[at] !== '\\') {
      const character = String.fromCodePoint(text.codePointAt(at)!)
      bytes.push(...encoder.encode(character))
      at += character.length
      continue
    }
    const [whole, sequence] = /^\\([0-3][0-7]{2}|[xX][\da-fA-F]{2}|[^])/.exec(text.slice(at, at + 4))!
    const simple = simpleEscapes.get(sequence!)
    if (simple === undefined && /^[uU]$/.test(sequence!)) throw new SyntaxFault(position, 'unable to unescape string')
    bytes.push(simple === undefined ? (/^\d/.test(sequence!) ? Number.parseInt(sequence!, 8) : Number.parseInt(sequence!.slice(1), 16)) : simple.charCodeAt(0))
    at += whole.length
  }
  return new Uint8Array(bytes)
}
