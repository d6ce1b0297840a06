/**
 * A place in a list of tokens: looking ahead, taking what is expected, and telling what was found instead.
 *
 *   TC1  Texts are upstream's: one token too many is "extraneous", one too few "missing", anything else "mismatched".
 *   TC2  Every rule may nest 250 times.
 */
import { SyntaxFault } from './lexer.ts'
import type { Token } from './lexer.ts'

/** The place before the first: problems of the text as a whole. */
export const noPosition = -1

const maxDepth = 250

type Rule = 'expr' | 'relation' | 'calc' | 'member'

const starters = `'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER`

export abstract class TokenCursor {
  protected readonly tokens: readonly Token[]
  protected at = 0
  readonly #depth: Record<Rule, number> = { expr: 0, relation: 0, calc: 0, member: 0 }

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  protected get next(): Token {
    return this.tokens[this.at]!
  }

  protected isOperator(text: string): boolean {
    return this.next.kind === 'operator' && this.next.text === text
  }

  protected takeIf(text: string): Token | undefined {
    if (!this.isOperator(text)) return undefined
    return this.tokens[this.at++]
  }

  protected expect(text: string): Token {
    const token = this.takeIf(text)
    if (token !== undefined) return token
    const couldFollow = text === ':' ? this.isStarter(0) : !this.isStarter(0)
    if (couldFollow && !this.isAfterNext(text) && !(text === ':' && this.next.kind === 'end')) throw new SyntaxFault(this.next.position, `Syntax error: missing '${text}' at '${this.next.text}'`)
    throw this.unexpected(`'${text}'`, this.isAfterNext(text))
  }

  /** The end of a list, map or object, after an element or after a comma (TC1). */
  protected close(text: string, afterComma: boolean): void {
    if (this.takeIf(text) !== undefined) return
    if (afterComma) throw this.unexpected(`'${text}'`, false)
    throw this.unexpected(`{'${text}', ','}`, this.isAfterNext(text) || this.isAfterNext(','))
  }

  protected isAfterNext(text: string): boolean {
    const after = this.tokens[this.at + 1]
    return after?.kind === 'operator' && after.text === text
  }

  protected isStarter(ahead: number): boolean {
    const token = this.tokens[this.at + ahead]
    if (token === undefined || token.kind === 'end' || token.kind === 'escaped-name') return false
    return token.kind !== 'operator' || '[{(.-!'.includes(token.text)
  }

  protected expectedExpression(also = ''): SyntaxFault {
    return this.unexpected(`{${also === '' ? starters : starters.replace("'.'", `${also}, '.'`)}}`, this.isStarter(1))
  }

  protected unexpected(expecting: string, isExtraneous: boolean): SyntaxFault {
    return new SyntaxFault(this.next.position, `Syntax error: ${isExtraneous ? 'extraneous' : 'mismatched'} input '${this.next.text}' expecting ${expecting}`)
  }

  /** Runs one level of a rule (TC2). */
  protected nested<T>(rule: Rule, run: () => T): T {
    const before = this.#depth[rule]
    this.deeper(rule)
    const result = run()
    this.#depth[rule] = before
    return result
  }

  protected deeper(rule: Rule): void {
    this.#depth[rule] += 1
    if (this.#depth[rule] > maxDepth) throw new SyntaxFault(noPosition, `expression recursion limit exceeded: ${maxDepth}`)
  }

  /** Elements up to a closing mark; a comma may follow the last, or stand for none. */
  protected each(close: string, element: () => void): void {
    if (this.takeIf(',') !== undefined) return this.close(close, true)
    if (this.takeIf(close) !== undefined) return
    do element()
    while (this.takeIf(',') !== undefined && this.isStarterOrOptional())
    this.close(close, this.tokens[this.at - 1]!.text === ',')
  }

  protected isStarterOrOptional(): boolean {
    return this.isStarter(0) || this.isOperator('?')
  }
}
