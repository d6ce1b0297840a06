import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { pods } from '../../../api/resources.ts'
import type { Caches } from '../../../machinery/caches.ts'

export const nodeNameIndex = 'nodeName'

/** To be called while a controller prepares. */
export function withNodeIndex(caches: Caches): void {
  caches.of(pods).addIndex(nodeNameIndex, pod => (pod.spec.nodeName === undefined || pod.spec.nodeName === '' ? [] : [pod.spec.nodeName]))
}

export function podsOnNode(caches: Caches, name: string): readonly Pod[] {
  withNodeIndex(caches)
  return caches.of(pods).byIndex(nodeNameIndex, name)
}
