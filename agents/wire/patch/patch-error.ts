/**
 * Why a patch was refused.
 *
 * BadRequest: it cannot be read (400). Invalid: it does not fit the object (422). RequestEntityTooLarge: too many operations (413).
 * Unknown: what upstream has no reason for (500).
 */
export class PatchError extends Error {
  override readonly name = 'PatchError'
  readonly reason: 'BadRequest' | 'Invalid' | 'RequestEntityTooLarge' | 'Unknown'

  constructor(reason: PatchError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}
