/** A filter expression that cannot be read; the message says where and what could stand there. */
export class FilterError extends Error {
  override readonly name = 'FilterError'
}
