/**
 * What a Deployment says about itself. Pure.
 *
 *   DS1  Available is True while at least replicas - maxUnavailable Pods are available.
 *   DS2  Progressing says how the rollout goes: NewReplicaSetCreated, FoundNewReplicaSet, ReplicaSetUpdated while counts
 *        change, NewReplicaSetAvailable when complete, ProgressDeadlineExceeded (False) when nothing changed for
 *        progressDeadlineSeconds. A complete rollout stays complete until the template changes.
 *   DS3  lastTransitionTime moves only when status moves; an unchanged condition is not touched at all.
 *   DS4  ReplicaFailure is passed on from the ReplicaSets.
 *   DS5  A rollout whose start could not be written (somebody changed the Deployment meanwhile) counts from when it is seen, so
 *        that its deadline still comes.
 */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../../../api/groups/apps-v1/types.ts'
import { timeText } from '../../../../base/clock.ts'
import { boundsOf, wantedReplicas } from './plan-rollout.ts'

/** Upstream's way of saying "no deadline". */
const noDeadline = 2_147_483_647

const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number | undefined): number => sets.reduce((total, set) => total + (of(set) ?? 0), 0)
export const conditionOf = (status: DeploymentStatus, type: string): DeploymentCondition | undefined => status.conditions?.find(condition => condition.type === type)
export const hasDeadline = ({ spec }: Deployment): boolean => spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== noDeadline

export function newCondition(type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string, nowMs: number): DeploymentCondition {
  return { type, status, reason, message, lastUpdateTime: timeText(nowMs), lastTransitionTime: timeText(nowMs) }
}

export function withCondition(conditions: readonly DeploymentCondition[], next: DeploymentCondition): DeploymentCondition[] {
  const before = conditions.find(condition => condition.type === next.type)
  if (before !== undefined && before.status === next.status && before.reason === next.reason) return [...conditions] // DS3
  const kept = before !== undefined && before.status === next.status && before.lastTransitionTime !== undefined ? { ...next, lastTransitionTime: before.lastTransitionTime } : next
  return [...conditions.filter(condition => condition.type !== next.type), kept]
}

export function withoutCondition(conditions: readonly DeploymentCondition[], type: string): DeploymentCondition[] {
  return conditions.filter(condition => condition.type !== type)
}

/** Counts and the Available condition; Progressing and ReplicaFailure are as they were. */
export function countStatus(deployment: Deployment, sets: readonly ReplicaSet[], newSet: ReplicaSet | undefined, nowMs: number): DeploymentStatus {
  const availableReplicas = sum(sets, set => set.status.availableReplicas)
  const { maxUnavailable } = boundsOf(deployment)
  const enough = availableReplicas >= wantedReplicas(deployment) - maxUnavailable // DS1
  const conditions = withCondition(deployment.status.conditions ?? [], enough
    ? newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', nowMs)
    : newCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', nowMs))
  const { collisionCount } = deployment.status
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(sets, set => set.status.replicas),
    updatedReplicas: newSet?.status.replicas ?? 0,
    readyReplicas: sum(sets, set => set.status.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(sets, set => set.spec.replicas ?? 1) - availableReplicas),
    terminatingReplicas: sum(sets, set => set.status.terminatingReplicas),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions,
  }
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = wantedReplicas(deployment)
  return status.updatedReplicas === wanted && status.replicas === wanted && status.availableReplicas === wanted && (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
}

/** The whole status of a rollout. */
export function rolloutStatus(deployment: Deployment, sets: readonly ReplicaSet[], newSet: ReplicaSet | undefined, nowMs: number): DeploymentStatus {
  const status = countStatus(deployment, sets, newSet, nowMs)
  const conditions = hasDeadline(deployment)
    ? progressConditions(deployment, status, newSet, nowMs)
    : withoutCondition(status.conditions ?? [], 'Progressing')
  const failure = [newSet, ...sets].flatMap(set => set?.status.conditions ?? []).find(condition => condition.type === 'ReplicaFailure' && condition.status === 'True') // DS4
  return {
    ...status,
    conditions: failure === undefined
      ? withoutCondition(conditions, 'ReplicaFailure')
      : withCondition(conditions, newCondition('ReplicaFailure', 'True', failure.reason ?? '', failure.message ?? '', nowMs)),
  }
}

function progressConditions(deployment: Deployment, status: DeploymentStatus, newSet: ReplicaSet | undefined, nowMs: number): DeploymentCondition[] {
  const conditions = status.conditions ?? []
  const before = conditionOf(deployment.status, 'Progressing')
  if (status.replicas === status.updatedReplicas && before?.reason === 'NewReplicaSetAvailable') return [...conditions] // DS2
  const subject = newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`
  if (isComplete(deployment, status)) return withCondition(conditions, newCondition('Progressing', 'True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`, nowMs))
  const isUntold = newSet !== undefined && before?.reason === 'NewReplicaSetAvailable' // DS5: of the last rollout; this one's start was lost to another writer
  if (isUntold || hasProgressed(deployment.status, status)) {
    const next = newCondition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, nowMs)
    const kept = before?.status === 'True' && before.lastTransitionTime !== undefined ? { ...next, lastTransitionTime: before.lastTransitionTime } : next
    return [...withoutCondition(conditions, 'Progressing'), kept]
  }
  if (isTimedOut(deployment, before, nowMs)) return withCondition(conditions, newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`, nowMs))
  return [...conditions]
}

function hasProgressed(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) || old(now) < old(before)
    || (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) || (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
}

function isTimedOut(deployment: Deployment, progressing: DeploymentCondition | undefined, nowMs: number): boolean {
  if (progressing === undefined || progressing.reason === 'NewReplicaSetAvailable') return false
  if (progressing.reason === 'ProgressDeadlineExceeded') return true
  return deadlineAtMs(deployment, progressing) < nowMs
}

/** When the rollout counts as stuck unless something changes; undefined if it cannot. */
export function stuckInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const progressing = conditionOf(status, 'Progressing')
  if (!hasDeadline(deployment) || progressing === undefined || isComplete(deployment, status)) return undefined
  if (progressing.reason === 'ProgressDeadlineExceeded' || progressing.reason === 'NewReplicaSetAvailable' || progressing.reason === 'DeploymentPaused') return undefined
  return Math.max(0, deadlineAtMs(deployment, progressing) - nowMs) + 1_000
}

function deadlineAtMs(deployment: Deployment, progressing: DeploymentCondition): number {
  return Date.parse(progressing.lastUpdateTime ?? progressing.lastTransitionTime ?? '') + (deployment.spec.progressDeadlineSeconds ?? 600) * 1_000
}
