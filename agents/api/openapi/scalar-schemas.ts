/**
 * Schemas of the types whose JSON form is not the object that their Go type is.
 *
 * The two dialects differ: v3 can say "integer or string", v2 only "string" with a format that clients know.
 */
import { metaDefinition } from '../schema/definitions.ts'
import type { Dialect, Schema } from './schemas.ts'

const apiextensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.'

interface ScalarSchema {
  readonly v2: Schema
  /** Where v3 says it otherwise. */
  readonly v3?: Schema
}

const anyValue = (description: string): ScalarSchema => ({ v2: { description } })

export const scalarSchemas: Readonly<Record<string, ScalarSchema>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    v2: { description: 'A number with an optional suffix: binary (Ki, Mi, Gi, Ti, Pi, Ei), decimal (n, u, m, k, M, G, T, P, E) or an exponent (e3). 0.1 is kept exactly. Served in the shortest form: 1000m becomes 1, 1024Mi becomes 1Gi.', type: 'string' },
    v3: { description: 'A number with an optional suffix: binary (Ki, Mi, Gi, Ti, Pi, Ei), decimal (n, u, m, k, M, G, T, P, E) or an exponent (e3). 0.1 is kept exactly. Served in the shortest form: 1000m becomes 1, 1024Mi becomes 1Gi.', oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    v2: { description: 'Either a 32-bit integer or a string; a field may take a name or a percentage where a number is also allowed.', format: 'int-or-string', type: 'string' },
    v3: { description: 'Either a 32-bit integer or a string; a field may take a name or a percentage where a number is also allowed.', format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  [`${metaDefinition}Time`]: { v2: { description: 'A moment as RFC 3339 writes it, in UTC and whole seconds.', format: 'date-time', type: 'string' } },
  [`${metaDefinition}MicroTime`]: { v2: { description: 'A moment as RFC 3339 writes it, in UTC with microseconds.', format: 'date-time', type: 'string' } },
  [`${metaDefinition}FieldsV1`]: { v2: { description: 'A set of fields as nested objects: f:<name> is a field, k:<keys> an entry of a list by its keys, v:<value> an entry by its value, i:<index> one by its place, and "." the thing itself.', type: 'object' } },
  [`${metaDefinition}Patch`]: { v2: { description: 'The body of a PATCH request, in the form that its content type names.', type: 'object' } },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { v2: { description: 'An object of a type that is known only when it is read.', type: 'object' } },
  [`${apiextensions}JSON`]: anyValue('Any JSON value: object, array, string, number, boolean or null.'),
  [`${apiextensions}JSONSchemaPropsOrArray`]: anyValue('A schema or a list of schemas.'),
  [`${apiextensions}JSONSchemaPropsOrBool`]: anyValue('A schema or a boolean.'),
  [`${apiextensions}JSONSchemaPropsOrStringArray`]: anyValue('A schema or a list of strings.'),
}

export function scalarSchema(name: string, dialect: Dialect): Schema | undefined {
  if (!Object.hasOwn(scalarSchemas, name)) return undefined
  const { v2, v3 } = scalarSchemas[name]!
  return dialect === 'v3' ? (v3 ?? v2) : v2
}
