/** What can be broken on purpose, what is broken now, and what was. */

/** In the order in which they are offered. */
export const faultGroups = [
  'workload', 'resources', 'network', 'names', 'storage', 'time', 'machine', 'component', 'store', 'api-server', 'scheduler', 'controllers', 'cloud', 'node-agents',
  'identity', 'cluster', 'load',
] as const
export type FaultGroup = (typeof faultGroups)[number]

export const faultLanguages = ['en', 'zh-Hant', 'zh-Hans'] as const
export type FaultLanguage = (typeof faultLanguages)[number]

/** Its name for people, what it does, what can be seen of it, and how it heals: one sentence each but the first. */
export interface FaultTexts {
  readonly title: string
  readonly effect: string
  readonly evidence: string
  readonly healing: string
}

export type FaultTarget =
  /** Of the control plane (kube-scheduler) or of a node (kubelet@node-1). */
  | { readonly type: 'component'; readonly name: string }
  | { readonly type: 'node'; readonly name: string }
  /** What one sends to the other; `*` for any. */
  | { readonly type: 'link'; readonly from: string; readonly to: string; readonly bothWays: boolean }
  /** An object of the kind that the fault is about. */
  | { readonly type: 'object'; readonly namespace: string; readonly name: string }

export type FaultTargetType = FaultTarget['type']

export type FaultParameter =
  | { readonly name: string; readonly type: 'number'; readonly unit: string; readonly least: number; readonly most: number; readonly default: number }
  | { readonly name: string; readonly type: 'text'; readonly default: string }
  | { readonly name: string; readonly type: 'choice'; readonly choices: readonly string[]; readonly default: string }

export type FaultValues = Readonly<Record<string, number | string>>

export interface FaultKind {
  readonly name: string
  readonly group: FaultGroup
  readonly target: FaultTargetType
  /** Of an object target: its resource. */
  readonly resource: string | null
  /** Of a component target: those it can be aimed at, without their node; null: any. */
  readonly components: readonly string[] | null
  readonly parameters: readonly FaultParameter[]
  /** False: it happens once and there is nothing to heal. */
  readonly lasts: boolean
  /** Providers of nodes on which it can be had; null: any. */
  readonly providers: readonly string[] | null
  /** In English, as `texts` has them. */
  readonly effect: string
  readonly evidence: string
  readonly healing: string
  readonly texts: Readonly<Record<FaultLanguage, FaultTexts>>
}

/** In the order a fault lives through them; one whose healing failed is tried again until it succeeds. */
export type FaultPhase = 'injecting' | 'active' | 'healing' | 'over'
export type FaultEnd = 'once' | 'time' | 'asked' | 'lab-stopped' | 'host-restarted' | 'failed'

export interface FaultState {
  readonly id: string
  readonly kind: string
  readonly target: FaultTarget
  readonly parameters: FaultValues
  readonly phase: FaultPhase
  readonly startedAt: string
  /** When it heals by itself; null: when it is asked to. */
  readonly endsAt: string | null
  readonly healedAt: string | null
  readonly end: FaultEnd | null
  /** Why it could not be injected, or not be healed yet. */
  readonly problem: string | null
}

/** What a fault concerns besides its target: nodes, the pods on them or of the object, the Services that send to these. */
export interface FaultReach {
  readonly nodes: readonly string[]
  /** NAMESPACE/NAME */
  readonly pods: readonly string[]
  readonly services: readonly string[]
}

type None = Readonly<Record<string, never>>

export interface FaultCalls {
  'faults/kinds': { arguments: None; reply: readonly FaultKind[] }
  /** What it would concern now; nothing is broken. */
  'faults/preview': { arguments: { readonly lab: string; readonly kind: string; readonly target: FaultTarget }; reply: FaultReach }
  /** Returns once it is in effect. `durationMs` null: until it is healed. Parameters that are not given have their defaults. */
  'faults/inject': { arguments: { readonly lab: string; readonly kind: string; readonly target: FaultTarget; readonly parameters: FaultValues; readonly durationMs: number | null }; reply: FaultState }
  /** Returns once it is healed; without an id all are. */
  'faults/heal': { arguments: { readonly lab: string; readonly id: string | null }; reply: readonly FaultState[] }
  'faults/list': { arguments: { readonly lab: string }; reply: readonly FaultState[] }
}

export interface FaultFeeds {
  /** All that are not over and the last that are, at once and after every change. */
  'faults/state': { arguments: { readonly lab: string }; item: readonly FaultState[] }
}
