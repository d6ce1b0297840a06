/**
 * Disruption controller: tells in each PodDisruptionBudget's status how many of its Pods may be evicted now.
 *
 * Reads   PodDisruptionBudgets, Pods, ReplicaSets, Deployments, ReplicationControllers, StatefulSets
 * Writes  PodDisruptionBudget status, Pod status (a stale DisruptionTarget condition)
 * Woken   by the budget, and by Pods it selects
 *
 *   PD1  Expected Pods: with minAvailable as a number, the Pods there are; otherwise the sum of what their controllers want,
 *        which for kinds that are not watched here is what their scale subresource says.
 *   PD2  desiredHealthy: minAvailable (percent rounded up), or expected less maxUnavailable (percent rounded up).
 *   PD3  Allowed: healthy Pods beyond desiredHealthy, none if nothing is expected. Pods being evicted do not count as healthy.
 *   PD4  A Pod noted in disruptedPods that is not deleted within 2 minutes counts again.
 *   PD5  A condition DisruptionAllowed tells the same as a word; a selector that cannot be used, or a Pod whose controller
 *        cannot be found, allows none (SyncFailed).
 *   PD6  A Pod without controller adds nothing to what is expected; that, and a budget without Pods, is told as an event.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import type { OwnerReference } from '../../../../api/groups/meta-v1/types.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../../../api/groups/policy-v1/types.ts'
import { deployments, podDisruptionBudgets, pods, replicaSets, replicationControllers, statefulSets } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { errorText } from '../../../../base/log.ts'
import { groupResourceText } from '../../../../api/kubernetes-object.ts'
import type { Caches } from '../../../../machinery/caches.ts'
import { compareBudget } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import { matchesLabelSelector } from '../../../../api/selectors/label-selector.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { controllerOf } from '../../../../machinery/owner.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { isConnectionError } from '../../../../machinery/transport.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { scaledValue } from '../../pods/int-or-percent.ts'
import { isDeleting, isFinished, isReady } from '../../pods/pod-state.ts'
import { ScaleTargets } from '../../resources/scale-targets.ts'

const noteLifeMs = 2 * 60_000

export function createDisruptionController(): Controller {
  let targets: ScaleTargets | undefined
  return { ...base, reconcile: (key, deps, signal) => reconcile(key, deps, signal, (targets ??= new ScaleTargets(deps.clock))) }
}

const base: Omit<Controller, 'reconcile'> = {
  name: 'disruption-controller',
  reconciles: podDisruptionBudgets,
  alsoWokenBy: [wokenBy(pods, ({ object, previous }, caches) => caches.list(podDisruptionBudgets, object.metadata.namespace)
    .filter(({ spec }) => matchesLabelSelector(spec.selector, object.metadata.labels) || (previous !== undefined && matchesLabelSelector(spec.selector, previous.metadata.labels))).map(keyOf))],
  rehearse: 'reconcile',
  compare: compareBudget,
  reads: [replicaSets, deployments, replicationControllers, statefulSets],
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal, targets: ScaleTargets): Promise<Outcome> {
  const budget = deps.cache.get(podDisruptionBudgets, key)
  if (budget === undefined) return done
  const selected = deps.cache.list(pods, key.namespace).filter(pod => matchesLabelSelector(budget.spec.selector, pod.metadata.labels))
  const nowMs = deps.clock.now()
  let status: PodDisruptionBudgetStatus
  if (selected.length === 0) deps.events.event(budget, 'Normal', 'NoPods', 'No matching pods found') // PD6
  try {
    status = planBudget(budget, selected, await expectedPods(budget, selected, deps, signal, targets), nowMs)
  } catch (error) {
    if (signal.aborted || isConnectionError(error)) throw error
    deps.events.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${errorText(error)}`)
    status = withAllowed({ ...budget.status, disruptionsAllowed: 0, observedGeneration: budget.metadata.generation ?? 0 }, budget, 'SyncFailed', errorText(error), nowMs) // PD5
  }
  const filled = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0, ...budget.status }
  if (!isEqualJson(filled, status)) await deps.client.update(podDisruptionBudgets, { ...budget, status }, { subresource: 'status' }, signal)
  const notes = Object.values(status.disruptedPods ?? {}).map(at => Date.parse(at) + noteLifeMs - nowMs)
  return notes.length === 0 ? done : again(Math.max(1_000, Math.min(...notes)))
}

/** Pods selected is what exists; expected is what should. */
export function planBudget(budget: PodDisruptionBudget, selected: readonly Pod[], expected: number, nowMs: number): PodDisruptionBudgetStatus {
  const { minAvailable, maxUnavailable } = budget.spec
  const notes: Record<string, string> = {}
  const healthyPods = selected.filter(pod => {
    const noted = budget.status.disruptedPods?.[pod.metadata.name]
    if (noted !== undefined && !isDeleting(pod) && Date.parse(noted) + noteLifeMs > nowMs) { // PD4
      notes[pod.metadata.name] = noted
      return false
    }
    return !isDeleting(pod) && isReady(pod)
  })
  const desired = minAvailable !== undefined ? scaledValue(minAvailable, expected, 'up') : Math.max(0, expected - scaledValue(maxUnavailable ?? 0, expected, 'up')) // PD2
  const allowed = expected === 0 ? 0 : Math.max(0, healthyPods.length - desired) // PD3
  const status = {
    currentHealthy: healthyPods.length, desiredHealthy: desired, disruptionsAllowed: allowed, expectedPods: expected, observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(notes).length === 0 ? {} : { disruptedPods: notes }), ...(budget.status.conditions === undefined ? {} : { conditions: budget.status.conditions }),
  }
  return withAllowed(status, budget, allowed > 0 ? 'SufficientPods' : 'InsufficientPods', '', nowMs)
}

function withAllowed(status: PodDisruptionBudgetStatus, budget: PodDisruptionBudget, reason: string, message: string, nowMs: number): PodDisruptionBudgetStatus {
  const is = reason === 'SufficientPods' ? 'True' : 'False'
  const before = budget.status.conditions?.find(({ type }) => type === 'DisruptionAllowed')
  const condition = { type: 'DisruptionAllowed', status: is, reason, message, observedGeneration: budget.metadata.generation ?? 0, lastTransitionTime: before?.status === is ? before.lastTransitionTime : timeText(nowMs) }
  return { ...status, conditions: [...(budget.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed'), condition] }
}

async function expectedPods(budget: PodDisruptionBudget, selected: readonly Pod[], deps: ReconcileDeps, signal: AbortSignal, targets: ScaleTargets): Promise<number> { // PD1
  const { spec } = budget
  const counted = selected.filter(pod => !isFinished(pod))
  if (typeof spec.minAvailable === 'number') return counted.length
  if (spec.minAvailable !== undefined && !spec.minAvailable.endsWith('%')) return counted.length
  if (counted.some(pod => controllerOf(pod) === undefined)) deps.events.event(budget, 'Warning', 'UnmanagedPods', unmanagedText(budget)) // PD6
  const wanted = new Map<string, number>()
  for (const pod of counted) {
    const owner = controllerOf(pod)
    if (owner === undefined || wanted.has(owner.uid)) continue
    const [uid, replicas] = watchedScale(owner.uid, deps.cache) ?? [owner.uid, await otherScale(owner, pod, deps, signal, targets)]
    wanted.set(uid, replicas)
  }
  return [...wanted.values()].reduce((sum, replicas) => sum + replicas, 0)
}

/** Shows the selector as Go does. */
function unmanagedText({ spec: { selector = {} } }: PodDisruptionBudget): string {
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}: ${value},`).join('')
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('')
  const text = `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`
  return `Pods selected by this PodDisruptionBudget (selector: ${text}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`
}

async function otherScale({ apiVersion, kind, name, uid }: OwnerReference, pod: Pod, { client }: ReconcileDeps, signal: AbortSignal, targets: ScaleTargets): Promise<number> {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  const key = { namespace: pod.metadata.namespace!, name }
  const scale = await targets.read(await targets.resourceOf({ group, kind }, client, signal), key, client, signal).catch((error: unknown) => {
    if (isNotFound(error)) throw new Error(`${groupResourceText({ group, resource: kind.toLowerCase() })} does not implement the scale subresource`, { cause: error })
    throw error
  })
  if (scale.metadata.uid !== uid) throw new Error(`found no scale of ${kind} ${JSON.stringify(name)}`)
  return scale.spec.replicas ?? 0
}

function watchedScale(uid: string, caches: Caches): readonly [string, number] | undefined {
  const set = caches.of(replicaSets).byUid(uid)
  const deployment = set === undefined ? undefined : caches.of(deployments).byUid(controllerOf(set)?.uid ?? '')
  const scaled = deployment ?? set ?? caches.of(replicationControllers).byUid(uid) ?? caches.of(statefulSets).byUid(uid)
  return scaled === undefined ? undefined : [scaled.metadata.uid, scaled.spec.replicas ?? 1]
}
