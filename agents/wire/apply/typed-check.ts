/**
 * Whether what is applied fits its type, before anything is made of it. Upstream: structured-merge-diff/typed/validate.go.
 *
 *   TC1  All problems are told at once, each with its path; null fits everything but an element that is told by its keys.
 *   TC2  What is owned as a whole is looked into as well.
 *   TC3  Texts are upstream's, with values as Go prints them.
 */
import { getOwn, isExactNumber, isPlainObject } from '../../api/schema/clone.ts'
import { goQuote } from '../../api/field-error.ts'
import { goSyntax, goText, goType } from '../patch/go-text.ts'
import { resolved, type ApplySchema, type LeafContent } from './apply-schema.ts'
import { fieldElement, indexElement, pathText, valueElement } from './field-set.ts'
import { childSchema, elementOf, type ListSchema, type MapSchema } from './typed-walk.ts'

export class TypedValueError extends Error {
  override readonly name = 'TypedValueError'
}

/** Throws TypedValueError. */
export function checkTyped(value: unknown, schema: ApplySchema): void {
  const problems: string[] = []
  check(value, schema, [], problems)
  if (problems.length > 0) throw new TypedValueError(problems.length === 1 ? problems[0]! : ['errors:', ...problems.map(problem => `  ${problem}`)].join('\n')) // TC1
}

/** `path` is longer only while what is below is looked at. */
function check(value: unknown, schema: ApplySchema, path: string[], problems: string[]): void {
  if (value === null || value === undefined) return
  const actual = resolved(schema, value)
  switch (actual.is) {
    case 'deduced': return
    case 'leaf': checkLeaf(value, actual.holds, path, problems); return
    case 'struct':
    case 'map': checkFields(value, actual, path, problems); return
    case 'set':
    case 'listMap': checkElements(value, actual, path, problems)
  }
}

function told(problem: string, path: readonly string[]): string {
  return path.length === 0 ? problem : `${pathText(path)}: ${problem}`
}

function checkFields(value: unknown, schema: MapSchema, path: string[], problems: string[]): void {
  if (!isPlainObject(value)) {
    problems.push(told(`expected map, got &{${goText(value)}}`, path))
    return
  }
  for (const key of Object.keys(value)) {
    const child = childSchema(schema, key)
    path.push(fieldElement(key))
    if (child === undefined) problems.push(told('field not declared in schema', path))
    else check(value[key], child, path, problems)
    path.pop()
  }
}

function checkElements(value: unknown, schema: ListSchema, path: string[], problems: string[]): void {
  if (!Array.isArray(value)) {
    problems.push(told(`expected list, got &{${goText(value)}}`, path))
    return
  }
  const seen = new Set<string>()
  for (const [index, item] of value.entries()) {
    const problem = schema.is === 'set' ? setItemProblem(item) : keyedItemProblem(item, schema)
    if (problem !== undefined) { // without its name, nothing below it can be told either
      problems.push(told(`element ${index}: ${problem}`, path))
      return
    }
    const element = schema.is === 'set' ? valueElement(item) : elementOf(schema, item)
    if (seen.has(element)) problems.push(told(`duplicate entries for key ${pathText([element])}`, path))
    seen.add(element)
    path.push(element)
    check(item, schema.items, path, problems)
    path.pop()
  }
}

function setItemProblem(item: unknown): string | undefined {
  if (item === null) return 'associative list without keys has an element that\'s an explicit null'
  if (Array.isArray(item)) return 'not supported: associative list with lists as elements'
  return isPlainObject(item) ? 'associative list without keys has an element that\'s a map type' : undefined
}

function keyedItemProblem(item: unknown, { keys, defaults }: Extract<ListSchema, { is: 'listMap' }>): string | undefined {
  if (item === null) return 'associative list with keys may not have a null element'
  if (!isPlainObject(item)) return 'associative list with keys may not have non-map elements'
  return keys.some(key => (getOwn(item, key) ?? getOwn(defaults, key)) !== undefined)
    ? undefined
    : `associative list with keys has an element that omits all key fields [${keys.map(goQuote).join(' ')}] (and doesn't have default values for any key fields)`
}

/** TC2 */
function checkLeaf(value: unknown, holds: LeafContent | undefined, path: string[], problems: string[]): void {
  if (holds === undefined) return
  if (typeof holds === 'string') {
    const problem = scalarProblem(value, holds)
    if (problem !== undefined) problems.push(told(problem, path))
  } else if ('whole' in holds) {
    check(value, holds.whole, path, problems)
  } else if (!Array.isArray(value)) {
    problems.push(told(`expected list, got &{${goText(value)}}`, path))
  } else {
    for (const [index, item] of value.entries()) {
      path.push(indexElement(index))
      check(item, holds.listOf, path, problems)
      path.pop()
    }
  }
}

/** TC3 */
function scalarProblem(value: unknown, wanted: 'string' | 'boolean' | 'numeric' | 'scalar'): string | undefined {
  const isNumeric = typeof value === 'number' || isExactNumber(value)
  switch (wanted) {
    case 'string': return typeof value === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
    case 'boolean': return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goText(value)}}`
    case 'numeric': return isNumeric ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case 'scalar': return isNumeric || typeof value === 'string' || typeof value === 'boolean' ? undefined : `expected any scalar, got &{${goText(value)}}`
  }
}
