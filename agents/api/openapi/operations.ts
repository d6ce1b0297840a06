/**
 * The operations that each resource offers, as data that both OpenAPI versions render.
 *
 *   OO1  Every write takes dryRun, fieldManager and fieldValidation; kubectl looks for the last on PATCH to decide who validates.
 *   OO2  Operation ids and actions are those of upstream: createAppsV1NamespacedDeployment, patch.
 */
import { definitionFor, metaDefinition } from '../schema/definitions.ts'
import type { ResourceRow, SubresourceRow } from '../schema/definition.ts'

export interface ApiParameter {
  readonly name: string
  readonly in: 'query' | 'path'
  readonly type: 'string' | 'integer' | 'boolean'
  readonly description: string
}

export interface ApiOperation {
  readonly path: string
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'patch'
  readonly operationId: string
  readonly description: string
  readonly tag: string
  /** x-kubernetes-action. */
  readonly action: string
  readonly gvk: { readonly group: string; readonly kind: string; readonly version: string }
  readonly parameters: readonly ApiParameter[]
  /** OpenAPI name of the body, if there is one. */
  readonly body?: string
  /** OpenAPI name of the reply; undefined for a plain string. */
  readonly reply?: string
  readonly statuses: readonly number[]
  readonly streams: boolean
}

const query = (name: string, type: ApiParameter['type'], description: string): ApiParameter => ({ name, in: 'query', type, description })
const inPath = (name: string, description: string): ApiParameter => ({ name, in: 'path', type: 'string', description })

const pretty = query('pretty', 'string', "If 'true', the reply is indented.")
const dryRun = query('dryRun', 'string', 'With the value All, everything is done but the storing.')
const fieldManager = query('fieldManager', 'string', 'The name of who makes this change, at most 128 printable characters.')
const fieldValidation = query('fieldValidation', 'string', 'What becomes of unknown and duplicate fields: Ignore drops them silently, Warn drops them with a warning, Strict refuses the request.')
const force = query('force', 'boolean', 'For apply: take fields that others own.')
const listParameters: readonly ApiParameter[] = [
  query('allowWatchBookmarks', 'boolean', 'Whether a watch may send bookmarks.'),
  query('continue', 'string', 'The token of the page before.'),
  query('fieldSelector', 'string', 'Only objects whose fields fit.'),
  query('labelSelector', 'string', 'Only objects whose labels fit.'),
  query('limit', 'integer', 'How many objects a page has at most.'),
  query('resourceVersion', 'string', 'What version the reply must show.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'Whether a watch starts with the objects there are, and a bookmark after them.'),
  query('timeoutSeconds', 'integer', 'How long a list or watch may take.'),
  query('watch', 'boolean', 'Follow changes instead of listing.'),
]
const deleteParameters: readonly ApiParameter[] = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'How long the object may take to end; 0 ends it at once.'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean', 'Delete an object that cannot be read any more.'),
  query('orphanDependents', 'boolean', 'Whether dependents stay. Superseded by propagationPolicy.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
]
const namespaceParameter = inPath('namespace', 'Namespace of the object.')

export function pascalGroup(group: string): string {
  if (group === '') return 'Core'
  return group.replace(/\.k8s\.io$/, '').split('.').map(part => part[0]!.toUpperCase() + part.slice(1)).join('')
}

export function groupVersionPath(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}

export function operationsOf(row: ResourceRow): ApiOperation[] {
  const root = `/${groupVersionPath(row.group, row.version)}`
  const collection = row.namespaced ? `${root}/namespaces/{namespace}/${row.resource}` : `${root}/${row.resource}`
  const make = maker(row)
  const own = definitionFor(row.group, row.version, row.kind)!
  const list = definitionFor(row.group, row.version, `${row.kind}List`)
  const has = (verb: string) => row.verbs.includes(verb)
  const operations: ApiOperation[] = []
  if (has('list') && list !== undefined) operations.push(make({ path: collection, method: 'get', action: 'list', reply: list, parameters: [pretty, ...listParameters], streams: has('watch') }))
  if (has('create')) operations.push(make({ path: collection, method: 'post', action: 'post', body: own, reply: own, parameters: [pretty, dryRun, fieldManager, fieldValidation], statuses: [200, 201, 202] }))
  if (has('deletecollection')) operations.push(make({ path: collection, method: 'delete', action: 'deletecollection', body: `${metaDefinition}DeleteOptions`, reply: `${metaDefinition}Status`, parameters: [pretty, ...listParameters, ...deleteParameters] }))
  const one = `${collection}/{name}`
  if (has('get')) operations.push(make({ path: one, method: 'get', action: 'get', reply: own, parameters: [pretty] }))
  operations.push(...writesOf(make, one, row.verbs, own))
  if (has('delete')) operations.push(make({ path: one, method: 'delete', action: 'delete', body: `${metaDefinition}DeleteOptions`, reply: `${metaDefinition}Status`, parameters: [pretty, ...deleteParameters], statuses: [200, 202] }))
  for (const sub of row.subresources) operations.push(...operationsOfSubresource(row, sub, one))
  if (row.namespaced && has('list') && list !== undefined) {
    operations.push({ ...make({ path: `${root}/${row.resource}`, method: 'get', action: 'list', reply: list, parameters: [pretty, ...listParameters], streams: has('watch') }), operationId: `list${pascalGroup(row.group)}${pascal(row.version)}${row.kind}ForAllNamespaces` })
  }
  return operations
}

type Make = (part: Pick<ApiOperation, 'path' | 'method' | 'action'> & Partial<ApiOperation>) => ApiOperation

function writesOf(make: Make, path: string, verbs: readonly string[], body: string, reply = body): ApiOperation[] {
  return [
    ...(verbs.includes('update') ? [make({ path, method: 'put', action: 'put', body, reply, parameters: [pretty, dryRun, fieldManager, fieldValidation], statuses: [200, 201] })] : []),
    ...(verbs.includes('patch') ? [make({ path, method: 'patch', action: 'patch', body: `${metaDefinition}Patch`, reply, parameters: [pretty, dryRun, fieldManager, fieldValidation, force], statuses: [200, 201] })] : []), // OO1
  ]
}

function operationsOfSubresource(row: ResourceRow, sub: SubresourceRow, one: string): ApiOperation[] {
  const group = sub.version === '' ? row.group : sub.group
  const version = sub.version === '' ? row.version : sub.version
  const definition = definitionFor(group, version, sub.kind)
  const path = `${one}/${sub.name}`
  const make = maker(row, sub, { group, kind: sub.kind, version })
  const isConnect = sub.kind.endsWith('Options')
  if (isConnect && sub.name !== 'log') {
    const methods = { get: 'get', create: 'post', update: 'put', patch: 'patch', delete: 'delete' } as const
    return sub.verbs.flatMap(verb => {
      const method = methods[verb as keyof typeof methods]
      return method === undefined ? [] : [make({ path, method, action: 'connect', parameters: [] })]
    })
  }
  const typed = definition === undefined ? {} : { reply: definition }
  return [
    ...(sub.verbs.includes('get') ? [make({ path, method: 'get', action: 'get', parameters: [pretty], ...(sub.name === 'log' ? {} : typed) })] : []),
    ...(definition === undefined ? [] : writesOf(make, path, sub.verbs, definition)),
    ...(sub.verbs.includes('create') && definition !== undefined ? [make({ path, method: 'post', action: 'post', body: definition, ...typed, parameters: [pretty, dryRun, fieldManager, fieldValidation], statuses: [200, 201, 202] })] : []),
  ]
}

const idVerbs: Readonly<Record<string, string>> = { list: 'list', post: 'create', get: 'read', put: 'replace', patch: 'patch', delete: 'delete', deletecollection: 'delete' }

function maker(row: ResourceRow, sub?: SubresourceRow, gvk = { group: row.group, kind: row.kind, version: row.version }): Make {
  const scope = row.namespaced ? 'Namespaced' : ''
  const suffix = sub === undefined ? '' : pascal(sub.name)
  return part => {
    const collection = part.action === 'deletecollection' ? 'Collection' : ''
    const verb = part.action === 'connect' ? 'connect' : idVerbs[part.action]!
    const method = part.action === 'connect' ? pascal(part.method) : ''
    return {
      operationId: `${verb}${pascalGroup(row.group)}${pascal(row.version)}${method}${collection}${scope}${row.kind}${suffix}`,
      description: `${part.action} ${sub === undefined ? '' : `${sub.name} of the specified `}${row.kind}`,
      tag: `${row.group === '' ? 'core' : camel(pascalGroup(row.group))}_${row.version}`,
      gvk,
      statuses: [200],
      streams: false,
      ...part,
      parameters: [
        ...(part.path.includes('{name}') ? [inPath('name', `Name of the ${row.kind}.`)] : []),
        ...(part.path.includes('{namespace}') ? [namespaceParameter] : []),
        ...(part.parameters ?? []),
      ],
    }
  }
}

function pascal(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1)
}

function camel(text: string): string {
  return text[0]!.toLowerCase() + text.slice(1)
}
