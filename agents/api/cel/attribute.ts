/**
 * Ways to a value: a variable, or the result of an expression, followed by selections and indexes.
 *
 *   AT1  The way itself costs 1, and each step 1. A step that is not taken (an absent optional) costs nothing.
 *   AT2  An index that is itself a way costs its own steps and 1, and no more.
 *   AT3  Once a step is optional (`a.?b.c`) the whole way is: the first absence is optional.none().
 *   AT4  A branch of `?:` that is a way costs its steps only, and the choice costs nothing.
 */
import { CelFault, CelLazyObject, CelList, CelMap, CelOptional, CelStruct, CelUint } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import type { Frame, Step } from './frame.ts'

/** How a step asks: for the value, for the value if there is one, or only whether there is one. */
type Question = 'value' | 'if-present' | 'presence'

export interface Qualifier {
  readonly optional: boolean
  /** Undefined: absent (never for 'value'). For 'presence' the value is whether it is there. */
  readonly apply: (frame: Frame, object: CelValue, question: Question) => CelValue | CelFault | undefined
}

export interface Attribute {
  readonly base: Step
  readonly qualifiers: readonly Qualifier[]
  /** 1, or 0 for a choice between ways (AT4). */
  readonly ownCost: 0 | 1
}

export function qualified(attribute: Attribute, qualifier: Qualifier): Attribute {
  return { ...attribute, qualifiers: [...attribute.qualifiers, qualifier] }
}

/** The value at the end of the way, without the way's own cost. */
export function resolution({ base, qualifiers }: Attribute): Step {
  const [first, second] = qualifiers
  const isPlain = qualifiers.every(qualifier => !qualifier.optional)
  if (!isPlain) return frame => resolveOptional(frame, base(frame), qualifiers)
  if (first === undefined) return base
  if (second === undefined) {
    return frame => {
      const object = base(frame)
      if (object instanceof CelFault) return object
      return object instanceof CelOptional ? resolveOptional(frame, object, qualifiers) : first.apply(frame, object, 'value')!
    }
  }
  return frame => {
    let object = base(frame)
    if (object instanceof CelOptional) return resolveOptional(frame, object, qualifiers)
    for (const qualifier of qualifiers) {
      if (object instanceof CelFault) return object
      object = qualifier.apply(frame, object, 'value')!
    }
    return object
  }
}

/** AT3 */
function resolveOptional(frame: Frame, start: CelValue | CelFault, qualifiers: readonly Qualifier[]): CelValue | CelFault {
  let object = start
  let isOptional = false
  if (object instanceof CelOptional) {
    if (object.value === undefined) return object
    object = object.value
    isOptional = true
  }
  for (const qualifier of qualifiers) {
    if (object instanceof CelFault) return object
    isOptional ||= qualifier.optional
    const next = qualifier.apply(frame, object, isOptional ? 'if-present' : 'value')
    if (next === undefined) return CelOptional.none
    object = next
  }
  return object instanceof CelFault || !isOptional ? object : new CelOptional(object)
}

export function standalone(attribute: Attribute): Step {
  const resolve = resolution(attribute)
  if (attribute.ownCost === 0) return resolve
  return frame => {
    const value = resolve(frame)
    frame.charge(1) // AT1
    return value
  }
}

/** `.field`, or an index that is a constant. */
export function constantQualifier(key: CelValue, optional: boolean): Qualifier {
  return { optional, apply: (frame, object, question) => ask(frame, object, key, question, 1) }
}

/** `[index]` (AT2) */
export function indexQualifier(index: Attribute, optional: boolean): Qualifier {
  const resolve = resolution(index)
  return {
    optional,
    apply: (frame, object, question) => {
      const key = resolve(frame)
      if (!(key instanceof CelFault)) return ask(frame, object, key, question, 1)
      if (question === 'value') frame.charge(1)
      return key
    },
  }
}

function ask(frame: Frame, object: CelValue, key: CelValue, question: Question, cost: number): CelValue | CelFault | undefined {
  const found = memberOf(object, key)
  if (question === 'value') {
    frame.charge(cost)
    return found === undefined ? absence(object, key) : found
  }
  if (question === 'presence') {
    frame.charge(cost)
    return found instanceof CelFault ? found : found !== undefined
  }
  if (found !== undefined && !(found instanceof CelFault)) frame.charge(cost)
  return found
}

/** Undefined: not there. */
function memberOf(object: CelValue, key: CelValue): CelValue | CelFault | undefined {
  if (object instanceof CelMap) return object.find(key)
  if (object instanceof CelList) {
    const index = listIndex(key)
    if (index instanceof CelFault) return index
    return index >= 0 && index < object.size ? object.at(index) : undefined
  }
  if (object instanceof CelStruct) return typeof key === 'string' ? object.fields.get(key) : undefined
  if (object instanceof CelLazyObject) return typeof key === 'string' ? object.find(key) : undefined
  return undefined
}

function listIndex(key: CelValue): number | CelFault {
  if (typeof key === 'bigint') return Number(key)
  if (key instanceof CelUint) return Number(key.value)
  if (typeof key === 'number') return Number.isInteger(key) ? key : new CelFault(`unsupported index value ${key} in list`)
  return new CelFault(`unsupported index type '${typeof key === 'string' ? 'string' : typeof key === 'boolean' ? 'bool' : 'value'}' in list`)
}

function absence(object: CelValue, key: CelValue): CelFault {
  return new CelFault(`${object instanceof CelList ? 'index out of bounds' : 'no such key'}: ${keyText(key)}`)
}

function keyText(key: CelValue): string {
  if (key instanceof CelUint) return String(key.value)
  return typeof key === 'object' && key !== null ? 'value' : String(key)
}
