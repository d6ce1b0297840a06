import { type SupportRow, absent, partial, same } from '../../../agents/base/support-row.ts'

const area = 'Network of the lab'

export const support: readonly SupportRow[] = [
  ...same(area, 'several networks (`networks.lans`) with virtual machines on them, and routers between (`networks.routers`): ARP, IPv4 forwarding, ICMP errors, fragmentation', 'impairments of links from the start of the lab (`links`)', 'captures and impairments at every port of a router (`r1.east`)'),
  partial(area, 'links of machines of other providers than qemu', 'Done by the kernel of the node: down, block and loss (random, every nth) on any link by nftables; delay, duplicate, corrupt, reorder, rate and loss in bursts on what it sends (`node:*`), where it has sch_netem. Not to be had there, and refused by name: flap, an MTU black hole, correlated loss; in expressions lengths, VLANs and IPv6 addresses.'),
  partial(area, 'routers', 'IPv4 with fixed routes; no routing protocols, no address translation, no filters (a link\'s `block` takes an expression).'),
  absent(area, 'nodes of other providers than qemu on other networks than `lan`', 'Their frames do not pass the lab\'s switch.'),
  absent(area, 'the overlay host-gw over several networks', 'It needs all nodes on one network; use one with a tunnel.'),
]
