/** All failures of this room; `message` is one paragraph for the user. */
export type CheckpointFailure =
  | 'invalid-argument'
  | 'already-exists'
  | 'not-found'
  /** What is on the disk is not what was saved; nothing was touched. */
  | 'damaged'
  /** Something of the lab cannot be saved or restored at all. */
  | 'unsupported'
  | 'conflict'
  | 'failed'

export class CheckpointError extends Error {
  readonly reason: CheckpointFailure

  constructor(reason: CheckpointFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CheckpointError'
    this.reason = reason
  }
}
