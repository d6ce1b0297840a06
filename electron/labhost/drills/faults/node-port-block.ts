/** A port that nothing gets through to. */
import { numberOf, textOf } from '../fault.ts'
import { nodeFilter } from './node-filter.ts'

export const nodePortBlock = nodeFilter({
  name: 'node-port-block', title: 'A port is blocked on a node',
  parameters: [{ name: 'protocol', type: 'choice', choices: ['tcp', 'udp'], default: 'tcp' }, { name: 'port', type: 'number', unit: '', least: 1, most: 65_535, default: 80 }],
  effect: 'Packets to this port are dropped: to the node, from the node, and through it to and from its pods.',
  evidence: 'Connections hang and time out; nft list ruleset counts the packets.',
  rules(order) {
    const rule = [`${textOf(order, 'protocol')} dport ${Math.round(numberOf(order, 'port'))}`]
    return { input: rule, output: rule, forward: rule }
  },
})
