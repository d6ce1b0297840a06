/**
 * Which ReplicaSet is a Deployment's current one, and how its history is numbered.
 *
 *   DP1  The new ReplicaSet is the oldest one whose template equals the Deployment's; hash labels do not count.
 *   DP2  The new ReplicaSet's revision is one above the highest of the old ones. A set that comes back (rollback) gets a
 *        new number, and its old number is remembered in deployment.kubernetes.io/revision-history.
 *   DP3  A ReplicaSet carries its Deployment's annotations, except those that are kubectl's or this controller's own.
 */
import type { Deployment, ReplicaSet } from '../../../../api/groups/apps-v1/types.ts'
import { isSameTemplate } from '../../pods/template-hash.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history'
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas'
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas'

const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration', 'deprecated.deployment.rollback.to',
  revisionAnnotation, revisionHistoryAnnotation, desiredReplicasAnnotation, maxReplicasAnnotation,
])

export interface SetsOfDeployment {
  readonly newSet: ReplicaSet | undefined
  readonly oldSets: readonly ReplicaSet[]
}

export function sortOut(deployment: Deployment, owned: readonly ReplicaSet[]): SetsOfDeployment {
  const byAge = [...owned].sort(olderFirst)
  const newSet = byAge.find(set => isSameTemplate(set.spec.template!, deployment.spec.template)) // DP1
  return { newSet, oldSets: byAge.filter(set => set !== newSet) }
}

export function revisionOf(object: { readonly metadata: { readonly annotations?: Record<string, string> } }): number {
  return Number(object.metadata.annotations?.[revisionAnnotation] ?? '0') || 0
}

export function nextRevision(oldSets: readonly ReplicaSet[]): number {
  return Math.max(0, ...oldSets.map(revisionOf)) + 1 // DP2
}

/** The annotations the new set should have; `current` are those it has. */
export function setAnnotations(deployment: Deployment, revision: number, current: Readonly<Record<string, string>> = {}): Record<string, string> {
  const annotations: Record<string, string> = { ...current }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!notCopied.has(key)) annotations[key] = value // DP3
  const before = Number(current[revisionAnnotation] ?? '0') || 0
  if (before < revision) {
    annotations[revisionAnnotation] = String(revision)
    if (before > 0) annotations[revisionHistoryAnnotation] = [...(current[revisionHistoryAnnotation]?.split(',') ?? []), String(before)].join(',') // DP2
  }
  return annotations
}

export function olderFirst(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp]
  if (left !== right) return left < right ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}
