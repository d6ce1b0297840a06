/**
 * A schema made ready for walking objects: one node a place, at most once a definition.
 *
 *   SN1  Only the spine is here (properties, items, values of maps): junctors constrain values and add no places.
 *   SN2  A node knows whether anything below it has a default, may not be null, is an embedded object or a keyed list, so
 *        that walks turn back early.
 *   SN3  A node is made when a walk first comes there: of a definition of a megabyte most objects meet a small part.
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
  return new LazyNode(schema)
}

/** SN3 */
class LazyNode implements SchemaNode {
  readonly schema: Schema
  readonly isMap: boolean
  readonly preserves: boolean
  readonly embedded: boolean
  readonly nullable: boolean
  readonly default: unknown
  #properties: ReadonlyMap<string, SchemaNode> | undefined
  #items: SchemaNode | undefined
  #additional: SchemaNode | undefined
  #defaults: readonly (readonly [string, SchemaNode])[] | undefined
  #embedsBelow: boolean | undefined
  #keyedBelow: boolean | undefined

  constructor(schema: Schema) {
    this.schema = schema
    this.isMap = schema.additionalProperties !== undefined
    this.preserves = preservesUnknown(schema)
    this.embedded = isEmbedded(schema)
    this.nullable = schema.nullable === true
    this.default = defaultOf(schema)
  }

  get properties(): ReadonlyMap<string, SchemaNode> | undefined {
    const { properties } = this.schema
    if (properties === undefined) return undefined
    return (this.#properties ??= new Map(Object.keys(properties).map(name => [name, new LazyNode(properties[name]!)])))
  }

  get items(): SchemaNode | undefined {
    return (this.#items ??= nodeOf(itemsOf(this.schema)))
  }

  get additional(): SchemaNode | undefined {
    return (this.#additional ??= nodeOf(additionalOf(this.schema)))
  }

  get defaults(): readonly (readonly [string, SchemaNode])[] {
    return (this.#defaults ??= [...(this.properties ?? [])].filter(([, child]) => child.default !== undefined))
  }

  get embedsBelow(): boolean {
    return (this.#embedsBelow ??= someOfSpine(this.schema, isEmbedded))
  }

  get keyedBelow(): boolean {
    return (this.#keyedBelow ??= someOfSpine(this.schema, isKeyedList))
  }
}

function isKeyedList(schema: Schema): boolean {
  const type = schema['x-kubernetes-list-type']
  return type === 'set' || type === 'map'
}

function someOfSpine(schema: Schema, test: (schema: Schema) => boolean): boolean {
  if (test(schema)) return true
  for (const child of [itemsOf(schema), additionalOf(schema)]) if (child !== undefined && someOfSpine(child, test)) return true
  return schema.properties !== undefined && Object.values(schema.properties).some(child => someOfSpine(child, test))
}

function nodeOf(schema: Schema | undefined): SchemaNode | undefined {
  return schema === undefined ? undefined : new LazyNode(schema)
}

/** The place below a name: a property, else a map's value. */
export function nodeAt(node: SchemaNode | undefined, name: string): SchemaNode | undefined {
  return node?.properties?.get(name) ?? node?.additional
}
