/**
 * In which topology domain each node is. A cycle asks it of thousands of nodes, for the same few keys again and again; finding
 * a label among others each time would cost more than everything that is done with the answer.
 *
 *   ND1  The answer for a node is kept until its labels change. Imagined views are always asked themselves.
 *   ND2  Kept for the keys asked for last.
 */
import type { NodeView } from './node-view.ts'

const mostKeys = 32

export class NodeDomains {
  readonly #byKey = new Map<string, DomainsOfKey>()

  of(topologyKey: string): DomainsOfKey {
    const known = this.#byKey.get(topologyKey)
    if (known !== undefined) return known
    if (this.#byKey.size >= mostKeys) this.#byKey.delete(this.#byKey.keys().next().value!) // ND2
    const fresh = new DomainsOfKey(topologyKey)
    this.#byKey.set(topologyKey, fresh)
    return fresh
  }
}

export class DomainsOfKey {
  readonly #topologyKey: string
  readonly #labellings: number[] = []
  readonly #domains: (string | undefined)[] = []

  constructor(topologyKey: string) {
    this.#topologyKey = topologyKey
  }

  /** Undefined for a node without the label. */
  at({ slot, labelling, node }: NodeView): string | undefined {
    if (slot < 0) return node.metadata.labels?.[this.#topologyKey]
    if (this.#labellings[slot] === labelling) return this.#domains[slot] // ND1
    const domain = node.metadata.labels?.[this.#topologyKey]
    for (let empty = this.#labellings.length; empty < slot; empty++) { // arrays without holes are read fastest
      this.#labellings.push(-1)
      this.#domains.push(undefined)
    }
    this.#labellings[slot] = labelling
    this.#domains[slot] = domain
    return domain
  }
}
