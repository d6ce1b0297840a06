/**
 * Empty lists that are null once they are kept: upstream keeps objects as protobuf, which cannot tell an empty list from none,
 * and writes none as null where the field has no omitempty.
 *
 *   NL1  Only lists that presence.json marks are looked for; a type that has none below it costs nothing.
 *   NL3  Those that are kept empty only to be judged go.
 *   NL2  The object is changed in place.
 */
import { isPlainObject } from './clone.ts'
import { shapeOf, type FieldShape, type ValueShape } from './definitions.ts'

/** True if something became null or went. */
type Walk = (value: unknown) => boolean

/** Types contain one another, so what is being compiled counts as having none; undefined: none below. */
const walks = new Map<string, Walk | undefined>()

/** Whether there was one. */
export function nullEmptyLists(object: object, definition: string): boolean {
  return walkOf(definition)?.(object) === true
}

function walkOf(definition: string): Walk | undefined {
  if (walks.has(definition)) return walks.get(definition)
  walks.set(definition, undefined)
  const parts = [...shapeOf(definition).fields.values()].flatMap(field => partOf(field) ?? [])
  const walk = parts.length === 0 ? undefined : (value: unknown) => isPlainObject(value) && parts.map(part => part(value)).includes(true)
  walks.set(definition, walk)
  return walk
}

function partOf({ name, nullWhenEmpty, keptEmpty, value: shape }: FieldShape): ((fields: Record<string, unknown>) => boolean) | undefined {
  const below = walkOfValue(shape)
  if (!nullWhenEmpty && !keptEmpty && below === undefined) return undefined
  return fields => {
    const value = fields[name]
    if (keptEmpty && typeof value === 'object' && value !== null && Object.keys(value).length === 0) {
      delete fields[name] // NL3
      return true
    }
    if (!nullWhenEmpty || !Array.isArray(value) || value.length > 0) return value !== undefined && value !== null && below?.(value) === true
    fields[name] = null
    return true
  }
}

function walkOfValue(shape: ValueShape): Walk | undefined {
  switch (shape.is) {
    case 'leaf': return undefined
    case 'object': return walkOf(shape.definition)
    case 'array':
    case 'map': {
      const item = walkOfValue(shape.items)
      return item === undefined ? undefined : value => (Array.isArray(value) ? value : Object.values(value as object)).map(item).includes(true)
    }
  }
}
