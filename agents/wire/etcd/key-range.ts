/**
 * Ranges of keys as etcd writes them: [key, end), where the end "\0" means "to the last key there is".
 */
import type { KeyRange } from './client.ts'

/** Every key that begins with the prefix; the empty prefix is every key. */
export function prefixRange(prefix: string): KeyRange {
  return prefix === '' ? everythingFrom('\0') : { key: prefix, end: prefixEnd(prefix) }
}

/** This key and all after it. */
export function everythingFrom(key: string): KeyRange {
  return { key, end: '\0' }
}

/** The least key after all keys with this prefix. Its last character must be below U+007F, as in every Kubernetes key. */
export function prefixEnd(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1)
  if (!(last < 0x7f)) throw new RangeError(`the prefix ${JSON.stringify(prefix)} must end in an ASCII character`)
  return prefix.slice(0, -1) + String.fromCharCode(last + 1)
}
