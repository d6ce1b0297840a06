/**
 * ReplicaSet controller: keeps the number of live Pods owned by a ReplicaSet equal to spec.replicas. The
 * ReplicationController, its elder, is kept by the same code.
 *
 * Reads   ReplicaSets, Pods          Writes   Pods (create, delete, adopt, release), ReplicaSet status
 * Woken   by the set, by any Pod whose controller owner is a set, and by an orphan that a set could adopt
 *
 *   RS1  A Pod is deleted only if its controller owner is this set, matched by uid, never by name.
 *   RS2  Nothing is created or deleted while our own earlier writes are still missing from the cache.
 *   RS3  Creation starts with one Pod and doubles: a refusal is met once, not five hundred times.
 *   RS4  Too many Pods go in the order of deletion-rank.ts.
 *   RS5  Status is written last, and only if it differs; a failed create shows as the condition ReplicaFailure.
 *   RS6  A set that is being deleted makes and deletes nothing: its Pods go by garbage collection.
 *   RS7  A Pod that is ready but not yet for minReadySeconds brings the set back when it will be.
 */
import type { ReplicaSet } from '../../../../api/groups/apps-v1/types.ts'
import type { Pod, PodTemplateSpec, ReplicationController } from '../../../../api/groups/core-v1/types.ts'
import type { LabelSelector } from '../../../../api/groups/meta-v1/types.ts'
import { pods, replicaSets, replicationControllers } from '../../../../api/resources.ts'
import type { KubernetesObject, ResourceType } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import type { Clock } from '../../../../base/clock.ts'
import { errorText } from '../../../../base/log.ts'
import type { Caches } from '../../../../machinery/caches.ts'
import { compareReplicas } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { controllerOf, controllerReference } from '../../../../machinery/owner.ts'
import { hasCause, isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { applyClaim, planClaim } from '../../pods/claim.ts'
import { claimable, orphansWake } from '../../pods/orphans.ts'
import { podFromTemplate } from '../../pods/pod-from-template.ts'
import { availableInMs, isActive, isFinished } from '../../pods/pod-state.ts'
import { slowStart } from '../../pods/slow-start.ts'
import type { ReplicasPlan, ReplicasWanted } from './plan-replicas.ts'
import { countReplicas, planReplicas } from './plan-replicas.ts'

type SetOfReplicas = KubernetesObject & {
  spec: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec }
  status: { replicas: number; observedGeneration?: number; conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[] }
}

interface Flavour<S extends SetOfReplicas> {
  readonly name: string
  readonly type: ResourceType<S>
  readonly selectorOf: (set: S) => LabelSelector | undefined
}

export const replicaSetController = createReplicasController<ReplicaSet>({
  name: 'replicaset-controller', type: replicaSets, selectorOf: set => set.spec.selector,
})

export const replicationControllerController = createReplicasController<ReplicationController>({
  name: 'replicationcontroller-controller', type: replicationControllers,
  selectorOf: ({ spec }) => (spec.selector === undefined || Object.keys(spec.selector).length === 0 ? undefined : { matchLabels: spec.selector }),
})

function createReplicasController<S extends SetOfReplicas>(flavour: Flavour<S>): Controller {
  return {
    name: flavour.name,
    reconciles: flavour.type,
    alsoWokenBy: [pods, orphansWake(pods, flavour.type, flavour.selectorOf)],
    rehearse: 'reconcile',
    compare: compareReplicas(flavour.type as never),
    reconcile: (key, deps, signal) => reconcile(flavour, key, deps, signal),
  }
}

async function reconcile<S extends SetOfReplicas>(flavour: Flavour<S>, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const set = deps.cache.get(flavour.type, key)
  if (set === undefined) return done
  const selector = flavour.selectorOf(set)
  const { uid } = set.metadata
  const mayAct = deps.expectations.settled(uid) // RS2: asked before the Pods are read
  const candidates = claimable(deps.cache, pods, set).filter(pod => !isFinished(pod))
  const owned = selector === undefined ? [] : await applyClaim(planClaim(set, selector, candidates, isActive), { client: deps.client, ownerType: flavour.type, owner: set, type: pods }, signal) // RS1

  const wanted: ReplicasWanted = { replicas: set.spec.replicas ?? 1, minReadySeconds: set.spec.minReadySeconds ?? 0, templateLabels: set.spec.template?.metadata?.labels ?? {} }
  let failure: unknown
  if (mayAct && set.metadata.deletionTimestamp === undefined) { // RS6
    const plan = planReplicas(wanted, owned, relatedPods(deps.cache, set, owned), deps.clock.now())
    failure = await applyPlan(flavour, set, plan, deps, signal)
  }
  await writeStatus(flavour, set, wanted, owned, failure, deps, signal) // RS5
  if (failure !== undefined) throw failure
  const waits = owned.filter(isActive).map(pod => availableInMs(pod, wanted.minReadySeconds, deps.clock.now())).filter((ms): ms is number => ms !== undefined && ms > 0)
  return waits.length === 0 ? done : again(Math.min(...waits) + 50) // RS7
}

async function applyPlan<S extends SetOfReplicas>(flavour: Flavour<S>, set: S, plan: ReplicasPlan, deps: ReconcileDeps, signal: AbortSignal): Promise<unknown> {
  if (plan.create === 0 && plan.remove.length === 0) return undefined
  const { client, events, expectations, log } = deps
  const { uid, namespace = '' } = set.metadata
  expectations.expect(uid, plan.create, plan.remove.map(pod => pod.metadata.uid))
  const owner = controllerReference(flavour.type, set)

  const created = await slowStart(plan.create, async () => { // RS3
    const pod = await client.create(pods, podFromTemplate(set.spec.template!, owner, namespace), {}, signal)
    events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  })
  expectations.forgoCreates(uid, created.failures.length + created.skipped)
  const failures = created.failures.filter(failure => !hasCause(failure, 'NamespaceTerminating'))
  for (const failure of failures.slice(0, 1)) events.event(set, 'Warning', 'FailedCreate', `Error creating: ${errorText(failure)}`)

  const removed = await Promise.allSettled(plan.remove.map(pod => removePod(set, pod, deps, signal)))
  failures.push(...removed.filter(result => result.status === 'rejected').map(result => result.reason as unknown))
  log.info('replicas adjusted', { set: `${namespace}/${set.metadata.name}`, kind: flavour.type.kind, created: created.made, deleted: plan.remove.length, failed: failures.length })
  return failures[0]
}

async function removePod(set: SetOfReplicas, pod: Pod, { client, events, expectations }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  try {
    await client.delete(pods, keyOf(pod), { preconditions: { uid: pod.metadata.uid } }, signal) // RS1
    events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
  } catch (error) {
    expectations.forgoDelete(set.metadata.uid, pod.metadata.uid)
    if (isNotFound(error)) return
    events.event(set, 'Warning', 'FailedDelete', `Error deleting: ${errorText(error)}`)
    throw error
  }
}

async function writeStatus<S extends SetOfReplicas>(flavour: Flavour<S>, set: S, wanted: ReplicasWanted, owned: readonly Pod[], failure: unknown, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const { terminatingReplicas, ...count } = countReplicas(wanted, owned, deps.clock.now())
  const conditions = failureConditions(set, failure, deps.clock)
  const status = {
    ...count,
    ...(flavour.type.kind === 'ReplicaSet' ? { terminatingReplicas } : {}),
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length === 0 ? {} : { conditions }),
  }
  if (isEqualJson(withZeros(set.status), status)) return
  await deps.client.update(flavour.type, { ...set, status }, { subresource: 'status' }, signal)
}

/** The server leaves zeros out. */
function withZeros(status: object): object {
  const { conditions, ...counts } = { fullyLabeledReplicas: 0, readyReplicas: 0, availableReplicas: 0, ...status } as Record<string, unknown>
  return { ...counts, ...(Array.isArray(conditions) && conditions.length > 0 ? { conditions } : {}) }
}

function failureConditions(set: SetOfReplicas, failure: unknown, clock: Clock): NonNullable<SetOfReplicas['status']['conditions']> {
  const others = (set.status.conditions ?? []).filter(condition => condition.type !== 'ReplicaFailure')
  if (failure === undefined) return others
  const before = set.status.conditions?.find(condition => condition.type === 'ReplicaFailure')
  return [...others, before ?? { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: errorText(failure), lastTransitionTime: timeText(clock.now()) }]
}

/** The Pods of all sets with the same controller, for the deletion ranking. */
function relatedPods(caches: Caches, set: SetOfReplicas, own: readonly Pod[]): readonly Pod[] {
  const parent = controllerOf(set)
  if (parent === undefined) return own.filter(isActive)
  return caches.ownedBy(replicaSets, parent.uid).flatMap(sibling => [...caches.ownedBy(pods, sibling.metadata.uid)]).filter(isActive)
}
