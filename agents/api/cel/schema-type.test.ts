/** Types from schemas: names, formats, sizes. */
import { describe, expect, test } from 'vitest'
import { CelBudget, celTypeOfSchema, compileCel, maxCardinality, typeText } from './cel.ts'
import type { CelType, StructuralSchema } from './cel.ts'
import { escapeIdentifier, unescapeIdentifier } from './identifier.ts'

const maxBytes = 3 * 1024 * 1024

function sizeOf(schema: StructuralSchema): number | undefined {
  return celTypeOfSchema(schema).maxElements
}

function fieldsOf(type: CelType): Record<string, string> {
  return type.kind === 'object' ? Object.fromEntries([...type.fields].map(([name, field]) => [name, typeText(field.type)])) : {}
}

describe('names', () => {
  test.each([
    ['replicas', 'replicas'], ['dash-ed', 'dash__dash__ed'], ['a.b/c', 'a__dot__b__slash__c'], ['x__y', 'x__underscores__y'], ['namespace', '__namespace__'], ['in', '__in__'],
  ])('ST1: %s is spelled %s', (name, spelled) => {
    expect(escapeIdentifier(name)).toBe(spelled)
    expect(unescapeIdentifier(spelled)).toBe(name)
  })

  test('ID1: what has no spelling has no field', () => {
    for (const name of ['', '1st', 'a b', 'é', '$ref']) expect(escapeIdentifier(name)).toBeUndefined()
    expect(unescapeIdentifier('a__nope__b')).toBeUndefined()
    expect(unescapeIdentifier('a__in__')).toBeUndefined()
    expect(fieldsOf(celTypeOfSchema({ type: 'object', properties: { '1st': { type: 'string' }, ok: { type: 'string' } } }))).toEqual({ ok: 'string' })
  })
})

describe('kinds', () => {
  test('ST2, ST3: formats have types of their own, and what has no shape has no field', () => {
    expect(fieldsOf(celTypeOfSchema({
      type: 'object', properties: {
        at: { type: 'string', format: 'date-time' }, day: { type: 'string', format: 'date' }, wait: { type: 'string', format: 'duration' }, raw: { type: 'string', format: 'byte' },
        port: { 'x-kubernetes-int-or-string': true }, free: {}, list: { type: 'array' }, numbers: { type: 'array', items: { type: 'integer' } },
        labels: { type: 'object', additionalProperties: { type: 'string' } }, any: { type: 'object', additionalProperties: true }, part: { type: 'object', properties: { x: { type: 'number' } } },
      },
    }))).toEqual({ at: 'timestamp', day: 'timestamp', wait: 'duration', raw: 'bytes', port: 'dyn', numbers: 'list(int)', labels: 'map(string, string)', any: 'selfType.any', part: 'selfType.part' })
  })

  test('ST4: roots and embedded resources have their metadata', () => {
    const type = celTypeOfSchema({ type: 'object', properties: { inner: { type: 'object', 'x-kubernetes-embedded-resource': true } } }, { isResourceRoot: true })
    const program = compileCel("self.metadata.name + self.kind + self.inner.metadata.generateName", { variables: { self: type } })
    expect(program.evaluate({ self: { kind: 'K', metadata: { name: 'n' }, inner: { metadata: { generateName: 'g-' } } } }, new CelBudget())).toBe('nKg-')
    expect(() => compileCel('self.metadata.labels', { variables: { self: type } })).toThrow("undefined field 'labels'")
  })
})

describe('sizes', () => {
  test('ST5: what the schema allows, or what fills a request', () => {
    expect(sizeOf({ type: 'string' })).toBe(maxBytes - 2)
    expect(sizeOf({ type: 'string', maxLength: 10 })).toBe(40)
    expect(sizeOf({ type: 'string', enum: ['a', 'abc'] })).toBe(3)
    expect(sizeOf({ type: 'array', items: { type: 'string' } })).toBe(Math.floor((maxBytes - 2) / 3))
    expect(sizeOf({ type: 'array', items: { type: 'boolean' }, maxItems: 7 })).toBe(7)
    expect(sizeOf({ type: 'object', additionalProperties: { type: 'integer' } })).toBe(Math.floor((maxBytes - 2) / 7))
    expect(sizeOf({ type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 5 })).toBe(5)
    expect(sizeOf({ type: 'string', format: 'date-time' })).toBe(32)
  })

  test('the least size of an object counts its required fields without defaults', () => {
    const type = celTypeOfSchema({ type: 'object', required: ['name', 'n'], properties: { name: { type: 'string' }, n: { type: 'integer', default: 1 }, other: { type: 'string' } } })
    expect(type.minSerializedSize).toBe(2 + 4 + 2 + 4)
    expect(maxCardinality(type)).toBe(Math.floor(maxBytes / 13))
  })

  test('estimates follow limits', () => {
    const estimate = (schema: StructuralSchema): number => compileCel('self.all(x, x.contains("a"))', { variables: { self: celTypeOfSchema(schema) } }).cost.max
    expect(estimate({ type: 'array', maxItems: 10, items: { type: 'string', maxLength: 10 } })).toBe(1 + 10 * (2 + 1 + 1 + 4) + 1)
    expect(estimate({ type: 'array', items: { type: 'string' } })).toBeGreaterThan(10_000_000)
  })
})
