/** What the cloud refuses. `message` is a sentence for the user; it reaches the event of the Service or Node. */
export class CloudError extends Error {
  override readonly name = 'CloudError'
  /** HTTP status of the answer. */
  readonly status: 400 | 404 | 409 | 503

  constructor(status: CloudError['status'], message: string) {
    super(message)
    this.status = status
  }
}
