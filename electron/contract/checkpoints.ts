/** Checkpoints of a lab: pictures of all of it, to go back to or to go on from beside it. */

/** golden: of a fresh lab, for new ones like it. */
export type CheckpointReason = 'asked' | 'drill' | 'golden' | 'imported'

export interface CheckpointState {
  readonly name: string
  /** That it was taken of; of an imported one perhaps another than the one it belongs to. */
  readonly lab: string
  readonly reason: CheckpointReason
  /** ISO 8601. */
  readonly takenAt: string
  readonly nodes: readonly string[]
  /** Nodes whose memory and disk are in it; the others are simulated. */
  readonly machines: readonly string[]
  /** For how long the lab stood still. */
  readonly standstillMs: number
  readonly elapsedMs: number
  /** What its files occupy on the disk. */
  readonly sizeBytes: number
  /** What of it nobody else holds, so that deleting it frees it. */
  readonly ownBytes: number
}

export interface CheckpointList {
  /** Oldest first. */
  readonly checkpoints: readonly CheckpointState[]
  /** The one that the lab goes on from since it was last rewound or made; null: none. */
  readonly current: string | null
  /** Of all together; what they share counts once. */
  readonly sizeBytes: number
  /** Folders that cannot be used, with the reason. */
  readonly damaged: readonly { readonly name: string; readonly problem: string }[]
}

/** What is done before a drill begins. */
export interface CheckpointSettings {
  readonly beforeDrills: boolean
  /** So many automatic ones are kept; those with a name given by the user are never removed by themselves. */
  readonly keepAutomatic: number
}

interface Named {
  readonly lab: string
  readonly name: string
}

interface Started {
  /** Its steps are told by labs/progress. */
  readonly action: string
}

export interface CheckpointCalls {
  'checkpoints/list': { arguments: { readonly lab: string }; reply: CheckpointList }
  'checkpoints/save': { arguments: { readonly lab: string; /** null: by the time. */ readonly name: string | null }; reply: Started & { readonly name: string } }
  'checkpoints/rewind': { arguments: Named; reply: Started }
  /** A second lab beside the first, from this moment of the first. */
  'checkpoints/branch': { arguments: Named & { readonly as: string }; reply: Started }
  /** The lab as it is now, right after it was made, becomes what new labs of the same topology start from. */
  'checkpoints/golden': { arguments: { readonly lab: string }; reply: Started }
  'checkpoints/delete': { arguments: Named; reply: { readonly freedBytes: number } }
  /** Reads every file and compares digests; the problem, or null. */
  'checkpoints/verify': { arguments: Named; reply: { readonly problem: string | null } }
  /** `file`: absolute, on the desktop. */
  'checkpoints/export': { arguments: Named & { readonly file: string }; reply: Started }
  'checkpoints/import': { arguments: { readonly lab: string; readonly file: string; /** null: as it was called. */ readonly name: string | null }; reply: Started }
  'checkpoints/settings': { arguments: { readonly lab: string; readonly change: Partial<CheckpointSettings> }; reply: CheckpointSettings }
}

export interface CheckpointFeeds {
  /** At once and after every change. */
  'checkpoints/state': { arguments: { readonly lab: string }; item: CheckpointList }
}
