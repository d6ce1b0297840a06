/** The packets of the overlay do not pass: IPIP and VXLAN forbidden by a firewall. */
import { nodeFilter } from './node-filter.ts'

export const nodeOverlayBlock = nodeFilter({
  name: 'node-overlay-block', title: 'The overlay of a node is blocked',
  parameters: [],
  effect: 'VXLAN, IPIP, Geneve and WireGuard packets of the node are dropped; everything else passes.',
  evidence: 'The node is Ready and reached by its own address, but its pods are reached from their own node alone.',
  rules: () => {
    const rules = ['udp dport { 4789, 6081, 8472, 51820 }', 'meta l4proto ipip']
    return { input: rules, output: rules, forward: [] }
  },
})
