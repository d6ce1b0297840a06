/**
 * The order in which nodes are looked at: zones in turn, so that a cycle that stops early has still seen every zone.
 * Upstream: pkg/scheduler/backend/cache/node_tree.go.
 *
 *   NO1  Zones (region and zone label together) and the nodes of a zone keep the order in which they came.
 *   NO2  One node of each zone, then the next of each, until all are listed.
 */
import type { Node } from '../../../api/groups/core-v1/types.ts'

export function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {}
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`
}

export class NodeOrder<T> {
  readonly #zones = new Map<string, Set<T>>()
  #list: readonly T[] | undefined

  add(zone: string, item: T): void {
    const there = this.#zones.get(zone)
    if (there === undefined) this.#zones.set(zone, new Set([item]))
    else there.add(item)
    this.#list = undefined
  }

  remove(zone: string, item: T): void {
    const there = this.#zones.get(zone)
    if (there === undefined || !there.delete(item)) return
    if (there.size === 0) this.#zones.delete(zone)
    this.#list = undefined
  }

  /** The same array as long as nothing came or went. */
  get list(): readonly T[] {
    this.#list ??= interleave([...this.#zones.values()])
    return this.#list
  }
}

/** NO2 */
function interleave<T>(zones: readonly ReadonlySet<T>[]): T[] {
  const list: T[] = []
  let turns = zones.map(zone => zone.values())
  while (turns.length > 0) {
    turns = turns.filter(turn => {
      const next = turn.next()
      if (next.done !== true) list.push(next.value)
      return next.done !== true
    })
  }
  return list
}
