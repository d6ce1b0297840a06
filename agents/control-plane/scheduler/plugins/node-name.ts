/**
 * NodeName: a pod that names its node fits only there.
 *
 *   NN1  spec.nodeName, when set, must equal the node's name; no eviction changes that.
 */
import { fits, rejected } from '../framework/verdict.ts'
import type { FilterPlugin } from '../framework/plugin.ts'

export const nodeName: FilterPlugin<undefined> = {
  name: 'NodeName',
  wakeOn: [{ resource: 'Node', actions: ['Add'] }],
  filter: (_, here, pod) => ((pod.spec.nodeName ?? '') === '' || pod.spec.nodeName === here.name ? fits : rejected("node(s) didn't match the requested node name", false)), // NN1
}
