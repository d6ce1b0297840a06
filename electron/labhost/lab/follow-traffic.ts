/**
 * What the nodes' connection tracking holds, told by each node's overlay agent, again whenever it has changed.
 *
 *   FT1  A node that does not answer is told of with the reason, beside those that do.
 */
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { Flow, NodeTraffic, Traffic } from '../../contract/connections.ts'
import { inspect } from './component-actions.ts'
import type { Lab } from './lab.ts'

const everyMs = 2_000

export async function* followTraffic(lab: Lab, clock: Clock, signal: AbortSignal): AsyncGenerator<Traffic> {
  let told = ''
  while (!signal.aborted) {
    const nodes = lab.nodeNames.filter(name => lab.node(name).routesPods)
    const traffic: Traffic = { lan: await lab.network.state(), nodes: await Promise.all(nodes.map(async (node): Promise<NodeTraffic> => {
      try {
        return { node, flows: (await inspect(lab, `overlay@${node}`, 'flows')) as readonly Flow[], problem: null }
      } catch (error) {
        return { node, flows: [], problem: errorText(error) } // FT1
      }
    })) }
    const text = JSON.stringify(traffic)
    if (text !== told && !signal.aborted) yield traffic
    told = text
    await sleep(clock, everyMs, signal).catch(() => {})
  }
}
