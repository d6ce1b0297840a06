/** A moment in milliseconds since the epoch, as RFC 3339 with milliseconds. */
export function instantText(atMs: number): string {
  return new Date(atMs).toISOString()
}
