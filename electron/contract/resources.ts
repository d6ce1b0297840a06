/** Objects of the cluster for screens that show them. The lab host reads them with the lab administrator's credentials. */

export interface ResourceAddress {
  readonly group: string
  readonly version: string
  readonly resource: string
}

export interface PlainObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string; readonly resourceVersion: string; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

export type ResourceChange =
  | { readonly type: 'replaced'; readonly objects: readonly PlainObject[] }
  | { readonly type: 'changed'; readonly object: PlainObject }
  | { readonly type: 'removed'; readonly uid: string }
  | { readonly type: 'lost'; readonly reason: string }

type None = Readonly<Record<string, never>>

export interface ResourceCalls {
  'resources/get': { arguments: { readonly lab: string; readonly of: ResourceAddress; readonly namespace: string | null; readonly name: string }; reply: PlainObject }
  'resources/delete': { arguments: { readonly lab: string; readonly of: ResourceAddress; readonly namespace: string | null; readonly name: string }; reply: None }
}

export interface ResourceFeeds {
  /** First `replaced` with everything, then changes; `lost` while the API server cannot be reached, then `replaced` again. */
  'resources/watch': { arguments: { readonly lab: string; readonly of: ResourceAddress; readonly namespace: string | null }; item: ResourceChange }
}
