/**
 * NodeName: a pod that names its node fits only there.
 *
 *   NN1  spec.nodeName, when set, must equal the node's name; no eviction changes that.
 */
import { fits, notInterested, rejected } from '../framework/verdict.ts'
import type { FilterPlugin } from '../framework/plugin.ts'

export const nodeName: FilterPlugin<string> = {
  name: 'NodeName',
  wakeOn: [{ resource: 'nodes', change: 'added' }],
  prepareFilter: pod => (pod.spec.nodeName === undefined || pod.spec.nodeName === '' ? notInterested : pod.spec.nodeName),
  filter: (wanted, here) => (wanted === here.name ? fits : rejected("node(s) didn't match the requested node name", false)), // NN1
}
