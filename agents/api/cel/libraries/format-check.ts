/** Checks `'constant %d'.format([…])` while compiling: too few or too many arguments, and types a directive cannot take. */
import { runtimeTypeName, CelFault } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import type { CelType } from '../cel-type.ts'
import type { Expression } from '../syntax.ts'
import { misfit, readFormat } from './formatting.ts'

export function formatProblem(format: CelValue, args: readonly Expression[]): { readonly argument?: Expression; readonly message: string } | undefined {
  const parts = typeof format === 'string' ? readFormat(format) : []
  if (parts instanceof CelFault) return { message: parts.message }
  const directives = parts.filter(part => typeof part !== 'string')
  for (const [index, { verb }] of directives.entries()) {
    const argument = args[index]
    if (argument === undefined) return { message: `index ${index} out of range` }
    const wrong = misfitting(verb, argument)
    if (wrong !== undefined) return { argument: wrong, message: misfit(verb, runtimeTypeName(wrong.type!)) }
  }
  return args.length > directives.length ? { message: `too many arguments supplied to string.format (expected ${directives.length}, got ${args.length})` } : undefined
}

const kinds: Readonly<Record<string, ReadonlySet<CelType['kind']>>> = {
  s: new Set(['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'timestamp', 'bytes', 'duration', 'type', 'null', 'dyn']),
  d: new Set(['int', 'uint', 'dyn']), o: new Set(['int', 'uint', 'dyn']), b: new Set(['int', 'uint', 'bool', 'dyn']),
  f: new Set(['double', 'string', 'dyn']), e: new Set(['double', 'string', 'dyn']),
  x: new Set(['int', 'uint', 'string', 'bytes', 'dyn']), X: new Set(['int', 'uint', 'string', 'bytes', 'dyn']),
}

/** The expression whose type the directive cannot take: the argument, or an element of a literal list or map. */
function misfitting(verb: string, argument: Expression): Expression | undefined {
  if (!kinds[verb]!.has(argument.type!.kind)) return argument
  const inner = argument.kind === 'list' ? argument.elements.map(element => element.value) : argument.kind === 'map' ? argument.entries.flatMap(entry => [entry.key, entry.value]) : []
  for (const part of verb === 's' ? inner : []) {
    const wrong = misfitting(verb, part)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
