/**
 * A checked tree -> one function that evaluates it. Each node becomes a closure once; evaluating calls closures and looks nothing up.
 *
 *   PL1  Lists and maps of constants, and conversions of constants, are computed while planning and cost nothing later.
 *   PL2  `||` and `&&` absorb a failure of one side when the other side decides.
 *   PL3  `x in [constants]` is one look into a set and costs nothing of its own.
 *   PL5  A binding (cel.bind, optMap, sortBy) computes its value when it is first read, once.
 */
import { ArrayList, concatenate, EntryMap, mapKey } from './collections.ts'
import { constantQualifier, indexQualifier, qualified, resolution, standalone } from './attribute.ts'
import type { Attribute } from './attribute.ts'
import { CelFault, CelList, CelOptional, CelStruct, CelTypeValue, CelUint, typeNameOf } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { costs } from './call-cost.ts'
import { callStep, dispatcher, noOverload, PlanFault, requireReadablePattern } from './call-step.ts'
import type { CelType } from './cel-type.ts'
import type { Frame, Step } from './frame.ts'
import { foldStep } from './fold-step.ts'
import { fromJson } from './json-value.ts'
import { isBinding } from './syntax.ts'
import type { CallNode, ComprehensionNode, Expression, IdentNode, ListNode, LocalVariable, MapNode, Reference, SelectNode, StructNode } from './syntax.ts'

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
    const isCompiled = requireReadablePattern(node.name, second?.kind === 'constant' ? second.value : undefined)
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

  #fold(node: ComprehensionNode): Plan {
    const { first, second, accumulator } = node.locals!
    const range = this.plan(node.range).step
    const initial = this.#initial(node)
    const accumulatorSlot = this.#slot(accumulator)
    const firstSlot = this.#slot(first)
    const secondSlot = second === undefined ? undefined : this.#slot(second)
    const condition = this.plan(node.condition).step
    const step = this.plan(node.step).step
    const result = this.plan(node.result).step
    return other(foldStep({ range, initial, condition, step, result, first: firstSlot, second: secondSlot, accumulator: accumulatorSlot }))
  }

  /** A list that will grow is a new one for each run. */
  #initial(node: ComprehensionNode): Step {
    if (node.initial.kind === 'list' && node.initial.elements.length === 0) return () => new ArrayList([])
    return this.plan(node.initial).step
  }
}

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
