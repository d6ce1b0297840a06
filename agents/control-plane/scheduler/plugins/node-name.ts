/**
 * NodeName: a pod that names its node fits only there.
 *
 *   NN1  spec.nodeName, when set, must equal the node's name; no eviction changes that.
 *   NN2  Only a node that comes can help.
 */
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'
import type { FilterPlugin, PreFilterPlugin } from '../framework/plugin.ts'

const anotherNode = rejected("node(s) didn't match the requested node name", false)

export const nodeName: PreFilterPlugin<string> & FilterPlugin<string> = {
  name: 'NodeName',
  wakeOn: [{ resource: 'Node', actions: ['Add'] }], // NN2
  preFilter: pod => (pod.spec.nodeName === undefined || pod.spec.nodeName === '' ? notInterested : interested(pod.spec.nodeName)),
  filter: (wanted, here) => (wanted === here.name ? fits : anotherNode), // NN1
  sign: pod => pod.spec.nodeName ?? '',
}
