import { describe, expect, test } from 'vitest'
import { schemaAt, unknownFields } from './schema-at.ts'

const schemas = {
  Pod: { properties: { metadata: { allOf: [{ $ref: '#/components/schemas/Meta' }], description: 'Standard metadata.' }, spec: { $ref: '#/components/schemas/Spec' } } },
  Meta: { properties: { name: { type: 'string' }, labels: { additionalProperties: { type: 'string' } } } },
  Spec: { properties: { containers: { type: 'array', items: { $ref: '#/components/schemas/Container' } }, open: { 'x-kubernetes-preserve-unknown-fields': true } } },
  Container: { properties: { image: { type: 'string' }, pull: { enum: ['Always', 'Never'] } } },
}
const root = schemas.Pod

describe('schemas', () => {
  test('SA1 references are followed, a single allOf too, and the words of the place win', () => {
    expect(schemaAt(root, ['metadata'], schemas)).toMatchObject({ description: 'Standard metadata.', properties: { name: { type: 'string' } } })
  })

  test('SA2 a list and a map have the same schema at every key', () => {
    expect(schemaAt(root, ['spec', 'containers', 3, 'pull'], schemas)?.enum).toEqual(['Always', 'Never'])
    expect(schemaAt(root, ['metadata', 'labels', 'anything'], schemas)?.type).toBe('string')
    expect(schemaAt(root, ['spec', 'nothing'], schemas)).toBeUndefined()
  })

  test('a misspelt field is found where it stands; what is open is not looked into', () => {
    expect(unknownFields({ spec: { containers: [{ image: 'web' }, { imagee: 'web' }], open: { any: 1 } }, metadata: { labels: { app: 'x' } } }, root, schemas)).toEqual([{ path: ['spec', 'containers', 1, 'imagee'], name: 'imagee' }])
  })
})
