/**
 * host-gw: no encapsulation; each peer is the gateway to its own pods.
 *
 *   HG1  Works only while the nodes share one ethernet; the route's next hop is the peer's underlay address.
 */
import type { Backend } from './backend.ts'

export const hostGw: Backend = {
  name: 'host-gw',
  want: ({ peers, parent, parentMtu }) => ({
    podMtu: parentMtu,
    devices: [],
    neighbours: [],
    forwarding: [],
    routes: peers.map(peer => ({ to: peer.podCidr, via: peer.address, device: parent, onlink: false, source: null })), // HG1
  }),
}
