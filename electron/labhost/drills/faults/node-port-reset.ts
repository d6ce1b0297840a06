/** Connections to a port are torn down. */
import { numberOf } from '../fault.ts'
import { nodeFilter } from './node-filter.ts'

export const nodePortReset = nodeFilter({
  name: 'node-port-reset', title: 'Connections to a port are reset', verdict: 'reject with tcp reset',
  parameters: [{ name: 'port', type: 'number', unit: '', least: 1, most: 65_535, default: 80 }],
  effect: 'TCP to this port is answered with a reset: to the node, from the node, and through it to and from its pods.',
  evidence: 'Connections are refused at once, and open ones break: "connection reset by peer".',
  rules(order) {
    const rule = [`tcp dport ${Math.round(numberOf(order, 'port'))}`]
    return { input: rule, output: rule, forward: rule }
  },
})
