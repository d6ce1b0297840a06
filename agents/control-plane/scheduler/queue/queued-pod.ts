/** A pod on its way to a node, with what was learnt about it so far. Upstream: QueuedPodInfo. */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { SpanContext } from '../../../base/spans.ts'

export interface QueuedPod {
  pod: Pod
  readonly profile: string
  /** When it was seen, or failed last: its place among equals. */
  queuedAt: number
  /** When it first could be tried; null while it is gated. */
  firstActiveAt: number | null
  attempts: number
  unschedulableCount: number
  errorsInARow: number
  /** Window in which its wait ends; 0 for none. */
  backoffUntil: number
  /** Plugins whose rejection a change of the cluster has to turn round. */
  rejectedBy: ReadonlySet<string>
  /** Of these, plugins that set something going themselves. */
  pendingBy: ReadonlySet<string>
  /** The PreEnqueue plugin that holds it, with its reasons. */
  gate: { readonly plugin: string; readonly reasons: readonly string[] } | null
  /** It was brought back because nothing else did. */
  flushed: boolean
  /** What moved it last, for people. */
  lastMove: { readonly event: string; readonly plugin: string | null; readonly atMs: number }
  /** Within what that happened, while spans are recorded. */
  movedWithin?: SpanContext | undefined
}

export type QueuePlace = 'active' | 'backoff' | 'unschedulable' | 'gated' | 'in-flight'
