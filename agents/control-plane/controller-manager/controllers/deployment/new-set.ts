/** Makes, annotates and scales the ReplicaSets of a Deployment. */
import type { Deployment, ReplicaSet } from '../../../../api/groups/apps-v1/types.ts'
import type { LabelSelector } from '../../../../api/groups/meta-v1/types.ts'
import { deployments, replicaSets } from '../../../../api/resources.ts'
import type { Draft } from '../../../../api/resources.ts'
import { errorText } from '../../../../base/log.ts'
import type { ReconcileDeps } from '../../../../machinery/controller.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { controllerReference, isControlledBy } from '../../../../machinery/owner.ts'
import { hasCause, isAlreadyExists } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { isSameTemplate, podTemplateHashLabel, templateHash } from '../../pods/template-hash.ts'
import { boundsOf, newSetReplicas, wantedReplicas } from './plan-rollout.ts'
import type { Scaling } from './plan-rollout.ts'
import { conditionOf, hasDeadline, newCondition, withCondition } from './plan-status.ts'
import type { SetsOfDeployment } from './revision.ts'
import { desiredReplicasAnnotation, maxReplicasAnnotation, nextRevision, revisionAnnotation, revisionOf, setAnnotations } from './revision.ts'

export interface EnsuredSet {
  /** With the revision annotation and conditions as they are now. */
  readonly deployment: Deployment
  readonly newSet: ReplicaSet
}

/** Undefined: a step was written that will wake the Deployment again. */
export async function ensureNewSet(deployment: Deployment, sets: SetsOfDeployment, deps: ReconcileDeps, signal: AbortSignal): Promise<EnsuredSet | undefined> {
  const revision = nextRevision(sets.oldSets)
  if (sets.newSet !== undefined) return keepSet(deployment, sets.newSet, revision, deps, signal)
  const created = await createSet(deployment, sets, revision, deps, signal)
  if (created === undefined) return undefined
  const annotated = await annotate(deployment, String(Math.max(revision, revisionOf(created))), deps, signal)
  return { deployment: await tellProgress(annotated, 'NewReplicaSetCreated', `Created new replica set "${created.metadata.name}"`, deps, signal), newSet: created }
}

async function keepSet(deployment: Deployment, set: ReplicaSet, revision: number, deps: ReconcileDeps, signal: AbortSignal): Promise<EnsuredSet> {
  const annotations = setAnnotations(deployment, revision, set.metadata.annotations)
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0
  let newSet = set
  if (!isEqualJson(annotations, set.metadata.annotations ?? {}) || (set.spec.minReadySeconds ?? 0) !== minReadySeconds) {
    newSet = await deps.client.update(replicaSets, { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, minReadySeconds } }, {}, signal)
  }
  const annotated = await annotate(deployment, annotations[revisionAnnotation] ?? String(revision), deps, signal)
  const told = conditionOf(annotated.status, 'Progressing') === undefined
    ? await tellProgress(annotated, 'FoundNewReplicaSet', `Found new replica set "${set.metadata.name}"`, deps, signal)
    : annotated
  return { deployment: told, newSet }
}

async function createSet(deployment: Deployment, sets: SetsOfDeployment, revision: number, deps: ReconcileDeps, signal: AbortSignal): Promise<ReplicaSet | undefined> {
  const draft = newSetDraft(deployment, sets, revision)
  try {
    const created = await deps.client.create(replicaSets, draft, {}, signal)
    const replicas = created.spec.replicas ?? 0
    deps.log.info('replica set created', { deployment: deployment.metadata.name, replicaSet: created.metadata.name, replicas, revision })
    if (replicas > 0) deps.events.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`)
    return created
  } catch (error) {
    if (isAlreadyExists(error)) return takeExisting(deployment, draft, deps, signal)
    if (hasCause(error, 'NamespaceTerminating')) return undefined
    const message = `Failed to create new replica set "${draft.metadata.name}": ${errorText(error)}`
    deps.events.event(deployment, 'Warning', 'ReplicaSetCreateError', message)
    if (hasDeadline(deployment)) {
      const status = { ...deployment.status, conditions: withCondition(deployment.status.conditions ?? [], newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, deps.clock.now())) }
      await deps.client.update(deployments, { ...deployment, status }, { subresource: 'status' }, signal)
    }
    throw error
  }
}

/** The cache may be behind: the set can be the one we made a moment ago. Otherwise its hash collides (DC4). */
async function takeExisting(deployment: Deployment, draft: Draft<ReplicaSet>, deps: ReconcileDeps, signal: AbortSignal): Promise<ReplicaSet | undefined> {
  const existing = await deps.client.get(replicaSets, { namespace: deployment.metadata.namespace!, name: draft.metadata.name! }, signal)
  if (isControlledBy(existing, deployment) && isSameTemplate(existing.spec.template!, deployment.spec.template)) return existing
  const status = { ...deployment.status, collisionCount: (deployment.status.collisionCount ?? 0) + 1 }
  await deps.client.update(deployments, { ...deployment, status }, { subresource: 'status' }, signal)
  deps.log.info('replica set name collided', { deployment: deployment.metadata.name, replicaSet: draft.metadata.name, collisionCount: status.collisionCount })
  return undefined
}

export function newSetDraft(deployment: Deployment, { oldSets }: SetsOfDeployment, revision: number): Draft<ReplicaSet> {
  const { name, namespace } = deployment.metadata
  const { template, selector, minReadySeconds } = deployment.spec
  const hash = templateHash(template, deployment.status.collisionCount)
  const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash }
  const hashed: LabelSelector = { ...selector, matchLabels: { ...selector.matchLabels, [podTemplateHashLabel]: hash } }
  return {
    metadata: {
      name: `${name}-${hash}`, ...(namespace === undefined ? {} : { namespace }), labels,
      annotations: { ...setAnnotations(deployment, revision), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas: newSetReplicas(deployment, oldSets, 0),
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: hashed,
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

export async function scaleSet(deployment: Deployment, { set, to }: Scaling, deps: ReconcileDeps, signal: AbortSignal): Promise<ReplicaSet> {
  const from = set.spec.replicas ?? 1
  const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) }
  if (from === to && isEqualJson(annotations, set.metadata.annotations ?? {})) return set
  const scaled = await deps.client.update(replicaSets, { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas: to } }, {}, signal)
  if (from !== to) {
    const direction = to > from ? 'up' : 'down'
    deps.events.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled ${direction} replica set ${keyOf(set).name} from ${from} to ${to}`)
    deps.log.info('replica set scaled', { deployment: deployment.metadata.name, replicaSet: set.metadata.name, from, to })
  }
  return scaled
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const wanted = wantedReplicas(deployment)
  return { [desiredReplicasAnnotation]: String(wanted), [maxReplicasAnnotation]: String(wanted + boundsOf(deployment).maxSurge) }
}

async function annotate(deployment: Deployment, revision: string, deps: ReconcileDeps, signal: AbortSignal): Promise<Deployment> {
  if (deployment.metadata.annotations?.[revisionAnnotation] === revision) return deployment
  return deps.client.update(deployments, { ...deployment, metadata: { ...deployment.metadata, annotations: { ...deployment.metadata.annotations, [revisionAnnotation]: revision } } }, { subresource: 'status' }, signal)
}

async function tellProgress(deployment: Deployment, reason: string, message: string, deps: ReconcileDeps, signal: AbortSignal): Promise<Deployment> {
  if (!hasDeadline(deployment)) return deployment
  const conditions = withCondition(deployment.status.conditions ?? [], newCondition('Progressing', 'True', reason, message, deps.clock.now()))
  if (isEqualJson(conditions, deployment.status.conditions ?? [])) return deployment
  return deps.client.update(deployments, { ...deployment, status: { ...deployment.status, conditions } }, { subresource: 'status' }, signal)
}
