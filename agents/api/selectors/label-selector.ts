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

const objectOperators: Readonly<Record<string, LabelOperator | undefined>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' }

function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key]! : undefined
  switch (operator) {
    case '=':
    case '==':
    case 'in': return value !== undefined && values.includes(value)
    case '!=':
    case 'notin': return value === undefined || !values.includes(value) // LS2
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
  const requirements = new Parser(tokensOf(text)).all()
  return { requirements: requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)), nothing: false }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  const pattern = /\s*(?:(==|!=|=>|[!()=,<>])|([^\s!()=,<>]+))/y
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (match === null) break
    tokens.push(match[1] === undefined ? { kind: 'word', text: match[2]! } : { kind: 'symbol', text: match[1] })
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
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
    const values: string[] = []
    let expectValue = true
    for (;;) {
      const token = this.#next()
      if (token.kind === 'word') {
        values.push(token.text)
        expectValue = false
      } else if (token.text === ',') {
        if (expectValue) values.push('')
        expectValue = true
      } else if (token.text === ')' && token.kind === 'symbol') {
        if (expectValue) values.push('')
        return [...new Set(values)]
      } else {
        this.#fail(`found '${token.text}', expected: ',', or identifier`)
      }
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at]!
  }

  #next(): Token {
    const token = this.#tokens[this.#at]!
    if (this.#at < this.#tokens.length - 1) this.#at += 1
    return token
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
