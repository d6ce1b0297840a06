import { expect, test } from 'vitest'
import { resourceRows } from '../schema/definitions.ts'
import { openApiV2 } from './openapi-v2.ts'
import { openApiV3, servedGroupVersions } from './openapi-v3.ts'

const document = openApiV2({ 'io.k8s.api.core.v1.Pod': { description: 'A pod.', fields: { spec: 'What it shall be.' } } })

function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => (key === '$ref' && typeof part === 'string' ? [part] : references(part)))
}

function keysIn(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const part of value) keysIn(part, found)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      found.add(key)
      keysIn(part, found)
    }
  }
  return found
}

test('every reference resolves', () => {
  const dangling = [...new Set(references(document))].filter(reference => {
    const [, part, name = ''] = /^#\/(definitions|parameters)\/(.+)$/.exec(reference) ?? []
    return part === undefined || !Object.hasOwn(document[part as 'definitions' | 'parameters'], name)
  })
  expect(dangling).toEqual([])
})

test('it has every path of every v3 document', () => {
  const paths = servedGroupVersions(resourceRows).flatMap(served => Object.entries(openApiV3(served, {}).paths))
  for (const [path, item] of paths) expect(Object.keys(document.paths[path] ?? {})).toEqual(Object.keys(item))
})

test('O21 parameters stand once, and their names do not depend on their order', () => {
  const create = document.paths['/api/v1/namespaces/{namespace}/pods']!['post'] as { parameters: readonly { $ref?: string; name?: string }[] }
  expect(create.parameters[0]).toEqual({ in: 'body', name: 'body', required: true, schema: { $ref: '#/definitions/io.k8s.api.core.v1.Pod' } })
  const names = create.parameters.slice(1).map(({ $ref = '' }) => $ref.replace('#/parameters/', ''))
  expect(names.map(name => document.parameters[name]!['name'])).toEqual(['dryRun', 'fieldManager', 'fieldValidation'])
  const patched = openApiV2({}, resourceRows.filter(({ resource }) => resource === 'leases')).parameters
  for (const name of Object.keys(patched).filter(name => name.startsWith('fieldValidation'))) expect(document.parameters).toHaveProperty([name])
})

test('O22 definitions state no defaults and no alternatives', () => {
  const keys = keysIn(Object.values(document.definitions).map(({ properties, ...rest }) => [rest, ...Object.values((properties ?? {}) as object)]))
  expect([...keys].filter(key => ['allOf', 'default', 'nullable', 'oneOf'].includes(key))).toEqual([])
})

test('OS1 a reference stands beside its words', () => {
  const pod = document.definitions['io.k8s.api.core.v1.Pod'] as { properties: Record<string, unknown> }
  expect(pod.properties['spec']).toEqual({ $ref: '#/definitions/io.k8s.api.core.v1.PodSpec', description: 'What it shall be.' })
})
