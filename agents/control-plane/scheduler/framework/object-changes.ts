/**
 * Which parts of a Pod or Node an update changed, as far as scheduling cares.
 * Upstream: PodSchedulingPropertiesChange and NodeSchedulingPropertiesChange.
 *
 *   OC1  Every part that changed is an event of its own.
 *   OC2  A Pod update that touched none of the parts is a plain Update; a Node update that touched none is no event.
 *   OC3  Uncordoning counts as a change of taints; cordoning cures nothing and is no event.
 *   OC4  A request that shrank or went away is a scale-down.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import { semanticallyEqual } from '../../../api/schema/clone.ts'
import { podFacts } from '../snapshot/pod-facts.ts'
import type { ClusterAction, ClusterEvent } from './cluster-event.ts'

export const assignedPodAdd: ClusterEvent = { resource: 'AssignedPod', action: 'Add' }
export const assignedPodDelete: ClusterEvent = { resource: 'AssignedPod', action: 'Delete' }

export function podChanges(before: Pod, after: Pod): readonly ClusterEvent[] {
  const resource = (after.spec.nodeName ?? '') === '' ? 'UnschedulablePod' : 'AssignedPod'
  const actions: ClusterAction[] = []
  if (!semanticallyEqual(before.metadata.labels, after.metadata.labels)) actions.push('UpdatePodLabel')
  if (isScaledDown(before, after)) actions.push('UpdatePodScaleDown') // OC4
  if ((after.spec.schedulingGates ?? []).length === 0 && (before.spec.schedulingGates ?? []).length > 0) actions.push('UpdatePodSchedulingGatesEliminated')
  if ((before.spec.tolerations ?? []).length !== (after.spec.tolerations ?? []).length) actions.push('UpdatePodToleration')
  if (!semanticallyEqual(before.status.resourceClaimStatuses, after.status.resourceClaimStatuses)) actions.push('UpdatePodGeneratedResourceClaim')
  return (actions.length === 0 ? ['Update' as const] : actions).map(action => ({ resource, action })) // OC1 OC2
}

export function nodeChanges(before: Node, after: Node): readonly ClusterEvent[] {
  const actions = new Set<ClusterAction>()
  if (before.spec.unschedulable === true && after.spec.unschedulable !== true) actions.add('UpdateNodeTaint') // OC3
  if (!semanticallyEqual(before.status.allocatable, after.status.allocatable)) actions.add('UpdateNodeAllocatable')
  if (!semanticallyEqual(before.metadata.labels, after.metadata.labels)) actions.add('UpdateNodeLabel')
  if (!semanticallyEqual(before.spec.taints, after.spec.taints)) actions.add('UpdateNodeTaint')
  if (!semanticallyEqual(conditionsOf(before), conditionsOf(after))) actions.add('UpdateNodeCondition')
  if (!semanticallyEqual(before.metadata.annotations, after.metadata.annotations)) actions.add('UpdateNodeAnnotation')
  if (!semanticallyEqual(before.status.declaredFeatures, after.status.declaredFeatures)) actions.add('UpdateNodeDeclaredFeature')
  return [...actions].map(action => ({ resource: 'Node', action }))
}

function isScaledDown(before: Pod, after: Pod): boolean {
  if (before === after) return false
  const now = podFacts(after).requests
  return [...podFacts(before).requests].some(([resource, amount]) => amount > (now.get(resource) ?? -1))
}

function conditionsOf(node: Node): Record<string, string> {
  return Object.fromEntries((node.status.conditions ?? []).map(condition => [condition.type, condition.status]))
}
