/**
 * One resource as it is served at /api/v1/… or /apis/<group>/<version>/…: the kind's own rules, where its objects lie,
 * and, where two versions show one store (events, horizontalpodautoscalers), the translation between them.
 */
import type { FieldError } from '../../../api/field-error.ts'
import type { Kind } from '../../../api/kind.ts'
import type { KubernetesObject } from '../../../api/kubernetes-object.ts'
import type { ResourceRow } from '../../../api/schema/definition.ts'
import type { ApplySchema } from '../../../wire/apply/apply-schema.ts'
import type { CachedObject, ResourceCache } from '../watch-cache/resource-cache.ts'
import { decodeServed } from '../watch-cache/stored-form.ts'
import type { KubeObject } from './kube-object.ts'

export interface View {
  toServed(stored: KubeObject): KubeObject
  toStored(served: KubeObject, old: KubeObject | undefined): KubeObject
}

export interface ServedResource {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly kind: string
  readonly apiVersion: string
  readonly namespaced: boolean
  readonly row: ResourceRow
  readonly rules: Kind
  /** OpenAPI name of the served kind; custom resources have none. */
  readonly definition: string
  readonly cache: ResourceCache
  readonly view?: View
  readonly timeToLiveSeconds?: number
  /** Every version of its kind by apiVersion, where there are several: those of one store. */
  readonly versions?: () => ReadonlyMap<string, ServedResource>
  readonly isCustom: boolean
  /** What only custom resources have. */
  readonly custom?: CustomVersion
}

/** One version of a custom resource: its schema at work, and the way to and from the version that is stored. */
export interface CustomVersion {
  /** Prunes and defaults what a client sent, in place; returns the paths of unknown fields. Throws ApiError when it is malformed. */
  admit(object: KubeObject): readonly string[]
  /** Absent where every stored object is in this version already. */
  readonly conversion?: CustomConversion
  readonly applySchema: ApplySchema
  readonly listKind: string
  readonly hasStatus: boolean
  /** Dotted paths of spec.replicas and the rest, without the leading dot. */
  readonly scale?: { readonly replicas: readonly string[]; readonly statusReplicas: readonly string[]; readonly selector: readonly string[] | undefined }
  /** Paths of CachedObject.fields in this version. */
  readonly fieldPaths: readonly string[]
  readonly deprecation: string | undefined
  /** The definition is going: nothing new is made. */
  readonly isTerminating: boolean
  /** Waits until other servers have had time to learn of a definition that has only just come. */
  settled(): Promise<void>
  /** Its rules are better asked by a thread of their own. */
  readonly hasManyRules: boolean
  /** The definition as JSON, for that thread, and what tells it from its earlier states. */
  source(): { readonly key: string; readonly definition: string }
  /** Rules about a change that need what it warns of (ratcheting). */
  validateUpdate(next: KubeObject, old: KubeObject, warn: (text: string) => void): FieldError[]
  validateStatusUpdate(next: KubeObject, old: KubeObject, warn: (text: string) => void): FieldError[]
}

export interface CustomConversion {
  /** Objects as this version shows them; a promise only where somebody must be asked. */
  seen(items: readonly CachedObject[]): readonly CachedObject[] | Promise<readonly CachedObject[]>
  /** An object of this version in the one that is stored. */
  stored(object: KubeObject): KubeObject | Promise<KubeObject>
  /** An object of any version in this one. */
  shown(object: KubeObject): KubeObject | Promise<KubeObject>
}

/** The kinds' rules are typed for complete objects; here they meet objects still being completed. */
export function complete(object: KubeObject): KubernetesObject {
  return object as unknown as KubernetesObject
}

export function cacheKey(resource: ServedResource, namespace: string, name: string): string {
  return resource.namespaced ? `${namespace}/${name}` : name
}

export function storageKey(resource: ServedResource, namespace: string, name: string): string {
  return resource.cache.spec.prefix + cacheKey(resource, namespace, name)
}

/** An object of one version in another of the same kind; a promise where somebody must be asked. */
export function convertBetween(from: ServedResource, to: ServedResource, object: KubeObject): KubeObject | Promise<KubeObject> {
  if (to.custom !== undefined) return to.custom.conversion === undefined ? object : to.custom.conversion.shown(object)
  const stored = from.view === undefined ? object : from.view.toStored(object, undefined)
  return to.view === undefined ? stored : to.view.toServed(stored)
}

/** An object as this resource serves it. */
export function servedObject(resource: ServedResource, cached: CachedObject): KubeObject {
  const stored = decodeServed(cached.bytes)
  return resource.view === undefined ? stored : resource.view.toServed(stored)
}

export function servedObjectBytes(resource: ServedResource, cached: CachedObject): Buffer {
  return resource.view === undefined ? cached.bytes : Buffer.from(JSON.stringify(servedObject(resource, cached)))
}

export function nameOfKey(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}

export function namespaceOfKey(key: string): string {
  const slash = key.indexOf('/')
  return slash < 0 ? '' : key.slice(0, slash)
}
