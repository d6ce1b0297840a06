/** Names are not found on a node. */
import { nodeFilter } from './node-filter.ts'

export const nodeDnsBlock = nodeFilter({
  name: 'node-dns-block', title: 'No names on a node',
  parameters: [],
  effect: 'DNS of the node and of its pods gets no answer.',
  evidence: 'Name lookups time out after seconds; connections by address work.',
  rules: () => {
    const rules = ['udp dport 53', 'tcp dport 53']
    return { input: [], output: rules, forward: rules }
  },
})
