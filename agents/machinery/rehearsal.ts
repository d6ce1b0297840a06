/**
 * A rehearsal: a controller's own reconcile of one key, by what its caches hold now, whose writes go nowhere. What it would write
 * is the next step.
 *
 *   RH1  Nothing is sent to the API server but reads; a write is noted and answered with what it would have made.
 *   RH2  What the controller waits for (expectations) is looked at and left as it is.
 *   RH3  Events and log lines are noted or dropped, never sent.
 *   RH4  A write of an object that the controller's caches hold tells which fields it changes.
 *   RH5  Of Secrets the fields are told without their values.
 */
import type { Draft, KubernetesObject, ResourceType } from '../api/resources.ts'
import { apiVersionOf } from '../api/kubernetes-object.ts'
import type { FieldChange } from '../base/field-changes.ts'
import { fieldChanges } from '../base/field-changes.ts'
import { durationText } from '../base/duration.ts'
import { errorText, silentLog } from '../base/log.ts'
import { applyMergePatch } from '../wire/patch/merge-patch.ts'
import type { Client } from './client.ts'
import type { Outcome, ReconcileDeps } from './controller.ts'
import type { ObjectKey } from './object-key.ts'
import { keyOf } from './object-key.ts'

export interface RehearsedWrite {
  readonly verb: 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'
  readonly kind: string
  /** "deployments.apps", "pods". */
  readonly resource: string
  readonly namespace: string | null
  /** A name that the server would make ends in "*". */
  readonly name: string
  readonly subresource: string | null
  readonly changes: readonly FieldChange[]
}

export interface RehearsedEvent {
  readonly type: string
  readonly reason: string
  readonly message: string
}

export interface Rehearsal {
  readonly writes: readonly RehearsedWrite[]
  readonly events: readonly RehearsedEvent[]
  /** As the records of reconciles have it. */
  readonly outcome: string
  /** Writes of an earlier round that the cache has not seen: nothing more is planned until then. */
  readonly awaits: { readonly creates: number; readonly deletes: number } | null
}

type Reconcile = (key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal) => Promise<Outcome>
/** What the controller's caches hold; undefined where they do not hold such objects. */
export type Cached = (type: ResourceType, key: ObjectKey) => KubernetesObject | undefined

const mostChanges = 40
const mostWrites = 200

/** @param uid of the object that is reconciled, where it exists. */
export async function rehearse(reconcile: Reconcile, key: ObjectKey, deps: ReconcileDeps, { cached, uid, signal }: { readonly cached: Cached; readonly uid: string | undefined; readonly signal: AbortSignal }): Promise<Rehearsal> {
  const writes: RehearsedWrite[] = []
  const events: RehearsedEvent[] = []
  const pending = deps.expectations.pending.find(({ owner }) => owner === uid)
  const outcome = await reconcile(key, {
    ...deps,
    client: rehearsingClient(deps.client, cached, write => { if (writes.length < mostWrites) writes.push(write) }), // RH1
    expectations: deps.expectations.copy(), // RH2
    events: { event: (_subject, type, reason, message) => { events.push({ type, reason, message }) } }, // RH3
    log: silentLog,
  }, signal).then(outcomeText, (error: unknown) => `failed: ${errorText(error)}`)
  return { writes, events, outcome, awaits: pending === undefined ? null : { creates: pending.creates, deletes: pending.deletes } }
}

function outcomeText(outcome: Outcome): string {
  return outcome.type === 'done' ? (outcome.what ?? 'done') : `again in ${durationText(Math.round(outcome.afterMs))}`
}

type Note = (write: RehearsedWrite) => void
type Where = Pick<RehearsedWrite, 'verb'> & { readonly type: ResourceType; readonly key: ObjectKey; readonly subresource?: string | undefined; readonly changes?: readonly FieldChange[] }

function rehearsingClient(client: Client, cached: Cached, note: Note): Client {
  const tell = ({ verb, type, key, subresource, changes = [] }: Where): void => {
    note({ verb, kind: type.kind, resource: type.group === '' ? type.resource : `${type.resource}.${type.group}`, namespace: key.namespace ?? null, name: key.name, subresource: subresource ?? null, changes: (type.group === '' && type.resource === 'secrets' ? changes.map(({ path }) => ({ path })) : changes).slice(0, mostChanges) }) // RH5
  }
  return {
    get: (type, key, signal) => client.get(type, key, signal),
    list: (type, options, signal) => client.list(type, options, signal),
    watch: (type, options, signal) => client.watch(type, options, signal),
    create<T extends KubernetesObject>(type: ResourceType<T>, object: Draft<T>, options: { readonly namespace?: string; readonly subresource?: string } = {}) {
      const made = madeOf(type, object, options.namespace)
      tell({ verb: 'create', type, key: keyOf(made), subresource: options.subresource, changes: fieldChanges({}, { ...object, metadata: { labels: object.metadata.labels, annotations: object.metadata.annotations } }) })
      return Promise.resolve(made)
    },
    update(type, object, options) {
      const before = cached(type, keyOf(object))
      tell({ verb: 'update', type, key: keyOf(object), subresource: options?.subresource, changes: before === undefined ? [] : fieldChanges(before, object, isUnmeant) }) // RH4
      return Promise.resolve(object)
    },
    patch<T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey, patch: unknown, options: { readonly patchType: string; readonly subresource?: string }) {
      const before = cached(type, key) ?? bare(type, key)
      const after = Array.isArray(patch) ? before : applyMergePatch(before, patch)
      tell({ verb: 'patch', type, key, subresource: options.subresource, changes: Array.isArray(patch) ? jsonPatchChanges(patch) : fieldChanges(before, after, isUnmeant) })
      return Promise.resolve(after as T)
    },
    delete(type, key) {
      tell({ verb: 'delete', type, key })
      return Promise.resolve()
    },
    deleteCollection(type, { namespace, labelSelector, fieldSelector }) {
      const selected = [labelSelector, fieldSelector].filter(text => text !== undefined && text !== '').join(' ')
      tell({ verb: 'deletecollection', type, key: { ...(namespace === undefined ? {} : { namespace }), name: selected === '' ? '*' : selected } })
      return Promise.resolve()
    },
    createSubresource<B, R>(type: ResourceType, key: ObjectKey, subresource: string, body: B) {
      tell({ verb: 'create', type, key, subresource, changes: fieldChanges({}, body) })
      return Promise.resolve(body as unknown as R)
    },
    raw(request) {
      if (request.method === 'GET') return client.raw(request)
      const { type, key, subresource } = placeOf(request.path)
      const body = typeof request.body === 'string' ? request.body : '{}'
      tell({ verb: request.method === 'POST' ? 'create' : request.method === 'DELETE' ? 'delete' : request.method === 'PATCH' ? 'patch' : 'update', type, key, subresource, changes: fieldChanges({}, (JSON.parse(body) as { spec?: unknown }).spec === undefined ? {} : { spec: (JSON.parse(body) as { spec: unknown }).spec }) })
      return Promise.resolve({ status: 200, headers: {}, body })
    },
  }
}

/** /apis/apps/v1/namespaces/shop/deployments/web/scale, as far as a path tells. */
function placeOf(path: string): { readonly type: ResourceType; readonly key: ObjectKey; readonly subresource?: string } {
  const parts = path.split('?')[0]!.split('/').filter(part => part !== '')
  const [group, version, ...rest] = parts[0] === 'api' ? ['', ...parts.slice(1)] : parts.slice(1)
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest[1] : undefined
  const [resource = '', name = '', subresource] = namespace === undefined ? rest : rest.slice(2)
  return { type: { group: group ?? '', version: version ?? '', resource, kind: resource, namespaced: namespace !== undefined }, key: namespace === undefined ? { name } : { namespace, name }, ...(subresource === undefined ? {} : { subresource }) }
}

function bare(type: ResourceType, key: ObjectKey): KubernetesObject {
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { ...key, uid: '', resourceVersion: '' } as KubernetesObject['metadata'] }
}

function madeOf<T extends KubernetesObject>(type: ResourceType<T>, object: Draft<T>, namespace: string | undefined): T {
  const { metadata } = object
  const within = metadata.namespace ?? namespace
  return {
    ...object, apiVersion: apiVersionOf(type), kind: type.kind,
    metadata: { ...metadata, ...(within === undefined ? {} : { namespace: within }), name: metadata.name ?? `${metadata.generateName ?? ''}*`, uid: 'rehearsed', resourceVersion: '0', generation: 1 },
    status: (object as { status?: unknown }).status ?? {},
  } as unknown as T
}

function jsonPatchChanges(patch: readonly { readonly op?: string; readonly path?: string; readonly value?: unknown }[]): readonly FieldChange[] {
  return patch.filter(({ op }) => op !== 'test').map(({ path = '', value }) => ({ path: path.slice(1).replaceAll('/', '.'), ...(value === undefined ? {} : { to: value }) }))
}

const unmeant = new Set(['metadata.resourceVersion', 'metadata.managedFields', 'metadata.generation', 'metadata.uid'])
const isUnmeant = (path: string): boolean => unmeant.has(path)
