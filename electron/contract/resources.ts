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

/** A kind that the server has now, custom ones too, in the version it prefers. */
export interface ResourceKind extends ResourceAddress {
  readonly kind: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  /** Such as status, scale, log. */
  readonly subresources: readonly string[]
}

export interface TableColumn {
  readonly name: string
  readonly type: string
  readonly description: string
  /** 0: always shown; above: only when there is room. */
  readonly priority: number
}

export interface TableRow {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly createdAt: string
  /** One a column. */
  readonly cells: readonly unknown[]
}

export type TableChange =
  | { readonly type: 'replaced'; readonly columns: readonly TableColumn[]; readonly rows: readonly TableRow[] }
  | { readonly type: 'changed'; readonly rows: readonly TableRow[]; readonly removed: readonly string[] }
  | { readonly type: 'lost'; readonly reason: string }

/** One object and those it is related to, as far as a few steps lead. */
export interface Relations {
  readonly nodes: readonly RelatedObject[]
  readonly edges: readonly Relation[]
  /** Objects that were left out because there are too many. */
  readonly leftOut: number
}

export interface RelatedObject extends ResourceAddress {
  readonly id: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** In a word, such as Running or 2/3; empty where the kind has none. */
  readonly state: string
}

export interface Relation {
  readonly from: string
  readonly to: string
  readonly type: 'owns' | 'selects' | 'routes' | 'mounts' | 'binds' | 'runs-on' | 'acts-as' | 'scales'
}

type None = Readonly<Record<string, never>>
type ObjectArguments = { readonly lab: string; readonly of: ResourceAddress; readonly namespace: string | null; readonly name: string }

export interface ResourceCalls {
  /** Puts the object in the place of the stored one, whose resourceVersion it must have. A dry run is validated and admitted, and not stored. */
  'resources/replace': { arguments: ObjectArguments & { readonly object: unknown; readonly dryRun: boolean }; reply: PlainObject }
  'resources/scale': { arguments: ObjectArguments & { readonly replicas: number }; reply: None }
  /** New pods for all old ones, as kubectl rollout restart makes them. */
  'resources/restart': { arguments: ObjectArguments; reply: None }
  /** OpenAPI v3 schemas of a kind and all that they refer to, by name; `root` names the kind's own. */
  'resources/schema': { arguments: { readonly lab: string; readonly group: string; readonly version: string; readonly kind: string }; reply: { readonly root: string; readonly schemas: Readonly<Record<string, unknown>> } }
  'resources/relations': { arguments: ObjectArguments; reply: Relations }
  'resources/get': { arguments: { readonly lab: string; readonly of: ResourceAddress; readonly namespace: string | null; readonly name: string }; reply: PlainObject }
  'resources/delete': { arguments: { readonly lab: string; readonly of: ResourceAddress; readonly namespace: string | null; readonly name: string }; reply: None }
}

export interface ResourceFeeds {
  /** All kinds, again whenever one comes or goes. */
  'resources/kinds': { arguments: { readonly lab: string }; item: readonly ResourceKind[] }
  /** As kubectl get prints them: the server's columns and cells, kept up to date; a long table comes in pieces, the first of them `replaced`; changes are gathered for a twentieth of a second. */
  'resources/table': { arguments: { readonly lab: string; readonly of: ResourceAddress; readonly namespace: string | null; readonly labelSelector: string; readonly fieldSelector: string }; item: TableChange }
  /** One object as it is; null while it does not exist. */
  'resources/object': { arguments: ObjectArguments; item: { readonly object: PlainObject | null } }
  /** Lines of all containers of all pods that a selector finds now, merged as they come. */
  'logs/pods': { arguments: { readonly lab: string; readonly namespace: string; readonly labelSelector: string; readonly fieldSelector: string; readonly tail: number }; item: { readonly pod: string; readonly container: string; readonly line: string } }
}
