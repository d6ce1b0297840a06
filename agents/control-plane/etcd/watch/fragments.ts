import type { WireEvent } from '../../../wire/etcd/kv-messages.ts'

/** What an event takes besides its bytes: numbers, tags and lengths, rounded up. */
const eventOverheadBytes = 64

/** Cuts a list of events into parts of about maxBytes; an event larger than that is a part of its own. */
export function fragments(events: readonly WireEvent[], maxBytes: number): WireEvent[][] {
  const parts: WireEvent[][] = []
  let sizeBytes = Infinity
  for (const event of events) {
    const eventBytes = sizeOf(event)
    if (sizeBytes + eventBytes > maxBytes) {
      parts.push([])
      sizeBytes = 0
    }
    parts.at(-1)!.push(event)
    sizeBytes += eventBytes
  }
  return parts
}

function sizeOf({ kv, prevKv }: WireEvent): number {
  return [kv, prevKv].reduce((sum, part) => sum + (part === undefined ? 0 : part.key.length + part.value.length + eventOverheadBytes), 0)
}
