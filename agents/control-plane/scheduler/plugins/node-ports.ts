/**
 * NodePorts: two pods on one node may not ask for the same host port.
 *
 *   NP1  Ports are compared by protocol, number and address; 0.0.0.0 clashes with every address.
 *   NP2  A clash is curable: evicting the holder frees the port.
 *   NP3  A pod with no host ports is none of our business.
 *   NP4  A placed pod that goes helps if it held one of the ports; a new node always may.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { FilterPlugin, PreFilterPlugin } from '../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'
import type { HostPort } from '../snapshot/pod-facts.ts'
import { anyAddress, podFacts } from '../snapshot/pod-facts.ts'
import { hasPlace } from '../snapshot/pod-place.ts'

const taken = rejected("node(s) didn't have free ports for the requested pod ports", true)

export const nodePorts: PreFilterPlugin<readonly HostPort[]> & FilterPlugin<readonly HostPort[]> = {
  name: 'NodePorts',
  wakeOn: [
    { resource: 'Pod', actions: ['Delete'], hint: (pod, before) => (hasPlace(before as Pod) && heldPort(before as Pod, pod) ? 'Queue' : 'Skip') },
    { resource: 'Node', actions: ['Add'] },
  ], // NP4
  preFilter(pod) {
    const wanted = podFacts(pod).hostPorts
    return wanted.length === 0 ? notInterested : interested(wanted) // NP3
  },
  filter: (wanted, here) => (wanted.some(port => here.hasPort(port)) ? taken : fits), // NP1 NP2
  sign: pod => JSON.stringify(podFacts(pod).hostPorts),
  cures: (wanted, here) => wanted.filter(port => here.hasPort(port)).map(({ protocol, port, ip }) => ({ kind: 'free-port', node: here.name, protocol, port, ip })),
}

function heldPort(gone: Pod, pod: Pod): boolean {
  return podFacts(gone).hostPorts.some(held => podFacts(pod).hostPorts.some(wanted => clash(held, wanted)))
}

function clash(a: HostPort, b: HostPort): boolean {
  return a.protocol === b.protocol && a.port === b.port && (a.ip === b.ip || a.ip === anyAddress || b.ip === anyAddress)
}
