/**
 * Keys are bytes on the wire and, inside the store, strings with one character a byte: JavaScript compares such strings
 * in exactly byte order, stores them in one byte a character, and can use them in a Map.
 */
export function keyFromBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

export function keyToBytes(key: string): Uint8Array {
  return Buffer.from(key, 'latin1')
}

/** [start, end) in byte order; an end of undefined is the end of everything. */
export interface KeySpan {
  readonly start: string
  readonly end: string | undefined
}

/** The end of a request: nothing = only this key; a single zero byte = everything from here; else exclusive. */
export function spanOf(key: Uint8Array, rangeEnd: Uint8Array): KeySpan {
  const start = keyFromBytes(key)
  if (rangeEnd.length === 0) return { start, end: `${start}\0` }
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { start, end: undefined }
  return { start, end: keyFromBytes(rangeEnd) }
}

export function isInSpan(key: string, span: KeySpan): boolean {
  return key >= span.start && (span.end === undefined || key < span.end)
}

export function spansOverlap(a: KeySpan, b: KeySpan): boolean {
  return (a.end === undefined || b.start < a.end) && (b.end === undefined || a.start < b.end)
}

/** Everything that begins with the prefix. */
export function prefixSpan(prefix: string): KeySpan {
  const kept = prefix.replace(/\u00ff+$/, '')
  if (kept === '') return { start: prefix, end: undefined }
  return { start: prefix, end: kept.slice(0, -1) + String.fromCharCode(kept.charCodeAt(kept.length - 1) + 1) }
}
