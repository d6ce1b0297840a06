/**
 * Which links a lab has. Pure.
 *
 *   LE1  Ends are nodes with a machine, ports of routers (r1.east), or `*`. Simulated nodes have no frames and are refused by name.
 *   LE2  Two named ends are on one network: between networks nothing passes but through a router, whose ports are ends themselves.
 */
import type { Provider } from '../../contract/labs.ts'
import type { LinkName } from '../../contract/links.ts'
import { anyPort } from '../network/impairments/impaired-lan.ts'
import { usualNetwork } from '../network/routing/router-plan.ts'

export interface LinkEnds {
  readonly nodes: readonly { readonly name: string; readonly provider: Provider; readonly network?: string }[]
  readonly ports: readonly { readonly port: string; readonly network: string }[]
}

export interface LinkProblem {
  readonly end: 'from' | 'to'
  readonly reason: 'not-found' | 'unsupported' | 'invalid-argument'
  readonly message: string
}

export function problemOfLink(link: LinkName, ends: LinkEnds): LinkProblem | null {
  for (const end of ['from', 'to'] as const) {
    const problem = problemOfEnd(link[end], ends)
    if (problem !== null) return { end, ...problem }
  }
  if (link.from === anyPort || link.to === anyPort) return null
  if (link.from === link.to) return { end: 'to', reason: 'invalid-argument', message: 'a link has two different ends' }
  const [from, to] = [networkOf(link.from, ends), networkOf(link.to, ends)]
  if (from === to) return null // LE2
  return { end: 'to', reason: 'invalid-argument', message: `${link.from} is on ${from} and ${link.to} on ${to}; what passes between them passes a router: take a link to one of ${ends.ports.filter(({ network }) => network === from).map(({ port }) => port).join(', ') || 'its ports, of which there are none there'}` }
}

/** LE1 */
export function problemOfEnd(end: string, { nodes, ports }: LinkEnds): Omit<LinkProblem, 'end'> | null {
  if (end === anyPort || ports.some(({ port }) => port === end)) return null
  const node = nodes.find(({ name }) => name === end)
  if (node === undefined) return { reason: 'not-found', message: `there is no node "${end}"; nodes are ${nodes.map(({ name }) => name).join(', ') || 'none'}${ports.length === 0 ? '' : `, and ports of routers ${ports.map(({ port }) => port).join(', ')}`}` }
  if (node.provider !== 'simulated') return null
  return { reason: 'unsupported', message: `${end} is a simulated node and has no network card; links are of nodes with a machine` }
}

function networkOf(end: string, { nodes, ports }: LinkEnds): string {
  return ports.find(({ port }) => port === end)?.network ?? nodes.find(({ name }) => name === end)?.network ?? usualNetwork
}
