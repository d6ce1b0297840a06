import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeObject } from '../../api/schema/decode.ts'
import { applySchemaOfStructural } from './apply-schema.ts'
import { applyPatch, ApplyConflictError, ApplyTypeError, isNoChange, trackUpdate } from './apply.ts'
import { FieldSet, pathText, readFieldsV1, renderFieldsV1 } from './field-set.ts'
import { capManagers, managerId, type Manager } from './managed-fields.ts'

interface Step {
  readonly op: 'reset' | 'apply' | 'update'
  readonly gvk?: readonly [string, string, string]
  readonly manager: string
  readonly force: boolean
  readonly obj: Record<string, unknown>
  readonly error?: string
  readonly live: Record<string, unknown>
}

const time = '2026-01-01T00:00:00Z'
const definition = 'io.k8s.api.apps.v1.Deployment'
const common = { time, apiVersion: 'apps/v1', definition } as const

function deployment(spec: object, metadata: object = {}): Record<string, unknown> {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace: 'n', ...metadata }, spec }
}

function stored(object: Record<string, unknown>): Record<string, unknown> {
  return decodeObject(object, definition).object
}

type Entries = { manager: string; operation: string; time?: string; fieldsV1: object }[]

function managersOf(object: object): Entries {
  return ((object as { metadata: { managedFields?: Entries } }).metadata.managedFields ?? [])
}

describe('histories that upstream answered', () => {
  const histories: Step[][] = []
  for (const line of readFileSync(new URL('../testdata/apply-histories.jsonl', import.meta.url), 'utf8').trim().split('\n')) {
    const step = JSON.parse(line) as Step
    if (step.op === 'reset') histories.push([])
    histories.at(-1)!.push(step)
  }

  test.each(histories.map((steps, index) => [index, steps] as const))('history %i', (_index, [reset, ...steps]) => {
    const [group, version, kind] = reset!.gvk!
    const apiVersion = group === '' ? version : `${group}/${version}`
    const name = `io.k8s.api.${group === '' ? 'core' : group}.${version}.${kind}`
    let live: Record<string, unknown> | undefined
    for (const step of steps) {
      const input = { manager: step.manager, time, apiVersion, definition: name, ignored: () => false }
      let message: string | undefined
      try {
        if (step.op === 'apply') {
          const { object, changed } = applyPatch({ ...input, live, applied: step.obj, force: step.force })
          if (changed || live === undefined) live = decodeObject(object, name).object
        } else live = decodeObject(trackUpdate({ ...input, live, updated: decodeObject(step.obj, name).object }), name).object
      } catch (error) {
        message = (error as Error).message
      }
      expect(message).toBe(step.error)
      if (live !== undefined) expect(comparable(live)).toEqual(comparable(step.live))
    }
  })

  /** Without times, and without telling empty from absent. */
  function comparable(value: unknown): unknown {
    if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(comparable)
    if (typeof value !== 'object' || value === null) return value ?? undefined
    return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'time').map(([key, item]) => [key, comparable(item)]).filter(([, item]) => item !== undefined))
  }
})

describe('server-side apply', () => {
  const base = { selector: { matchLabels: { a: '1' } }, template: { metadata: { labels: { a: '1' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } }

  test('AP1 a field that its only owner no longer sends goes away', () => {
    const first = applyPatch({ ...common, manager: 'm', force: false, live: undefined, applied: deployment({ ...base, replicas: 3, minReadySeconds: 5 }) })
    const second = applyPatch({ ...common, manager: 'm', force: false, live: stored(first.object), applied: deployment({ ...base, replicas: 3 }) })
    expect(second.object['spec']).not.toHaveProperty('minReadySeconds')
    expect(second.object['spec']).toMatchObject({ replicas: 3 })
  })

  test('AP2 conflicts are told as upstream tells them, and force takes the fields', () => {
    const live = stored(trackUpdate({ ...common, manager: 'kubectl-client-side-apply', live: undefined, updated: stored(deployment({ ...base, replicas: 1 })) }))
    const applied = deployment({ ...base, replicas: 2 })
    const attempt = () => applyPatch({ ...common, manager: 'me', force: false, live, applied })
    expect(attempt).toThrow(ApplyConflictError)
    expect(attempt).toThrow('Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas')
    try {
      attempt()
    } catch (error) {
      expect((error as ApplyConflictError).causes).toEqual([{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl-client-side-apply" using apps/v1', field: '.spec.replicas' }])
    }
    const forced = applyPatch({ ...common, manager: 'me', force: true, live, applied })
    expect(forced.object['spec']).toMatchObject({ replicas: 2 })
    expect(JSON.stringify(managersOf(forced.object).find(entry => entry.operation === 'Update')!.fieldsV1)).not.toContain('f:replicas')
  })

  test('AP3 applying the same again changes nothing, not even a time', () => {
    const first = stored(applyPatch({ ...common, manager: 'm', force: false, live: undefined, applied: deployment(base) }).object)
    const again = applyPatch({ ...common, manager: 'm', force: false, live: first, applied: deployment(base), time: '2027-01-01T00:00:00Z' })
    expect(again.changed).toBe(false)
    expect(again.object).toEqual(first)
  })

  test('AP3 applying what changes owners only moves no time; who comes to share a field has none', () => {
    const first = stored(applyPatch({ ...common, manager: 'm', force: false, live: undefined, applied: deployment({ ...base, replicas: 2 }) }).object)
    const shared = applyPatch({ ...common, manager: 'n', force: false, live: first, applied: deployment({ replicas: 2 }), time: '2027-01-01T00:00:00Z' })
    expect(managersOf(shared.object).map(entry => [entry.manager, entry.time])).toEqual([['n', undefined], ['m', time]])
    const left = applyPatch({ ...common, manager: 'm', force: false, live: shared.object, applied: deployment(base), time: '2028-01-01T00:00:00Z' })
    expect([left.changed, managersOf(left.object).map(entry => [entry.manager, entry.time])]).toEqual([true, [['n', undefined], ['m', time]]])
    expect(left.object['spec']).toMatchObject({ replicas: 2 })
  })

  test('AP4 the status is tracked only by writes of the status', () => {
    const created = stored(trackUpdate({ ...common, manager: 'm', live: undefined, updated: { ...stored(deployment(base)), status: { replicas: 1 } } }))
    expect(JSON.stringify(managersOf(created))).not.toContain('f:status')
    const reported = trackUpdate({ ...common, manager: 'c', subresource: 'status', live: created, updated: { ...created, status: { replicas: 2 } } })
    expect(managersOf(reported).find(entry => entry.manager === 'c')).toMatchObject({ subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } })
  })

  test('AP5 AP6 objects from before tracking, and clearing', () => {
    const old = stored(deployment(base))
    expect(managersOf(trackUpdate({ ...common, manager: 'm', live: old, updated: stored(deployment({ ...base, replicas: 5 })) }))).toEqual([])
    const applied = applyPatch({ ...common, manager: 'm', force: true, live: old, applied: deployment({ ...base, replicas: 5 }) })
    expect(managersOf(applied.object).map(entry => entry.manager)).toContain('before-first-apply')
    const tracked = stored(applied.object)
    const cleared = trackUpdate({ ...common, manager: 'm', live: tracked, updated: { ...tracked, metadata: { ...(tracked['metadata'] as object), managedFields: [{}] } } })
    expect(managersOf(cleared)).toEqual([])
    expect(managersOf(trackUpdate({ ...common, manager: 'm', live: tracked, updated: { ...tracked, metadata: { ...(tracked['metadata'] as object), managedFields: [] } } }))).toEqual([])
  })

  test('MF5 what a client sends is taken as a whole or not at all', () => {
    const live = stored(applyPatch({ ...common, manager: 'm', force: false, live: undefined, applied: deployment({ ...base, replicas: 2 }) }).object)
    const sent = { manager: 'x', operation: 'Update', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }
    const send = (entries: object[]) => managersOf(trackUpdate({ ...common, manager: 'u', live, updated: { ...live, spec: { ...(live['spec'] as object), paused: true }, metadata: { ...(live['metadata'] as object), managedFields: entries } } })).map(entry => entry.manager)
    expect(send([sent])).toEqual(['x', 'u'])
    for (const wrong of [{ operation: 'Odd' }, { apiVersion: '' }, { fieldsType: '' }, { fieldsV1: { 'k:x': {} } }, { fieldsV1: { fspec: {} } }, { fieldsV1: { 'f:spec': 1 } }]) expect(send([sent, { ...sent, manager: 'y', ...wrong }]), JSON.stringify(wrong)).toEqual(['m', 'u'])
    expect(send([{ ...sent, fieldsV1: { 'q:spec': {}, 'f:spec': { 'f:replicas': {} } } }])).toEqual(['x', 'u'])
    expect(send([{ ...sent, apiVersion: 'a/b/c' }])).toEqual([])
  })

  test('MF4 no more than ten managers that update', () => {
    let live: Record<string, unknown> | undefined
    for (let index = 0; index < 14; index += 1) {
      live = stored(trackUpdate({ ...common, manager: `m${index}`, live, updated: stored(deployment({ ...base, replicas: index + 1 }, { labels: { [`l${index}`]: 'x', ...((live?.['metadata'] as { labels?: object } | undefined)?.labels) } })), time: `2026-01-01T00:00:${String(index).padStart(2, '0')}Z` }))
    }
    const names = managersOf(live!).map(entry => entry.manager)
    expect(names).toContain('ancient-changes')
    expect(names.length).toBeLessThanOrEqual(10)
  })

  test('MF4 the oldest are folded version by version, and the only one of its version stays', () => {
    const managers = new Map(Array.from({ length: 12 }, (_, index): [string, Manager] => {
      const manager: Manager = { name: `m${index}`, operation: 'Update', apiVersion: index === 0 ? 'apps/v0' : 'apps/v1', subresource: '', time: `2026-01-01T00:00:${String(index).padStart(2, '0')}Z`, set: FieldSet.of([`f:f${index}`]) }
      return [managerId(manager), manager]
    }))
    capManagers(managers)
    expect([...managers.values()].map(({ name, apiVersion }) => `${name} ${apiVersion}`).sort()).toEqual(['ancient-changes apps/v1', 'm0 apps/v0', ...['m10', 'm11', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9'].map(name => `${name} apps/v1`)].sort())
    const bucket = [...managers.values()].find(({ name }) => name === 'ancient-changes')!
    expect([[...bucket.set.members].sort(), bucket.time]).toEqual([['f:f1', 'f:f2', 'f:f3'], '2026-01-01T00:00:03Z'])
  })

  test('a field that the type does not have is refused', () => {
    expect(() => applyPatch({ ...common, manager: 'm', force: false, live: undefined, applied: deployment({ ...base, foo: 1 }) }))
      .toThrow(new ApplyTypeError('failed to create typed patch object (n/d; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema'))
  })

  test('custom resources follow their schema, or what the value shows', () => {
    const schema = applySchemaOfStructural({ type: 'object', properties: { spec: { type: 'object', properties: { items: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['id'], items: { type: 'object', properties: { id: { type: 'string' }, v: { type: 'integer' } } } } } } } })
    const input = { time, apiVersion: 'e.com/v1', force: false }
    const object = (items: object[]) => ({ apiVersion: 'e.com/v1', kind: 'T', metadata: { name: 't' }, spec: { items } })
    const one = applyPatch({ ...input, schema, manager: 'a', live: undefined, applied: object([{ id: '1', v: 1 }]) })
    const two = applyPatch({ ...input, schema, manager: 'b', live: one.object, applied: object([{ id: '2', v: 2 }]) })
    expect(two.object['spec']).toEqual({ items: [{ id: '1', v: 1 }, { id: '2', v: 2 }] })
    const deducedOne = applyPatch({ ...input, manager: 'a', live: undefined, applied: object([{ id: '1' }]) })
    expect(() => applyPatch({ ...input, manager: 'b', live: deducedOne.object, applied: object([{ id: '2' }]) })).toThrow('conflict with "a": .spec.items')
  })

  test('isNoChange looks past managedFields and resourceVersion', () => {
    expect(isNoChange({ metadata: { name: 'a', resourceVersion: '1' } }, { metadata: { name: 'a', resourceVersion: '2', managedFields: [] } })).toBe(true)
    expect(isNoChange({ metadata: { name: 'a' } }, { metadata: { name: 'a', labels: { b: 'c' } } })).toBe(false)
  })
})

describe('field sets', () => {
  test('text and FieldsV1 come back', () => {
    const fields = { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {} } }, 'f:finalizers': { 'v:"x"': {} } } }
    expect(renderFieldsV1(readFieldsV1(fields)!)).toEqual(fields)
    expect([...readFieldsV1(fields)!.paths()].map(pathText)).toEqual(['.spec.containers[name="a"]', '.spec.containers[name="a"].image', '.spec.finalizers[="x"]'])
    expect(FieldSet.of(['f:a', 'f:b']).union(FieldSet.of(['f:a'])).difference(FieldSet.of(['f:a', 'f:b'])).equals(FieldSet.of(['f:a']))).toBe(true)
  })
})
