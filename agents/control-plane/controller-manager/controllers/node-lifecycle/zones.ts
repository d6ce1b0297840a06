/**
 * The state of each zone, and the pace at which its nodes lose their Pods.
 *
 *   NZ1  A zone is down when none of its nodes is ready; partly down when more than 2 and at least the threshold share
 *        (55 %) are not; else normal.
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

export function zonesOf(nodes: readonly Node[], options: ZoneOptions): readonly Zone[] {
  return [...Map.groupBy(nodes, zoneOf)].map(([name, members]) => {
    const notReady = members.filter(node => !isNodeReady(node)).length
    const state = stateOf(members.length, notReady, options)
    return { name, state, rate: rateOf(state, members.length, options), nodes: members.length, notReady }
  })
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
