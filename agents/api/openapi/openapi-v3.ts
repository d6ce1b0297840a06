/** OpenAPI 3 documents, one a group and version, as /openapi/v3/<path> serves them. */
import { metaDefinition, resourceRows } from '../schema/definitions.ts'
import { groupVersionPath, operationsOf, type ApiOperation } from './operations.ts'
import { reachableFrom, refPrefix, schemaOfDefinition, type Descriptions, type Schema } from './schemas.ts'

const replyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const streamTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json']

export interface OpenApiInfo {
  /** "v1.36.0+kubarium.0.1.0" */
  readonly version: string
  readonly descriptions?: Descriptions
}

/** "api/v1", "apis/apps/v1", … in discovery order. */
export function groupVersionPaths(): string[] {
  return [...new Set(resourceRows.map(row => groupVersionPath(row.group, row.version)))]
}

export function openApiV3(group: string, version: string, info: OpenApiInfo): Record<string, unknown> {
  const rows = resourceRows.filter(row => row.group === group && row.version === version)
  const operations = rows.flatMap(operationsOf)
  const used = operations.flatMap(operation => [operation.body, operation.reply].filter(name => name !== undefined))
  const names = reachableFrom([...used, `${metaDefinition}Patch`])
  const { descriptions = {} } = info
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: info.version },
    paths: pathsOf(operations),
    components: {
      schemas: Object.fromEntries([...names].sort().map(name => [name, schemaOfDefinition(name, 3, descriptions)])),
      securitySchemes: { BearerToken: { description: 'Bearer token', type: 'apiKey', name: 'authorization', in: 'header' } },
    },
  }
}

function pathsOf(operations: readonly ApiOperation[]): Record<string, unknown> {
  const paths: Record<string, Schema> = {}
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {})
    path[operation.method] = operationSchema(operation)
    const shared = operation.parameters.filter(parameter => parameter.in === 'path')
    if (shared.length > 0) path['parameters'] = shared.map(parameterSchema)
  }
  return Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function parameterSchema({ name, in: place, type, description }: ApiOperation['parameters'][number]): Schema {
  return { name, in: place, description, ...(place === 'path' ? { required: true } : {}), schema: { type, uniqueItems: true } }
}

function operationSchema(operation: ApiOperation): Schema {
  const { body, reply } = operation
  const replySchema = reply === undefined ? { type: 'string' } : { $ref: `${refPrefix(3)}${reply}` }
  const types = [...replyTypes, ...(operation.streams ? streamTypes : [])]
  const content = Object.fromEntries(types.map(type => [type, { schema: replySchema }]))
  const bodyTypes = operation.method === 'patch' ? patchTypes : ['*/*']
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.operationId,
    ...(operation.parameters.some(each => each.in === 'query') ? { parameters: operation.parameters.filter(each => each.in === 'query').map(parameterSchema) } : {}),
    ...(body === undefined ? {} : { requestBody: { required: operation.method !== 'delete', content: Object.fromEntries(bodyTypes.map(type => [type, { schema: { $ref: `${refPrefix(3)}${body}` } }])) } }),
    responses: {
      ...Object.fromEntries(operation.statuses.map(status => [String(status), { description: statusTexts[status], content }])),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.gvk,
  }
}

const statusTexts: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }
