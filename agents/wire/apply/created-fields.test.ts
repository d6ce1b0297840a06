import { expect, test } from 'vitest'
import { pick, seededRandom, type Random } from '../../base/random.ts'
import { finish } from '../../base/steps.ts'
import { decodeObject } from '../../api/schema/decode.ts'
import { shapeOf, type ValueShape } from '../../api/schema/definitions.ts'
import { applySchemaOf, applySchemaOfStructural, deduced, type ApplySchema } from './apply-schema.ts'
import { createdFields, createdFieldsSteps } from './created-fields.ts'
import { renderFieldsV1 } from './field-set.ts'
import { stripUntracked, untracked } from './managed-fields.ts'
import { compareTyped } from './typed-walk.ts'

const definitions = ['io.k8s.api.core.v1.Pod', 'io.k8s.api.apps.v1.Deployment', 'io.k8s.api.core.v1.Service', 'io.k8s.api.core.v1.ConfigMap', 'io.k8s.api.rbac.v1.ClusterRole', 'io.k8s.api.core.v1.Node']

/** The long way: two objects compared, what is never tracked taken away, the set rendered. */
function byComparing(empty: object, object: object, schema: ApplySchema): object {
  const { added, modified } = compareTyped(empty, object, schema)
  return renderFieldsV1(stripUntracked(modified.union(added)))
}

function inOneWalk(empty: object, object: object, schema: ApplySchema): object {
  return createdFields({ empty, object, schema, isIgnored: () => false, untracked }) ?? {}
}

function randomValue(random: Random, shape: ValueShape, depth: number): unknown {
  if (random.next() < 0.05) return null
  switch (shape.is) {
    case 'object': return randomFields(random, shape.definition, depth)
    case 'map': return Object.fromEntries(['b', 'a', 'c/d', '__proto__'].filter(() => random.next() < 0.4).map(key => [key, randomValue(random, shape.items, depth - 1)]))
    case 'array': return Array.from({ length: Math.floor(random.next() * 3) }, () => randomValue(random, shape.items, depth - 1))
    case 'leaf': return pick(random, ['', 'x', 'y', 0, 1, true, false])
  }
}

/** Keys come in any order, some fields are unknown to the type. */
function randomFields(random: Random, definition: string, depth: number): Record<string, unknown> {
  if (depth <= 0) return {}
  const fields = [...shapeOf(definition).fields.values()].filter(() => random.next() < 0.25)
  if (random.next() < 0.5) fields.reverse()
  return Object.fromEntries([...fields.map(field => [field.name, randomValue(random, field.value, depth - 1)]), ...(random.next() < 0.1 ? [['unheardOf', 1]] : [])])
}

test.each(definitions)('CF1 CF2 CF3 a new %s gives the same fields as comparing it with an empty one', definition => {
  const random = seededRandom(7)
  const empty = decodeObject({}, definition).object
  for (let round = 0; round < 300; round++) {
    const object = { apiVersion: 'v1', kind: 'K', ...randomFields(random, definition, 7) }
    expect(inOneWalk(empty, object, applySchemaOf(definition))).toEqual(byComparing(empty, object, applySchemaOf(definition)))
    expect(JSON.stringify(inOneWalk(empty, object, applySchemaOf(definition)))).toBe(JSON.stringify(byComparing(empty, object, applySchemaOf(definition))))
  }
})

test('CF1 a custom object is compared with nothing at all', () => {
  const object = { apiVersion: 'e.com/v1', kind: 'W', metadata: { name: 'w', labels: { b: '1', a: '2' } }, spec: { z: 1, list: [{ id: 'a', n: 1 }, { id: 'a', n: 2 }, { id: 'b', n: {} }], tags: ['q', 'p'], nothing: null, none: {} } }
  const structural = applySchemaOfStructural({
    type: 'object',
    properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { list: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['id'], items: { type: 'object', properties: { id: { type: 'string' }, n: {} } } }, tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } } } } },
  })
  for (const schema of [structural, deduced]) expect(inOneWalk({}, object, schema)).toEqual(byComparing({}, object, schema))
})

test('CF3 the name of an object belongs to nobody, its labels to who made it', () => {
  const definition = 'io.k8s.api.core.v1.ConfigMap'
  const object = decodeObject({ metadata: { name: 'a', labels: { app: 'x' } }, data: { k: 'v' } }, definition).object
  expect(createdFields({ empty: decodeObject({}, definition).object, object, schema: applySchemaOf(definition), isIgnored: () => false, untracked })).toEqual({
    'f:data': { '.': {}, 'f:k': {} },
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
  })
})

test('fields that the write cannot change are left out, and an object of which nothing is left has none', () => {
  const definition = 'io.k8s.api.core.v1.Pod'
  const object = decodeObject({ metadata: { name: 'a' }, status: { phase: 'Running' } }, definition).object
  expect(createdFields({ empty: decodeObject({}, definition).object, object, schema: applySchemaOf(definition), isIgnored: field => field === 'status', untracked })).toBeUndefined()
})

test.each([1, 7, 100, 50_000])('CF4 a large object gives the same fields in pieces of %i values', atOnce => {
  const many = <T>(make: (index: number) => T) => Array.from({ length: 400 }, (_, index) => make((index * 37) % 400))
  const pod = {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name: 'p', labels: Object.fromEntries(many(index => [`l${index}`, 'v'])), finalizers: many(index => `e.com/${index}`), ownerReferences: many(index => ({ apiVersion: 'v1', kind: 'X', name: 'o', uid: `u${index}` })) },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', env: many(index => ({ name: `E${index}`, value: 'v' })), args: many(String), ports: many(index => ({ containerPort: index + 1, protocol: 'TCP' })) }, ...many(index => ({ name: `c${index}`, image: 'i' }))], tolerations: many(index => ({ key: `k${index}` })), nodeSelector: { '__proto__x': 'a' } },
    status: { phase: 'Running' },
  }
  const of = { empty: decodeObject({}, 'io.k8s.api.core.v1.Pod').object, object: pod, schema: applySchemaOf('io.k8s.api.core.v1.Pod'), isIgnored: (field: string) => field === 'status', untracked }
  const steps = createdFieldsSteps(of, atOnce)
  let turns = 0
  let step = steps.next()
  for (; step.done !== true; step = steps.next()) turns += 1
  expect(JSON.stringify(step.value)).toBe(JSON.stringify(createdFields(of)))
  expect(turns > 2).toBe(atOnce < 50_000)
  expect(finish(createdFieldsSteps({ ...of, object: { kind: 'Pod' } }))).toEqual(createdFields({ ...of, object: { kind: 'Pod' } }))
})
