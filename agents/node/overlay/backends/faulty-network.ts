/** What faults take out of the network that is wanted, or change in it: the agent then brings the kernel to that. */
import { faultPoints } from '../../../base/fault-points.ts'
import type { OverlayNode, WantedNetwork } from './backend.ts'

export const reconcileFault = faultPoints.define({ name: 'overlay.reconcile', help: 'A comparison of the kernel with what is wanted. hold: the network stays as it is.', attributes: [], effects: ['delay', 'hold', 'error'] })
const entryFault = faultPoints.define({
  name: 'overlay.entry', help: 'An entry of the kernel that leads to another node, by its part (fdb, neighbour, route) and the node. drop: it is missing.',
  attributes: ['part', 'node'], effects: ['drop'],
})
const mtuFault = faultPoints.define({ name: 'overlay.mtu', help: 'The MTU of the overlay and of new pods. change: this many bytes.', attributes: [], effects: ['change'] })

export function onNetworkFault(changed: () => void): void {
  entryFault.onChange = changed
  mtuFault.onChange = changed
}

export function faultyNetwork(wanted: WantedNetwork, peers: readonly OverlayNode[]): WantedNetwork {
  if (entryFault.rules === undefined && mtuFault.rules === undefined) return wanted
  const isThere = (part: string, belongsTo: (peer: OverlayNode) => boolean): boolean => entryFault.rules === undefined || !entryFault.refuses({ part, node: peers.find(belongsTo)?.name })
  const mtu = mtuFault.rules === undefined ? undefined : mtuFault.find({})
  const bytes = mtu === undefined ? undefined : Number(mtu.parameters['value'])
  const macs = new Map(wanted.forwarding.map(({ mac, destination }) => [mac, destination]))
  return {
    devices: bytes === undefined ? wanted.devices : wanted.devices.map(device => ({ ...device, mtu: bytes })),
    podMtu: bytes ?? wanted.podMtu,
    forwarding: wanted.forwarding.filter(({ destination }) => isThere('fdb', peer => peer.address === destination)),
    neighbours: wanted.neighbours.filter(({ mac }) => isThere('neighbour', peer => peer.address === macs.get(mac))),
    routes: wanted.routes.filter(({ to }) => isThere('route', peer => peer.podCidr === to)),
  }
}
