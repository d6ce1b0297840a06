/**
 * OpenAPI v3: one document a group version, and small ones for what stands above them.
 *
 *   O31  A document is complete in itself: every reference in it leads to one of its own schemas.
 *   O32  Everything is written out where it is used, parameters too: clients of v3 do not follow references there.
 *   O33  Nothing is kept: the caller turns a document into text and lets it go.
 */
import type { ResourceRow } from '../schema/definition.ts'
import { metaDefinition, resourceRows } from '../schema/definitions.ts'
import type { ApiDescriptions } from './descriptions.ts'
import { groupPath, otherPath, resourceListPath } from './discovery-paths.ts'
import { type Operation, type PathOperations, patchTypes, resourcePaths } from './operations.ts'
import { type Parameter, Parameters } from './parameters.ts'
import { builtInTypes } from './resource-types.ts'
import { type GroupVersion, type Schema, renderSchemas, schemaReference } from './schemas.ts'

export interface OpenApiV3Document {
  readonly openapi: '3.0.0'
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>>; readonly securitySchemes?: Schema }
}

/** The document of one group version of built-in kinds. */
export function openApiV3(served: GroupVersion, descriptions: ApiDescriptions, rows: readonly ResourceRow[] = resourceRows): OpenApiV3Document {
  const parameters = new Parameters(descriptions)
  const own = rows.filter(row => row.group === served.group && row.version === served.version)
  const paths = [resourceListPath(served), ...own.flatMap(row => resourcePaths(row, builtInTypes(row), parameters))]
  return renderOpenApiV3(paths, descriptions, groupVersionsIn(served))
}

/** "api", "apis", "apis/apps", "version" and the like, or undefined if there is no such document. */
export function openApiV3Root(name: string, descriptions: ApiDescriptions, rows: readonly ResourceRow[] = resourceRows): OpenApiV3Document | undefined {
  const group = name === 'api' ? '' : /^apis\/([^/]+)$/.exec(name)?.[1]
  const path = group === undefined ? otherPath(name) : rows.some(row => row.group === group) ? groupPath(group) : undefined
  return path === undefined ? undefined : renderOpenApiV3([path], descriptions, [legacyCore])
}

const legacyCore: GroupVersion = { group: '', version: 'v1' }

/** Whose options and events a document of one group version tells of. */
export function groupVersionsIn(served: GroupVersion): readonly GroupVersion[] {
  return served.group === '' ? [legacyCore] : [legacyCore, served]
}

export function servedGroupVersions(rows: readonly ResourceRow[]): readonly GroupVersion[] {
  const seen = new Map(rows.map(({ group, version }) => [`${group}/${version}`, { group, version }]))
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, served]) => served)
}

/** Schemas of types that are not defined here come from more: those of custom resources. */
export function renderOpenApiV3(paths: readonly PathOperations[], descriptions: ApiDescriptions, groupVersions: readonly GroupVersion[], more: Readonly<Record<string, Schema>> = {}): OpenApiV3Document {
  const used = [...typesOf(paths).filter(type => !Object.hasOwn(more, type)), ...(Object.keys(more).length === 0 ? [] : [`${metaDefinition}ObjectMeta`, `${metaDefinition}ListMeta`])]
  const schemas = renderSchemas(used, { dialect: 'v3', descriptions, groupVersions })
  return {
    components: { schemas: { ...schemas, ...more }, securitySchemes: { BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' } } },
    info: { title: 'Kubernetes', version: 'unversioned' },
    openapi: '3.0.0',
    paths: Object.fromEntries([...paths].sort((a, b) => (a.path < b.path ? -1 : 1)).map(path => [path.path, renderPath(path)])),
  }
}

/** Names of definitions that are sent or answered; scalars are not among them. */
export function typesOf(paths: readonly PathOperations[]): string[] {
  const all = paths.flatMap(({ operations }) => operations.flatMap(({ body, answers }) => [...(body === undefined ? [] : [body.type]), ...answers.map(({ type }) => type)]))
  return [...new Set(all)].filter(type => type !== 'string')
}

function renderPath({ shared, operations }: PathOperations): Readonly<Record<string, unknown>> {
  const rendered: [string, unknown][] = operations.map(operation => [operation.method, renderOperation(operation)])
  if (shared.length > 0) rendered.push(['parameters', shared.map(renderParameter)])
  return Object.fromEntries(rendered.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function renderOperation(operation: Operation): object {
  const { body, kind, parameters } = operation
  const responses: Record<string, object> = {}
  for (const { status, type } of operation.answers) responses[status] = { content: contentOf(operation.produces, type), description: statusWord[status] }
  responses['401'] = { description: 'Unauthorized' }
  return {
    description: operation.description,
    operationId: operation.id,
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(renderParameter) }), // O32
    ...(body === undefined ? {} : { requestBody: { content: contentOf(operation.consumes ?? (body.isPatch ? patchTypes : ['*/*']), body.type), ...(body.required ? { required: true } : {}) } }),
    responses,
    tags: [operation.tag],
    ...(operation.action === undefined ? {} : { 'x-kubernetes-action': operation.action }),
    ...(kind === undefined ? {} : { 'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version } }),
  }
}

export const statusWord: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

function contentOf(mediaTypes: readonly string[], type: string): Readonly<Record<string, object>> {
  const schema = type === 'string' ? { type: 'string' } : schemaReference(type, 'v3')
  return Object.fromEntries([...mediaTypes].sort().map(mediaType => [mediaType, { schema }]))
}

function renderParameter({ name, in: place, type, description }: Parameter): object {
  return { ...(description === undefined ? {} : { description }), in: place, name, ...(place === 'path' ? { required: true } : {}), schema: { type, uniqueItems: true } }
}
