/**
 * Every resource that is served, by group, version and name. Built from agents/api's kinds; definitions that come later
 * (CRDs) are added and taken away while running.
 *
 *   RT1  Two versions of one resource share a store; the one stored is named here.
 *   RT2  Resources without a store (reviews, bindings, component statuses) are known too, so that discovery lists them.
 */
import { fromV1, toV1 } from '../../../api/groups/autoscaling-v2/older-version.ts'
import type { Kind } from '../../../api/kind.ts'
import { kinds } from '../../../api/kinds.ts'
import type { ResourceRow } from '../../../api/schema/definition.ts'
import type { ObjectReader } from '../admission/admission.ts'
import type { GroupResource } from '../http/api-error.ts'
import type { Storage } from '../storage/storage.ts'
import { readStored } from '../watch-cache/resource-cache.ts'
import type { CacheSpec } from '../watch-cache/resource-cache.ts'
import { DecodedObjects } from '../watch-cache/decoded-objects.ts'
import { decodeServed, storedForm } from '../watch-cache/stored-form.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import { eventView } from './event-view.ts'
import type { KubeObject } from './kube-object.ts'
import { cacheKey, complete, storageKey } from './served-resource.ts'
import type { ServedResource, View } from './served-resource.ts'
import { storagePrefix } from './storage-prefixes.ts'

interface Shown {
  /** The version whose form is stored. */
  readonly storedGroup: string
  readonly storedVersion: string
  readonly view: View
}

/** autoscaling/v1 over the autoscaling/v2 that is stored. */
const autoscalerView: View = {
  toServed: stored => toV1(stored as unknown as Parameters<typeof toV1>[0]) as unknown as KubeObject,
  toStored: served => fromV1(served as unknown as Parameters<typeof fromV1>[0]) as unknown as KubeObject,
}

const shown: Readonly<Record<string, Shown>> = {
  'events.k8s.io/v1/events': { storedGroup: '', storedVersion: 'v1', view: eventView },
  'autoscaling/v1/horizontalpodautoscalers': { storedGroup: 'autoscaling', storedVersion: 'v2', view: autoscalerView },
}

const eventLifeSeconds = 3_600
/** Longer lists would drive everything else out of what is kept decoded. */
const maxSharedList = 32
/** Resources that discovery's rows leave out but upstream serves. */
const moreSubresources: Readonly<Record<string, ResourceRow['subresources']>> = {
  'apps/v1/statefulsets': [{ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] }],
}

export class ResourceTable implements ObjectReader {
  readonly #cache: WatchCache
  readonly #storage: Storage
  readonly #served = new Map<string, ServedResource>()
  readonly #rows = new Map<string, ResourceRow>()
  readonly #stored = new Map<string, ServedResource>()
  readonly #decoded = new DecodedObjects()
  /** Counts every change of what is served; discovery and OpenAPI are made anew. */
  generation = 0

  constructor(cache: WatchCache, storage: Storage, options: { readonly eventLifeSeconds?: number } = {}) {
    this.#cache = cache
    this.#storage = storage
    for (const kind of kinds) this.#addKind(kind, options.eventLifeSeconds ?? eventLifeSeconds)
  }

  get rows(): readonly ResourceRow[] {
    return [...this.#rows.values()]
  }

  get resources(): readonly ServedResource[] {
    return [...this.#served.values()]
  }

  find(group: string, version: string, resource: string): ServedResource | undefined {
    return this.#served.get(`${group}/${version}/${resource}`)
  }

  /** Known rows without a store too (RT2). */
  row(group: string, version: string, resource: string): ResourceRow | undefined {
    return this.#rows.get(`${group}/${version}/${resource}`)
  }

  /** Whether a request is about something that is served, so that its names may stand in metrics. */
  knows(asked: { readonly group: string; readonly version: string; readonly resource: string; readonly subresource: string }): boolean {
    const row = this.row(asked.group, asked.version, asked.resource)
    return row !== undefined && (asked.subresource === '' || row.subresources.some(known => known.name === asked.subresource))
  }

  hasGroupVersion(group: string, version: string): boolean {
    for (const row of this.#rows.values()) if (row.group === group && row.version === version) return true
    return false
  }

  /** The resource in the version that is stored. */
  stored(of: GroupResource): ServedResource | undefined {
    return this.#stored.get(`${of.group}/${of.resource}`)
  }

  /** row: as discovery shows it, which may be less than what is served, or nothing. */
  add(resource: ServedResource, row: ResourceRow | undefined = resource.row): void {
    const key = `${resource.group}/${resource.version}/${resource.resource}`
    this.#served.set(key, resource)
    if (row === undefined) this.#rows.delete(key)
    else this.#rows.set(key, row)
    if (!this.#stored.has(`${resource.group}/${resource.resource}`)) this.#stored.set(`${resource.group}/${resource.resource}`, resource)
    this.generation += 1
  }

  /** The version that is stored, which need not be served. */
  setStored(resource: ServedResource): void {
    this.#stored.set(`${resource.group}/${resource.resource}`, resource)
  }

  forgetStored(of: GroupResource): void {
    this.#stored.delete(`${of.group}/${of.resource}`)
  }

  remove(group: string, version: string, resource: string): void {
    const key = `${group}/${version}/${resource}`
    this.#served.delete(key)
    this.#rows.delete(key)
    this.generation += 1
  }

  get(of: GroupResource, namespace: string, name: string): KubeObject | undefined {
    const resource = this.stored(of)
    const cached = resource?.cache.get(cacheKey(resource, namespace, name))
    return cached === undefined ? undefined : this.#decoded.of(cached)
  }

  list(of: GroupResource, namespace = ''): readonly KubeObject[] {
    const listed = this.stored(of)?.cache.list(namespace) ?? []
    return listed.length <= maxSharedList ? listed.map(cached => this.#decoded.of(cached)) : listed.map(cached => decodeServed(cached.bytes))
  }

  async getFresh(of: GroupResource, namespace: string, name: string): Promise<KubeObject | undefined> {
    const resource = this.stored(of)
    if (resource === undefined) return undefined
    const { value } = await this.#storage.get(storageKey(resource, namespace, name))
    return value === undefined ? undefined : readStored(resource.cache.spec, value).object
  }

  /** To be asked when all kinds are known. */
  #versionsOver({ type: { group, version, resource } }: Kind): () => ReadonlyMap<string, ServedResource> {
    let versions: ReadonlyMap<string, ServedResource> | undefined
    return () => {
      const cache = this.find(group, version, resource)?.cache
      return (versions ??= new Map([...this.#served.values()].filter(served => served.cache === cache).map(served => [served.apiVersion, served])))
    }
  }

  #addKind(kind: Kind, eventSeconds: number): void {
    const { group, version, resource } = kind.type
    const key = `${group}/${version}/${resource}`
    const row = { ...kind.row, subresources: [...kind.row.subresources, ...(moreSubresources[key] ?? []).filter(more => !kind.row.subresources.some(known => known.name === more.name))] }
    this.#rows.set(key, row)
    if (!row.verbs.includes('list') || resource === 'componentstatuses') return
    const view = shown[key]
    const storedKind = view === undefined ? kind : kinds.find(other => other.type.group === view.storedGroup && other.type.version === view.storedVersion && other.type.resource === resource)!
    const served: ServedResource = {
      group,
      version,
      resource,
      kind: kind.type.kind,
      apiVersion: apiVersionText(group, version),
      namespaced: kind.type.namespaced,
      row,
      rules: kind,
      definition: kind.definition,
      cache: this.#cache.resource(cacheSpecOf(storedKind)),
      isCustom: false,
      ...(view === undefined ? {} : { view: view.view }),
      ...(hasVersions(`${storedKind.type.group}/${storedKind.type.version}/${resource}`) ? { versions: this.#versionsOver(storedKind) } : {}),
      ...(resource === 'events' ? { timeToLiveSeconds: eventSeconds } : {}),
    }
    this.#served.set(key, served)
    if (view === undefined) this.#stored.set(`${group}/${resource}`, served)
  }
}

/** Whether the store of this resource is shown in several versions (RT1). */
function hasVersions(storedKey: string): boolean {
  return Object.entries(shown).some(([key, { storedGroup, storedVersion }]) => `${storedGroup}/${storedVersion}/${key.slice(key.lastIndexOf('/') + 1)}` === storedKey)
}

export function cacheSpecOf(kind: Kind): CacheSpec {
  const { group, version, resource } = kind.type
  const fieldPaths = Object.keys(kind.selectableFields)
  const readers = Object.values(kind.selectableFields)
  return {
    prefix: storagePrefix(group, resource),
    form: storedForm(apiVersionText(group, version), kind.type.kind),
    namespaced: kind.type.namespaced,
    fieldPaths,
    fieldsOf: object => readers.map(read => read(complete(object))),
  }
}

export function apiVersionText(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`
}
