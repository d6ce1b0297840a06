/** Why a container could not be started: becomes its waiting reason, and says when trying again makes sense. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly reason: string
  readonly retryAtMs: number | undefined

  constructor(reason: string, message: string, retryAtMs?: number) {
    super(message)
    this.reason = reason
    this.retryAtMs = retryAtMs
  }
}
