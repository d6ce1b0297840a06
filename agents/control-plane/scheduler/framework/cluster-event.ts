/**
 * What happens in a cluster that may let a rejected pod fit, and which of it a plugin wants to hear.
 * Upstream: k8s.io/kube-scheduler/framework ClusterEvent, ActionType, QueueingHintFn.
 *
 *   CE1  A registration for Pod hears of assigned and of unscheduled pods alike.
 *   CE2  A registration for Update hears of every kind of update; one for a named part (UpdateNodeLabel) of that part only.
 *   CE3  An update that changed none of the named parts is a plain Update: only those hear it who registered for Update.
 *   CE4  The wild card hears everything.
 *   CE5  A hint that throws counts as Queue, so that no pod is stuck because of a plugin's fault.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'

export type ClusterResource =
  | 'Pod' | 'Node' | 'PersistentVolume' | 'PersistentVolumeClaim'
  | 'storage.k8s.io/CSINode' | 'storage.k8s.io/CSIDriver' | 'storage.k8s.io/VolumeAttachment' | 'storage.k8s.io/CSIStorageCapacity' | 'storage.k8s.io/StorageClass'
  | 'resource.k8s.io/ResourceClaim' | 'resource.k8s.io/ResourceSlice' | 'resource.k8s.io/DeviceClass'
  | '*'

export type ClusterAction =
  | 'Add' | 'Delete' | 'Update'
  | 'UpdateNodeAllocatable' | 'UpdateNodeLabel' | 'UpdateNodeTaint' | 'UpdateNodeCondition' | 'UpdateNodeAnnotation' | 'UpdateNodeDeclaredFeature'
  | 'UpdatePodLabel' | 'UpdatePodScaleDown' | 'UpdatePodToleration' | 'UpdatePodSchedulingGatesEliminated' | 'UpdatePodGeneratedResourceClaim'

/** One thing that happened. A change of an object that touched several parts is several events. */
export interface ClusterEvent {
  readonly resource: ClusterResource | 'AssignedPod' | 'UnschedulablePod'
  readonly action: ClusterAction | '*'
  /** Says more than resource and action do, for events that are no change of an object: BackoffComplete, UnschedulableTimeout. */
  readonly label?: string
}

export type QueueingHint = 'Queue' | 'Skip'

/** What became of asking a hint, as metrics name it. */
export type HintOutcome = 'Queue' | 'QueueSkip' | 'Error'

/** Could this change let the pod fit that the plugin rejected? `before` is absent on Add, `after` on Delete. */
export type QueueingHintFunction = (pod: Pod, before: unknown, after: unknown) => QueueingHint

/** EnqueueExtensions: one line of what a plugin wants to hear. Without a hint every such event wakes the pods it rejected. */
export interface WakeEvent {
  readonly resource: ClusterResource
  readonly actions: readonly (ClusterAction | '*')[]
  readonly hint?: QueueingHintFunction
}

export const wakesOnAnything: readonly WakeEvent[] = [{ resource: '*', actions: ['*'] }]

/** As metrics and logs name it: NodeAdd, AssignedPodDelete. */
export function eventLabel(event: ClusterEvent): string {
  return event.label ?? `${event.resource}${event.action}`
}

export function hears(registration: WakeEvent, event: ClusterEvent): boolean {
  const { resource, action } = event
  const hearsResource = registration.resource === '*' || registration.resource === resource || (registration.resource === 'Pod' && (resource === 'AssignedPod' || resource === 'UnschedulablePod')) // CE1 CE4
  return hearsResource && registration.actions.some(wanted => wanted === '*' || wanted === action || (wanted === 'Update' && action.startsWith('Update'))) // CE2 CE3
}
