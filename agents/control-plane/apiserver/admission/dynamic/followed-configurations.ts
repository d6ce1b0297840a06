/**
 * Configuration objects, compiled once for each version of each and kept in the order of their names. Nothing is read
 * until somebody asks after a change.
 */
import type { KubeObject } from '../../registry/kube-object.ts'

interface Compiled<T> {
  readonly version: string
  readonly items: readonly T[]
}

export class FollowedConfigurations<T> {
  readonly #read: () => readonly KubeObject[]
  readonly #compile: (object: KubeObject) => readonly T[]
  #compiled = new Map<string, Compiled<T>>()
  #all: readonly T[] | undefined

  constructor(read: () => readonly KubeObject[], compile: (object: KubeObject) => readonly T[]) {
    this.#read = read
    this.#compile = compile
  }

  get all(): readonly T[] {
    return (this.#all ??= this.#build())
  }

  /** Something has changed. */
  forget(): void {
    this.#all = undefined
  }

  #build(): readonly T[] {
    const next = new Map<string, Compiled<T>>()
    const objects = [...this.#read()].sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))
    for (const object of objects) {
      const version = `${object.metadata.uid ?? ''}/${object.metadata.resourceVersion ?? ''}`
      const known = this.#compiled.get(object.metadata.name!)
      next.set(object.metadata.name!, known?.version === version ? known : { version, items: this.#compile(object) })
    }
    this.#compiled = next
    return [...next.values()].flatMap(({ items }) => items)
  }
}
