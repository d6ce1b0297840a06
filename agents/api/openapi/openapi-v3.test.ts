import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ResourceRow } from '../schema/definition.ts'
import { resourceRows } from '../schema/definitions.ts'
import type { ApiDescriptions } from './descriptions.ts'
import { otherDocuments } from './discovery-paths.ts'
import { type OpenApiV3Document, openApiV3, openApiV3Root, servedGroupVersions } from './openapi-v3.ts'
import { rootPath } from './operations.ts'

const words: ApiDescriptions = {
  'io.k8s.api.coordination.v1.Lease': { description: 'A lease.', fields: { spec: 'What is leased.' } },
  'io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions': { fields: { dryRun: 'Whether to only pretend.' } },
}

const documents = new Map(servedGroupVersions(resourceRows).map(served => [`${served.group}/${served.version}`, openApiV3(served, {})]))

type Json = Readonly<Record<string, unknown>>

function schema(served: string, name: string): { readonly properties: Readonly<Record<string, Json>> } & Json {
  return documents.get(served)!.components.schemas[name] as never
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => (key === '$ref' && typeof part === 'string' ? [part] : referencesIn(part)))
}

/** One line an operation, one a property. */
function outline(document: OpenApiV3Document): string {
  const names = (parameters: unknown) => ((parameters ?? []) as { in: string; name: string }[]).map(({ in: place, name }) => (place === 'path' ? `{${name}}` : name)).join(' ')
  const short = (value: unknown) => JSON.stringify(value).replaceAll('#/components/schemas/', '').replaceAll(/io\.k8s\.[\w.]+\.(?=\w)/g, '').replaceAll('"', '')
  const paths = Object.entries(document.paths).flatMap(([path, item]) => [
    `${path}${item['parameters'] === undefined ? '' : ` (${names(item['parameters'])})`}`,
    ...Object.entries(item).filter(([method]) => method !== 'parameters').map(([method, value]) => {
      const operation = value as Json & { requestBody?: { content: Json }; responses: Record<string, { content?: Json }> }
      const answers = Object.entries(operation.responses).map(([status, answer]) => `${status}${answer.content === undefined ? '' : ` ${short(Object.values(answer.content)[0])}`}`)
      return `  ${method} ${operation['operationId']} ${operation['x-kubernetes-action'] ?? '-'} (${names(operation['parameters'])})${operation.requestBody === undefined ? '' : ` body ${Object.keys(operation.requestBody.content).join(' ')}`} -> ${answers.join(', ')}`
    }),
  ])
  const schemas = Object.entries(document.components.schemas).flatMap(([name, { properties = {}, ...rest }]) => [
    `${name} ${short({ ...rest, 'x-kubernetes-group-version-kind': undefined })}`,
    ...Object.entries(properties as Json).map(([field, property]) => `  ${field} ${short(property)}`),
  ])
  return [...paths, '', ...schemas, ''].join('\n')
}

test('O31 a small document, in outline', () => {
  const text = outline(openApiV3({ group: 'coordination.k8s.io', version: 'v1' }, words))
  const file = join(import.meta.dirname, 'coordination.golden.txt')
  if (process.env['GOLDEN'] === 'write') writeFileSync(file, text)
  expect(text).toBe(readFileSync(file, 'utf8'))
})

describe.each([...documents])('document of %s', (_, document) => {
  test('O31 every reference leads to a schema of the document', () => {
    const missing = referencesIn(document).filter(reference => !Object.hasOwn(document.components.schemas, reference.replace('#/components/schemas/', '')))
    expect(missing).toEqual([])
  })

  test('O32 no reference leads to a parameter', () => {
    expect(referencesIn(document.paths).filter(reference => !reference.startsWith('#/components/schemas/'))).toEqual([])
  })

  test('every schema is reached from a path', () => {
    const reached = new Set<string>()
    const waiting = referencesIn(document.paths)
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const name = next.replace('#/components/schemas/', '')
      if (reached.has(name)) continue
      reached.add(name)
      waiting.push(...referencesIn(document.components.schemas[name]))
    }
    expect(Object.keys(document.components.schemas).filter(name => !reached.has(name))).toEqual([])
  })
})

const byRow = resourceRows.map(row => [`${row.group}/${row.version} ${row.resource}`, row] as const)

test.each(byRow)('OP1 %s has its paths', (_, row) => {
  const { paths } = documents.get(`${row.group}/${row.version}`)!
  const collection = `${rootPath(row)}${row.namespaced ? '/namespaces/{namespace}' : ''}/${row.resource}`
  const expected: [string, readonly string[]][] = [
    [collection, methodsFor(row, { list: 'get', create: 'post', deletecollection: 'delete' })],
    [`${collection}/{name}`, methodsFor(row, { get: 'get', update: 'put', patch: 'patch', delete: 'delete' })],
    ...row.subresources.map(({ name, verbs }): [string, readonly string[]] => [`${collection}/{name}/${name}`, verbs.includes('create') && verbs.includes('get') ? ['get', 'post'] : methodsFor({ verbs }, { get: 'get', update: 'put', patch: 'patch', create: 'post' })]),
  ]
  for (const [path, methods] of expected) {
    if (methods.length === 0) expect(paths[path]).toBeUndefined()
    else expect(Object.keys(paths[path]!)).toEqual(expect.arrayContaining([...methods]))
  }
  if (row.namespaced && row.verbs.includes('list')) expect(paths[`${rootPath(row)}/${row.resource}`]).toHaveProperty('get')
})

function methodsFor({ verbs }: Pick<ResourceRow, 'verbs'>, methods: Readonly<Record<string, string>>): string[] {
  return Object.entries(methods).filter(([verb]) => verbs.includes(verb)).map(([, method]) => method)
}

test.each(byRow.filter(([, { verbs }]) => verbs.includes('patch')))('OP3 PATCH of %s names fieldValidation and its kind', (_, row) => {
  const { paths } = documents.get(`${row.group}/${row.version}`)!
  const patch = paths[`${rootPath(row)}${row.namespaced ? '/namespaces/{namespace}' : ''}/${row.resource}/{name}`]!['patch'] as Json
  expect((patch['parameters'] as { name: string; in: string }[]).some(({ name, in: place }) => name === 'fieldValidation' && place === 'query')).toBe(true)
  expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: row.group, version: row.version, kind: row.kind })
})

test('OS1 a reference with words beside it is wrapped, one without is bare', () => {
  const lease = openApiV3({ group: 'coordination.k8s.io', version: 'v1' }, words).components.schemas['io.k8s.api.coordination.v1.Lease'] as Json
  expect((lease['properties'] as Json)['spec']).toEqual({ allOf: [{ $ref: '#/components/schemas/io.k8s.api.coordination.v1.LeaseSpec' }], default: {}, description: 'What is leased.' })
  expect(schema('coordination.k8s.io/v1', 'io.k8s.api.coordination.v1.LeaseSpec').properties['renewTime']).toEqual({ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime' })
})

test('OS2 defaults: what is always written, what structs hold, what types declare', () => {
  const port = schema('/v1', 'io.k8s.api.core.v1.ContainerPort').properties
  expect(port['containerPort']).toMatchObject({ default: 0, format: 'int32' })
  expect(port['protocol']).toMatchObject({ default: 'TCP', enum: ['SCTP', 'TCP', 'UDP'] })
  expect(port['hostPort']).not.toHaveProperty('default')
  expect(schema('/v1', 'io.k8s.api.core.v1.Container').properties['resources']).toMatchObject({ default: {} })
  expect(schema('/v1', 'io.k8s.api.core.v1.Container').properties['args']).toEqual({ items: { default: '', type: 'string' }, type: 'array', 'x-kubernetes-list-type': 'atomic' })
  expect(schema('/v1', 'io.k8s.api.core.v1.Secret').properties['data']).toEqual({ additionalProperties: { format: 'byte', type: 'string' }, type: 'object' })
  expect(schema('/v1', 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta').properties['creationTimestamp']).not.toHaveProperty('default')
})

test('OS3 lists say how they merge', () => {
  const merged = { 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-list-type': 'map' }
  const pod = schema('apps/v1', 'io.k8s.api.core.v1.PodSpec').properties
  const container = schema('apps/v1', 'io.k8s.api.core.v1.Container').properties
  expect(pod['containers']).toMatchObject({ ...merged, 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-list-map-keys': ['name'] })
  expect(pod['volumes']).toMatchObject({ 'x-kubernetes-patch-strategy': 'merge,retainKeys', 'x-kubernetes-patch-merge-key': 'name' })
  expect(pod['nodeSelector']).toMatchObject({ 'x-kubernetes-map-type': 'atomic' })
  expect(container['env']).toMatchObject({ ...merged, 'x-kubernetes-patch-merge-key': 'name' })
  expect(container['ports']).toMatchObject({ ...merged, 'x-kubernetes-patch-merge-key': 'containerPort', 'x-kubernetes-list-map-keys': ['containerPort', 'protocol'] })
  expect(container['volumeMounts']).toMatchObject({ 'x-kubernetes-patch-merge-key': 'mountPath' })
  expect(schema('/v1', 'io.k8s.api.core.v1.ServiceSpec').properties['ports']).toMatchObject({ 'x-kubernetes-patch-merge-key': 'port' })
  expect(schema('apps/v1', 'io.k8s.api.apps.v1.DeploymentSpec').properties['strategy']).toMatchObject({ 'x-kubernetes-patch-strategy': 'retainKeys' })
  expect(schema('apps/v1', 'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector')).toMatchObject({ 'x-kubernetes-map-type': 'atomic' })
})

test('OS4 options and events belong to the group version of their document and to the core one, objects to one', () => {
  const kinds = (served: string, name: string) => schema(served, name)['x-kubernetes-group-version-kind'] as { group: string; version: string }[]
  const deleteOptions = (served: string) => kinds(served, 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions').map(({ group, version }) => `${group}/${version}`)
  expect(deleteOptions('/v1')).toEqual(['/v1'])
  expect(deleteOptions('apps/v1')).toEqual(['/v1', 'apps/v1'])
  expect(kinds('/v1', 'io.k8s.api.core.v1.Pod')).toEqual([{ group: '', kind: 'Pod', version: 'v1' }])
})

test('an integer or string says so', () => {
  expect(schema('/v1', 'io.k8s.apimachinery.pkg.util.intstr.IntOrString')).toMatchObject({ format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] })
})

test.each(['api', 'apis', 'apis/apps', ...otherDocuments])('O31 /openapi/v3/%s is a document of its own', name => {
  const document = openApiV3Root(name, {})!
  expect(Object.keys(document.paths)).toEqual([`/${name}/`])
  expect(referencesIn(document).filter(reference => !Object.hasOwn(document.components.schemas, reference.replace('#/components/schemas/', '')))).toEqual([])
})

test('there is no document of what is not served', () => {
  expect(openApiV3Root('apis/none.example', {})).toBeUndefined()
  expect(openApiV3Root('apis/apps/v1', {})).toBeUndefined()
  expect(openApiV3Root('toString', {})).toBeUndefined()
})
