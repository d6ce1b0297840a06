/**
 * Which changes may cure a pod that spreading rejected. Upstream: podtopologyspread isSchedulableAfter….
 *
 *   SH1  Another placed pod of the namespace that comes or goes and is counted, or that starts or stops being counted.
 *   SH2  The pod's own new toleration, when a constraint honours taints; its own labels, when they change what is counted.
 *   SH3  A node that comes or goes with every topology key, that gains or loses one, or that has them all and changes a
 *        value or its taints.
 */
import type { Node, Pod } from '../../../../api/groups/core-v1/types.ts'
import { matches } from '../../../../api/selectors/label-selector.ts'
import type { QueueingHint } from '../../framework/cluster-event.ts'
import { isSame } from '../../snapshot/node-view.ts'
import { hasPlace } from '../../snapshot/pod-place.ts'
import type { SpreadConstraint } from './spread-constraints.ts'

type Constraints = readonly SpreadConstraint[]

export function afterPodChange(pod: Pod, constraints: Constraints, before: Pod | undefined, after: Pod | undefined): QueueingHint {
  if ([before, after].some(other => other !== undefined && !isInvolved(other, pod))) return 'Skip'
  if (before === undefined || after === undefined) return isCounted((after ?? before)!, constraints) ? 'Queue' : 'Skip' // SH1
  const gainsToleration = after.metadata.uid === pod.metadata.uid && !isSame(before.spec.tolerations, after.spec.tolerations) && constraints.some(constraint => constraint.honoursTaints)
  if (gainsToleration) return 'Queue' // SH2
  return constraints.some(({ selector }) => matches(selector, before.metadata.labels) !== matches(selector, after.metadata.labels)) ? 'Queue' : 'Skip'
}

/** SH3 */
export function afterNodeChange(constraints: Constraints, before: Node | undefined, after: Node | undefined): QueueingHint {
  const had = before !== undefined && hasEveryKey(before, constraints)
  const has = after !== undefined && hasEveryKey(after, constraints)
  if (had !== has) return 'Queue'
  if (!has || before === undefined) return 'Skip'
  const isMoved = constraints.some(({ key }) => before.metadata.labels?.[key] !== after.metadata.labels?.[key])
  return isMoved || !isSame(before.spec.taints ?? [], after.spec.taints ?? []) ? 'Queue' : 'Skip'
}

function isInvolved(other: Pod, pod: Pod): boolean {
  return other.metadata.uid === pod.metadata.uid || (hasPlace(other) && other.metadata.namespace === pod.metadata.namespace)
}

function isCounted(other: Pod, constraints: Constraints): boolean {
  return constraints.some(({ selector }) => matches(selector, other.metadata.labels))
}

function hasEveryKey(node: Node, constraints: Constraints): boolean {
  return constraints.every(({ key }) => node.metadata.labels?.[key] !== undefined)
}
