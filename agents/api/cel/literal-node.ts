/** The node of a literal token. Numbers must fit: int 64 bits, uint 64 bits without sign, double finite. */
import { CelUint } from './cel-value.ts'
import { literalText, SyntaxFault } from './lexer.ts'
import type { Token } from './lexer.ts'
import type { LiteralNode } from './syntax.ts'

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const uint64Max = 2n ** 64n - 1n

export function literalNode(token: Token, sign: '' | '-', position = token.position): LiteralNode {
  switch (token.kind) {
    case 'int': {
      const value = BigInt(token.text) * (sign === '-' ? -1n : 1n)
      if (value < int64.min || value > int64.max) throw new SyntaxFault(position, 'invalid int literal')
      return { kind: 'literal', position, value }
    }
    case 'uint': {
      const value = BigInt(token.text.slice(0, -1))
      if (value > uint64Max) throw new SyntaxFault(position, 'invalid uint literal')
      return { kind: 'literal', position, value: new CelUint(value) }
    }
    case 'double': {
      const value = Number(sign + token.text)
      if (!Number.isFinite(value)) throw new SyntaxFault(position, 'invalid double literal')
      return { kind: 'literal', position, value }
    }
    default:
      return { kind: 'literal', position, value: literalText(token) }
  }
}
