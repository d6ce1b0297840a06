/**
 * The state of each zone, and the pace at which its nodes lose their Pods.
 *
 *   NZ1  A zone is down when none of its nodes is ready; partly down when more than 2 and at least the threshold share
 *        (55 %) are not; else normal.
 *   NZ3  Zones are counted as nodes change, never by going over all nodes: thousands of them renew their Leases all the time.
 *   NZ2  Pace: normal and down 0.1 nodes a second, one at once; partly down 0.01 in a large zone, none in a small one.
 */
import type { Node } from '../../../../api/groups/core-v1/types.ts'
import { isNodeReady } from './plan-node.ts'

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption'

export interface ZoneOptions {
  readonly unhealthyZoneThreshold: number
  readonly nodeEvictionRate: number
  readonly secondaryNodeEvictionRate: number
  readonly largeClusterSizeThreshold: number
}

export interface Zone {
  readonly name: string
  readonly state: ZoneState
  /** Nodes a second. */
  readonly rate: number
  readonly nodes: number
  readonly notReady: number
}

export function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {}
  return `${labels['topology.kubernetes.io/region'] ?? ''}:${labels['topology.kubernetes.io/zone'] ?? ''}`
}

/** NZ3 */
export class ZoneTally {
  readonly #nodes = new Map<string, { readonly zone: string; readonly ready: boolean }>()
  readonly #zones = new Map<string, { nodes: number; notReady: number }>()

  see(node: Node): void {
    const { name } = node.metadata
    const [zone, ready] = [zoneOf(node), isNodeReady(node)]
    const known = this.#nodes.get(name)
    if (known?.zone === zone && known.ready === ready) return
    this.forget(name)
    this.#nodes.set(name, { zone, ready })
    this.#count(zone, 1, ready ? 0 : 1)
  }

  forget(name: string): void {
    const known = this.#nodes.get(name)
    if (known === undefined) return
    this.#nodes.delete(name)
    this.#count(known.zone, -1, known.ready ? 0 : -1)
  }

  zones(options: ZoneOptions): readonly Zone[] {
    return [...this.#zones].map(([name, { nodes, notReady }]) => {
      const state = stateOf(nodes, notReady, options)
      return { name, state, rate: rateOf(state, nodes, options), nodes, notReady }
    })
  }

  #count(zone: string, nodes: number, notReady: number): void {
    const counted = this.#zones.get(zone) ?? { nodes: 0, notReady: 0 }
    counted.nodes += nodes
    counted.notReady += notReady
    if (counted.nodes === 0) this.#zones.delete(zone)
    else this.#zones.set(zone, counted)
  }
}

function stateOf(total: number, notReady: number, options: ZoneOptions): ZoneState { // NZ1
  if (notReady > 0 && notReady === total) return 'FullDisruption'
  return notReady > 2 && notReady / total >= options.unhealthyZoneThreshold ? 'PartialDisruption' : 'Normal'
}

function rateOf(state: ZoneState, total: number, options: ZoneOptions): number { // NZ2
  if (state !== 'PartialDisruption') return options.nodeEvictionRate
  return total > options.largeClusterSizeThreshold ? options.secondaryNodeEvictionRate : 0
}

/** One at once, then `rate` a second. The rate may change between calls. */
export class Pace {
  #tokens = 1
  #atMs: number

  constructor(nowMs: number) {
    this.#atMs = nowMs
  }

  tryTake(rate: number, nowMs: number): boolean {
    this.#tokens = Math.min(1, this.#tokens + ((nowMs - this.#atMs) / 1_000) * rate)
    this.#atMs = nowMs
    if (rate === 0 || this.#tokens < 1 - 1e-9) return false
    this.#tokens = 0
    return true
  }
}
