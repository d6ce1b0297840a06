/**
 * Deployment controller: rolls a Deployment's Pods from one template to the next through its ReplicaSets.
 *
 * Reads   Deployments, ReplicaSets, Pods (for Recreate)
 * Writes  ReplicaSets (create, scale, delete, adopt, release), Deployment status and revision annotation
 * Woken   by the Deployment, its ReplicaSets, orphaned ReplicaSets, and Pods of a Recreate Deployment that go
 *
 *   DC1  One reconcile makes one step (a new set, a scaling, a status) and waits for the change it causes to wake it.
 *   DC2  A paused Deployment makes no new set and rolls nothing, but follows spec.replicas; pausing stops the deadline.
 *   DC3  A changed spec.replicas is answered before the rollout goes on (plan-rollout RO5).
 *   DC4  A new set whose name is taken by a set that is not ours, or not the same, raises status.collisionCount.
 *   DC5  When complete, old empty sets beyond spec.revisionHistoryLimit are deleted, lowest revision first.
 *   DC6  A Deployment without selector requirements is refused with an event: it would own every Pod.
 *   DC7  A Deployment that is being deleted only keeps its status true.
 */
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../../../api/groups/apps-v1/types.ts'
import { deployments, pods, replicaSets } from '../../../../api/resources.ts'
import { compareDeployment } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { controllerOf } from '../../../../machinery/owner.ts'
import { selectorOf } from '../../../../api/selectors/label-selector.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { applyClaim, planClaim } from '../../pods/claim.ts'
import { claimable, orphansWake } from '../../pods/orphans.ts'
import { isFinished } from '../../pods/pod-state.ts'
import { ensureNewSet, scaleSet } from './new-set.ts'
import { isRolling, isScalingEvent, planNewSet, planOldSets, planScale, planZero } from './plan-rollout.ts'
import type { Scaling } from './plan-rollout.ts'
import { conditionOf, countStatus, hasDeadline, isComplete, newCondition, rolloutStatus, stuckInMs, withCondition } from './plan-status.ts'
import type { SetsOfDeployment } from './revision.ts'
import { revisionOf, sortOut } from './revision.ts'

export const deploymentController: Controller = {
  name: 'deployment-controller',
  reconciles: deployments,
  alsoWokenBy: [
    replicaSets,
    orphansWake(replicaSets, deployments, deployment => deployment.spec.selector),
    // Recreate waits for the last old Pod to go; no set's status tells when.
    wokenBy(pods, ({ type, object }, caches) => {
      if (type !== 'deleted' && !isFinished(object)) return []
      const set = caches.of(replicaSets).byUid(controllerOf(object)?.uid ?? '')
      const deployment = set === undefined ? undefined : caches.of(deployments).byUid(controllerOf(set)?.uid ?? '')
      return deployment === undefined || isRolling(deployment) ? [] : [keyOf(deployment)]
    }),
  ],
  rehearse: 'reconcile',
  compare: compareDeployment,
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const deployment = deps.cache.get(deployments, key)
  if (deployment === undefined) return done
  if (selectorOf(deployment.spec.selector).requirements.length === 0) { // DC6
    deps.events.event(deployment, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.')
    return done
  }
  const claim = planClaim(deployment, deployment.spec.selector, claimable(deps.cache, replicaSets, deployment))
  const owned = await applyClaim(claim, { client: deps.client, ownerType: deployments, owner: deployment, type: replicaSets }, signal)
  const sets = sortOut(deployment, owned)

  if (deployment.metadata.deletionTimestamp !== undefined) { // DC7
    await writeStatus(deployment, countStatus(deployment, owned, sets.newSet, deps.clock.now()), deps, signal)
    return done
  }
  if (await markPaused(deployment, deps, signal)) return done
  if (deployment.spec.paused === true || isScalingEvent(deployment, owned)) return scale(deployment, sets, deps, signal) // DC2, DC3
  return isRolling(deployment) ? roll(deployment, sets, deps, signal) : recreate(deployment, sets, deps, signal)
}

async function roll(deployment: Deployment, sets: SetsOfDeployment, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const ensured = await ensureNewSet(deployment, sets, deps, signal)
  if (ensured === undefined) return done
  const { newSet } = ensured
  const all = [...sets.oldSets, newSet]
  const up = planNewSet(deployment, newSet, all)
  const steps = up === undefined ? planOldSets(deployment, newSet, sets.oldSets) : [up]
  const after = await scaleAll(deployment, steps, deps, signal)
  return finish(ensured.deployment, { newSet: after(newSet), oldSets: sets.oldSets.map(after) }, deps, signal)
}

async function recreate(deployment: Deployment, sets: SetsOfDeployment, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const after = await scaleAll(deployment, planZero(sets.oldSets), deps, signal)
  const oldSets = sets.oldSets.map(after)
  const running = sets.oldSets.some(set => deps.cache.ownedBy(pods, set.metadata.uid).some(pod => !isFinished(pod)))
  if (running || oldSets.some((set, index) => set !== sets.oldSets[index])) return finish(deployment, { newSet: sets.newSet, oldSets }, deps, signal) // plan-rollout RO4
  const ensured = await ensureNewSet(deployment, sets, deps, signal)
  if (ensured === undefined) return done
  const up = planNewSet(deployment, ensured.newSet, [ensured.newSet])
  const grown = await scaleAll(deployment, up === undefined ? [] : [up], deps, signal)
  return finish(ensured.deployment, { newSet: grown(ensured.newSet), oldSets }, deps, signal)
}

async function scale(deployment: Deployment, sets: SetsOfDeployment, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const after = await scaleAll(deployment, planScale(deployment, sets.newSet, sets.oldSets), deps, signal)
  const newSet = sets.newSet === undefined ? undefined : after(sets.newSet)
  const oldSets = sets.oldSets.map(after)
  if (deployment.spec.paused === true) await cleanUp(deployment, oldSets, deps, signal)
  await writeStatus(deployment, countStatus(deployment, newSet === undefined ? oldSets : [...oldSets, newSet], newSet, deps.clock.now()), deps, signal)
  return done
}

async function finish(deployment: Deployment, { newSet, oldSets }: SetsOfDeployment, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const all = newSet === undefined ? oldSets : [...oldSets, newSet]
  const nowMs = deps.clock.now()
  const status = rolloutStatus(deployment, all, newSet, nowMs)
  if (isComplete(deployment, status)) await cleanUp(deployment, oldSets, deps, signal) // DC5
  await writeStatus(deployment, status, deps, signal)
  const stuckIn = stuckInMs(deployment, status, nowMs)
  return stuckIn === undefined ? done : again(stuckIn)
}

/** Returns what became of each set. */
async function scaleAll(deployment: Deployment, steps: readonly Scaling[], deps: ReconcileDeps, signal: AbortSignal): Promise<(set: ReplicaSet) => ReplicaSet> {
  const scaled = new Map<ReplicaSet, ReplicaSet>()
  for (const step of steps) scaled.set(step.set, await scaleSet(deployment, step, deps, signal))
  return set => scaled.get(set) ?? set
}

async function cleanUp(deployment: Deployment, oldSets: readonly ReplicaSet[], deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const limit = deployment.spec.revisionHistoryLimit ?? 10
  const kept = oldSets.filter(set => set.metadata.deletionTimestamp === undefined)
  const surplus = [...kept].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, kept.length - limit))
  for (const set of surplus) {
    const idle = set.status.replicas === 0 && set.spec.replicas === 0 && (set.metadata.generation ?? 0) <= (set.status.observedGeneration ?? 0)
    if (!idle) continue
    await deps.client.delete(replicaSets, keyOf(set), { preconditions: { uid: set.metadata.uid } }, signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
    deps.log.info('old replica set deleted', { deployment: deployment.metadata.name, replicaSet: set.metadata.name })
  }
}

/** Tells once that the Deployment was paused or resumed, so that the deadline's clock stops and starts. Returns whether it wrote. */
async function markPaused(deployment: Deployment, deps: ReconcileDeps, signal: AbortSignal): Promise<boolean> {
  if (!hasDeadline(deployment)) return false
  const progressing = conditionOf(deployment.status, 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded') return false
  const isMarked = progressing?.reason === 'DeploymentPaused'
  const paused = deployment.spec.paused === true
  if (paused === isMarked) return false
  const condition = paused
    ? newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', deps.clock.now())
    : newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', deps.clock.now())
  const status = { ...deployment.status, conditions: withCondition(deployment.status.conditions ?? [], condition) }
  await deps.client.update(deployments, { ...deployment, status }, { subresource: 'status' }, signal)
  return true
}

async function writeStatus(deployment: Deployment, status: DeploymentStatus, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  if (isEqualJson(withoutZeros(deployment.status), withoutZeros(status))) return
  await deps.client.update(deployments, { ...deployment, status }, { subresource: 'status' }, signal)
}

/** The server leaves zeros out. */
function withoutZeros(status: DeploymentStatus): unknown {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0))
}
