/**
 * The objects an informer knows, with indexes.
 *
 *   CA1  Objects are shared and must never be changed by a reader; copy (structuredClone) before changing.
 *   CA2  An index added late covers what is already there.
 *   CA3  The uid index follows replacement: the uid of a deleted object finds nothing, even if its name lives again.
 */
import type { KubernetesObject } from '../api/resources.ts'
import type { ObjectKey } from './object-key.ts'
import { keyOf, keyText } from './object-key.ts'

export interface Cache<T extends KubernetesObject> {
  get(key: ObjectKey): T | undefined
  /** Of one namespace, or of all. */
  list(namespace?: string): readonly T[]
  byIndex(index: string, value: string): readonly T[]
  /** Adding a name twice is harmless as long as it means the same. */
  addIndex(name: string, of: (object: T) => readonly string[]): void
  byUid(uid: string): T | undefined
  readonly size: number
}

export const namespaceIndex = 'namespace'
/** Objects by the uid of their controller owner. */
export const controllerIndex = 'controller'

interface Index<T> {
  readonly of: (object: T) => readonly string[]
  readonly entries: Map<string, Map<string, T>>
}

export class IndexedCache<T extends KubernetesObject> implements Cache<T> {
  readonly #objects = new Map<string, T>()
  readonly #byUid = new Map<string, T>()
  readonly #indexes = new Map<string, Index<T>>()

  constructor() {
    this.addIndex(namespaceIndex, object => [object.metadata.namespace ?? ''])
  }

  get size(): number {
    return this.#objects.size
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyText(key))
  }

  list(namespace?: string): readonly T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex(namespaceIndex, namespace)
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new Error(`the cache has no index named ${name}`)
    return [...(index.entries.get(value)?.values() ?? [])]
  }

  addIndex(name: string, of: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return
    const index: Index<T> = { of, entries: new Map() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) enter(index, key, object) // CA2
  }

  byUid(uid: string): T | undefined {
    return this.#byUid.get(uid)
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys()
  }

  /** Returns what was there before. */
  put(object: T): T | undefined {
    const key = keyText(keyOf(object))
    const previous = this.#take(key)
    this.#objects.set(key, object)
    this.#byUid.set(object.metadata.uid, object)
    for (const index of this.#indexes.values()) enter(index, key, object)
    return previous
  }

  remove(key: string): T | undefined {
    return this.#take(key)
  }

  #take(key: string): T | undefined {
    const previous = this.#objects.get(key)
    if (previous === undefined) return undefined
    this.#objects.delete(key)
    if (this.#byUid.get(previous.metadata.uid) === previous) this.#byUid.delete(previous.metadata.uid) // CA3
    for (const index of this.#indexes.values()) leave(index, key, previous)
    return previous
  }
}

function enter<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.of(object)) {
    const bucket = index.entries.get(value)
    if (bucket === undefined) index.entries.set(value, new Map([[key, object]]))
    else bucket.set(key, object)
  }
}

function leave<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.of(object)) {
    const bucket = index.entries.get(value)
    bucket?.delete(key)
    if (bucket?.size === 0) index.entries.delete(value)
  }
}
