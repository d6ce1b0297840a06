/** A node that nobody hears of: its API traffic is cut, while its pods serve on. */
import type { Fault } from '../fault.ts'

export const controlLinkCut: Fault<'node'> = {
  kind: {
    name: 'control-link-cut', title: 'Nobody hears of a node', group: 'network', target: 'node', resource: null, parameters: [], lasts: true, providers: ['qemu', 'namespace'],
    effect: 'The connection that carries the API traffic of the node is cut and cannot be made again; the node and its pods go on.',
    evidence: 'The node becomes NotReady after 40 seconds for want of a heartbeat; kubectl logs and exec fail there; its pods still answer.',
    healing: 'The connection is made again.',
  },
  claims: ({ name }) => [`the control link of ${name}`],
  isOfDesktop: true,
  inject: (world, { target }) => world.controlLink(target.name, 'cut'),
  heal: (world, { target }) => world.controlLink(target.name, 'mend'),
}
