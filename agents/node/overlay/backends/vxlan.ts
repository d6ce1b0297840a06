/**
 * VXLAN: each pod packet travels as an ethernet frame inside a UDP datagram between nodes.
 *
 *   VX1  One device a node, without learning: every peer is known, so nothing is flooded.
 *   VX2  The device's MAC is 02:00 followed by the four bytes of the node's pod network, so peers can compute it.
 *   VX3  A peer is three entries: route (pod CIDR via the peer's tunnel address, onlink), neighbour (that address has
 *        that MAC, so no ARP) and forwarding entry (that MAC lives behind the peer's underlay address).
 *   VX4  50 bytes of every packet go to the encapsulation.
 *
 * The tunnel of node B in A's tables, with pod CIDR 10.244.2.0/24 and underlay address 172.30.0.12:
 *
 *   10.244.2.0/24 via 10.244.2.0 dev vxlan.kubarium onlink
 *   10.244.2.0 lladdr 02:00:0a:f4:02:00 PERMANENT
 *   02:00:0a:f4:02:00 dst 172.30.0.12 self permanent
 */
import type { Backend } from './backend.ts'
import { networkAddress } from './backend.ts'

export const vxlanDevice = 'vxlan.kubarium'
export const vxlanPort = 8472
export const vxlanId = 1
const overheadBytes = 50

export function tunnelMac(podCidr: string): string {
  const bytes = networkAddress(podCidr).split('.').map(part => Number(part).toString(16).padStart(2, '0'))
  return ['02', '00', ...bytes].join(':') // VX2
}

export const vxlan: Backend = {
  name: 'vxlan',
  want({ me, peers, parent, parentMtu }) {
    const mtu = parentMtu - overheadBytes // VX4
    return {
      podMtu: mtu,
      devices: [
        {
          name: vxlanDevice,
          kind: 'vxlan',
          options: ['id', String(vxlanId), 'dstport', String(vxlanPort), 'local', me.address, 'dev', parent, 'nolearning'], // VX1
          mac: tunnelMac(me.podCidr),
          mtu,
          address: `${networkAddress(me.podCidr)}/32`,
        },
      ],
      // VX3
      neighbours: peers.map(peer => ({ address: networkAddress(peer.podCidr), mac: tunnelMac(peer.podCidr), device: vxlanDevice })),
      forwarding: peers.map(peer => ({ mac: tunnelMac(peer.podCidr), destination: peer.address, device: vxlanDevice })),
      routes: peers.map(peer => ({ to: peer.podCidr, via: networkAddress(peer.podCidr), device: vxlanDevice, onlink: true, source: null })),
    }
  },
}
