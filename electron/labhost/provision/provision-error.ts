/** All failures of this room. */
export type ProvisionFailure =
  /** There is no SSH connection now; `message` says since when and why. */
  | 'LinkDown'
  /** The machine answered with another host key than the pinned one. Never overridden. */
  | 'HostKeyMismatch'
  | 'AuthenticationFailed'
  | 'CommandFailed'
  | 'CommandTimedOut'
  /** The machine could not open the connection that it was asked for. */
  | 'DialFailed'
  | 'UploadFailed'
  | 'StepFailed'
  | 'ServiceFailed'
  | 'InitUnknown'

export class ProvisionError extends Error {
  readonly reason: ProvisionFailure

  constructor(reason: ProvisionFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProvisionError'
    this.reason = reason
  }
}
