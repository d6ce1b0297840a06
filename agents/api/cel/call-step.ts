/**
 * Calls of functions and operators, as closures: which overload, what it costs, how it runs.
 *
 *   CS1  A call evaluates all its operands, then is charged, then runs; a failed operand is its result.
 *   CS2  With one overload and operands whose values are always what their types say, nothing is decided at run time.
 *   CS3  A pattern that is a constant is compiled while planning, and a bad one is an error then.
 */
import { areEqual } from './equality.ts'
import { CelFault, typeNameOf } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { costRule } from './call-cost.ts'
import { isAcceptable } from './declarations.ts'
import type { CelOverload } from './declarations.ts'
import type { CelType } from './cel-type.ts'
import type { Frame, Step } from './frame.ts'
import { compiledRegex } from './libraries/regex.ts'
import type { CallNode } from './syntax.ts'

export const noOverload = new CelFault('no such overload')

/** A constant that cannot be: `int('x')`. Compiling fails with its text. */
export class PlanFault extends Error {}

const searches: ReadonlySet<string> = new Set(['matches', 'find', 'findAll'])

/** CS3: compiles a constant pattern now; whether it is one. */
export function requireReadablePattern(name: string, pattern: CelValue | undefined): boolean {
  if (!searches.has(name) || typeof pattern !== 'string') return false
  const regex = compiledRegex(pattern)
  if (regex instanceof CelFault) throw new PlanFault(regex.message)
  return true
}

export type Run = (args: readonly CelValue[]) => CelValue | CelFault

/** Chooses the overload: known beforehand where types are, by the values otherwise. */
export function dispatcher(name: string, overloads: readonly CelOverload[], types: readonly CelType[]): Run {
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

/** CS1; `stopsEarly`: the first failed operand ends the call before the others are evaluated, and costs nothing. */
export function callStep(node: CallNode, steps: readonly Step[], run: Run, stopsEarly: boolean): Step {
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

