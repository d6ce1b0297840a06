/**
 * Decoded forms of the few objects that requests ask about again and again: namespaces, service accounts, classes, limits.
 *
 *   DO1  What is handed out is shared and frozen: whoever wants another takes a copy.
 *   DO2  At most 256 objects, none above 8 KiB, are kept; the oldest goes first, used or not.
 *   DO3  An object belongs to one state of the cache, so that a change of it is seen at once.
 */
import type { KubeObject } from '../registry/kube-object.ts'
import type { CachedObject } from './resource-cache.ts'
import { decodeServed } from './stored-form.ts'

const maxObjects = 256
const maxObjectBytes = 8 * 1024

export class DecodedObjects {
  readonly #objects = new Map<CachedObject, KubeObject>()

  of(cached: CachedObject): KubeObject {
    let object = this.#objects.get(cached)
    if (object !== undefined) return object
    object = deepFreeze(decodeServed(cached.bytes)) // DO1
    if (cached.bytes.length > maxObjectBytes) return object
    if (this.#objects.size >= maxObjects) this.#objects.delete(this.#objects.keys().next().value!) // DO2
    this.#objects.set(cached, object)
    return object
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}
