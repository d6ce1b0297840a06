/**
 * What passes now, from what connection tracking counted. Pure.
 *
 *   TR1  A rate is what was counted since the report before; a flow that was not there then counts whole, one that is counted
 *        less (its connections are forgotten) counts nothing.
 *   TR2  A connection between two nodes is tracked on both: the one that knows the address as it was dialled is told of, once.
 */
import type { Flow, NodeTraffic } from '../../../electron/contract/connections.ts'

export interface Rate extends Flow {
  readonly bytesPerSecond: number
}

export interface Report {
  readonly at: number
  readonly nodes: readonly NodeTraffic[]
}

export function ratesOf(before: Report | null, now: Report): readonly Rate[] {
  const seconds = before === null ? 0 : (now.at - before.at) / 1_000
  const known = new Map(before?.nodes.flatMap(({ node, flows }) => flows.map(flow => [`${node} ${keyOf(flow)}`, flow.bytes] as const)) ?? [])
  const rates = new Map<string, Rate>()
  for (const { node, flows } of now.nodes) {
    for (const flow of flows) {
      const growth = flow.bytes - (known.get(`${node} ${keyOf(flow)}`) ?? 0)
      const rate = { ...flow, bytesPerSecond: seconds <= 0 ? 0 : Math.max(0, growth) / seconds } // TR1
      const same = `${flow.protocol} ${flow.source} ${flow.target} ${flow.targetPort}`
      const other = rates.get(same)
      if (other === undefined || (other.destination === other.target && flow.destination !== flow.target)) rates.set(same, rate) // TR2
    }
  }
  return [...rates.values()].toSorted((a, b) => b.bytesPerSecond - a.bytesPerSecond || b.bytes - a.bytes)
}

function keyOf({ protocol, source, destination, port, target, targetPort }: Flow): string {
  return [protocol, source, destination, port, target, targetPort].join(' ')
}
