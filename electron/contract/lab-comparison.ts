/** Two labs beside one another, such as two branches of one checkpoint: in what they differ. */

export interface FieldChange {
  /** Dotted: spec.replicas. */
  readonly path: string
  /** Absent: it was not there. */
  readonly from?: unknown
  /** Absent: it goes. */
  readonly to?: unknown
}

export interface ObjectDifference {
  readonly kind: string
  /** "deployments.apps", "pods". */
  readonly resource: string
  readonly namespace: string | null
  readonly name: string
  readonly state: 'only-here' | 'only-there' | 'differs'
  /** From here to there. Of Secrets without values. */
  readonly changes: readonly FieldChange[]
}

export interface ComparedEvent {
  /** Kind namespace/name of what it is about. */
  readonly about: string
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly countHere: number
  readonly countThere: number
}

/** All series of a family together. */
export interface ComparedMetric {
  readonly component: string
  readonly family: string
  /** Null: it does not count that, or does not answer. */
  readonly here: number | null
  readonly there: number | null
}

export interface LabComparison {
  readonly objects: readonly ObjectDifference[]
  /** Of how many objects nothing differs. */
  readonly same: number
  /** What happened in one and not in the other, or not as often. */
  readonly events: readonly ComparedEvent[]
  readonly metrics: readonly ComparedMetric[]
  /** What was left out of the lists above, since they are bounded. */
  readonly leftOut: { readonly objects: number; readonly events: number; readonly metrics: number }
}

export interface ComparisonCalls {
  'labs/compare': { arguments: { readonly lab: string; readonly with: string }; reply: LabComparison }
}
