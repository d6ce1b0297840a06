/** Where a pod is, as far as the changes of other pods concern it. */
import type { Pod } from '../../../api/groups/core-v1/types.ts'

/** On a node, or promised one. */
export function hasPlace(pod: Pod): boolean {
  return (pod.spec.nodeName ?? '') !== '' || (pod.status.nominatedNodeName ?? '') !== ''
}
