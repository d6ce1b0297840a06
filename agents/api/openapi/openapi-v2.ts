/**
 * OpenAPI v2 (Swagger): one document of everything that is built in.
 *
 *   O21  Parameters that many operations take stand once, under parameters, and are referred to: written out they would be
 *        most of the document.
 *   O22  Definitions say what kubectl's validation needs: types, required fields, kinds; defaults are for v3 only.
 *   O23  Nothing is kept: the caller turns the document into text or protobuf and lets it go.
 */
import { finish, type Steps } from '../../base/steps.ts'
import type { ResourceRow } from '../schema/definition.ts'
import { resourceRows } from '../schema/definitions.ts'
import type { ApiDescriptions } from './descriptions.ts'
import { groupPath, otherDocuments, otherPath, resourceListPath } from './discovery-paths.ts'
import { servedGroupVersions, statusWord, typesOf } from './openapi-v3.ts'
import { type Operation, type PathOperations, patchTypes, resourcePaths } from './operations.ts'
import { type Parameter, Parameters } from './parameters.ts'
import { builtInTypes } from './resource-types.ts'
import { type GroupVersion, type Schema, renderSchemasSteps, schemaReference } from './schemas.ts'
import { unservedGroupVersions } from './unserved-group-versions.ts'

/** A value as it stands in the document. */
export interface OpenApiV2Document {
  readonly swagger: '2.0'
  readonly info: Schema
  readonly paths: Readonly<Record<string, Schema>>
  readonly definitions: Readonly<Record<string, Schema>>
  readonly parameters: Readonly<Record<string, Schema>>
  readonly securityDefinitions: Schema
  readonly security: readonly Schema[]
}

/** Paths and definitions of custom resources. */
export interface MoreOpenApiV2 {
  readonly paths: readonly PathOperations[]
  readonly definitions: Readonly<Record<string, Schema>>
}

export function openApiV2(descriptions: ApiDescriptions, rows: readonly ResourceRow[] = resourceRows, more?: MoreOpenApiV2): OpenApiV2Document {
  return finish(openApiV2Steps(descriptions, rows, more))
}

/** In steps, since all of it takes longer than others should have to wait. */
export function* openApiV2Steps(descriptions: ApiDescriptions, rows: readonly ResourceRow[], more: MoreOpenApiV2 = { paths: [], definitions: {} }): Steps<OpenApiV2Document> {
  const parameters = new Parameters(descriptions)
  const groupVersions = servedGroupVersions(rows)
  const paths = [
    ...otherDocuments.map(name => otherPath(name)!),
    ...[...new Set(groupVersions.map(({ group }) => group))].map(groupPath),
    ...groupVersions.map(resourceListPath),
  ]
  for (const row of rows) {
    paths.push(...resourcePaths(row, builtInTypes(row), parameters))
    yield
  }
  paths.push(...more.paths)
  const shared = new SharedParameters()
  const rendered: (readonly [string, Schema])[] = []
  for (const path of paths.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    rendered.push([path.path, renderPath(path, shared)])
    yield
  }
  const used = typesOf(paths).filter(type => !Object.hasOwn(more.definitions, type))
  yield
  const schemas = yield* renderSchemasSteps(used, { dialect: 'v2', descriptions, groupVersions: [...groupVersions, ...unservedGroupVersions].sort(byName) })
  return {
    definitions: { ...schemas, ...more.definitions },
    info: { title: 'Kubernetes', version: 'unversioned' },
    parameters: shared.all(),
    paths: Object.fromEntries(rendered),
    security: [{ BearerToken: [] }],
    securityDefinitions: { BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' } },
    swagger: '2.0',
  }
}

function byName(a: GroupVersion, b: GroupVersion): number {
  return a.group < b.group ? -1 : a.group > b.group ? 1 : a.version < b.version ? -1 : 1
}

/** Gives each parameter a name that depends on nothing but the parameter. */
class SharedParameters {
  readonly #names = new Map<Parameter, string>()
  readonly #parameters = new Map<string, Schema>()

  refer(parameter: Parameter): Schema {
    let name = this.#names.get(parameter)
    if (name === undefined) {
      name = `${parameter.name}-${digestOf(JSON.stringify(parameter))}`
      this.#names.set(parameter, name)
      this.#parameters.set(name, renderParameter(parameter))
    }
    return { $ref: `#/parameters/${name}` }
  }

  all(): Readonly<Record<string, Schema>> {
    return Object.fromEntries([...this.#parameters].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** FNV-1a, 32 bits. */
function digestOf(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(36).padStart(7, '0')
}

function renderPath({ shared, operations }: PathOperations, parameters: SharedParameters): Schema {
  const rendered: [string, unknown][] = operations.map(operation => [operation.method, renderOperation(operation, parameters)])
  if (shared.length > 0) rendered.push(['parameters', shared.map(parameter => parameters.refer(parameter))]) // O21
  return Object.fromEntries(rendered.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function renderOperation(operation: Operation, parameters: SharedParameters): object {
  const { body, kind } = operation
  const taken: Schema[] = operation.parameters.map(parameter => parameters.refer(parameter))
  if (body !== undefined) taken.unshift({ in: 'body', name: 'body', ...(body.required ? { required: true } : {}), schema: schemaReference(body.type, 'v2') })
  const responses: Record<string, object> = {}
  for (const { status, type } of operation.answers) responses[status] = { description: statusWord[status], schema: type === 'string' ? { type: 'string' } : schemaReference(type, 'v2') }
  responses['401'] = { description: 'Unauthorized' }
  return {
    consumes: operation.consumes ?? (body?.isPatch === true ? patchTypes : operation.action === undefined ? operation.produces : ['*/*']),
    description: operation.description,
    operationId: operation.id,
    ...(taken.length === 0 ? {} : { parameters: taken }),
    produces: operation.produces,
    responses,
    schemes: ['https'],
    tags: [operation.tag],
    ...(operation.action === undefined ? {} : { 'x-kubernetes-action': operation.action }),
    ...(kind === undefined ? {} : { 'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version } }),
  }
}

function renderParameter({ name, in: place, type, description }: Parameter): Schema {
  return { ...(description === undefined ? {} : { description }), in: place, name, ...(place === 'path' ? { required: true } : {}), type, uniqueItems: true }
}
