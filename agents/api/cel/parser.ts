/**
 * Source text -> syntax tree, by recursive descent, one function a rule of CEL's grammar.
 *
 *   expr    := or ['?' or ':' expr]      or := and {'||' and}      and := relation {'&&' relation}
 *   relation, calc := binary operators, left to right      unary := {'!'} member | {'-'} member
 *   member  := primary { '.' ['?'] name ['(' args ')'] | '[' ['?'] expr ']' }
 *
 *   PA1  At most 100,000 characters, and at most 250 levels of any one rule, so that no input exhausts the stack.
 *   PA2  A chain of && or || becomes a balanced tree: ten terms are four deep, and their worst cost is estimated as upstream does.
 *   PA3  The position of a call is its parenthesis, of a selection its dot, of an operator the operator.
 *   PA4  Texts of syntax errors are upstream's for what is met most: an unexpected token, an unexpected end.
 */
import { expandGlobalMacro, expandMemberMacro, maxCopiedNodes } from './macros.ts'
import { literalNode } from './literal-node.ts'
import { readTokens, SyntaxFault } from './lexer.ts'
import type { Token } from './lexer.ts'
import { noPosition, TokenCursor } from './token-cursor.ts'
import type { CallNode, Expression, ListNode, MapEntryNode, StructNode } from './syntax.ts'

const maxCodePoints = 100_000

const reserved: ReadonlySet<string> = new Set(['as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop', 'package', 'namespace', 'null', 'return', 'true', 'var', 'void', 'while'])
const literalWords: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in'])
const relations: ReadonlySet<string> = new Set(['<', '<=', '>=', '>', '==', '!=', 'in'])
const functionOfOperator: Readonly<Record<string, string>> = {
  '<': '_<_', '<=': '_<=_', '>=': '_>=_', '>': '_>_', '==': '_==_', '!=': '_!=_', in: '@in',
  '*': '_*_', '/': '_/_', '%': '_%_', '+': '_+_', '-': '_-_',
}

/** Throws SyntaxFaults. */
export function parseExpression(source: string, hasBindings: boolean): Expression {
  if (source.length > maxCodePoints) {
    const size = [...source].length
    if (size > maxCodePoints) throw new SyntaxFaults([new SyntaxFault(noPosition, `expression code point size exceeds limit: size: ${size}, limit ${maxCodePoints}`)])
  }
  const { tokens, faults } = readTokens(source)
  const parser = new Parser(tokens, hasBindings)
  const parsed = firstFault(() => parser.whole())
  const all = [...faults, ...parser.faults, ...(parsed instanceof SyntaxFault ? [parsed] : [])]
  if (parsed instanceof SyntaxFault || all.length > 0) throw new SyntaxFaults(all)
  return parsed
}

/** All that is wrong with a text. */
export class SyntaxFaults extends Error {
  readonly faults: readonly SyntaxFault[]
  constructor(faults: readonly SyntaxFault[]) {
    super(faults[0]!.message)
    this.faults = faults
  }
}

function firstFault(parse: () => Expression): Expression | SyntaxFault {
  try {
    return parse()
  } catch (error) {
    if (error instanceof SyntaxFault) return error
    throw error
  }
}

class Parser extends TokenCursor {
  readonly #hasBindings: boolean
  readonly #copies = { left: maxCopiedNodes }
  /** What is wrong, and yet lets the rest be read: reserved words, numbers too large, macros with wrong arguments. */
  readonly faults: SyntaxFault[] = []

  constructor(tokens: readonly Token[], hasBindings: boolean) {
    super(tokens)
    this.#hasBindings = hasBindings
  }

  whole(): Expression {
    const expression = this.#expr()
    if (this.next.kind !== 'end') throw this.unexpected('<EOF>', this.tokens[this.at + 1]?.kind === 'end')
    return expression
  }

  /** A fault that does not end the parse: noted, and something else stands for what failed. */
  #noted(position: number, make: () => Expression | undefined): Expression | undefined {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error
      this.faults.push(error)
      return { kind: 'literal', position, value: null }
    }
  }

  #expr(): Expression {
    return this.nested('expr', () => {
      const condition = this.#or()
      const question = this.takeIf('?')
      if (question === undefined) return condition
      const yes = this.#or()
      this.expect(':')
      const no = this.#expr()
      return call('_?_:_', question, undefined, [condition, yes, no])
    })
  }

  #or(): Expression {
    return this.#logic('||', '_||_', () => this.#logic('&&', '_&&_', () => this.#relation()))
  }

  #logic(operator: string, name: string, term: () => Expression): Expression {
    const terms = [term()]
    const operators: Token[] = []
    for (let token = this.takeIf(operator); token !== undefined; token = this.takeIf(operator)) {
      operators.push(token)
      terms.push(term())
    }
    return operators.length === 0 ? terms[0]! : balanced(name, terms, operators, 0, operators.length - 1) // PA2
  }

  #relation(): Expression {
    return this.nested('relation', () => {
      let left = this.#calc(0)
      while (this.next.kind === 'operator' && relations.has(this.next.text)) {
        this.deeper('relation')
        const operator = this.tokens[this.at++]!
        left = call(functionOfOperator[operator.text]!, operator, undefined, [left, this.#calc(0)])
      }
      return left
    })
  }

  /** Binary arithmetic of at least this strength: 0 for + and -, 1 for *, / and %. */
  #calc(strength: 0 | 1): Expression {
    return this.nested('calc', () => {
      let left = this.#unary()
      for (;;) {
        const { kind, text } = this.next
        const own = kind !== 'operator' ? -1 : text === '+' || text === '-' ? 0 : text === '*' || text === '/' || text === '%' ? 1 : -1
        if (own < strength) return left
        this.deeper('calc')
        const operator = this.tokens[this.at++]!
        const right = own === 1 ? this.#unary() : this.#calc(1)
        left = call(functionOfOperator[operator.text]!, operator, undefined, [left, right])
      }
    })
  }

  #unary(): Expression {
    const first = this.next
    if (this.isOperator('!')) return this.#negations('!', '!_', first)
    if (this.isOperator('-') && !this.#isNumber(1)) return this.#negations('-', '-_', first)
    return this.#member()
  }

  #negations(operator: '!' | '-', name: string, first: Token): Expression {
    let count = 0
    while (this.isOperator(operator)) {
      this.at += 1
      count += 1
    }
    const operand = this.#member()
    return count % 2 === 0 ? operand : call(name, first, undefined, [operand])
  }

  #isNumber(ahead: number): boolean {
    const kind = this.tokens[this.at + ahead]?.kind
    return kind === 'int' || kind === 'double'
  }

  #member(): Expression {
    return this.nested('member', () => {
      let operand = this.#primary()
      for (;;) {
        const dot = this.takeIf('.')
        if (dot !== undefined) {
          this.deeper('member')
          operand = this.#selection(operand, dot)
          continue
        }
        const bracket = this.takeIf('[')
        if (bracket === undefined) return operand
        this.deeper('member')
        const optional = this.takeIf('?') !== undefined
        const index = this.#expr()
        this.expect(']')
        operand = call(optional ? '_[?_]' : '_[_]', bracket, undefined, [operand, index])
      }
    })
  }

  #selection(operand: Expression, dot: Token): Expression {
    const optional = this.takeIf('?') !== undefined
    const token = this.next
    if (token.kind === 'escaped-name') this.faults.push(new SyntaxFault(token.position, "unsupported syntax: '`'"))
    else if (token.kind !== 'name' || literalWords.has(token.text)) throw this.#noViable(dot, token)
    this.at += 1
    if (optional) return call('_?._', dot, undefined, [operand, { kind: 'literal', position: token.position, value: token.text }])
    const open = token.kind === 'escaped-name' ? undefined : this.takeIf('(')
    if (open === undefined) return { kind: 'select', position: dot.position, operand, field: token.text, testOnly: false }
    const args = this.#arguments()
    return this.#noted(open.position, () => expandMemberMacro(token.text, { position: open.position, target: operand, args, copies: this.#copies }, this.#hasBindings)) ?? call(token.text, open, operand, args)
  }

  #noViable(dot: Token, token: Token): SyntaxFault {
    const text = token.kind === 'end' ? '<EOF>' : token.text
    if (literalWords.has(text) && text !== 'in') return new SyntaxFault(token.position, `Syntax error: mismatched input '${text}' expecting IDENTIFIER`)
    return new SyntaxFault(token.position, `Syntax error: no viable alternative at input '${dot.text}${token.kind === 'end' ? '' : text}'`)
  }

  #arguments(): Expression[] {
    const args: Expression[] = []
    if (this.takeIf(')') !== undefined) return args
    if (!this.isStarter(0)) throw this.expectedExpression("')'")
    do args.push(this.#expr())
    while (this.takeIf(',') !== undefined)
    this.expect(')')
    return args
  }

  #primary(): Expression {
    const token = this.next
    switch (token.kind) {
      case 'int':
      case 'uint':
      case 'double':
      case 'string':
      case 'bytes':
        this.at += 1
        return this.#noted(token.position, () => literalNode(token, ''))!
      case 'name':
        return this.#named()
      case 'operator':
        return this.#operatorPrimary(token)
      default:
        throw this.expectedExpression()
    }
  }

  #operatorPrimary(token: Token): Expression {
    switch (token.text) {
      case '(': {
        this.at += 1
        const inner = this.#expr()
        this.expect(')')
        return inner
      }
      case '[':
        this.at += 1
        return this.#list(token)
      case '{':
        this.at += 1
        return { kind: 'map', position: token.position, entries: this.#entries() }
      case '-': {
        this.at += 1
        const digits = this.next
        if (digits.kind !== 'int' && digits.kind !== 'double') throw this.expectedExpression()
        this.at += 1
        return this.#noted(token.position, () => literalNode(digits, '-', token.position))!
      }
      case '.':
        return this.#named()
      default:
        throw this.expectedExpression()
    }
  }

  #list(open: Token): ListNode {
    const elements: { value: Expression; optional: boolean }[] = []
    this.each(']', () => {
      const optional = this.takeIf('?') !== undefined
      elements.push({ value: this.#expr(), optional })
    })
    return { kind: 'list', position: open.position, elements }
  }

  #entries(): MapEntryNode[] {
    const entries: MapEntryNode[] = []
    this.each('}', () => {
      const optional = this.takeIf('?') !== undefined
      const key = this.#expr()
      const colon = this.expect(':')
      entries.push({ position: colon.position, key, value: this.#expr(), optional })
    })
    return entries
  }

  /** A name, a call of a global function, or the construction of an object. */
  #named(): Expression {
    const dot = this.takeIf('.')
    const token = this.next
    if (token.kind !== 'name') throw this.unexpected('IDENTIFIER', false)
    if (dot === undefined && (token.text === 'true' || token.text === 'false' || token.text === 'null')) {
      this.at += 1
      return { kind: 'literal', position: token.position, value: token.text === 'null' ? null : token.text === 'true' }
    }
    const struct = this.#structAhead()
    if (struct !== undefined) return struct
    this.at += 1
    const name = dot === undefined ? token.text : `.${token.text}`
    if (reserved.has(token.text)) {
      this.faults.push(new SyntaxFault(token.position, `reserved identifier: ${token.text}`))
      if (!this.isOperator('(')) return { kind: 'literal', position: token.position, value: null }
    }
    const open = this.takeIf('(')
    if (open === undefined) return { kind: 'ident', position: token.position, name }
    const args = this.#arguments()
    return this.#noted(open.position, () => expandGlobalMacro(name, open.position, args)) ?? call(name, open, undefined, args)
  }

  /** `a.b.C{…}`: names and dots up to a brace. */
  #structAhead(): StructNode | undefined {
    let ahead = this.at
    const names: string[] = []
    for (;;) {
      const token = this.tokens[ahead]!
      if (token.kind !== 'name') return undefined
      names.push(token.text)
      const after = this.tokens[ahead + 1]!
      if (after.kind !== 'operator') return undefined
      if (after.text === '{') break
      if (after.text !== '.') return undefined
      ahead += 2
    }
    const open = this.tokens[ahead + 1]!
    this.at = ahead + 2
    return { kind: 'struct', position: open.position, typeName: names.join('.'), fields: this.#structFields() }
  }

  #structFields(): StructNode['fields'] {
    const fields: { position: number; name: string; value: Expression; optional: boolean }[] = []
    this.each('}', () => {
      const optional = this.takeIf('?') !== undefined
      const field = this.next
      if (field.kind === 'escaped-name') this.faults.push(new SyntaxFault(field.position, "unsupported syntax: '`'"))
      else if (field.kind !== 'name') throw this.unexpected('IDENTIFIER', false)
      this.at += 1
      const colon = this.expect(':')
      fields.push({ position: colon.position, name: field.text, value: this.#expr(), optional })
    })
    return fields
  }
}

function call(name: string, token: Token, target: Expression | undefined, args: readonly Expression[]): CallNode {
  return { kind: 'call', position: token.position, name, target, args }
}

function balanced(name: string, terms: readonly Expression[], operators: readonly Token[], low: number, high: number): Expression {
  const middle = Math.floor((low + high + 1) / 2)
  const left = middle === low ? terms[middle]! : balanced(name, terms, operators, low, middle - 1)
  const right = middle === high ? terms[middle + 1]! : balanced(name, terms, operators, middle + 1, high)
  return call(name, operators[middle]!, undefined, [left, right])
}
