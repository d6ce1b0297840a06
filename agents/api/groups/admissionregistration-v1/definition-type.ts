/**
 * The CEL type of a built-in kind, from its OpenAPI definition: for type checking of policies.
 *
 *   DT1  A definition that contains itself has a type that contains itself: types are made once a definition.
 *   DT2  Times are timestamps, bytes are bytes, quantities strings, what may be an integer or a string dyn; of what has no
 *        declared shape (raw extensions, JSON) nothing is known.
 */
import { boolType, bytesType, doubleType, dynType, escapeIdentifier, intType, listType, mapType, stringType, timestampType } from '../../cel/cel.ts'
import type { CelField, CelType } from '../../cel/cel.ts'
import { shapeOf } from '../../schema/definitions.ts'
import type { Leaf, ValueShape } from '../../schema/definitions.ts'

const known = new Map<string, CelType>()
const leaves: Readonly<Partial<Record<Leaf, CelType>>> = {
  string: stringType, boolean: boolType, int32: intType, int64: intType, number: doubleType, bytes: bytesType, Quantity: stringType, Time: timestampType, MicroTime: timestampType,
}

export function celTypeOfDefinition(definition: string): CelType {
  const made = known.get(definition)
  if (made !== undefined) return made
  const shape = shapeOf(definition)
  const fields = new Map<string, CelField>()
  const type: CelType = { kind: 'object', name: definition, fields }
  known.set(definition, type) // DT1
  for (const field of shape.fields.values()) {
    const name = escapeIdentifier(field.name)
    if (name !== undefined) fields.set(name, { type: typeOf(field.value), jsonName: field.name })
  }
  return type
}

function typeOf(value: ValueShape): CelType {
  switch (value.is) {
    case 'object': return celTypeOfDefinition(value.definition)
    case 'array': return listType(typeOf(value.items))
    case 'map': return mapType(stringType, typeOf(value.items))
    case 'leaf': return leaves[value.leaf] ?? dynType // DT2
  }
}
