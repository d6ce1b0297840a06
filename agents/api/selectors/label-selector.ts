/**
 * Label selectors: the text form of URLs and kubectl, and the object form of specs, as one list of requirements.
 *
 *   LS1  All requirements must hold; an empty selector matches everything; a null one (of a spec) nothing.
 *   LS2  `!=` and `notin` also match objects without the key.
 *   LS3  `>` and `<` compare whole numbers; a label that is not one never matches.
 *   LS4  Errors have upstream's words (apimachinery/pkg/labels/selector.go).
 */
import type { LabelSelector } from '../groups/meta-v1/types.ts'
import { isLabelValue, isQualifiedName } from '../validation/names.ts'

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

/** nothing: matches no object. */
export interface Selector {
  readonly requirements: readonly LabelRequirement[]
  readonly nothing: boolean
}

export class SelectorError extends Error {
  override readonly name = 'SelectorError'
}

export const everything: Selector = { requirements: [], nothing: false }
export const nothing: Selector = { requirements: [], nothing: true }

type Labels = Readonly<Record<string, string>>

export function matches(selector: Selector, labels: Labels | undefined): boolean {
  return !selector.nothing && selector.requirements.every(requirement => holds(requirement, labels ?? {}))
}

/** For specs: matches the labels of another object. Undefined or null matches nothing (LS1). */
export function matchesLabelSelector(selector: LabelSelector | undefined | null, labels: Labels | undefined): boolean {
  return matches(selectorOf(selector), labels)
}

export function selectorOf(selector: LabelSelector | undefined | null): Selector {
  if (selector === undefined || selector === null) return nothing
  const requirements: LabelRequirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] }))
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const text = objectOperators[operator]
    if (text === undefined) throw new SelectorError(`"${operator}" is not a valid label selector operator`)
    requirements.push({ key, operator: text, values })
  }
  return { requirements, nothing: false }
}

/** The map form of ReplicationControllers and Services. */
export function selectorOfMap(map: Labels | undefined | null): Selector {
  if (map === undefined || map === null) return nothing
  return { requirements: Object.entries(map).map(([key, value]) => ({ key, operator: '=', values: [value] })), nothing: false }
}

/** For a Service: every pair must match, and an empty map selects nothing. */
export function matchesLabelMap(map: Labels | undefined, labels: Labels | undefined): boolean {
  return Object.keys(map ?? {}).length > 0 && matches(selectorOfMap(map), labels)
}

const objectOperators: Readonly<Record<string, LabelOperator | undefined>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' }

function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key]! : undefined
  switch (operator) {
    case '=':
    case '==':
    case 'in': return value !== undefined && isAmong(values, value)
    case '!=':
    case 'notin': return value === undefined || !isAmong(values, value) // LS2
    case 'exists': return value !== undefined
    case '!': return value === undefined
    case 'gt':
    case 'lt': {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false // LS3
      const left = BigInt(value)
      const right = BigInt(values[0]!)
      return operator === 'gt' ? left > right : left < right
    }
  }
}

/** Long lists of values are looked up instead of searched: a selector of a megabyte may meet thousands of objects. */
const setsOfLongLists = new WeakMap<readonly string[], ReadonlySet<string>>()
const longList = 32

function isAmong(values: readonly string[], value: string): boolean {
  if (values.length <= longList) return values.includes(value)
  let set = setsOfLongLists.get(values)
  if (set === undefined) setsOfLongLists.set(values, set = new Set(values))
  return set.has(value)
}

/** Canonical text, keys in order. */
export function selectorText(selector: Selector): string {
  return [...selector.requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(requirementText).join(',')
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  const sorted = [...values].sort().join(',')
  switch (operator) {
    case 'in': return `${key} in (${sorted})`
    case 'notin': return `${key} notin (${sorted})`
    case 'exists': return key
    case '!': return `!${key}`
    case 'gt': return `${key}>${values[0]!}`
    case 'lt': return `${key}<${values[0]!}`
    default: return `${key}${operator}${values[0]!}`
  }
}

type Token = { readonly kind: 'word' | 'symbol' | 'end'; readonly text: string }

export function parseLabelSelector(text: string): Selector {
  const requirements = new Parser(new Lexer(text)).all()
  return { requirements: requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)), nothing: false }
}

/** Read one at a time, since a selector may be a megabyte long (as upstream's Lexer does). */
class Lexer {
  readonly #text: string
  #at = 0
  #ahead: Token | undefined

  constructor(text: string) {
    this.#text = text
  }

  peek(): Token {
    return (this.#ahead ??= this.#read())
  }

  next(): Token {
    const token = this.peek()
    if (token.kind !== 'end') this.#ahead = undefined
    return token
  }

  #read(): Token {
    const text = this.#text
    while (this.#at < text.length && isBlank(text.charCodeAt(this.#at))) this.#at += 1
    const start = this.#at
    if (start === text.length) return end
    const pair = text.slice(start, start + 2)
    if (pair === '==' || pair === '!=' || pair === '=>') {
      this.#at += 2
      return { kind: 'symbol', text: pair }
    }
    if (isSymbol(text.charCodeAt(start))) {
      this.#at += 1
      return { kind: 'symbol', text: text[start]! }
    }
    while (this.#at < text.length && !isBlank(text.charCodeAt(this.#at)) && !isSymbol(text.charCodeAt(this.#at))) this.#at += 1
    return { kind: 'word', text: text.slice(start, this.#at) }
  }
}

const end: Token = { kind: 'end', text: '' }

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

/** One of ! ( ) , < = > */
function isSymbol(code: number): boolean {
  return code === 0x2c || code === 0x28 || code === 0x29 || code === 0x21 || (code >= 0x3c && code <= 0x3e)
}

class Parser {
  readonly #tokens: Lexer

  constructor(tokens: Lexer) {
    this.#tokens = tokens
  }

  all(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    while (this.#peek().kind !== 'end') {
      const token = this.#peek()
      if (token.kind !== 'word' && token.text !== '!') this.#fail(`found '${token.text}', expected: !, identifier, or 'end of string'`)
      requirements.push(this.#requirement())
      const separator = this.#next()
      if (separator.kind === 'end') return requirements
      if (separator.text !== ',') this.#fail(`found '${separator.text}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (after.kind !== 'word' && after.text !== '!') this.#fail(`found '${after.text}', expected: identifier after ','`)
    }
    return requirements
  }

  #requirement(): LabelRequirement {
    const negated = this.#peek().text === '!' && this.#peek().kind === 'symbol'
    if (negated) this.#next()
    const key = this.#next()
    if (key.kind !== 'word') this.#fail(`found '${key.text}', expected: identifier`)
    checkKey(key.text)
    const following = this.#peek()
    if (negated) return { key: key.text, operator: '!', values: [] }
    if (following.kind === 'end' || following.text === ',') return { key: key.text, operator: 'exists', values: [] }
    return this.#comparison(key.text)
  }

  #comparison(key: string): LabelRequirement {
    const operator = this.#next().text
    switch (operator) {
      case 'in':
      case 'notin': {
        const values = this.#set()
        values.forEach(value => { checkValue(key, value) })
        return { key, operator, values }
      }
      case '=':
      case '==':
      case '!=': {
        const value = this.#exactValue()
        checkValue(key, value)
        return { key, operator, values: [value] }
      }
      case '>':
      case '<': {
        const value = this.#exactValue()
        if (!/^[+-]?\d+$/.test(value)) throw new SelectorError(`values[0][${key}]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`)
        return { key, operator: operator === '>' ? 'gt' : 'lt', values: [value] }
      }
      default: return this.#fail(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
    }
  }

  #exactValue(): string {
    const token = this.#peek()
    if (token.kind === 'end' || token.text === ',') return ''
    if (token.kind !== 'word') this.#fail(`found '${token.text}', expected: identifier`)
    return this.#next().text
  }

  #set(): string[] {
    const open = this.#next()
    if (open.text !== '(') this.#fail(`found '${open.text}' expected: '('`)
    const distinct = new Set<string>()
    let expectValue = true
    for (;;) {
      const token = this.#next()
      if (token.kind === 'word') {
        distinct.add(token.text)
        expectValue = false
      } else if (token.text === ',') {
        if (expectValue) distinct.add('')
        expectValue = true
      } else if (token.text === ')' && token.kind === 'symbol') {
        if (expectValue) distinct.add('')
        const values = [...distinct]
        if (values.length > longList) setsOfLongLists.set(values, distinct)
        return values
      } else {
        this.#fail(`found '${token.text}', expected: ',', or identifier`)
      }
    }
  }

  #peek(): Token {
    return this.#tokens.peek()
  }

  #next(): Token {
    return this.#tokens.next()
  }

  #fail(what: string): never {
    throw new SelectorError(`unable to parse requirement: ${what}`)
  }
}

function checkKey(key: string): void {
  const errors = isQualifiedName(key)
  if (errors.length > 0) throw new SelectorError(`unable to parse requirement: key: Invalid value: ${JSON.stringify(key)}: ${errors.join('; ')}`)
}

function checkValue(key: string, value: string): void {
  const errors = isLabelValue(value)
  if (errors.length > 0) throw new SelectorError(`unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${errors.join('; ')}`)
}
