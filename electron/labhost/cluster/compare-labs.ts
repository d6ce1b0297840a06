/**
 * In what two clusters differ: objects field by field, events by how often, counters of components by their sums.
 *
 *   LD1  Objects are the same by kind, namespace and name; what only tells that time went on (heartbeats, versions, leases) is no
 *        difference, nor is the uid by itself.
 *   LD2  Of Secrets the names of fields are told, not what they hold.
 *   LD3  Events are told apart by what they are about, their reason and message; only those that differ in number are told.
 *   LD4  Of each family of a component's metrics the sum of its series is compared; those of one lab alone are told too. What differs
 *        most by ratio comes first.
 *   LD5  Each list is bounded, and says how much it leaves out.
 */
import { fieldChanges } from '../../../agents/base/field-changes.ts'
import type { ComparedEvent, ComparedMetric, FieldChange, LabComparison, ObjectDifference } from '../../contract/lab-comparison.ts'
import type { ResourceKind } from '../../contract/resources.ts'
import type { ApiObject } from './api-client.ts'

export interface ListedKind {
  readonly kind: Pick<ResourceKind, 'group' | 'resource' | 'kind'>
  readonly objects: readonly ApiObject[]
}

/** Sums by family, by component. */
export type ComponentCounts = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface LabPicture {
  readonly kinds: readonly ListedKind[]
  readonly events: readonly ApiObject[]
  readonly counts: ComponentCounts
}

const most = { objects: 500, events: 300, metrics: 300, changes: 40 } as const

/** Kinds whose objects only tell that time goes on, or are told of otherwise. */
const passing = new Set(['events', 'events.events.k8s.io', 'leases.coordination.k8s.io', 'componentstatuses', 'nodes.metrics.k8s.io', 'pods.metrics.k8s.io'])

export function isCompared(kind: Pick<ResourceKind, 'group' | 'resource'>): boolean { // LD1
  return !passing.has(idOf(kind))
}

export function compareLabs(here: LabPicture, there: LabPicture): LabComparison {
  const objects = compareObjects(here.kinds, there.kinds)
  const events = compareEvents(here.events, there.events)
  const metrics = compareCounts(here.counts, there.counts)
  const differing = objects.filter(({ state, changes }) => state !== 'differs' || changes.length > 0)
  return {
    objects: differing.slice(0, most.objects), same: objects.length - differing.length, events: events.slice(0, most.events), metrics: metrics.slice(0, most.metrics),
    leftOut: { objects: Math.max(0, differing.length - most.objects), events: Math.max(0, events.length - most.events), metrics: Math.max(0, metrics.length - most.metrics) }, // LD5
  }
}

const idOf = ({ group, resource }: Pick<ResourceKind, 'group' | 'resource'>): string => (group === '' ? resource : `${resource}.${group}`)

function compareObjects(here: readonly ListedKind[], there: readonly ListedKind[]): readonly ObjectDifference[] {
  const names = new Map<string, ListedKind['kind']>([...here, ...there].map(({ kind }) => [idOf(kind), kind]))
  return [...names].flatMap(([resource, { kind }]) => {
    const [mine, theirs] = [byName(here, resource), byName(there, resource)]
    return [...new Set([...mine.keys(), ...theirs.keys()])].sort().map((id): ObjectDifference => {
      const [one, other] = [mine.get(id), theirs.get(id)]
      const { namespace = null, name } = (one ?? other)!.metadata
      const changes = one === undefined || other === undefined ? [] : changesOf(resource, one, other)
      return { kind, resource, namespace, name, state: one === undefined ? 'only-there' : other === undefined ? 'only-here' : 'differs', changes }
    })
  })
}

function byName(kinds: readonly ListedKind[], resource: string): ReadonlyMap<string, ApiObject> {
  const objects = kinds.find(({ kind }) => idOf(kind) === resource)?.objects ?? []
  return new Map(objects.map(object => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object]))
}

const unmeant = /(^metadata\.(uid|resourceVersion|managedFields|generation|selfLink)$)|(\.(lastHeartbeatTime|lastProbeTime|lastUpdateTime|renewTime|observedGeneration)$)/
const timesOf = ['lastHeartbeatTime', 'lastProbeTime', 'lastUpdateTime', 'lastTransitionTime']

function changesOf(resource: string, one: ApiObject, other: ApiObject): readonly FieldChange[] {
  const changes = fieldChanges(timeless(one), timeless(other), path => unmeant.test(path)).slice(0, most.changes)
  return resource === 'secrets' ? changes.map(({ path }) => ({ path })) : changes // LD2
}

/** Conditions without the times at which they were looked at. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !timesOf.includes(name)).map(([name, inner]) => [name, timeless(inner)]))
}

function compareEvents(here: readonly ApiObject[], there: readonly ApiObject[]): readonly ComparedEvent[] {
  const counted = new Map<string, { -readonly [K in keyof ComparedEvent]: ComparedEvent[K] }>()
  for (const [events, side] of [[here, 'countHere'], [there, 'countThere']] as const) {
    for (const event of events) {
      const { involvedObject = {}, type = '', reason = '', message = '', count = 1 } = event as unknown as { involvedObject?: { kind?: string; namespace?: string; name?: string }; type?: string; reason?: string; message?: string; count?: number }
      const about = `${involvedObject.kind ?? ''} ${involvedObject.namespace === undefined ? '' : `${involvedObject.namespace}/`}${involvedObject.name ?? ''}`
      const key = [about, type, reason, message].join('\n')
      const entry = counted.get(key) ?? { about, type, reason, message, countHere: 0, countThere: 0 }
      entry[side] += count
      counted.set(key, entry)
    }
  }
  return [...counted.values()].filter(({ countHere, countThere }) => countHere !== countThere) // LD3
}

function compareCounts(here: ComponentCounts, there: ComponentCounts): readonly ComparedMetric[] {
  return [...new Set([...Object.keys(here), ...Object.keys(there)])].flatMap(component => {
    const [mine, theirs] = [here[component] ?? {}, there[component] ?? {}]
    return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].map((family): ComparedMetric => ({ component, family, here: mine[family] ?? null, there: theirs[family] ?? null }))
  }).filter(one => one.here !== one.there).toSorted((a, b) => ratioOf(b) - ratioOf(a) || (`${a.component} ${a.family}` < `${b.component} ${b.family}` ? -1 : 1)) // LD4
}

/** From 0 for the same to 1 for something against nothing. */
function ratioOf({ here, there }: ComparedMetric): number {
  const [one, other] = [Math.abs(here ?? 0), Math.abs(there ?? 0)]
  return one === other ? 0 : Math.abs(one - other) / Math.max(one, other)
}
