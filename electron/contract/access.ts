/** May somebody do something in the cluster, and which rule says so? */

/** Empty text: the core group, no subresource, every namespace, any name. */
export interface AccessQuestion {
  readonly user: string
  readonly groups: readonly string[]
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

export interface AccessAnswer {
  readonly allowed: boolean
  /** The API server's own words; empty where nothing was found that allows it. */
  readonly reason: string
  /** The binding, its role, and the role's rules that match; null where it was not RBAC that allowed it. */
  readonly grant: {
    readonly binding: { readonly kind: string; readonly name: string }
    readonly role: { readonly kind: string; readonly name: string }
    readonly subject: { readonly kind: string; readonly name: string }
    readonly rules: readonly PolicyRule[]
  } | null
}

export interface AccessCalls {
  'access/ask': { arguments: { readonly lab: string; readonly question: AccessQuestion }; reply: AccessAnswer }
}
