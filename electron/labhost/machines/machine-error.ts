/** All failures of this room. `message` is one paragraph for the user, with what to do where something can be done. */
export type MachineFailure =
  /** The provider cannot be used by this version of Kubarium at all. */
  | 'ProviderNotSupported'
  /** The desktop lacks a program or a right. */
  | 'HostNotReady'
  | 'SpecInvalid'
  | 'ImageMissing'
  /** The machine ended, or never came up, while it was being started. */
  | 'StartFailed'
  | 'AlreadyRunning'
  | 'NotRunning'
  /** Nothing answered at the machine's sshd within the try. */
  | 'Unreachable'
  | 'MonitorFailed'
  | 'TemplateFailed'
  /** A clone took nothing of what it was told to become; another try may do better. */
  | 'CloneSilent'
  /** A machine cannot be saved, or made of what was saved. */
  | 'CheckpointFailed'
  /** A disk cannot be plugged in or taken out. */
  | 'DiskFailed'
  | 'CleanupFailed'

export class MachineError extends Error {
  readonly reason: MachineFailure

  constructor(reason: MachineFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'MachineError'
    this.reason = reason
  }
}
