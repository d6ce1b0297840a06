/**
 * Why a patch was refused.
 *
 * BadRequest: it cannot be read (400). Invalid: it does not fit the object (422). RequestEntityTooLarge: too many operations (413).
 */
export class PatchError extends Error {
  override readonly name = 'PatchError'
  readonly reason: 'BadRequest' | 'Invalid' | 'RequestEntityTooLarge'

  constructor(reason: PatchError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}
