/**
 * Which pods are of one kind with this one, by whoever owns or selects it. Upstream: helper.DefaultSelector.
 *
 *   WS1  The selectors of all Services that select the pod, taken together, and that of its controller: ReplicaSet,
 *        StatefulSet or ReplicationController.
 *   WS2  Selected and owned by nobody: nothing to spread.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import type { LabelRequirement, Selector } from '../../../../api/selectors/label-selector.ts'
import { matches, selectorOf, selectorOfMap } from '../../../../api/selectors/label-selector.ts'
import type { ClusterLookups } from '../../snapshot/cluster.ts'

export function workloadSelector(pod: Pod, lookups: ClusterLookups): Selector | undefined {
  const namespace = pod.metadata.namespace ?? ''
  const wanted: Record<string, string> = {}
  for (const { spec } of lookups.services(namespace)) {
    if (spec.selector !== undefined && matches(selectorOfMap(spec.selector), pod.metadata.labels)) Object.assign(wanted, spec.selector)
  }
  const requirements: LabelRequirement[] = [...selectorOfMap(wanted).requirements, ...controllerRequirements(pod, namespace, lookups)]
  return requirements.length === 0 ? undefined : { requirements, nothing: false } // WS2
}

function controllerRequirements(pod: Pod, namespace: string, lookups: ClusterLookups): readonly LabelRequirement[] {
  const owner = (pod.metadata.ownerReferences ?? []).find(reference => reference.controller === true)
  switch (owner === undefined ? '' : `${owner.apiVersion} ${owner.kind}`) {
    case 'v1 ReplicationController': return selectorOfMap(lookups.replicationController(namespace, owner!.name)?.spec.selector).requirements
    case 'apps/v1 ReplicaSet': return selectorOf(lookups.replicaSet(namespace, owner!.name)?.spec.selector).requirements
    case 'apps/v1 StatefulSet': return selectorOf(lookups.statefulSet(namespace, owner!.name)?.spec.selector).requirements
    default: return []
  }
}
