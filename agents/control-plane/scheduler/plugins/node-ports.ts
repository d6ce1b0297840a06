/**
 * NodePorts: two pods on one node may not ask for the same host port.
 *
 *   NP1  Ports are compared by protocol, number and address; 0.0.0.0 clashes with every address.
 *   NP2  A clash is curable: evicting the holder frees the port.
 *   NP3  A pod with no host ports is none of our business.
 */
import type { HostPort } from '../snapshot/pod-facts.ts'
import { podFacts } from '../snapshot/pod-facts.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'
import type { FilterPlugin, PreFilterPlugin } from '../framework/plugin.ts'

export const nodePorts: PreFilterPlugin<readonly HostPort[]> & FilterPlugin<readonly HostPort[]> = {
  name: 'NodePorts',
  wakeOn: [{ resource: 'Pod', actions: ['Delete'] }, { resource: 'Node', actions: ['Add'] }],
  preFilter(pod) {
    const wanted = podFacts(pod).hostPorts
    return wanted.length === 0 ? notInterested : interested(wanted) // NP3
  },
  filter: (wanted, here) => (wanted.some(port => here.hasPort(port)) ? rejected("node(s) didn't have free ports for the requested pod ports", true) : fits), // NP1 NP2
}
