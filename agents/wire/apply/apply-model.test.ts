/**
 * Random histories of several managers against the simplest model of ownership there is: an object is a table of leaves,
 * and beside it stands who owns which leaf.
 *
 *   - Applying sets the sent leaves and owns exactly them; leaves that this manager applied before and no longer sends go
 *     away if nobody else owns them.
 *   - A sent leaf that differs from the live one and that somebody else owns is a conflict, or with force is taken from him.
 *   - Any other write owns what it changes, and what it removes belongs to nobody.
 *   - What changes neither leaves nor owners leaves no trace.
 */
import { describe, expect, test } from 'vitest'
import type { Random } from '../../base/random.ts'
import { pick, seededRandom } from '../../base/random.ts'
import { decodeObject } from '../../api/schema/decode.ts'
import { applyPatch, ApplyConflictError, trackUpdate } from './apply.ts'
import { readFieldsV1 } from './field-set.ts'

const definition = 'io.k8s.api.apps.v1.Deployment'

/** Path as text -> value; the existence of a container is a leaf of its own. */
type Leaves = Map<string, unknown>
type Owners = Map<string, Set<string>>

interface Model {
  readonly leaves: Leaves
  readonly owners: Owners
}

const scalarLeaves: Readonly<Record<string, readonly unknown[]>> = {
  '.spec.replicas': [1, 2, 3], '.spec.minReadySeconds': [5, 6], '.spec.paused': [true], '.metadata.labels.a': ['x', 'y'], '.metadata.labels.b': ['x', 'y'],
  '.metadata.annotations.n': ['1', '2'],
}
const finalizers = ['e.com/one', 'e.com/two']
const containers = ['p', 'q', 'r']
const containerLeaves: Readonly<Record<string, readonly unknown[]>> = { image: ['i1', 'i2'], workingDir: ['/a', '/b'] }

function randomLeaves(random: Random, probability: number): Leaves {
  const leaves: Leaves = new Map()
  for (const [path, values] of Object.entries(scalarLeaves)) if (random.next() < probability) leaves.set(path, pick(random, values))
  for (const name of finalizers) if (random.next() < probability / 2) leaves.set(`.metadata.finalizers[${name}]`, true)
  for (const name of containers) {
    if (random.next() >= probability) continue
    leaves.set(`.containers[${name}]`, true)
    for (const [field, values] of Object.entries(containerLeaves)) if (random.next() < probability) leaves.set(`.containers[${name}].${field}`, pick(random, values))
  }
  return leaves
}

function objectOf(leaves: Leaves): Record<string, unknown> {
  const group = (prefix: string) => Object.fromEntries([...leaves].filter(([path]) => path.startsWith(prefix)).map(([path, value]) => [path.slice(prefix.length), value]))
  const listed = [...leaves.keys()].flatMap(path => /^\.containers\[(\w+)\]$/.exec(path)?.[1] ?? [])
  const finals = [...leaves.keys()].flatMap(path => /^\.metadata\.finalizers\[(.+)\]$/.exec(path)?.[1] ?? [])
  const containersOf = listed.map(name => ({ name, ...group(`.containers[${name}].`) }))
  const orNothing = (name: string, value: object) => (Object.keys(value).length === 0 ? {} : { [name]: value })
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'n', ...orNothing('labels', group('.metadata.labels.')), ...orNothing('annotations', group('.metadata.annotations.')), ...(finals.length === 0 ? {} : { finalizers: finals }) },
    ...orNothing('spec', { ...group('.spec.'), ...(listed.length === 0 ? {} : { template: { spec: { containers: containersOf } } }) }), // an empty map would be a leaf of its own
  }
}

function stored(object: Record<string, unknown>): Record<string, unknown> {
  return decodeObject(object, definition).object
}

interface Seen {
  metadata: { labels?: Record<string, unknown>; annotations?: Record<string, unknown>; finalizers?: string[]; managedFields?: { manager: string; operation: string; fieldsV1: object }[] }
  spec?: Record<string, unknown> & { template?: { spec?: { containers?: Record<string, unknown>[] | null } } }
}

function leavesOf(object: object): Leaves {
  const { metadata, spec } = object as Seen
  const leaves: Leaves = new Map()
  for (const name of ['replicas', 'minReadySeconds', 'paused']) if (spec?.[name] !== undefined) leaves.set(`.spec.${name}`, spec[name])
  for (const [key, value] of Object.entries(metadata.labels ?? {})) leaves.set(`.metadata.labels.${key}`, value)
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) leaves.set(`.metadata.annotations.${key}`, value)
  for (const name of metadata.finalizers ?? []) leaves.set(`.metadata.finalizers[${name}]`, true)
  for (const item of spec?.template?.spec?.containers ?? []) {
    leaves.set(`.containers[${String(item['name'])}]`, true)
    for (const field of Object.keys(containerLeaves)) if (item[field] !== undefined) leaves.set(`.containers[${String(item['name'])}].${field}`, item[field])
  }
  return leaves
}

function orderOf(object: object): string {
  const { metadata, spec } = object as Seen
  return JSON.stringify([metadata.finalizers, spec?.template?.spec?.containers?.map(({ name }) => name)])
}

/** The leaves that managedFields hand to each manager. */
function ownersOf(object: object): Owners {
  const owners: Owners = new Map()
  for (const entry of (object as Seen).metadata.managedFields ?? []) {
    const owned = new Set<string>()
    for (const path of readFieldsV1(entry.fieldsV1)!.paths()) {
      const [, , , list, element, field, ...more] = path
      const [first, second, third] = path.map(part => part.slice(2))
      if (first === 'metadata' && (second === 'labels' || second === 'annotations') && third !== undefined) owned.add(`.metadata.${second}.${third}`)
      else if (second === 'finalizers' && third !== undefined) owned.add(`.metadata.finalizers[${JSON.parse(third) as string}]`)
      else if (first === 'spec' && path.length === 2 && Object.hasOwn(scalarLeaves, `.spec.${second!}`)) owned.add(`.spec.${second!}`)
      else if (list === 'f:containers' && element !== undefined && more.length === 0) {
        const name = (JSON.parse(element.slice(2)) as { name: string }).name
        if (field === undefined) owned.add(`.containers[${name}]`)
        else if (Object.hasOwn(containerLeaves, field.slice(2))) owned.add(`.containers[${name}].${field.slice(2)}`)
      }
    }
    if (owned.size > 0) owners.set(`${entry.operation} ${entry.manager}`, owned)
  }
  return owners
}

const sorted = (leaves: Leaves) => [...leaves].sort(([a], [b]) => (a < b ? -1 : 1))
const sortedOwners = (owners: Owners) => [...owners].filter(([, paths]) => paths.size > 0).map(([id, paths]) => [id, [...paths].sort()]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))

function disown(owners: Owners, id: string, paths: Iterable<string>): void {
  for (const path of paths) for (const [other, owned] of owners) if (other !== id) owned.delete(path)
}

function childrenOf(leaves: Leaves, path: string): string[] {
  return [...leaves.keys()].filter(other => other === path || other.startsWith(`${path}.`))
}

/** The model's apply: what comes of it, or the paths in conflict. */
function modelApply({ leaves, owners }: Model, manager: string, sent: Leaves, force: boolean): Model | string[] {
  const id = `Apply ${manager}`
  const after: Model = { leaves: new Map(leaves), owners: new Map([...owners].map(([other, paths]) => [other, new Set(paths)])) }
  const changed = [...sent].filter(([path, value]) => leaves.get(path) !== value).map(([path]) => path)
  const conflicts = changed.filter(path => [...owners].some(([other, paths]) => other !== id && paths.has(path)))
  if (conflicts.length > 0 && !force) return conflicts
  for (const [path, value] of sent) after.leaves.set(path, value)
  disown(after.owners, id, changed)
  const dropped = [...(owners.get(id) ?? [])].filter(path => !sent.has(path))
  after.owners.set(id, new Set(sent.keys()))
  for (const path of dropped) {
    if ([...after.owners].some(([, paths]) => paths.has(path))) continue
    const gone = childrenOf(after.leaves, path)
    for (const each of gone) after.leaves.delete(each)
    disown(after.owners, '', gone)
  }
  return after
}

function modelUpdate({ leaves, owners }: Model, manager: string, next: Leaves): Model {
  const id = `Update ${manager}`
  const after: Model = { leaves: new Map(next), owners: new Map([...owners].map(([other, paths]) => [other, new Set(paths)])) }
  const changed = [...next].filter(([path, value]) => leaves.get(path) !== value).map(([path]) => path)
  const removed = [...leaves.keys()].filter(path => !next.has(path))
  disown(after.owners, '', removed)
  disown(after.owners, id, changed)
  after.owners.set(id, new Set([...(after.owners.get(id) ?? []), ...changed]))
  return after
}

/** An update starts from the live leaves and moves some. */
function moved(random: Random, leaves: Leaves): Leaves {
  const next = new Map(leaves)
  const wanted = randomLeaves(random, 0.5)
  for (const path of new Set([...leaves.keys(), ...wanted.keys()])) {
    const roll = random.next()
    if (roll < 0.2) for (const each of childrenOf(next, path)) next.delete(each)
    else if (roll < 0.5 && wanted.has(path)) {
      const parent = /^(\.containers\[\w+\])\./.exec(path)?.[1]
      if (parent !== undefined) next.set(parent, true)
      next.set(path, wanted.get(path))
    }
  }
  return next
}

describe('random histories', () => {
  test('AP1 AP2 AP3 AP4 two hundred histories of five managers keep the leaves and owners of the model', () => {
    const counts = { conflicts: 0, forced: 0, removed: 0, untouched: 0 }
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seededRandom(seed)
      let model: Model = { leaves: new Map(), owners: new Map() }
      let live: Record<string, unknown> | undefined
      for (let step = 0; step < 12; step += 1) {
        const time = `2026-01-01T00:00:${String(step).padStart(2, '0')}Z`
        const input = { time, apiVersion: 'apps/v1', definition } as const
        const what = `seed ${seed} step ${step}`
        if (live !== undefined && sortedOwners(model.owners).length === 0) break // from here on nothing is tracked (AP5)
        if (live !== undefined && random.next() < 0.3) {
          const next = moved(random, model.leaves)
          const manager = pick(random, ['u', 'v'])!
          const managedFields = (live['metadata'] as { managedFields?: unknown }).managedFields
          const updated = objectOf(next)
          live = stored(trackUpdate({ ...input, manager, live, updated: stored({ ...updated, metadata: { ...(updated['metadata'] as object), managedFields } }) }))
          model = modelUpdate(model, manager, next)
        } else {
          const manager = pick(random, ['a', 'b', 'c'])!
          const repeats = random.next() < 0.2 ? model.owners.get(`Apply ${manager}`) : undefined
          const sent = repeats === undefined ? randomLeaves(random, 0.5) : new Map([...repeats].map(path => [path, model.leaves.get(path)]))
          const force = random.next() < 0.4
          const expected = modelApply(model, manager, sent, force)
          const run = () => applyPatch({ ...input, manager, force, live, applied: objectOf(sent) })
          if (Array.isArray(expected)) {
            counts.conflicts += 1
            let caught: unknown
            try {
              run()
            } catch (error) {
              caught = error
            }
            expect(caught, what).toBeInstanceOf(ApplyConflictError)
            const fields = new Set((caught as ApplyConflictError).conflicts.map(({ field }) => field.replace(/^\.spec\.template\.spec\.containers\[name="(\w+)"\]/, '.containers[$1]').replace(/\[="(.+)"\]$/, '[$1]')))
            expect([...fields].sort(), what).toEqual([...new Set(expected)].sort())
            continue
          }
          const { object, changed } = run()
          if (sent.size === 0 && live === undefined) break // creates an object that nobody owns a leaf of
          const isSame = live !== undefined && JSON.stringify([sorted(expected.leaves), sortedOwners(expected.owners)]) === JSON.stringify([sorted(model.leaves), sortedOwners(model.owners)])
          if (isSame) {
            counts.untouched += 1
            const isReordered = orderOf(object) !== orderOf(live!) // another order of the same is another object
            expect(changed, what).toBe(isReordered)
            if (!isReordered) expect(object, what).toEqual(live)
          }
          if (force) counts.forced += 1
          if (expected.leaves.size < model.leaves.size) counts.removed += 1
          live = stored(object)
          model = expected
        }
        expect(sorted(leavesOf(live)), what).toEqual(sorted(model.leaves))
        expect(sortedOwners(ownersOf(live)), what).toEqual(sortedOwners(model.owners))
      }
    }
    for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThan(25)
  })
})
