/**
 * DaemonSet controller: one Pod on every node that should run it.
 *
 * Reads   DaemonSets, Pods, Nodes, ControllerRevisions          Writes   Pods (create, delete), ControllerRevisions, status
 * Woken   by the set, its Pods, orphaned Pods, and nodes that come, go, or change labels, taints or spec
 *
 *   DA1  Presence (plan-daemons DM1 to DM3) comes first; a rolling update goes on only when our writes are back.
 *   DA2  A Pod is bound to its node by required node affinity and left to the scheduler.
 *   DA3  A failed Pod is replaced, after a wait that doubles from 1 s to 15 min a node.
 *   DA4  Status is written last, and only if it differs.
 */
import type { DaemonSet } from '../../../../api/groups/apps-v1/types.ts'
import type { Node, Pod } from '../../../../api/groups/core-v1/types.ts'
import { controllerRevisions, daemonSets, nodes, pods } from '../../../../api/resources.ts'
import { backoffMs } from '../../../../base/backoff.ts'
import { errorText } from '../../../../base/log.ts'
import { compareDaemons } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf, keyText } from '../../../../machinery/object-key.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { selectorOf } from '../../../../api/selectors/label-selector.ts'
import { hasCause, isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { applyClaim, planClaim } from '../../pods/claim.ts'
import { claimable, orphansWake } from '../../pods/orphans.ts'
import { podFromTemplate } from '../../pods/pod-from-template.ts'
import { availableInMs, isFinished } from '../../pods/pod-state.ts'
import { slowStart } from '../../pods/slow-start.ts'
import type { RevisionState } from '../../revisions/revisions.ts'
import { ensureRevision, hashOf, revisionHashLabel, trimRevisions } from '../../revisions/revisions.ts'
import type { DaemonPlan } from './plan-daemons.ts'
import { countDaemons, daemonSpec, mayRun, planPresence, planUpdate, targetNode } from './plan-daemons.ts'

const failedPodBackoff = { firstMs: 1_000, maxMs: 15 * 60_000 }

export function createDaemonSetController(): Controller {
  const failures = new Map<string, { count: number; notBefore: number }>()
  return {
    name: 'daemonset-controller',
    reconciles: daemonSets,
    alsoWokenBy: [
      pods, controllerRevisions,
      orphansWake(pods, daemonSets, set => set.spec.selector),
      wokenBy(nodes, ({ object, previous }, caches) => (previous !== undefined && isEqualJson(nodeFace(previous), nodeFace(object)) ? [] : caches.list(daemonSets).map(keyOf))),
    ],
    rehearse: (key, deps, signal) => reconcile(new Map(failures), key, deps, signal),
    compare(key, caches, nowMs) {
      const set = caches.get(daemonSets, key)
      return set === undefined ? [] : compareDaemons(caches.list(nodes).filter(node => mayRun(set, node).shouldRun).map(({ metadata }) => metadata.name), key, caches, nowMs)
    },
    reconcile: (key, deps, signal) => reconcile(failures, key, deps, signal),
  }
}

function nodeFace(node: Node): unknown {
  return [node.metadata.labels, node.spec.taints?.map(({ key, value, effect }) => [key, value, effect])]
}

type Failures = Map<string, { count: number; notBefore: number }>

async function reconcile(failures: Failures, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const set = deps.cache.get(daemonSets, key)
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return done
  if (selectorOf(set.spec.selector).requirements.length === 0) {
    deps.events.event(set, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.')
    return done
  }
  const mayAct = deps.expectations.settled(set.metadata.uid)
  const owned = await applyClaim(planClaim(set, set.spec.selector, claimable(deps.cache, pods, set), pod => !isFinished(pod)), { client: deps.client, ownerType: daemonSets, owner: set, type: pods }, signal)
  const revisions = await ensureRevision({ type: daemonSets, owner: set, template: set.spec.template, collisionCount: set.status.collisionCount ?? 0, hashLabel: revisionHashLabel }, deps, signal)
  const hash = hashOf(revisions.update)
  const allNodes = deps.cache.list(nodes)
  const nowMs = deps.clock.now()
  let waitMs: number | undefined
  let failure: unknown
  if (mayAct) { // DA1
    const presence = planPresence(set, allNodes, owned, hash, nowMs)
    const { plan, inMs } = heldBack(failures, set, presence, deps)
    waitMs = inMs
    const update = plan.create.length + plan.remove.length > 0 ? undefined : planUpdate(set, allNodes, owned, hash, nowMs)
    failure = await apply(set, update ?? plan, hash, deps, signal)
    await trimRevisions(revisions, new Set(owned.map(pod => pod.metadata.labels?.[revisionHashLabel] ?? '')), set.spec.revisionHistoryLimit ?? 10, deps, signal)
  }
  await writeStatus(set, allNodes, owned, revisions, deps, signal) // DA4
  if (failure !== undefined) throw failure
  const waits = [waitMs, ...owned.map(pod => availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs))].filter((ms): ms is number => ms !== undefined && ms > 0)
  return waits.length === 0 ? done : again(Math.min(...waits) + 50)
}

/** Leaves failed Pods alone whose node has not waited long enough (DA3). */
function heldBack(failures: Failures, set: DaemonSet, plan: DaemonPlan, { clock, events }: ReconcileDeps): { plan: DaemonPlan; inMs: number | undefined } {
  const nowMs = clock.monotonic()
  let inMs: number | undefined
  const held = new Set<Pod>()
  for (const pod of plan.failed) {
    const key = `${set.metadata.uid}/${targetNode(pod) ?? ''}`
    const known = failures.get(key)
    if (known !== undefined && nowMs < known.notBefore) {
      held.add(pod)
      inMs = Math.min(inMs ?? Infinity, known.notBefore - nowMs)
      continue
    }
    const count = (known?.count ?? 0) + 1
    failures.set(key, { count, notBefore: nowMs + backoffMs(failedPodBackoff, count) })
    events.event(set, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${keyText(keyOf(pod))} on node ${targetNode(pod) ?? ''}, will try to kill it`)
  }
  for (const pod of plan.succeeded) events.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${keyText(keyOf(pod))} on node ${targetNode(pod) ?? ''}, will try to delete it`)
  return { plan: { ...plan, remove: plan.remove.filter(pod => !held.has(pod)) }, inMs }
}

async function apply(set: DaemonSet, plan: DaemonPlan, hash: string, deps: ReconcileDeps, signal: AbortSignal): Promise<unknown> {
  if (plan.create.length + plan.remove.length === 0) return undefined
  const { client, events, expectations } = deps
  const { uid, namespace = '', generation = 1 } = set.metadata
  expectations.expect(uid, plan.create.length, plan.remove.map(pod => pod.metadata.uid))
  const owner = controllerReference(daemonSets, set)
  const pending = [...plan.create]
  const created = await slowStart(pending.length, async () => {
    const nodeName = pending.shift()!
    const draft = podFromTemplate(set.spec.template, owner, namespace)
    const labels = { ...draft.metadata.labels, [revisionHashLabel]: hash, 'pod-template-generation': set.metadata.annotations?.['deprecated.daemonset.template.generation'] ?? String(generation) }
    const pod = await client.create(pods, { ...draft, metadata: { ...draft.metadata, labels }, spec: daemonSpec(draft.spec, nodeName) }, {}, signal) // DA2
    events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  })
  expectations.forgoCreates(uid, created.failures.length + created.skipped)
  const failures = created.failures.filter(failure => !hasCause(failure, 'NamespaceTerminating'))
  for (const failure of failures.slice(0, 1)) events.event(set, 'Warning', 'FailedCreate', `Error creating: ${errorText(failure)}`)
  for (const pod of plan.remove) {
    try {
      await client.delete(pods, keyOf(pod), { preconditions: { uid: pod.metadata.uid } }, signal)
      events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
    } catch (error) {
      expectations.forgoDelete(uid, pod.metadata.uid)
      if (!isNotFound(error)) failures.push(error)
    }
  }
  deps.log.info('daemons adjusted', { daemonSet: `${namespace}/${set.metadata.name}`, created: created.made, deleted: plan.remove.length })
  return failures[0]
}

async function writeStatus(set: DaemonSet, allNodes: readonly Node[], owned: readonly Pod[], revisions: RevisionState, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const { collisionCount, conditions } = set.status
  const collisions = revisions.collisionCount === 0 ? collisionCount : revisions.collisionCount
  const status = {
    ...countDaemons(set, allNodes, owned, hashOf(revisions.update), deps.clock.now()), observedGeneration: set.metadata.generation ?? 0,
    ...(collisions === undefined ? {} : { collisionCount: collisions }), ...(conditions === undefined ? {} : { conditions }),
  }
  const { numberAvailable = 0, numberUnavailable = 0, updatedNumberScheduled = 0, ...rest } = set.status
  if (isEqualJson(status, { ...rest, numberAvailable, numberUnavailable, updatedNumberScheduled })) return
  await deps.client.update(daemonSets, { ...set, status }, { subresource: 'status' }, signal)
}
