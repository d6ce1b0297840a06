/**
 * Nodes of the cluster as overlay nodes.
 *
 *   OP1  A node counts once it has an InternalIP (IPv4) and a pod CIDR, ready or not: traffic to a node that is slow is
 *        still its traffic.
 *   OP3  A simulated node is no peer: nothing listens at its address.
 *   OP2  Two nodes with one pod CIDR cannot both be right: the older keeps it, the other is left out and told of.
 */
import type { Node } from '../../api/groups/core-v1/types.ts'
import { readCidr } from '../../base/ip.ts'
import { isSimulated } from '../../machinery/kubelet/simulated-label.ts'
import type { OverlayNode } from './backends/backend.ts'

export interface Peers {
  readonly me: OverlayNode | undefined
  readonly peers: readonly OverlayNode[]
  readonly conflicts: readonly string[]
}

export function readPeers(nodes: readonly Node[], myName: string): Peers {
  const holders = new Map<string, string>()
  const conflicts: string[] = []
  const usable: OverlayNode[] = []
  const oldestFirst = [...nodes].sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp) || a.metadata.name.localeCompare(b.metadata.name))
  for (const node of oldestFirst) {
    if (isSimulated(node)) continue // OP3
    const read = overlayNodeOf(node)
    if (read === undefined) continue // OP1
    const holder = holders.get(read.podCidr)
    if (holder !== undefined) {
      conflicts.push(`${read.name} and ${holder} have the same pod CIDR ${read.podCidr}`) // OP2
      continue
    }
    holders.set(read.podCidr, read.name)
    usable.push(read)
  }
  return { me: usable.find(node => node.name === myName), peers: usable.filter(node => node.name !== myName), conflicts }
}

function overlayNodeOf(node: Node): OverlayNode | undefined {
  const address = (node.status.addresses ?? []).find(entry => entry.type === 'InternalIP' && /^[\d.]+$/.test(entry.address))?.address
  const podCidr = (node.spec.podCIDRs ?? []).find(cidr => readCidr(cidr) !== undefined) ?? node.spec.podCIDR
  if (address === undefined || podCidr === undefined || readCidr(podCidr) === undefined) return undefined
  return { name: node.metadata.name, address, podCidr }
}
