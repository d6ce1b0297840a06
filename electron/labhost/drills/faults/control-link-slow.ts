/** The line to a node is long and narrow: everything that the API tells it, and is told, comes late. */
import { type Fault, numberOf } from '../fault.ts'

export const controlLinkSlow: Fault<'node'> = {
  kind: {
    name: 'control-link-slow', title: 'A slow line to a node', group: 'network', target: 'node', resource: null, lasts: true, providers: ['qemu', 'namespace'],
    parameters: [{ name: 'delayMs', type: 'number', unit: 'ms', least: 0, most: 60_000, default: 500 }, { name: 'kilobitsPerSecond', type: 'number', unit: 'kbit/s', least: 0, most: 1_000_000, default: 0 }],
    effect: 'What goes over the connection that carries the API traffic of the node takes so much longer each way, and no more than so many bits pass in a second; 0 is no limit.',
    evidence: 'kubectl logs and exec on the node are slow, and its pods change late; its pods reach each other as always. Above a few seconds heartbeats are missed.',
    healing: 'The connection is as fast as it was; what is under way still arrives.',
  },
  claims: ({ name }) => [`the speed of the control link of ${name}`],
  isOfDesktop: true,
  inject: (world, order) => world.slowControlLink(order.target.name, { delayMs: numberOf(order, 'delayMs'), kilobitsPerSecond: numberOf(order, 'kilobitsPerSecond') }),
  heal: (world, { target }) => world.slowControlLink(target.name, null),
}
