/** The OpenAPI 2 document of everything, as /openapi/v2 serves it (JSON here, gnostic protobuf in wire/protobuf/gnostic.ts). */
import { resourceRows } from '../schema/definitions.ts'
import type { OpenApiInfo } from './openapi-v3.ts'
import { operationsOf, type ApiOperation } from './operations.ts'
import { allSchemaNames, refPrefix, schemaOfDefinition, type Schema } from './schemas.ts'

const mediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const streamTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml']
const statusTexts: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

export function openApiV2(info: OpenApiInfo): Record<string, unknown> {
  const { descriptions = {} } = info
  const paths: Record<string, Schema> = {}
  for (const operation of resourceRows.flatMap(operationsOf)) {
    const path = (paths[operation.path] ??= {})
    path[operation.method] = operationSchema(operation)
    const shared = operation.parameters.filter(parameter => parameter.in === 'path')
    if (shared.length > 0) path['parameters'] = shared.map(parameterSchema)
  }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: info.version },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    definitions: Object.fromEntries(allSchemaNames().map(name => [name, schemaOfDefinition(name, 2, descriptions)])),
    securityDefinitions: { BearerToken: { description: 'Bearer token', type: 'apiKey', name: 'authorization', in: 'header' } },
    security: [{ BearerToken: [] }],
  }
}

function parameterSchema({ name, in: place, type, description }: ApiOperation['parameters'][number]): Schema {
  return { uniqueItems: true, type, description, name, in: place, ...(place === 'path' ? { required: true } : {}) }
}

function operationSchema(operation: ApiOperation): Schema {
  const { body, reply } = operation
  const schema = reply === undefined ? { type: 'string' } : { $ref: `${refPrefix(2)}${reply}` }
  const query = operation.parameters.filter(parameter => parameter.in === 'query').map(parameterSchema)
  const bodyParameter = body === undefined ? [] : [{ name: 'body', in: 'body', ...(operation.method === 'delete' ? {} : { required: true }), schema: { $ref: `${refPrefix(2)}${body}` } }]
  return {
    description: operation.description,
    consumes: operation.method === 'patch' ? patchTypes : ['*/*'],
    produces: [...mediaTypes, ...(operation.streams ? streamTypes : [])],
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.operationId,
    parameters: [...bodyParameter, ...query],
    responses: {
      ...Object.fromEntries(operation.statuses.map(status => [String(status), { description: statusTexts[status], schema }])),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.gvk,
  }
}
