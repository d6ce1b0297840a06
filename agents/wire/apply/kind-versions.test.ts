/**
 * A kind of two versions that call the same things by other names. Whoever says what he owns in whichever version, the object
 * and its owners come out as if everybody had spoken of one version: random histories are played twice and compared.
 */
import { describe, expect, test } from 'vitest'
import type { Random } from '../../base/random.ts'
import { pick, seededRandom } from '../../base/random.ts'
import { finishOrWait } from '../../base/steps.ts'
import { applyPatch, applySteps, ApplyConflictError, trackUpdate } from './apply.ts'
import { applySchemaOfStructural } from './apply-schema.ts'
import { FieldSet, readFieldsV1, renderFieldsV1 } from './field-set.ts'
import { withWholes, type Fields, type KindVersions } from './kind-versions.ts'

const text = { type: 'string' }
const schemaOf = (names: { size: string; parts: string; value: string }) => applySchemaOfStructural({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        [names.size]: text,
        color: text,
        [names.parts]: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object', properties: { name: text, [names.value]: text } } },
      },
    },
  },
})
const v1 = 'e.com/v1'
const v2 = 'e.com/v2'
const schemas = new Map([[v1, schemaOf({ size: 'size', parts: 'parts', value: 'value' })], [v2, schemaOf({ size: 'breadth', parts: 'pieces', value: 'content' })]])
const newNames = new Map([['size', 'breadth'], ['parts', 'pieces'], ['value', 'content']])
const oldNames = new Map([...newNames].map(([old, name]) => [name, old]))

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map(item => renamed(item, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [names.get(key) ?? key, renamed(item, names)]))
}

function inVersion(object: Fields, apiVersion: string): Fields {
  if (object['apiVersion'] === apiVersion) return object
  return { ...object, apiVersion, spec: renamed(object['spec'], apiVersion === v2 ? newNames : oldNames) }
}

const versions: KindVersions = {
  find: apiVersion => (schemas.has(apiVersion) ? { schema: schemas.get(apiVersion)!, ignored: () => false } : undefined),
  convert: inVersion,
}

interface Entry { readonly manager: string; readonly operation: string; readonly apiVersion: string; readonly time?: string; readonly fieldsV1: object }

function entriesOf(object: Fields): readonly Entry[] {
  return (object['metadata'] as { managedFields?: Entry[] }).managedFields ?? []
}

/** Who owns which paths, all in the names of v1. */
function owners(object: Fields): Record<string, string[]> {
  return Object.fromEntries(entriesOf(object).map(({ manager, operation, apiVersion, fieldsV1 }) => {
    const paths = [...readFieldsV1(fieldsV1)!.paths()].map(path => path.map(element => (apiVersion === v2 && element.startsWith('f:') ? `f:${oldNames.get(element.slice(2)) ?? element.slice(2)}` : element)).join(' '))
    return [`${operation} ${manager}`, paths.sort()]
  }))
}

function randomSpec(random: Random): Fields {
  const spec: Fields = {}
  if (random.next() < 0.5) spec['size'] = pick(random, ['s', 'l'])
  if (random.next() < 0.5) spec['color'] = pick(random, ['red', 'blue'])
  const names = ['a', 'b', 'c'].filter(() => random.next() < 0.5)
  if (names.length > 0) spec['parts'] = names.map(name => ({ name, ...(random.next() < 0.7 ? { value: pick(random, ['1', '2']) } : {}) }))
  return spec
}

const objectOf = (spec: Fields, metadata: object = {}): Fields => ({ apiVersion: v1, kind: 'Foo', metadata: { name: 'f', namespace: 'n', ...metadata }, spec })

/** One step in a version; the outcome in v1. */
type Play = (step: { apiVersion: string; manager: string; isApply: boolean; force: boolean; spec: Fields; time: string }, live: Fields | undefined) => Fields | string

const playIn = (versionOf: (wanted: string) => string): Play => ({ apiVersion, manager, isApply, force, spec, time }, live) => {
  const at = versionOf(apiVersion)
  const input = { manager, time, apiVersion: at, schema: schemas.get(at)!, ignored: () => false, versions, live: live === undefined ? undefined : inVersion(live, at) }
  try {
    if (isApply) return inVersion(applyPatch({ ...input, force, applied: inVersion(objectOf(spec), at) }).object, v1)
    return inVersion(trackUpdate({ ...input, updated: inVersion(objectOf(spec, { managedFields: entriesOf(live!) }), at) }), v1)
  } catch (error) {
    if (!(error instanceof ApplyConflictError)) throw error
    return error.conflicts.map(({ manager: other, field }) => `${other.split(' ')[0]!} ${field.replace('.breadth', '.size').replace('.pieces', '.parts').replace('.content', '.value')}`).sort().join('\n')
  }
}

describe('other versions of a kind', () => {
  test('KV1 KV3 PR1 PR2 PR3 owners may speak of any version: histories in two versions come out as in one', () => {
    const counts = { conflicts: 0, removed: 0, mixed: 0 }
    const inOne = playIn(() => v1)
    const inTwo = playIn(wanted => wanted)
    for (let seed = 1; seed <= 150; seed += 1) {
      const random = seededRandom(seed)
      let one: Fields | undefined
      let two: Fields | undefined
      for (let step = 0; step < 10; step += 1) {
        const apiVersion = pick(random, [v1, v2])!
        const isApply = one === undefined || random.next() < 0.7
        const what = `seed ${seed} step ${step}`
        const asked = {
          apiVersion, isApply, force: random.next() < 0.4, spec: randomSpec(random), time: `2026-01-01T00:00:${String(step).padStart(2, '0')}Z`,
          manager: isApply ? pick(random, ['a', 'b', 'c'])! : `updater of ${apiVersion}`, // updates of two versions are two managers (MF1)
        }
        const [alone, mixed] = [inOne(asked, one), inTwo(asked, two)]
        if (typeof alone === 'string') {
          counts.conflicts += 1
          expect(mixed, what).toBe(alone)
          continue
        }
        expect((mixed as Fields)['spec'], what).toEqual(alone['spec'])
        expect(owners(mixed as Fields), what).toEqual(owners(alone))
        if (isApply && JSON.stringify(alone['spec'] ?? {}).length < JSON.stringify(one?.['spec'] ?? {}).length) counts.removed += 1
        if (new Set(entriesOf(mixed as Fields).map(entry => entry.apiVersion)).size > 1) counts.mixed += 1
        one = alone
        two = mixed as Fields
        if (Object.keys(owners(one)).length === 0) break // from here on nothing is tracked (AP5)
      }
    }
    for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThan(50)
  })

  const input = { time: '2026-01-01T00:00:09Z', apiVersion: v1, schema: schemas.get(v1)!, ignored: () => false, versions }
  const entry = (manager: string, apiVersion: string, fields: object, operation = 'Apply') => ({ manager, operation, apiVersion, time: '2026-01-01T00:00:01Z', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': fields } })

  test('KV1 a conflict names the field as its owner calls it', () => {
    const live = objectOf({ size: 's' }, { managedFields: [entry('other', v2, { 'f:breadth': {} })] })
    expect(() => applyPatch({ ...input, manager: 'me', force: false, live, applied: objectOf({ size: 'l' }) })).toThrow('conflict with "other": .spec.breadth')
    const forced = applyPatch({ ...input, manager: 'me', force: true, live, applied: objectOf({ size: 'l' }) }).object
    expect(entriesOf(forced).map(({ manager, apiVersion }) => [manager, apiVersion])).toEqual([['me', v1]])
  })

  test('PR2 what a manager applied in another version goes when he no longer sends it', () => {
    const live = objectOf({ size: 's', color: 'red' }, { managedFields: [entry('me', v2, { 'f:breadth': {}, 'f:color': {} })] })
    const { object } = applyPatch({ ...input, manager: 'me', force: false, live, applied: objectOf({ color: 'red' }) })
    expect(object['spec']).toEqual({ color: 'red' })
    expect(owners(object)).toEqual({ 'Apply me': ['f:spec f:color'] })
  })

  test('KV2 managers of a version that is no more are forgotten, by updates and by applying', () => {
    const live = objectOf({ size: 's' }, { managedFields: [entry('old', 'e.com/v0', { 'f:size': {} }), entry('other', v1, { 'f:size': {} })] })
    expect(owners(trackUpdate({ ...input, manager: 'me', live, updated: objectOf({ size: 's', color: 'red' }) }))).toEqual({ 'Apply other': ['f:spec f:size'], 'Update me': ['f:spec f:color'] })
    expect(new Set(Object.keys(owners(applyPatch({ ...input, manager: 'me', force: false, live, applied: objectOf({ color: 'red' }) }).object)))).toEqual(new Set(['Apply me', 'Apply other']))
  })

  test('KV3 conversions are waited for, each asked once, and none where everybody speaks of one version', async () => {
    const asked: string[] = []
    const later: KindVersions = { find: versions.find, convert: async (object, apiVersion) => {
      asked.push(apiVersion)
      await Promise.resolve()
      return inVersion(object, apiVersion)
    } }
    const live = objectOf({ size: 's', color: 'red' }, { managedFields: [entry('one', v2, { 'f:breadth': {} }), entry('two', v2, { 'f:color': {} })] })
    const apply = (of: Fields, spec: Fields) => finishOrWait(applySteps({ ...input, versions: later, manager: 'me', force: true, live: of, applied: objectOf(spec) }))
    const { object } = await apply(live, { size: 'l' })
    expect(owners(object)).toEqual({ 'Apply me': ['f:spec f:size'], 'Apply two': ['f:spec f:color'] })
    expect(asked).toEqual([v2, v2]) // the object before and after
    asked.length = 0
    expect(apply(objectOf({ size: 's' }, { managedFields: [entry('one', v1, { 'f:size': {} })] }), { color: 'red' })).not.toBeInstanceOf(Promise)
    expect(asked).toEqual([])
  })

  test('KV3 a conversion that fails fails the write', async () => {
    const failing: KindVersions = { find: versions.find, convert: () => Promise.reject(new Error('conversion webhook failed')) }
    const live = objectOf({ size: 's' }, { managedFields: [entry('one', v2, { 'f:breadth': {} })] })
    await expect(finishOrWait(applySteps({ ...input, versions: failing, manager: 'me', force: true, live, applied: objectOf({ size: 'l' }) }))).rejects.toThrow('conversion webhook failed')
  })

  test('KV4 what has become a whole is owned as one', () => {
    const whole = applySchemaOfStructural({ type: 'object', properties: { spec: { type: 'object', properties: {
      color: text, parts: { type: 'array', items: { type: 'object', properties: { name: text } } }, labels: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: text },
    } } } })
    const before = readFieldsV1({ 'f:spec': { 'f:color': {}, 'f:parts': { '.': {}, 'k:{"name":"a"}': { '.': {}, 'f:name': {} } }, 'f:labels': { 'f:x': {} } } })!
    expect(renderFieldsV1(withWholes(before, whole))).toEqual({ 'f:spec': { 'f:color': {}, 'f:labels': {}, 'f:parts': {} } })
    const same = FieldSet.of(['f:spec', 'f:color'], ['f:spec', 'f:parts'])
    expect(withWholes(same, whole)).toBe(same)
    const live = objectOf({ parts: [{ name: 'a' }] }, { managedFields: [entry('other', v1, { 'f:parts': { 'k:{"name":"a"}': { '.': {}, 'f:name': {} } } })] })
    expect(() => applyPatch({ ...input, schema: whole, manager: 'me', force: false, live, applied: objectOf({ parts: [{ name: 'b' }] }) })).toThrow('conflict with "other": .spec.parts')
  })
})
