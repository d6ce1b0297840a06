/**
 * A checked tree -> one function that evaluates it. Each node becomes a closure once; evaluating calls closures and looks nothing up.
 *
 *   PL1  Lists and maps of constants, and conversions of constants, are computed while planning and cost nothing later.
 *   PL2  `||` and `&&` absorb a failure of one side when the other side decides.
 *   PL3  `x in [constants]` is one look into a set and costs nothing of its own.
 *   PL4  A call evaluates all its operands, then is charged, then runs; a failed operand is its result.
 *   PL5  A binding (cel.bind, optMap, sortBy) computes its value when it is first read, once.
 *   PL6  A comprehension goes on while its condition is not false, whatever its accumulator holds, failures included.
 */
import { ArrayList, concatenate, EntryMap, mapKey } from './collections.ts'
import { constantQualifier, indexQualifier, qualified, resolution, standalone } from './attribute.ts'
import type { Attribute } from './attribute.ts'
import { areEqual } from './equality.ts'
import { CelFault, CelList, CelMap, CelOptional, CelStruct, CelTypeValue, CelUint, typeNameOf } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { costRule, costs } from './call-cost.ts'
import { isAcceptable } from './declarations.ts'
import type { CelOverload } from './declarations.ts'
import type { CelType } from './cel-type.ts'
import { work } from './frame.ts'
import type { Frame, Step } from './frame.ts'
import { fromJson } from './json-value.ts'
import { compiledRegex } from './libraries/regex.ts'
import { isBinding } from './syntax.ts'
import type { CallNode, ComprehensionNode, Expression, IdentNode, ListNode, LocalVariable, MapNode, Reference, SelectNode, StructNode } from './syntax.ts'

/** A constant that cannot be: `int('x')`. Compiling fails with its text. */
export class PlanFault extends Error {}

export interface ProgramPlan {
  readonly step: Step
  readonly slots: number
  readonly variables: readonly string[]
}

type Plan =
  | { readonly kind: 'constant'; readonly value: CelValue; readonly step: Step }
  | { readonly kind: 'attribute'; readonly attribute: Attribute; readonly step: Step }
  | { readonly kind: 'other'; readonly step: Step }

export function planProgram(root: Expression, variables: Readonly<Record<string, CelType>>): ProgramPlan {
  const planner = new Planner(variables)
  const { step } = planner.plan(root)
  return { step, slots: planner.slots, variables: planner.variables }
}

const conversions: ReadonlySet<string> = new Set(['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'string', 'timestamp', 'type', 'uint'])

class Planner {
  slots = 0
  readonly variables: string[] = []
  readonly #types: Readonly<Record<string, CelType>>
  readonly #bindings = new Map<LocalVariable, Step>()

  constructor(types: Readonly<Record<string, CelType>>) {
    this.#types = types
  }

  plan(node: Expression): Plan {
    switch (node.kind) {
      case 'literal':
        return constant(node.value)
      case 'ident':
        return this.#reference(node.refersTo!)
      case 'select':
        return this.#select(node)
      case 'call':
        return this.#call(node)
      case 'list':
        return this.#list(node)
      case 'map':
        return this.#map(node)
      case 'struct':
        return this.#struct(node)
      case 'comprehension':
        return isBinding(node) ? this.#binding(node) : this.#fold(node)
    }
  }

  #reference(reference: NonNullable<IdentNode['refersTo']>): Plan {
    if (reference.kind === 'type') return constant(new CelTypeValue(reference.name))
    return way({ base: this.#reading(reference), qualifiers: [], ownCost: 1 })
  }

  #reading(reference: Exclude<Reference, { kind: 'type' }>): Step {
    if (reference.kind === 'variable') return this.#readingVariable(reference.name)
    const { slot } = reference.local
    const compute = this.#bindings.get(reference.local)
    if (compute === undefined) return frame => frame.slots[slot]!
    return frame => {
      const known = frame.slots[slot]
      if (known !== undefined) return known
      const value = compute(frame) // PL5
      frame.slots[slot] = value
      return value
    }
  }

  #readingVariable(name: string): Step {
    let index = this.variables.indexOf(name)
    if (index < 0) index = this.variables.push(name) - 1
    const type = this.#types[name]!
    return frame => {
      const known = frame.variables[index]
      if (known !== undefined) return known
      const value = Object.hasOwn(frame.bindings, name) ? fromJson(frame.bindings[name], type) : new CelFault(`no such attribute(s): ${name}`)
      frame.variables[index] = value
      return value
    }
  }

  /** The way to what a node yields; a way of its own where the node is none. */
  #way(plan: Plan): Attribute {
    return plan.kind === 'attribute' ? plan.attribute : { base: plan.step, qualifiers: [], ownCost: 1 }
  }

  #select(node: SelectNode): Plan {
    if (node.refersTo !== undefined) return this.#reference(node.refersTo)
    const attribute = this.#way(this.plan(node.operand))
    if (!node.testOnly) return way(qualified(attribute, constantQualifier(node.field, false)))
    return other(presenceTest(attribute, node.field))
  }

  #call(node: CallNode): Plan {
    switch (node.name) {
      case '_&&_':
        return other(this.#logic(node, false))
      case '_||_':
        return other(this.#logic(node, true))
      case '_?_:_':
        return this.#conditional(node)
      case '_[_]':
        return this.#index(node, false)
      case '_[?_]':
      case '_?._':
        return this.#index(node, true)
      case 'or':
      case 'orValue':
        return other(this.#alternative(node))
      case '@in':
        return this.#membership(node) ?? this.#plainCall(node)
      case '_+_':
        return this.#append(node) ?? this.#plainCall(node)
      default:
        return this.#plainCall(node)
    }
  }

  #index(node: CallNode, optional: boolean): Plan {
    const attribute = this.#way(this.plan(node.args[0]!))
    const index = this.plan(node.args[1]!)
    return way(qualified(attribute, index.kind === 'constant' ? constantQualifier(index.value, optional) : indexQualifier(this.#way(index), optional)))
  }

  /** PL2 */
  #logic(node: CallNode, decisive: boolean): Step {
    const [left, right] = node.args.map(argument => this.plan(argument).step) as [Step, Step]
    return frame => {
      const first = left(frame)
      if (first === decisive) return decisive
      const second = right(frame)
      if (second === decisive) return decisive
      if (first === !decisive && second === !decisive) return !decisive
      const failed = first === !decisive ? second : first
      return failed instanceof CelFault ? failed : noOverload
    }
  }

  #conditional(node: CallNode): Plan {
    const [condition, yes, no] = node.args.map(argument => this.plan(argument)) as [Plan, Plan, Plan]
    const decide = condition.step
    const yesStep = branch(yes)
    const noStep = branch(no)
    const base: Step = frame => {
      const decision = decide(frame)
      if (decision === true) return yesStep(frame)
      if (decision === false) return noStep(frame)
      return decision instanceof CelFault ? decision : noOverload
    }
    return way({ base, qualifiers: [], ownCost: 0 })
  }

  /** `optional.or(optional)` and `optional.orValue(value)`: the second is only evaluated when it is needed. */
  #alternative(node: CallNode): Step {
    const first = this.plan(node.target!).step
    const second = this.plan(node.args[0]!).step
    const unwrap = node.name === 'orValue'
    return frame => {
      const optional = first(frame)
      if (!(optional instanceof CelOptional)) return optional
      if (optional.value === undefined) return second(frame)
      return unwrap ? optional.value : optional
    }
  }

  /** PL3 */
  #membership(node: CallNode): Plan | undefined {
    if (node.overloads!.length !== 1 || node.overloads![0]!.id !== 'in_list') return undefined
    const list = this.plan(node.args[1]!)
    if (list.kind !== 'constant' || !(list.value instanceof CelList)) return undefined
    if (list.value.size === 0) return constant(false)
    const members = new Set<string | bigint | boolean | number>()
    for (let index = 0; index < list.value.size; index += 1) {
      const item = list.value.at(index)
      const key = item instanceof CelFault ? undefined : memberKey(item)
      if (key === undefined) return undefined
      members.add(key)
    }
    const value = this.plan(node.args[0]!).step
    return other(frame => {
      const wanted = value(frame)
      if (wanted instanceof CelFault) return wanted
      const key = memberKey(wanted)
      return key !== undefined && members.has(key)
    })
  }

  /** `@result + [x]`: the accumulator grows in place. */
  #append(node: CallNode): Plan | undefined {
    const [left, right] = node.args as [Expression, Expression]
    if (left.kind !== 'ident' || left.refersTo?.kind !== 'local' || right.kind !== 'list' || right.elements.length !== 1 || right.elements[0]!.optional) return undefined
    const accumulator = this.plan(left).step
    const element = this.plan(right.elements[0]!.value)
    const listCost = element.kind === 'constant' ? 0 : costs.list
    return other(frame => {
      const list = accumulator(frame)
      const value = element.step(frame)
      frame.charge(1 + listCost)
      if (list instanceof CelFault) return list
      if (value instanceof CelFault) return value
      if (list instanceof ArrayList) return list.appended(value)
      return list instanceof CelList ? concatenate(list, new ArrayList([value])) : noOverload
    })
  }

  #plainCall(node: CallNode): Plan {
    const operands = node.target === undefined ? node.args : [node.target, ...node.args]
    const plans = operands.map(operand => this.plan(operand))
    const overloads = node.overloads!
    const run = dispatcher(node.name, overloads, operands.map(operand => operand.type!))
    const [first, second] = plans
    const isCompiled = requireReadablePattern(node.name, second)
    if (conversions.has(node.name) && plans.length === 1 && first!.kind === 'constant') {
      const value = run([first!.value])
      if (value instanceof CelFault) throw new PlanFault(value.message)
      return constant(value) // PL1
    }
    return other(callStep(node, plans.map(plan => plan.step), run, plans.length > 2 || isCompiled))
  }

  #list(node: ListNode): Plan {
    const elements = node.elements.map(element => ({ ...this.plan(element.value), optional: element.optional }))
    if (elements.every(element => element.kind === 'constant' && !element.optional)) return constant(new ArrayList(elements.map(element => element.step(nowhere)))) // PL1
    return constructed(costs.list, frame => {
      const items: CelValue[] = []
      for (const element of elements) {
        const item = element.step(frame)
        if (item instanceof CelFault) return item
        if (!element.optional) items.push(item)
        else if (!(item instanceof CelOptional)) return new CelFault(`cannot initialize optional list element from non-optional value ${shown(item)}`)
        else if (item.value !== undefined) items.push(item.value)
      }
      return new ArrayList(items)
    })
  }

  #map(node: MapNode): Plan {
    const entries = node.entries.map(entry => ({ key: this.plan(entry.key), value: this.plan(entry.value), optional: entry.optional }))
    const make: Step = frame => {
      const made = new Map<string | bigint | boolean, readonly [CelValue, CelValue]>()
      for (const entry of entries) {
        const key = entry.key.step(frame)
        if (key instanceof CelFault) return key
        const value = entry.value.step(frame)
        if (value instanceof CelFault) return value
        const own = mapKey(key)
        if (own === undefined) return new CelFault(`unsupported key type: ${typeNameOf(key)}`)
        if (!entry.optional) made.set(own, [key, value])
        else if (!(value instanceof CelOptional)) return new CelFault(`cannot initialize optional entry '${shown(key)}' from non-optional value ${shown(value)}`)
        else if (value.value === undefined) made.delete(own)
        else made.set(own, [key, value.value])
      }
      return new EntryMap(made)
    }
    if (!entries.every(entry => entry.key.kind === 'constant' && entry.value.kind === 'constant' && !entry.optional)) return constructed(costs.map, make)
    const value = make(nowhere)
    if (value instanceof CelFault) throw new PlanFault(value.message)
    return constant(value) // PL1
  }

  #struct(node: StructNode): Plan {
    const fields = node.fields.map(field => ({ name: field.name, step: this.plan(field.value).step, optional: field.optional }))
    const typeName = node.typeName
    return constructed(costs.struct, frame => {
      const made = new Map<string, CelValue>()
      for (const field of fields) {
        const value = field.step(frame)
        if (value instanceof CelFault) return value
        if (!field.optional) made.set(field.name, value)
        else if (!(value instanceof CelOptional)) return new CelFault(`cannot initialize optional entry '${field.name}' from non-optional value ${shown(value)}`)
        else if (value.value === undefined) made.delete(field.name)
        else made.set(field.name, value.value)
      }
      return new CelStruct(typeName, made)
    })
  }

  #slot(variable: LocalVariable): number {
    variable.slot = this.slots
    this.slots += 1
    return variable.slot
  }

  /** PL5 */
  #binding(node: ComprehensionNode): Plan {
    const { accumulator } = node.locals!
    const slot = this.#slot(accumulator)
    this.#bindings.set(accumulator, this.plan(node.initial).step)
    const result = this.plan(node.result).step
    return other(frame => {
      frame.slots[slot] = undefined
      return result(frame)
    })
  }

  /** PL6 */
  #fold(node: ComprehensionNode): Plan {
    const { first, second, accumulator } = node.locals!
    const range = this.plan(node.range).step
    const initial = this.#initial(node)
    const accumulatorSlot = this.#slot(accumulator)
    const firstSlot = this.#slot(first)
    const secondSlot = second === undefined ? -1 : this.#slot(second)
    const condition = this.plan(node.condition).step
    const step = this.plan(node.step).step
    const result = this.plan(node.result).step
    const turn = (frame: Frame): boolean => {
      work(turnWork) // a body of constants costs nothing
      if (condition(frame) === false) return false
      frame.slots[accumulatorSlot] = step(frame)
      return true
    }
    const overList = (frame: Frame, list: CelList): void => {
      list.each((item, index) => {
        frame.slots[firstSlot] = secondSlot < 0 ? item : BigInt(index)
        if (secondSlot >= 0) frame.slots[secondSlot] = item
        return turn(frame)
      })
    }
    const overMap = (frame: Frame, map: CelMap): void => {
      for (const key of map.keys()) {
        frame.slots[firstSlot] = key
        if (secondSlot >= 0) frame.slots[secondSlot] = map.find(key) ?? absentValue(map, key)
        if (!turn(frame)) return
      }
    }
    return other(frame => {
      const over = range(frame)
      if (over instanceof CelFault) return over
      frame.slots[accumulatorSlot] = initial(frame)
      if (over instanceof CelList) overList(frame, over)
      else if (over instanceof CelMap) overMap(frame, over)
      else return new CelFault(`got '${goName(over)}', expected iterable type`)
      return result(frame)
    })
  }

  /** A list that will grow is a new one for each run. */
  #initial(node: ComprehensionNode): Step {
    if (node.initial.kind === 'list' && node.initial.elements.length === 0) return () => new ArrayList([])
    return this.plan(node.initial).step
  }
}

/** Upstream names the Go type here. */
function goName(value: CelValue): string {
  const name = typeNameOf(value).replace(/^google\.protobuf\.|_type$/g, '')
  return `types.${name[0]!.toUpperCase()}${name.slice(1)}`
}

/** A key whose value is null where the schema allows none is listed and yet not there. */
function absentValue(map: CelMap, key: CelValue): CelValue | CelFault {
  return map.find(key) === null ? null : new CelFault(`no such key: ${String(key)}`)
}

/** As many turns as the limit has units, even where they cost nothing. */
const turnWork = 10

const noOverload = new CelFault('no such overload')

/** Constants need no frame. */
const nowhere = undefined as unknown as Frame

function constant(value: CelValue): Plan & { kind: 'constant' } {
  return { kind: 'constant', value, step: () => value }
}

function way(attribute: Attribute): Plan {
  return { kind: 'attribute', attribute, step: standalone(attribute) }
}

function other(step: Step): Plan {
  return { kind: 'other', step }
}

/** Making a list, a map or an object costs the same whether it succeeds or not. */
function constructed(cost: number, make: Step): Plan {
  return other(frame => {
    const value = make(frame)
    frame.charge(cost)
    return value
  })
}

const searches: ReadonlySet<string> = new Set(['matches', 'find', 'findAll'])

/** A pattern that is a constant is compiled now; whether it is one. */
function requireReadablePattern(name: string, pattern: Plan | undefined): boolean {
  if (!searches.has(name) || pattern?.kind !== 'constant' || typeof pattern.value !== 'string') return false
  const regex = compiledRegex(pattern.value)
  if (regex instanceof CelFault) throw new PlanFault(regex.message)
  return true
}

/** AT4 in attribute.ts */
function branch(plan: Plan): Step {
  return plan.kind === 'attribute' ? resolution(plan.attribute) : plan.step
}

function presenceTest(attribute: Attribute, field: string): Step {
  const test = { optional: false, apply: constantQualifier(field, false).apply }
  const resolve = resolution(qualified(attribute, { optional: false, apply: (frame, object, question) => test.apply(frame, object, question === 'if-present' ? question : 'presence') }))
  return frame => {
    const present = resolve(frame)
    return present instanceof CelOptional ? present.value !== undefined : present
  }
}

function memberKey(value: CelValue): string | bigint | boolean | number | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return value
    case 'number':
      return Number.isInteger(value) ? BigInt(value) : value
    default:
      return value instanceof CelUint ? value.value : undefined
  }
}

function shown(value: CelValue): string {
  if (value instanceof CelUint) return String(value.value)
  return typeof value === 'object' ? typeNameOf(value!) : String(value)
}

type Run = (args: readonly CelValue[]) => CelValue | CelFault

/** Chooses the overload: known beforehand where types are, by the values otherwise. */
function dispatcher(name: string, overloads: readonly CelOverload[], types: readonly CelType[]): Run {
  const only = overloads.length === 1 ? overloads[0]! : undefined
  if (only !== undefined && types.every(isCertain)) return args => only.call(...args)
  return args => {
    for (const overload of overloads) {
      if (overload.parameters.length === args.length && overload.parameters.every((parameter, index) => isAcceptable(parameter, args[index]!))) return overload.call(...args)
    }
    return refusal(name, args)
  }
}

/** Types whose values are always what they say. */
function isCertain(type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'error':
    case 'parameter':
      return false
    case 'list':
      return isCertain(type.element)
    case 'map':
      return isCertain(type.key) && isCertain(type.value)
    case 'opaque':
      return type.parameters.every(isCertain)
    default:
      return true
  }
}

const operatorTraits: Readonly<Record<string, readonly string[]>> = {
  '_+_': ['int', 'uint', 'double', 'string', 'bytes', 'list', 'google.protobuf.Duration', 'google.protobuf.Timestamp'],
  '_-_': ['int', 'uint', 'double', 'google.protobuf.Duration', 'google.protobuf.Timestamp'],
  '_*_': ['int', 'uint', 'double'], '_/_': ['int', 'uint', 'double'], '_%_': ['int', 'uint'],
  '_<_': ['int', 'uint', 'double', 'string', 'bytes', 'bool', 'google.protobuf.Duration', 'google.protobuf.Timestamp'],
  '-_': [], '!_': [], '@in': [], size: [],
}

/** Upstream's words for operands no overload takes: operators name only themselves, functions the types they got. */
function refusal(name: string, args: readonly CelValue[]): CelFault {
  const traits = operatorTraits[name.replace(/^_(<=|>=|>)_$/, '_<_')]
  if (traits !== undefined) return traits.includes(typeNameOf(args[0]!)) ? noOverload : new CelFault(`no such overload: ${name}`)
  return new CelFault(`no such overload: ${name}(${args.map(typeNameOf).join(', ')})`)
}

/** PL4; `stopsEarly`: the first failed operand ends the call before the others are evaluated, and costs nothing. */
function callStep(node: CallNode, steps: readonly Step[], run: Run, stopsEarly: boolean): Step {
  const rule = costRule(node.name, node.overloads!)
  const actual = rule?.actual
  const isAfter = rule?.afterCall === true
  const charge = (frame: Frame, args: readonly (CelValue | CelFault)[], result: CelValue | CelFault | undefined): void => frame.charge(actual === undefined ? 1 : actual(args, result))
  const [first, second] = steps
  const finish = (frame: Frame, args: readonly (CelValue | CelFault)[]): CelValue | CelFault => {
    const failed = args.find(argument => argument instanceof CelFault)
    if (failed !== undefined || !isAfter) charge(frame, args, failed)
    if (failed !== undefined) return failed
    const result = run(args as CelValue[])
    if (isAfter) charge(frame, args, result)
    return result
  }
  if (node.name === '@not_strictly_false') {
    return frame => {
      const value = first!(frame)
      frame.charge(1)
      return value instanceof CelFault || value !== false
    }
  }
  if (node.name === '_==_' || node.name === '_!=_') return equalityStep(node.name === '_!=_', first!, second!, charge)
  if (steps.length === 1) return frame => finish(frame, [first!(frame)])
  if (steps.length === 2 && !stopsEarly) return frame => finish(frame, [first!(frame), second!(frame)])
  return frame => {
    const args: (CelValue | CelFault)[] = []
    for (const step of steps) {
      const value = step(frame)
      if (value instanceof CelFault && args.length < steps.length - 1) return value
      args.push(value)
    }
    return finish(frame, args)
  }
}

function equalityStep(isNegated: boolean, left: Step, right: Step, charge: (frame: Frame, args: readonly (CelValue | CelFault)[], result: undefined) => void): Step {
  return frame => {
    const a = left(frame)
    const b = right(frame)
    if (typeof a === 'bigint' || typeof a === 'boolean') frame.charge(1)
    else charge(frame, [a, b], undefined)
    if (a instanceof CelFault) return a
    if (b instanceof CelFault) return b
    const equal = areEqual(a, b)
    return isNegated ? equal !== true : equal // what cannot be compared is not equal
  }
}

