import type { ObjectMeta } from './groups/meta-v1/types.ts'

/** What every stored object has in common. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
}

/** Where objects of one kind are served. The type parameter only serves the compiler. */
export interface ResourceType<T extends KubernetesObject = KubernetesObject> {
  readonly group: string
  readonly version: string
  /** Plural, lower case, as it stands in paths. */
  readonly resource: string
  readonly kind: string
  readonly namespaced: boolean
  /** Never set: carries T. */
  readonly objectType?: T
}

/** What a client sends: the server fills in the rest of the metadata, the status and the type names. */
export type Draft<T extends KubernetesObject> = Omit<T, 'apiVersion' | 'kind' | 'metadata' | 'status'> & {
  apiVersion?: string
  kind?: string
  metadata: Partial<ObjectMeta>
} & (T extends { status: infer S } ? { status?: S } : unknown)

/** "apps/v1", or "v1" for the core group. */
export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`
}

/** "deployments.apps", or "pods" for the core group. */
export function groupResourceText(type: { readonly group: string; readonly resource: string }): string {
  return type.group === '' ? type.resource : `${type.resource}.${type.group}`
}
