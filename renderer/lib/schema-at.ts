/**
 * OpenAPI v3 schemas looked into: what may stand at a path of an object.
 *
 *   SA1  References are followed, `allOf` of one too, as Kubernetes writes them.
 *   SA2  A path through a map or a list has any word or number in the place of its key.
 */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly required?: readonly string[]
  readonly allOf?: readonly Schema[]
  readonly $ref?: string
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
}

export type Schemas = Readonly<Record<string, unknown>>

const referencePrefix = '#/components/schemas/'

export function resolved(schema: Schema | undefined, schemas: Schemas): Schema | undefined {
  if (schema === undefined) return undefined
  if (schema.$ref?.startsWith(referencePrefix) === true) return resolved(schemas[schema.$ref.slice(referencePrefix.length)] as Schema | undefined, schemas)
  if (schema.allOf?.length !== 1) return schema
  const { allOf, ...own } = schema
  return { ...resolved(allOf[0], schemas), ...own } // SA1
}

export function schemaAt(root: Schema | undefined, path: readonly (string | number)[], schemas: Schemas): Schema | undefined {
  let found = resolved(root, schemas)
  for (const part of path) {
    if (found === undefined) return undefined
    const { properties, additionalProperties, items } = found
    found = resolved(properties?.[part] ?? (typeof part === 'number' ? items : typeof additionalProperties === 'object' ? additionalProperties : undefined), schemas) // SA2
  }
  return found
}

export interface UnknownField {
  readonly path: readonly (string | number)[]
  readonly name: string
}

/** Fields that the schema does not have; what it leaves open is not looked into. */
export function unknownFields(value: unknown, schema: Schema | undefined, schemas: Schemas, path: readonly (string | number)[] = []): readonly UnknownField[] {
  const here = resolved(schema, schemas)
  if (here === undefined || typeof value !== 'object' || value === null || here['x-kubernetes-preserve-unknown-fields'] === true) return []
  if (Array.isArray(value)) return value.flatMap((entry, index) => unknownFields(entry, here.items, schemas, [...path, index]))
  if (here.properties === undefined) {
    const { additionalProperties } = here
    return typeof additionalProperties === 'object' ? Object.entries(value).flatMap(([key, entry]) => unknownFields(entry, additionalProperties, schemas, [...path, key])) : []
  }
  return Object.entries(value).flatMap(([key, entry]) => {
    const field = here.properties![key]
    if (field !== undefined) return unknownFields(entry, field, schemas, [...path, key])
    return here.additionalProperties === undefined || here.additionalProperties === false ? [{ path: [...path, key], name: key }] : []
  })
}
