/** What kube-scheduler answers at /debug/inspect, as this room reads it. */
export interface QueueEntry {
  readonly pod: string
  readonly uid: string
  readonly place: string
  readonly attempts: number
  readonly priority: number
  readonly since: string
  readonly movedBy: string
  readonly rejectedBy: readonly string[]
  readonly backoffUntil: string | null
  readonly gate: { readonly plugin: string; readonly reasons: readonly string[] } | null
  readonly nominatedNode: string | null
}

export interface QueueReport {
  readonly counts: Readonly<Record<string, number>>
  readonly pods: readonly QueueEntry[]
}

export interface DecisionSummary {
  readonly id: number
  readonly pod: string
  readonly at: string
  readonly attempt: number
  readonly wokenBy: string
  readonly node: string | null
  readonly outcome: string
  readonly message: string
  readonly algorithmMs: number
  readonly bindingMs: number | null
}

export interface ScorePart {
  readonly raw: number
  readonly normalized: number
  readonly weighted: number
}

export interface DecisionDetails {
  readonly nodes?: { readonly total: number; readonly asked: number; readonly feasible: number; readonly rejected: number }
  readonly rejectedForAll?: { readonly plugin: string; readonly reasons: readonly string[] } | null
  readonly verdicts?: readonly { readonly node: string; readonly plugin: string; readonly reasons: readonly string[]; readonly curable: boolean }[]
  readonly scores?: readonly { readonly node: string; readonly total: number; readonly parts: Readonly<Record<string, ScorePart>> }[]
}

export type Decision = DecisionSummary & DecisionDetails & { readonly postFilter: { readonly message: string; readonly nominated: string | null } | null }

/** Kinds and fields as agents/control-plane/scheduler/framework/cure.ts has them. */
export interface Cure {
  readonly kind: string
  readonly node?: string
  readonly [field: string]: unknown
}

export interface Answer {
  readonly pod: string
  readonly node: string | null
  readonly message: string
  readonly preemption: { readonly node: string; readonly victims: readonly string[]; readonly budgetViolations: number } | null
  readonly cures: readonly { readonly plugin: string; readonly nodes: number; readonly reasons: readonly string[]; readonly cures: readonly Cure[] }[]
  readonly details?: DecisionDetails
}

export interface WhatIfReply {
  readonly pods: number
  readonly placed: number
  readonly durationMs: number
  readonly answers: readonly Answer[]
}

export interface NodeReport {
  readonly node: string
  readonly pods: number
  readonly allocatable: Readonly<Record<string, number>>
  readonly requested: Readonly<Record<string, number>>
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  readonly unschedulable: boolean
}
