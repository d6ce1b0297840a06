/**
 * The syntax tree of an expression. Macros are gone from it: `list.all(x, p)` is a comprehension, `has(a.b)` a presence test.
 *
 * The checker writes its findings on the nodes it visits (`type`, `overloads`, `refersTo`): a tree is made, checked and planned
 * by one caller and never shared.
 */
import type { CelType } from './cel-type.ts'
import type { CelOverload } from './declarations.ts'
import type { CelValue } from './cel-value.ts'

interface Node {
  /** Where it is in the source, in UTF-16 units. */
  readonly position: number
  type?: CelType
}

export interface LiteralNode extends Node {
  readonly kind: 'literal'
  readonly value: CelValue
}

export interface IdentNode extends Node {
  readonly kind: 'ident'
  readonly name: string
  /** What the name stands for: a variable, a comprehension's variable, or a type. */
  refersTo?: Reference
}

export type Reference =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'local'; readonly local: LocalVariable }
  | { readonly kind: 'type'; readonly name: string }

/** A variable that a comprehension declares; the planner gives it its slot. */
export interface LocalVariable {
  readonly name: string
  readonly type: CelType
  slot: number
}

export interface SelectNode extends Node {
  readonly kind: 'select'
  readonly operand: Expression
  readonly field: string
  readonly testOnly: boolean
  /** A dotted name that is one variable, such as `authorizer.requestResource`. */
  refersTo?: Reference
}

export interface CallNode extends Node {
  readonly kind: 'call'
  name: string
  target: Expression | undefined
  readonly args: readonly Expression[]
  overloads?: readonly CelOverload[]
}

export interface ListNode extends Node {
  readonly kind: 'list'
  readonly elements: readonly { readonly value: Expression; readonly optional: boolean }[]
}

export interface MapEntryNode {
  readonly position: number
  readonly key: Expression
  readonly value: Expression
  readonly optional: boolean
}

export interface MapNode extends Node {
  readonly kind: 'map'
  readonly entries: readonly MapEntryNode[]
}

export interface StructNode extends Node {
  readonly kind: 'struct'
  readonly typeName: string
  readonly fields: readonly { readonly position: number; readonly name: string; readonly value: Expression; readonly optional: boolean }[]
}

export interface ComprehensionNode extends Node {
  readonly kind: 'comprehension'
  readonly range: Expression
  readonly variable: string
  readonly secondVariable: string | undefined
  readonly accumulator: string
  readonly initial: Expression
  readonly condition: Expression
  readonly step: Expression
  readonly result: Expression
  locals?: { readonly first: LocalVariable; readonly second: LocalVariable | undefined; readonly accumulator: LocalVariable }
}

export type Expression = LiteralNode | IdentNode | SelectNode | CallNode | ListNode | MapNode | StructNode | ComprehensionNode

/** The name of the accumulator that macros use: no source text can spell it. */
export const accumulatorName = '@result'

/** The range variable of a comprehension that only binds a name. */
export const unusedVariable = '#unused'

/** cel.bind, optMap and sortBy: a comprehension over nothing that only gives a value a name. */
export function isBinding(node: ComprehensionNode): boolean {
  return node.range.kind === 'list' && node.range.elements.length === 0 && node.condition.kind === 'literal' && node.condition.value === false && node.accumulator !== accumulatorName
}

/** `a.b.c` for a chain of plain selections from a name. */
export function qualifiedName(node: Expression): string | undefined {
  if (node.kind === 'ident') return node.name
  if (node.kind !== 'select' || node.testOnly) return undefined
  const operand = qualifiedName(node.operand)
  return operand === undefined ? undefined : `${operand}.${node.field}`
}
