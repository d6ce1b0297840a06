/** Finding the objects an owner may claim, without walking a namespace: those it controls, and those nobody controls. */
import type { LabelSelector } from '../../../api/groups/meta-v1/types.ts'
import type { KubernetesObject, ResourceType } from '../../../api/resources.ts'
import type { Caches } from '../../../machinery/caches.ts'
import type { Waker } from '../../../machinery/controller.ts'
import { wokenBy } from '../../../machinery/controller.ts'
import { matchesLabelSelector } from '../../../api/selectors/label-selector.ts'
import { keyOf } from '../../../machinery/object-key.ts'
import { controllerOf } from '../../../machinery/owner.ts'

const orphanIndex = 'orphan'

export function claimable<T extends KubernetesObject>(caches: Caches, type: ResourceType<T>, owner: KubernetesObject): readonly T[] {
  const cache = caches.of(type)
  cache.addIndex(orphanIndex, object => (controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : []))
  return [...caches.ownedBy(type, owner.metadata.uid), ...cache.byIndex(orphanIndex, owner.metadata.namespace ?? '')]
}

/** An orphan wakes every owner that could adopt it. */
export function orphansWake<T extends KubernetesObject, O extends KubernetesObject>(type: ResourceType<T>, owners: ResourceType<O>, selectorOf: (owner: O) => LabelSelector | undefined): Waker {
  return wokenBy(type, ({ type: change, object }, caches) => {
    if (change === 'deleted' || controllerOf(object) !== undefined || object.metadata.deletionTimestamp !== undefined) return []
    return caches.list(owners, object.metadata.namespace)
      .filter(owner => matchesLabelSelector(selectorOf(owner), object.metadata.labels))
      .map(keyOf)
  })
}
