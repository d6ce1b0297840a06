/**
 * Macros: calls that are rewritten while parsing.
 *
 * `list.all(x, p)` becomes a fold over the list: the accumulator starts as true, goes on while it is not false, and each step is
 * `@result && p`. Costs are those of the folds, so their shape is upstream's to the letter.
 *
 *   MA1  A variable must be a simple name, and cannot be the accumulator.
 *   MA2  A call that only looks like a macro (other number of arguments) stays a call.
 *   MA3  optMap evaluates its target twice, so a chain of them doubles with every link: copies are counted and limited.
 */
import { accumulatorName, unusedVariable } from './syntax.ts'
import type { CallNode, ComprehensionNode, Expression, IdentNode, ListNode, LiteralNode } from './syntax.ts'
import type { CelValue } from './cel-value.ts'
import { SyntaxFault } from './lexer.ts'

interface MacroCall {
  readonly position: number
  readonly target: Expression
  readonly args: readonly Expression[]
  /** How many nodes copies may still make (MA3). */
  readonly copies: { left: number }
}

/** Far more than any sensible expression, far less than what would be felt. */
export const maxCopiedNodes = 50_000

type Expand = (call: MacroCall) => Expression | undefined

/** Global macros by name and argument count; has() is the only one. */
export function expandGlobalMacro(name: string, position: number, args: readonly Expression[]): Expression | undefined {
  if (name !== 'has' || args.length !== 1) return undefined
  const argument = args[0]!
  if (argument.kind !== 'select') throw new SyntaxFault(argument.position, 'invalid argument to has() macro')
  return { kind: 'select', position, operand: argument.operand, field: argument.field, testOnly: true }
}

export function expandMemberMacro(name: string, call: MacroCall, hasBindings: boolean): Expression | undefined {
  if (name === 'bind' && !hasBindings) return undefined
  return memberMacros.get(`${name}/${call.args.length}`)?.(call) // MA2
}

const memberMacros: ReadonlyMap<string, Expand> = new Map<string, Expand>([
  ['all/2', call => quantifier(call, all(call, 1))],
  ['exists/2', call => quantifier(call, exists(call, 1))],
  ['exists_one/2', call => quantifier(call, existsOne(call, 1))],
  ['map/2', call => fold(call, mapVariable(call), undefined, listOf(call), appended(call, call.args[1]!))],
  ['map/3', call => fold(call, mapVariable(call), undefined, listOf(call), filtered(call, call.args[1]!, appended(call, call.args[2]!)))],
  ['filter/2', call => fold(call, mapVariable(call), undefined, listOf(call), filtered(call, call.args[1]!, appended(call, call.args[0]!)))],
  ['all/3', call => pairQuantifier(call, all(call, 2))],
  ['exists/3', call => pairQuantifier(call, exists(call, 2))],
  ['exists_one/3', call => pairQuantifier(call, existsOne(call, 2))],
  ['existsOne/3', call => pairQuantifier(call, existsOne(call, 2))],
  ['transformList/3', call => pairFold(call, listOf(call), appended(call, call.args[2]!))],
  ['transformList/4', call => pairFold(call, listOf(call), filtered(call, call.args[2]!, appended(call, call.args[3]!)))],
  ['transformMap/3', call => pairFold(call, emptyMap(call), inserted(call, copyOf(call.args[0]!, call.copies), call.args[2]!))],
  ['transformMap/4', call => pairFold(call, emptyMap(call), filtered(call, call.args[2]!, inserted(call, copyOf(call.args[0]!, call.copies), call.args[3]!)))],
  ['transformMapEntry/3', call => pairFold(call, emptyMap(call), inserted(call, call.args[2]!))],
  ['transformMapEntry/4', call => pairFold(call, emptyMap(call), filtered(call, call.args[2]!, inserted(call, call.args[3]!)))],
  ['optMap/2', call => optionalMacro(call, 'optMap', body => callOf(call, 'optional.of', undefined, body))],
  ['optFlatMap/2', call => optionalMacro(call, 'optFlatMap', body => body)],
  ['sortBy/2', sortBy],
  ['bind/3', bind],
])

interface Quantifier {
  readonly initial: Expression
  readonly condition: Expression
  readonly step: Expression
  readonly result: Expression
}

function all(call: MacroCall, predicate: number): Quantifier {
  return {
    initial: literal(call, true), condition: callOf(call, '@not_strictly_false', undefined, accumulated(call)),
    step: callOf(call, '_&&_', undefined, accumulated(call), call.args[predicate]!), result: accumulated(call),
  }
}

function exists(call: MacroCall, predicate: number): Quantifier {
  return {
    initial: literal(call, false), condition: callOf(call, '@not_strictly_false', undefined, callOf(call, '!_', undefined, accumulated(call))),
    step: callOf(call, '_||_', undefined, accumulated(call), call.args[predicate]!), result: accumulated(call),
  }
}

function existsOne(call: MacroCall, predicate: number): Quantifier {
  return {
    initial: literal(call, 0n), condition: literal(call, true),
    step: filtered(call, call.args[predicate]!, callOf(call, '_+_', undefined, accumulated(call), literal(call, 1n))),
    result: callOf(call, '_==_', undefined, accumulated(call), literal(call, 1n)),
  }
}

function quantifier(call: MacroCall, parts: Quantifier): ComprehensionNode {
  return comprehension(call, call.target, variableName(call.args[0]!, 'argument must be a simple name'), undefined, parts)
}

function pairQuantifier(call: MacroCall, parts: Quantifier): ComprehensionNode {
  const [first, second] = pairNames(call)
  return comprehension(call, call.target, first, second, parts)
}

function fold(call: MacroCall, first: string, second: string | undefined, initial: Expression, step: Expression): ComprehensionNode {
  return comprehension(call, call.target, first, second, { initial, condition: literal(call, true), step, result: accumulated(call) })
}

function pairFold(call: MacroCall, initial: Expression, step: Expression): ComprehensionNode {
  const [first, second] = pairNames(call)
  return fold(call, first, second, initial, step)
}

function comprehension(call: MacroCall, range: Expression, variable: string, secondVariable: string | undefined, parts: Quantifier): ComprehensionNode {
  return { kind: 'comprehension', position: call.position, range, variable, secondVariable, accumulator: accumulatorName, ...parts }
}

function mapVariable(call: MacroCall): string {
  return variableName(call.args[0]!, 'argument is not an identifier')
}

function pairNames(call: MacroCall): readonly [string, string] {
  const first = variableName(call.args[0]!, 'argument must be a simple name')
  const second = variableName(call.args[1]!, 'argument must be a simple name')
  if (first === second) throw new SyntaxFault(call.args[1]!.position, `duplicate variable name: ${first}`)
  return [first, second]
}

/** MA1 */
function variableName(node: Expression, otherwise: string): string {
  if (node.kind !== 'ident') throw new SyntaxFault(node.position, otherwise)
  if (node.name === '__result__') throw new SyntaxFault(node.position, 'iteration variable overwrites accumulator variable')
  return node.name
}

/** `target.hasValue() ? wrap(<name the value>) : optional.none()` */
function optionalMacro(call: MacroCall, name: string, wrap: (body: Expression) => Expression): Expression {
  const variable = variableName(call.args[0]!, `${name}() variable name must be a simple identifier`)
  const value = callOf(call, 'value', copyOf(call.target, call.copies))
  return callOf(call, '_?_:_', undefined, callOf(call, 'hasValue', call.target), wrap(binding(call, variable, value, call.args[1]!)), callOf(call, 'optional.none', undefined))
}

const sortInput = '@__sortBy_input__'
const sortableKinds: ReadonlySet<string> = new Set(['list', 'select', 'ident', 'comprehension', 'call'])

function sortBy(call: MacroCall): Expression {
  if (!sortableKinds.has(call.target.kind)) throw new SyntaxFault(call.target.position, 'sortBy can only be applied to a list, identifier, comprehension, call or select expression')
  const keys = fold({ ...call, target: ident(call, sortInput) }, mapVariable(call), undefined, listOf(call), appended(call, call.args[1]!))
  return binding(call, sortInput, call.target, callOf(call, '@sortByAssociatedKeys', ident(call, sortInput), keys))
}

function bind(call: MacroCall): Expression | undefined {
  if (call.target.kind !== 'ident' || call.target.name !== 'cel') return undefined
  return binding(call, variableName(call.args[0]!, 'cel.bind() variable names must be simple identifiers'), call.args[1]!, call.args[2]!)
}

function binding(call: MacroCall, variable: string, value: Expression, body: Expression): ComprehensionNode {
  return {
    kind: 'comprehension', position: call.position, range: listOf(call), variable: unusedVariable, secondVariable: undefined, accumulator: variable,
    initial: value, condition: literal(call, false), step: ident(call, variable), result: body,
  }
}

function filtered(call: MacroCall, predicate: Expression, step: Expression): Expression {
  return callOf(call, '_?_:_', undefined, predicate, step, accumulated(call))
}

function appended(call: MacroCall, value: Expression): Expression {
  return callOf(call, '_+_', undefined, accumulated(call), listOf(call, value))
}

function inserted(call: MacroCall, ...entry: Expression[]): Expression {
  return callOf(call, 'cel.@mapInsert', undefined, accumulated(call), ...entry)
}

function accumulated(call: MacroCall): IdentNode {
  return ident(call, accumulatorName)
}

function ident({ position }: MacroCall, name: string): IdentNode {
  return { kind: 'ident', position, name }
}

function literal({ position }: MacroCall, value: CelValue): LiteralNode {
  return { kind: 'literal', position, value }
}

function listOf({ position }: MacroCall, ...elements: Expression[]): ListNode {
  return { kind: 'list', position, elements: elements.map(value => ({ value, optional: false })) }
}

function emptyMap({ position }: MacroCall): Expression {
  return { kind: 'map', position, entries: [] }
}

function callOf({ position }: MacroCall, name: string, target: Expression | undefined, ...args: Expression[]): CallNode {
  return { kind: 'call', position, name, target, args }
}

/** A tree of its own, for a place where the same source text is evaluated a second time. */
function copyOf(node: Expression, copies: { left: number }): Expression {
  copies.left -= 1
  if (copies.left < 0) throw new SyntaxFault(node.position, `expression is too large: its macros make more than ${maxCopiedNodes} copies`) // MA3
  const copy = (part: Expression): Expression => copyOf(part, copies)
  switch (node.kind) {
    case 'literal':
    case 'ident':
      return { ...node }
    case 'select':
      return { ...node, operand: copy(node.operand) }
    case 'call':
      return { ...node, target: node.target === undefined ? undefined : copy(node.target), args: node.args.map(copy) }
    case 'list':
      return { ...node, elements: node.elements.map(element => ({ ...element, value: copy(element.value) })) }
    case 'map':
      return { ...node, entries: node.entries.map(entry => ({ ...entry, key: copy(entry.key), value: copy(entry.value) })) }
    case 'struct':
      return { ...node, fields: node.fields.map(field => ({ ...field, value: copy(field.value) })) }
    case 'comprehension':
      return { ...node, range: copy(node.range), initial: copy(node.initial), condition: copy(node.condition), step: copy(node.step), result: copy(node.result) }
  }
}
