/**
 * A schema made ready for walking objects: one node a place, built once a definition.
 *
 *   SN1  Only the spine is here (properties, items, values of maps): junctors constrain values and add no places.
 *   SN2  A node knows whether anything below it has a default, may not be null, is an embedded object or a keyed list, so
 *        that walks turn back early.
 */
import { additionalOf, defaultOf, isEmbedded, itemsOf, preservesUnknown, type Schema } from './schema.ts'

export interface SchemaNode {
  readonly schema: Schema
  readonly properties: ReadonlyMap<string, SchemaNode> | undefined
  readonly items: SchemaNode | undefined
  /** Schema of a map's values. */
  readonly additional: SchemaNode | undefined
  /** additionalProperties is said at all. */
  readonly isMap: boolean
  readonly preserves: boolean
  readonly embedded: boolean
  readonly nullable: boolean
  readonly default: unknown
  /** SN2 */
  readonly embedsBelow: boolean
  readonly keyedBelow: boolean
  /** Properties of this very node that have a default, with it. */
  readonly defaults: readonly (readonly [string, SchemaNode])[]
}

export function schemaNode(schema: Schema): SchemaNode {
  const properties = schema.properties === undefined ? undefined : new Map(Object.keys(schema.properties).map(name => [name, schemaNode(schema.properties![name]!)]))
  const items = nodeOf(itemsOf(schema))
  const additional = nodeOf(additionalOf(schema))
  const children = [...(properties?.values() ?? []), ...(items === undefined ? [] : [items]), ...(additional === undefined ? [] : [additional])]
  const embedded = isEmbedded(schema)
  const listType = schema['x-kubernetes-list-type']
  return {
    schema,
    properties,
    items,
    additional,
    isMap: schema.additionalProperties !== undefined,
    preserves: preservesUnknown(schema),
    embedded,
    nullable: schema.nullable === true,
    default: defaultOf(schema),
    embedsBelow: embedded || children.some(child => child.embedsBelow),
    keyedBelow: listType === 'set' || listType === 'map' || children.some(child => child.keyedBelow),
    defaults: [...(properties ?? [])].filter(([, child]) => child.default !== undefined),
  }
}

function nodeOf(schema: Schema | undefined): SchemaNode | undefined {
  return schema === undefined ? undefined : schemaNode(schema)
}

/** The place below a name: a property, else a map's value. */
export function nodeAt(node: SchemaNode | undefined, name: string): SchemaNode | undefined {
  return node?.properties?.get(name) ?? node?.additional
}
