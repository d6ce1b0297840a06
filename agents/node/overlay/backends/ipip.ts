/**
 * IP-in-IP: each pod packet travels inside one more IP header between nodes.
 *
 *   IP1  One device without a fixed remote end; the route says which peer, by its underlay address.
 *   IP2  20 bytes of every packet go to the encapsulation.
 *   IP3  Packets of the node itself carry the tunnel's address, the first of its pod CIDR, so that answers come back through the tunnel.
 */
import type { Backend } from './backend.ts'
import { networkAddress } from './backend.ts'

export const ipipDevice = 'ipip.kubarium'
const overheadBytes = 20

export const ipip: Backend = {
  name: 'ipip',
  want({ me, peers, parent, parentMtu }) {
    const mtu = parentMtu - overheadBytes // IP2
    const own = networkAddress(me.podCidr)
    return {
      podMtu: mtu,
      devices: [{ name: ipipDevice, kind: 'ipip', options: ['local', me.address, 'dev', parent], mac: null, mtu, address: `${own}/32` }], // IP1
      neighbours: [],
      forwarding: [],
      routes: peers.map(peer => ({ to: peer.podCidr, via: peer.address, device: ipipDevice, onlink: true, source: own })), // IP1 IP3
    }
  },
}
