/**
 * StatefulSet controller: Pods with names, order and volumes of their own.
 *
 * Reads   StatefulSets, Pods, PersistentVolumeClaims, ControllerRevisions
 * Writes  Pods (create, delete), PersistentVolumeClaims (create, ownerReferences), ControllerRevisions, status
 * Woken   by the set, its Pods, orphaned Pods, its claims
 *
 *   SF1  Names are fixed, so a Pod can never be there twice: making it again is refused by the API server. A Pod is deleted
 *        only with its uid as precondition.
 *   SF2  The claims of an ordinal are made before its Pod, and never deleted here; whenDeleted and whenScaled "Delete" give
 *        them an owner (the set, the condemned Pod), so that they go with it.
 *   SF3  Steps are those of plan-ordinals.ts.
 *   SF4  status.currentRevision becomes the update revision when every Pod is at it and ready.
 */
import { compareStatefulSet } from '../../comparisons.ts'
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '../../../../api/groups/apps-v1/types.ts'
import type { PersistentVolumeClaim, Pod } from '../../../../api/groups/core-v1/types.ts'
import type { OwnerReference } from '../../../../api/groups/meta-v1/types.ts'
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from '../../../../api/resources.ts'
import { errorText } from '../../../../base/log.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { hasCause, isAlreadyExists, isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { applyClaim, planClaim } from '../../pods/claim.ts'
import { claimable, orphansWake } from '../../pods/orphans.ts'
import { availableInMs } from '../../pods/pod-state.ts'
import { ensureRevision, hashOf, stableHashLabel, templateOf, trimRevisions } from '../../revisions/revisions.ts'
import type { Revisions } from './plan-ordinals.ts'
import { countOrdinals, ordinalOf, planOrdinals, revisionOf, wantedReplicas } from './plan-ordinals.ts'
import { claimName, claimsOf, statefulPod } from './stateful-pod.ts'

export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  reconciles: statefulSets,
  alsoWokenBy: [
    pods, controllerRevisions,
    orphansWake(pods, statefulSets, set => set.spec.selector),
    wokenBy(persistentVolumeClaims, ({ type, object }, caches) => (type === 'updated' ? [] : caches.list(statefulSets, object.metadata.namespace).filter(set => set.spec.volumeClaimTemplates?.some(({ metadata }) => object.metadata.name.startsWith(`${metadata.name}-${set.metadata.name}-`)) === true).map(keyOf))),
  ],
  rehearse: 'reconcile',
  compare: compareStatefulSet,
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const set = deps.cache.get(statefulSets, key)
  if (set === undefined) return done
  const claim = planClaim(set, set.spec.selector, claimable(deps.cache, pods, set), pod => ordinalOf(set, pod) !== undefined)
  const owned = (await applyClaim(claim, { client: deps.client, ownerType: statefulSets, owner: set, type: pods }, signal)).filter(pod => ordinalOf(set, pod) !== undefined)
  if (set.metadata.deletionTimestamp !== undefined) return done
  const history = await ensureRevision({ type: statefulSets, owner: set, template: set.spec.template, collisionCount: set.status.collisionCount ?? 0, hashLabel: stableHashLabel }, deps, signal)
  const update = history.update.metadata.name
  const current = history.all.find(({ metadata }) => metadata.name === set.status.currentRevision) ?? history.update
  const revisions: Revisions = { current: current.metadata.name, update }
  const nowMs = deps.clock.now()
  const plan = planOrdinals(set, owned, revisions, nowMs) // SF3
  await applyRetention(set, plan.condemned, deps, signal) // SF2
  const failures: unknown[] = []
  for (const { ordinal, atCurrent } of plan.create) await make(set, ordinal, atCurrent ? current : history.update, deps, signal).catch((error: unknown) => failures.push(error))
  for (const pod of plan.remove) await remove(set, pod, deps, signal).catch((error: unknown) => failures.push(error))
  await writeStatus(set, owned, revisions, history.collisionCount, deps, signal)
  await trimRevisions(history, new Set(owned.map(pod => revisionOf(pod).slice(set.metadata.name.length + 1)).concat(hashOf(current))), set.spec.revisionHistoryLimit ?? 10, deps, signal)
  if (failures.length > 0) throw failures[0]
  const waits = owned.map(pod => availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs)).filter((ms): ms is number => ms !== undefined && ms > 0)
  return waits.length === 0 ? done : again(Math.min(...waits) + 50)
}

async function make(set: StatefulSet, ordinal: number, revision: ControllerRevision, { client, cache, events }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const draft = statefulPod(set, templateOf(revision), revision.metadata.name, ordinal)
  const { name } = draft.metadata
  try {
    for (const claim of claimsOf(set, ordinal)) {
      if (cache.get(persistentVolumeClaims, { namespace: claim.metadata.namespace!, name: claim.metadata.name! }) !== undefined) continue
      const made = await client.create(persistentVolumeClaims, claim, {}, signal).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error
        return undefined
      })
      if (made !== undefined) events.event(set, 'Normal', 'SuccessfulCreate', `Create Claim ${claim.metadata.name} Pod ${name} in StatefulSet ${set.metadata.name} success`)
    }
    await client.create(pods, draft, {}, signal)
    events.event(set, 'Normal', 'SuccessfulCreate', `Create Pod ${name} in StatefulSet ${set.metadata.name} successful`)
  } catch (error) {
    if (isAlreadyExists(error) || hasCause(error, 'NamespaceTerminating')) return // SF1
    events.event(set, 'Warning', 'FailedCreate', `Create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${errorText(error)}`)
    throw error
  }
}

async function remove(set: StatefulSet, pod: Pod, { client, events, log }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  try {
    await client.delete(pods, keyOf(pod), { preconditions: { uid: pod.metadata.uid } }, signal) // SF1
    events.event(set, 'Normal', 'SuccessfulDelete', `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`)
    log.info('stateful pod deleted', { statefulSet: set.metadata.name, pod: pod.metadata.name })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

async function applyRetention(set: StatefulSet, condemned: readonly Pod[], deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {}
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    for (let ordinal = set.spec.ordinals?.start ?? 0, end = ordinal + wantedReplicas(set); ordinal < end; ordinal++) {
      const claim = deps.cache.get(persistentVolumeClaims, { namespace: set.metadata.namespace!, name: claimName(set, template, ordinal) })
      if (claim !== undefined) await own(claim, whenDeleted === 'Delete' ? ownerOf(set) : undefined, set, deps, signal)
    }
    for (const pod of condemned) {
      const claim = deps.cache.get(persistentVolumeClaims, { namespace: set.metadata.namespace!, name: claimName(set, template, ordinalOf(set, pod)!) })
      if (claim !== undefined) await own(claim, whenScaled === 'Delete' ? ownerOf(pod) : whenDeleted === 'Delete' ? ownerOf(set) : undefined, set, deps, signal)
    }
  }
}

function ownerOf(object: StatefulSet | Pod): OwnerReference {
  return { apiVersion: object.kind === 'Pod' ? 'v1' : 'apps/v1', kind: object.kind, name: object.metadata.name, uid: object.metadata.uid, controller: true, blockOwnerDeletion: true }
}

async function own(claim: PersistentVolumeClaim, owner: OwnerReference | undefined, set: StatefulSet, { client }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const isOurs = (reference: OwnerReference): boolean => reference.uid === set.metadata.uid || (reference.kind === 'Pod' && reference.name.startsWith(`${set.metadata.name}-`))
  const references = [...(claim.metadata.ownerReferences ?? []).filter(reference => !isOurs(reference)), ...(owner === undefined ? [] : [owner])]
  if (isEqualJson(references, claim.metadata.ownerReferences ?? [])) return
  await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, ownerReferences: references } }, {}, signal)
}

async function writeStatus(set: StatefulSet, owned: readonly Pod[], revisions: Revisions, collisionCount: number, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const count = countOrdinals(set, owned, revisions, deps.clock.now())
  const isOver = count.updatedReplicas === count.replicas && count.readyReplicas === count.replicas && count.replicas === wantedReplicas(set) // SF4
  const status: StatefulSetStatus = {
    ...count, observedGeneration: set.metadata.generation ?? 0, updateRevision: revisions.update,
    currentRevision: isOver ? revisions.update : revisions.current, ...(isOver ? { currentReplicas: count.updatedReplicas } : {}),
    collisionCount, ...(set.status.conditions === undefined ? {} : { conditions: set.status.conditions }),
  }
  const plain = (one: StatefulSetStatus): unknown => Object.fromEntries(Object.entries(one).filter(([name, value]) => value !== 0 || name === 'replicas'))
  if (isEqualJson(plain(status), plain(set.status))) return
  await deps.client.update(statefulSets, { ...set, status }, { subresource: 'status' }, signal)
}
