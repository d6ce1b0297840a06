/**
 * Types for every node of a tree, the overloads each call may mean, and what names stand for.
 *
 *   CH1  All problems are reported, not only the first; texts are upstream's.
 *   CH2  A dotted name is first looked for as one variable (`authorizer.requestResource`), then as selections.
 *   CH3  Elements of a list or map literal have one type; dyn() is the way around, and format() takes any.
 *   CH4  Literals that a call will read (timestamps, durations, regular expressions) must be readable.
 *   CH5  A comprehension's variables hide what is outside; a leading dot (`.name`) changes nothing.
 */
import { boolType, bytesType, doubleType, durationType, dynType, errorType, intType, isSameType, listType, mapType, nullType, optionalType, stringType, timestampType, typeText, uintType } from './cel-type.ts'
import type { CelType } from './cel-type.ts'
import { CelUint } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import type { CelOverload, FunctionTable } from './declarations.ts'
import { qualifiedName } from './syntax.ts'
import type { CallNode, ComprehensionNode, Expression, IdentNode, ListNode, LocalVariable, MapNode, Reference, SelectNode, StructNode } from './syntax.ts'
import { isLooseType, mostGeneral, TypeSizeFault, Unification, unwrapOptional } from './unification.ts'

export interface CheckEnvironment {
  readonly variables: Readonly<Record<string, CelType>>
  readonly functions: FunctionTable
  /** The object type of that name, if an expression may name it. */
  readonly findObjectType: (name: string) => CelType | undefined
  /** The names of opaque types that may be named (`type(x) == net.IP`). */
  readonly opaqueTypes: ReadonlySet<string>
  /** What is wrong with a literal argument of this function (CH4). */
  readonly literalProblem: (functionName: string, literal: CelValue) => boolean
  /** What is wrong with a constant format and the arguments it is given. */
  readonly formatProblem: (format: CelValue, args: readonly Expression[]) => { readonly argument?: Expression; readonly message: string } | undefined
}

export interface Problem {
  readonly position: number
  readonly message: string
}

const namedTypes: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['bool', boolType], ['bytes', bytesType], ['double', doubleType], ['dyn', dynType], ['int', intType], ['string', stringType], ['uint', uintType],
  ['list', listType(dynType)], ['map', mapType(dynType, dynType)], ['null_type', nullType], ['type', { kind: 'type' }],
  ['google.protobuf.Timestamp', timestampType], ['google.protobuf.Duration', durationType],
  ['optional_type', optionalType(dynType)],
])

/** Annotates the tree; returns what is wrong with it. */
export function checkExpression(root: Expression, environment: CheckEnvironment): readonly Problem[] {
  const checker = new Checker(environment)
  try {
    checker.check(root)
  } catch (error) {
    if (!(error instanceof TypeSizeFault)) throw error
    return [{ position: root.position, message: error.message }]
  }
  if (checker.problems.length === 0) checker.settle()
  return checker.problems
}

class Checker {
  readonly problems: Problem[] = []
  readonly #environment: CheckEnvironment
  readonly #unification = new Unification()
  readonly #scopes: Map<string, LocalVariable>[] = []
  readonly #nodes: Expression[] = []
  /** Lists and maps inside the arguments of format(), which may mix types. */
  readonly #mixed = new Set<Expression>()
  #insideFormat = 0

  constructor(environment: CheckEnvironment) {
    this.#environment = environment
  }

  check(node: Expression): CelType {
    const type = this.#typeOf(node)
    node.type = type
    if (this.#insideFormat > 0) this.#mixed.add(node)
    this.#nodes.push(node)
    return type
  }

  /** Once all is known: unknowns become dyn, and literals are looked at once more. */
  settle(): void {
    for (const node of this.#nodes) node.type = this.#unification.resolve(node.type!, true)
    for (const node of this.#nodes) {
      if (node.kind === 'list' && !this.#mixed.has(node)) this.#requireOneType(node) // CH3
      if (node.kind === 'map' && !this.#mixed.has(node)) this.#requireOneTypePerSide(node)
      if (node.kind === 'call') this.#requireReadableLiteral(node)
    }
  }

  #report(position: number, message: string): void {
    this.problems.push({ position, message })
  }

  #typeOf(node: Expression): CelType {
    switch (node.kind) {
      case 'literal':
        return literalType(node.value)
      case 'ident':
        return this.#identType(node)
      case 'select':
        return this.#selectType(node)
      case 'call':
        return this.#callType(node)
      case 'list':
        return this.#listType(node)
      case 'map':
        return this.#mapType(node)
      case 'struct':
        return this.#structType(node)
      case 'comprehension':
        return this.#comprehensionType(node)
    }
  }

  #lookUp(name: string): { readonly type: CelType; readonly reference: Reference } | undefined {
    if (name.startsWith('.')) return this.#lookUp(name.slice(1))
    for (let index = this.#scopes.length - 1; index >= 0; index -= 1) {
      const local = this.#scopes[index]!.get(name)
      if (local !== undefined) return { type: local.type, reference: { kind: 'local', local } } // CH5
    }
    if (Object.hasOwn(this.#environment.variables, name)) return { type: this.#environment.variables[name]!, reference: { kind: 'variable', name } }
    const named = namedTypes.get(name) ?? this.#environment.findObjectType(name) ?? (this.#environment.opaqueTypes.has(name) ? ({ kind: 'opaque', name, parameters: [] } as const) : undefined)
    return named === undefined ? undefined : { type: { kind: 'type', of: named }, reference: { kind: 'type', name } }
  }

  #undeclared(node: Expression, name: string): CelType {
    this.#report(node.position, `undeclared reference to '${name}' (in container '')`)
    return errorType
  }

  #identType(node: IdentNode): CelType {
    const found = this.#lookUp(node.name)
    if (found === undefined) return this.#undeclared(node, node.name)
    node.refersTo = found.reference
    return found.type
  }

  #selectType(node: SelectNode): CelType {
    const name = node.testOnly ? undefined : qualifiedName(node)
    const found = name === undefined ? undefined : this.#lookUp(name) // CH2
    if (found !== undefined) {
      node.refersTo = found.reference
      return found.type
    }
    const type = this.#fieldType(node, node.operand, node.field, false)
    return node.testOnly ? boolType : this.#unification.resolve(type)
  }

  #fieldType(node: Expression, operand: Expression, field: string, optional: boolean): CelType {
    const [target, wasOptional] = unwrapOptional(this.#unification.resolve(this.check(operand)))
    const type = this.#plainFieldType(node, target, field)
    return wasOptional || optional ? this.#unification.measured(optionalType(type)) : type
  }

  #plainFieldType(node: Expression, target: CelType, field: string): CelType {
    switch (target.kind) {
      case 'map':
        return target.value
      case 'object': {
        if (target.anyField === true) return dynType
        const found = target.fields.get(field)
        if (found !== undefined) return found.type
        this.#report(node.position, `undefined field '${field}'`)
        return errorType
      }
      case 'parameter':
        this.#unification.assign(dynType, target)
        return dynType
      default:
        if (!isLooseType(target)) this.#report(node.position, `type '${typeText(target)}' does not support field selection`)
        return dynType
    }
  }

  #callType(node: CallNode): CelType {
    if (node.name === '_?._') {
      const field = node.args[1]!
      const type = this.#fieldType(node, node.args[0]!, field.kind === 'literal' ? String(field.value) : '', true)
      this.check(field)
      node.overloads = this.#environment.functions.get('_?._')!
      return this.#unification.resolve(type)
    }
    if (node.name === 'format') this.#insideFormat += 1
    for (const argument of node.args) this.check(argument)
    if (node.target !== undefined) {
      const prefix = qualifiedName(node.target)
      const namespaced = prefix === undefined ? undefined : `${prefix}.${node.name}`
      if (namespaced !== undefined && this.#environment.functions.has(namespaced)) {
        node.name = namespaced
        node.target = undefined
      } else {
        this.check(node.target)
      }
    }
    if (node.name === 'format') this.#insideFormat -= 1
    if (node.name.startsWith('.')) node.name = node.name.slice(1)
    const declared = this.#environment.functions.get(node.name)
    if (declared === undefined) return this.#undeclared(node, node.name)
    return this.#resultType(node, declared)
  }

  #resultType(node: CallNode, declared: readonly CelOverload[]): CelType {
    const operands = node.target === undefined ? node.args : [node.target, ...node.args]
    const types = operands.map(operand => operand.type!)
    if (node.name === '_&&_' || node.name === '_||_') return this.#logicType(node, declared)
    const fitting: CelOverload[] = []
    let result: CelType | undefined
    for (const overload of declared) {
      if (overload.isMember !== (node.target !== undefined) || overload.parameters.length !== types.length) continue
      const instance = this.#unification.instantiate([...overload.parameters, overload.result], overload.typeParameters)
      if (!this.#unification.assignAll(types, instance.slice(0, -1))) continue
      fitting.push(overload)
      const type = this.#unification.resolve(instance.at(-1)!)
      if (result === undefined) result = type
      else if (result.kind !== 'dyn' && !isSameType(type, result)) result = dynType
    }
    if (result === undefined) {
      const shown = types.map(type => typeText(this.#unification.resolve(type, true)))
      const signature = node.target === undefined ? `(${shown.join(', ')})` : `${shown[0]}.(${shown.slice(1).join(', ')})`
      this.#report(node.position, `found no matching overload for '${node.name}' applied to '${signature}'`)
      return errorType
    }
    node.overloads = fitting
    return result
  }

  #logicType(node: CallNode, declared: readonly CelOverload[]): CelType {
    let isGood = true
    for (const argument of node.args) {
      if (this.#unification.assign(argument.type!, boolType)) continue
      this.#report(argument.position, `expected type 'bool' but found '${typeText(this.#unification.resolve(argument.type!))}'`)
      isGood = false
    }
    node.overloads = declared
    return isGood ? boolType : errorType
  }

  #join(before: CelType | undefined, type: CelType): CelType {
    if (before === undefined) return type
    return this.#unification.assign(before, type) ? mostGeneral(before, type) : dynType
  }

  #optionalValue(node: Expression, type: CelType, optional: boolean): CelType {
    if (!optional) return type
    const [inner, wasOptional] = unwrapOptional(type)
    if (!wasOptional && type.kind !== 'dyn') this.#report(node.position, `expected type '${typeText(optionalType(type))}' but found '${typeText(type)}'`)
    return inner
  }

  #listType(node: ListNode): CelType {
    let element: CelType | undefined
    for (const { value, optional } of node.elements) element = this.#join(element, this.#optionalValue(value, this.check(value), optional))
    return this.#unification.measured(listType(element ?? this.#unification.fresh()))
  }

  #mapType(node: MapNode): CelType {
    let key: CelType | undefined
    let value: CelType | undefined
    for (const entry of node.entries) {
      key = this.#join(key, this.check(entry.key))
      value = this.#join(value, this.#optionalValue(entry.value, this.check(entry.value), entry.optional))
    }
    return this.#unification.measured(mapType(key ?? this.#unification.fresh(), value ?? this.#unification.fresh()))
  }

  #structType(node: StructNode): CelType {
    const found = this.#lookUp(node.typeName)
    if (found === undefined) return this.#undeclared(node, node.typeName)
    const type = found.type.kind === 'type' ? found.type.of : undefined
    if (type === undefined) {
      this.#report(node.position, `'${typeText(found.type)}' is not a type`)
      return errorType
    }
    if (type.kind !== 'object') {
      this.#report(node.position, `'${typeText(type)}' is not a message type`)
      return errorType
    }
    for (const field of node.fields) {
      const given = this.#optionalValue(field.value, this.check(field.value), field.optional)
      const wanted = type.anyField === true ? dynType : type.fields.get(field.name)?.type
      if (wanted === undefined) this.#report(field.position, `undefined field '${field.name}'`)
      else if (!this.#unification.assign(wanted, given)) this.#report(field.position, `expected type of field '${field.name}' is '${typeText(wanted)}' but provided type is '${typeText(given)}'`)
    }
    return type
  }

  #comprehensionType(node: ComprehensionNode): CelType {
    const range = this.#unification.resolve(this.check(node.range))
    const accumulator: LocalVariable = { name: node.accumulator, type: this.check(node.initial), slot: -1 }
    const [firstType, secondType] = this.#variableTypes(node, range)
    const first: LocalVariable = { name: node.variable, type: firstType, slot: -1 }
    const second: LocalVariable | undefined = node.secondVariable === undefined ? undefined : { name: node.secondVariable, type: secondType, slot: -1 }
    node.locals = { first, second, accumulator }
    this.#scopes.push(new Map([[accumulator.name, accumulator]]))
    this.#scopes.push(new Map(second === undefined ? [[first.name, first]] : [[first.name, first], [second.name, second]]))
    this.check(node.condition)
    this.#require(node.condition, boolType)
    this.check(node.step)
    this.#require(node.step, accumulator.type)
    this.#scopes.pop()
    const result = this.check(node.result)
    this.#scopes.pop()
    return this.#unification.resolve(result)
  }

  #variableTypes(node: ComprehensionNode, range: CelType): readonly [CelType, CelType] {
    const hasTwo = node.secondVariable !== undefined
    switch (range.kind) {
      case 'list':
        return hasTwo ? [intType, range.element] : [range.element, errorType]
      case 'map':
        return [range.key, range.value]
      case 'dyn':
      case 'error':
      case 'parameter':
        this.#unification.assign(dynType, range)
        return [dynType, dynType]
      default:
        this.#report(node.range.position, `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`)
        return [errorType, errorType]
    }
  }

  #require(node: Expression, wanted: CelType): void {
    if (!this.#unification.assign(wanted, node.type!)) this.#report(node.position, `expected type '${typeText(this.#unification.resolve(wanted))}' but found '${typeText(this.#unification.resolve(node.type!))}'`)
  }

  #requireOneType(node: ListNode): void {
    let first: CelType | undefined
    for (const { value, optional } of node.elements) {
      const type = optional ? unwrapOptional(value.type!)[0] : value.type!
      first ??= type
      if (isSameType(first, type)) continue
      this.#report(value.position, `expected type '${typeText(first)}' but found '${typeText(type)}'`)
      return
    }
  }

  #requireOneTypePerSide(node: MapNode): void {
    const [first, ...rest] = node.entries
    if (first === undefined) return
    const valueType = (entry: (typeof node.entries)[number]): CelType => (entry.optional ? unwrapOptional(entry.value.type!)[0] : entry.value.type!)
    for (const entry of rest) {
      if (!isSameType(first.key.type!, entry.key.type!)) this.#report(entry.key.position, `expected type '${typeText(first.key.type!)}' but found '${typeText(entry.key.type!)}'`)
      if (!isSameType(valueType(first), valueType(entry))) this.#report(entry.value.position, `expected type '${typeText(valueType(first))}' but found '${typeText(valueType(entry))}'`)
    }
  }

  /** CH4 */
  #requireReadableLiteral(node: CallNode): void {
    const argument = node.args[0]
    if (node.name === 'format' && node.target?.kind === 'literal' && argument?.kind === 'list') {
      const problem = this.#environment.formatProblem(node.target.value, argument.elements.map(element => element.value))
      if (problem !== undefined) this.#report((problem.argument ?? node).position, problem.message)
    }
    if (argument?.kind !== 'literal') return
    if (this.#environment.literalProblem(node.name, argument.value)) this.#report(argument.position, `invalid ${node.name} argument`)
  }
}

function literalType(value: CelValue): CelType {
  switch (typeof value) {
    case 'string':
      return stringType
    case 'bigint':
      return intType
    case 'number':
      return doubleType
    case 'boolean':
      return boolType
  }
  if (value === null) return nullType
  return value instanceof CelUint ? uintType : bytesType
}
