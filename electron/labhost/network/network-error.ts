/** All failures of this room. */
export type NetworkFailure = 'PortTaken' | 'ListenFailed' | 'FrameTooLong' | 'PortUnknown' | 'PortAttached' | 'SwitchFailed' | 'NothingToCapture' | 'CaptureUnreadable'

export class NetworkError extends Error {
  readonly reason: NetworkFailure

  constructor(reason: NetworkFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NetworkError'
    this.reason = reason
  }
}
