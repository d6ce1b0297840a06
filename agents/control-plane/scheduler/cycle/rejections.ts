/**
 * Which nodes rejected a pod, and why. A cycle over thousands of nodes writes many and mostly nobody looks one up: they are
 * listed in the order of asking, and become a map when one is asked for by name.
 */
import type { NodeRejection } from '../framework/plugin.ts'

export class Rejections implements ReadonlyMap<string, NodeRejection> {
  readonly #names: string[] = []
  readonly #rejections: NodeRejection[] = []
  #byName: ReadonlyMap<string, NodeRejection> | undefined

  /** A node is asked once a cycle: no name comes twice. */
  add(nodeName: string, rejection: NodeRejection): void {
    this.#names.push(nodeName)
    this.#rejections.push(rejection)
    this.#byName = undefined
  }

  get size(): number {
    return this.#names.length
  }

  get(nodeName: string): NodeRejection | undefined {
    return this.#map().get(nodeName)
  }

  has(nodeName: string): boolean {
    return this.#map().has(nodeName)
  }

  forEach(visit: (rejection: NodeRejection, nodeName: string, all: ReadonlyMap<string, NodeRejection>) => void): void {
    for (const [index, nodeName] of this.#names.entries()) visit(this.#rejections[index]!, nodeName, this)
  }

  keys(): MapIterator<string> {
    return this.#map().keys()
  }

  values(): ArrayIterator<NodeRejection> {
    return this.#rejections.values()
  }

  entries(): MapIterator<[string, NodeRejection]> {
    return this.#map().entries()
  }

  [Symbol.iterator](): MapIterator<[string, NodeRejection]> {
    return this.entries()
  }

  #map(): ReadonlyMap<string, NodeRejection> {
    this.#byName ??= new Map(this.#names.map((nodeName, index) => [nodeName, this.#rejections[index]!]))
    return this.#byName
  }
}
