/**
 * What mutating policies construct: `Object{spec: Object.spec{replicas: 3}}` and `JSONPatch{op: 'add', path: …, value: …}`.
 *
 *   MU1  `Object` and every `Object.…` have whatever fields are given; their names must follow the path they stand at, which
 *        `objectTypeProblems` tells once the value is there.
 *   MU2  jsonpatch.escapeKey writes a key for a JSON pointer: ~ as ~0, / as ~1.
 */
import { dynType, objectType, stringType } from '../cel-type.ts'
import type { CelType } from '../cel-type.ts'
import { CelList, CelMap, CelStruct } from '../cel-value.ts'
import type { CelFault, CelValue } from '../cel-value.ts'
import { global } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'

export const jsonPatchType = objectType('JSONPatch', { op: stringType, path: stringType, from: stringType, value: dynType })

export const applyConfigurationType: CelType = { kind: 'object', name: 'Object', fields: new Map(), anyField: true }

/** MU1 */
export function mutationObjectType(name: string): CelType | undefined {
  if (name === 'JSONPatch') return jsonPatchType
  return name === 'Object' || name.startsWith('Object.') ? { kind: 'object', name, fields: new Map(), anyField: true } : undefined
}

/** Constructed objects whose type is not named for the place they stand at. */
export function objectTypeProblems(value: CelValue): string[] {
  return value instanceof CelStruct ? problemsAt(value, [value.typeName]) : []
}

function problemsAt(value: CelValue | CelFault, path: readonly string[]): string[] {
  if (value instanceof CelList) return Array.from({ length: value.size }, (_, index) => problemsAt(value.at(index), path)).flat()
  if (value instanceof CelMap) return value.keys().flatMap(key => problemsAt(value.find(key) ?? null, path))
  if (!(value instanceof CelStruct)) return []
  const expected = path.join('.')
  const own = value.typeName === expected ? [] : [`unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(expected)}, which matches field name path from root Object type`]
  return [...own, ...[...value.fields].flatMap(([name, field]) => problemsAt(field, [...path, name]))]
}

export const mutations: readonly CelOverload[] = [
  global('string_jsonpatch_escapeKey_string', 'jsonpatch.escapeKey', 'string -> string', (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')),
]
