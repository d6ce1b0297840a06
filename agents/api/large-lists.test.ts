/**
 * Decoding, defaulting and validating cost in proportion to the size of an object: every list and map of every kind is
 * filled with thousands of elements, and none may take much longer than the others.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kinds } from './kinds.ts'
import type { Kind } from './kind.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { decodeObject } from './schema/decode.ts'
import { shapeOf, type ValueShape } from './schema/definitions.ts'

const count = 2_000
/** Quadratic work over so many elements takes ten times as long. */
const mostMs = 400
/** Each element holds an expression that is compiled: that is dear, but in proportion. */
const compiled = /^(Validating|Mutating)AdmissionPolicy spec\.|WebhookConfiguration webhooks$/

interface Blank {
  [field: string]: unknown
}

const samples = JSON.parse(readFileSync(new URL('testdata/samples.json', import.meta.url), 'utf8')) as (Blank & { kind: string })[]

function cpuMs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function element(shape: ValueShape, index: number): unknown {
  if (shape.is === 'array') return []
  if (shape.is === 'map') return {}
  if (shape.is === 'object') return Object.fromEntries([...shapeOf(shape.definition).fields.values()].filter(({ value }) => value.is === 'leaf' && ['string', 'int32', 'IntOrString'].includes(value.leaf)).map(({ name, value }) => [name, element(value, index)]))
  if (shape.leaf === 'string') return `x${index}`
  return shape.leaf === 'Quantity' ? '1' : shape.leaf === 'boolean' ? true : shape.leaf === 'Time' ? '2026-01-01T00:00:00Z' : index + 1
}

function* filled(kind: Kind, base: Blank, definition: string, path: readonly string[]): Generator<{ what: string; object: Blank }> {
  for (const { name, value } of shapeOf(definition).fields.values()) {
    if (name === 'metadata' && kind.type.kind !== 'ConfigMap') continue // the same for all
    if ((name === 'template' && kind.type.kind !== 'PodTemplate') || name === 'jobTemplate') continue
    if (value.is === 'object' && path.length < 4) yield* filled(kind, base, value.definition, [...path, name])
    if (value.is !== 'array' && value.is !== 'map') continue
    const object = structuredClone(base)
    let at: Blank = object
    for (const step of path) at = (at[step] ??= {}) as Blank
    at[name] = value.is === 'array' ? Array.from({ length: count }, (_, index) => element(value.items, index)) : Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, element(value.items, index)]))
    yield { what: `${kind.type.kind} ${[...path, name].join('.')}`, object }
  }
}

function wholeWay(kind: Kind, object: Blank): void {
  try {
    const decoded = decodeObject(object, kind.definition).object as unknown as KubernetesObject
    kind.setDefaults(decoded)
    kind.prepareForCreate(decoded)
    kind.validate(decoded)
    kind.warnings?.(decoded)
    kind.validateUpdate(decoded, structuredClone(decoded))
  } catch {
    // what is of the wrong type is refused: that has to be quick too
  }
}

test('no list or map of any kind costs more than in proportion to its length', () => {
  const slow: string[] = []
  let tried = 0
  for (const kind of kinds) {
    if (!kind.row.verbs.includes('create') || !kind.row.verbs.includes('list')) continue
    const base = samples.find(sample => sample.kind === kind.type.kind) ?? { metadata: { name: 'x' } }
    for (const { what, object } of filled(kind, base, kind.definition, [])) {
      if (compiled.test(what)) continue
      tried += 1
      const spent = cpuMs(() => { wholeWay(kind, object) })
      if (spent > mostMs && cpuMs(() => { wholeWay(kind, object) }) > mostMs) slow.push(`${what}: ${Math.round(spent)} ms`)
    }
  }
  expect(slow).toEqual([])
  expect(tried).toBeGreaterThan(150)
}, 60_000)
