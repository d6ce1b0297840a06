/**
 * What the nodes' connection tracking holds, told by each node's overlay agent, again whenever it has changed.
 *
 *   FT1  A node that does not answer is told of with the reason, beside those that do.
 *   FT2  Nothing is told twice in a row; nodes that come or go meanwhile are asked from the next round on.
 */
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { Flow, NodeTraffic, Traffic } from '../../contract/connections.ts'
import { inspect } from './component-actions.ts'
import type { Lab } from './lab.ts'

const everyMs = 2_000

/** Who is asked, in each round anew. */
export interface TrafficSource {
  nodes(): readonly string[]
  lan(): Promise<Traffic['lan']>
  flows(node: string): Promise<readonly Flow[]>
}

export function trafficOf(lab: Lab): TrafficSource {
  return {
    nodes: () => lab.nodeNames.filter(name => lab.node(name).routesPods),
    lan: async () => lab.network.state(),
    flows: async node => (await inspect(lab, `overlay@${node}`, 'flows')) as readonly Flow[],
  }
}

export async function* followTraffic(source: TrafficSource, clock: Clock, signal: AbortSignal): AsyncGenerator<Traffic> {
  let told = ''
  while (!signal.aborted) {
    const traffic: Traffic = { lan: await source.lan(), nodes: await Promise.all(source.nodes().map(async (node): Promise<NodeTraffic> => {
      try {
        return { node, flows: await source.flows(node), problem: null }
      } catch (error) {
        return { node, flows: [], problem: errorText(error) } // FT1
      }
    })) }
    const text = JSON.stringify(traffic)
    if (text !== told && !signal.aborted) yield traffic // FT2
    told = text
    await sleep(clock, everyMs, signal).catch(() => {})
  }
}
