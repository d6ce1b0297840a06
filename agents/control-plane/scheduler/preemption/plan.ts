/**
 * Preemption: which pods would have to go so that a pod that fits nowhere fits somewhere. Pure.
 * Upstream: plugins/defaultpreemption and framework/preemption.
 *
 *   PR1  Only pods of lower priority are victims; a pod with preemptionPolicy Never preempts nobody. A pod whose nominated
 *        node still has a victim of preemption that is terminating waits for it.
 *   PR2  Only nodes whose rejection eviction can cure are candidates.
 *   PR3  On a candidate all lower pods are imagined gone; if the pod then fits they are put back one by one, those whose
 *        disruption budget would be violated first, then by priority and age, as long as the pod still fits.
 *   PR4  The best candidate has the fewest budget violations, then the lowest highest-victim priority, then the smallest
 *        sum of priorities, then the fewest victims, then the latest start of its highest victims.
 *   PR5  Enough candidates are max(minCandidateNodesAbsolute, minCandidateNodesPercentage % of the potential nodes), the search
 *        starts at a node chosen by chance, and goes on until at least one candidate violates no budget.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { PodDisruptionBudget } from '../../../api/groups/policy-v1/types.ts'
import { matches, selectorOf } from '../../../api/selectors/label-selector.ts'
import type { Random } from '../../../base/random.ts'
import { fitMessage } from '../framework/fit-message.ts'
import type { DefaultPreemptionArgs } from '../framework/plugin-args.ts'
import { defaultPluginArgs } from '../framework/plugin-args.ts'
import type { FilterOutcome } from '../framework/plugin.ts'
import type { Rejected } from '../framework/verdict.ts'
import { rejected } from '../framework/verdict.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import { podFacts } from '../snapshot/pod-facts.ts'

export interface PreemptionCandidate {
  readonly node: string
  /** The most important first. */
  readonly victims: readonly Pod[]
  readonly budgetViolations: number
}

export interface PreemptionSearch {
  /** Empty with a message when nothing was found. */
  readonly candidates: readonly PreemptionCandidate[]
  /** For the FailedScheduling message, without its "preemption: ". */
  readonly message: string
  /** False: the pod may not preempt at all; what is nominated stays as it is. */
  readonly eligible: boolean
}

export interface PreemptionInput {
  readonly pod: Pod
  readonly cluster: ClusterView
  readonly outcome: FilterOutcome
  readonly budgets: readonly PodDisruptionBudget[]
  readonly random: Random
  readonly args?: DefaultPreemptionArgs
}

const notHelpful = rejected('Preemption is not helpful for scheduling', false)
const noVictims = rejected('No preemption victims found for incoming pod', false)

export function searchCandidates(input: PreemptionInput): PreemptionSearch {
  const reason = whyNotEligible(input)
  if (reason !== null) return { candidates: [], message: reason, eligible: false }
  const { cluster, outcome } = input
  const potential = cluster.nodes.filter(view => (outcome.rejections.get(view.name) ?? outcome.others)?.curable === true) // PR2
  const { candidates, failures } = tryNodes(potential, input)
  if (candidates.length > 0) return { candidates, message: '', eligible: true }
  return { candidates, message: fitMessage({ totalNodes: cluster.nodes.length, byNode: failures, others: notHelpful, beforeNodes: null }), eligible: true }
}

/** PR4 */
export function bestCandidate(candidates: readonly PreemptionCandidate[]): PreemptionCandidate | null {
  return candidates.length === 0 ? null : candidates.reduce((best, candidate) => (compare(candidate, best) < 0 ? candidate : best))
}

/** PR1 */
function whyNotEligible({ pod, cluster, outcome }: PreemptionInput): string | null {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const name = pod.status.nominatedNodeName ?? ''
  if (name === '' || (outcome.rejections.get(name) ?? outcome.others)?.curable !== true) return null
  const priority = podFacts(pod).priority
  const isWaited = [...cluster.node(name)?.pods.values() ?? []].some(other => podFacts(other).priority < priority && isTerminatingByPreemption(other))
  return isWaited ? 'not eligible due to a terminating pod on the nominated node.' : null
}

function isTerminatingByPreemption(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return false
  return (pod.status.conditions ?? []).some(condition => condition.type === 'DisruptionTarget' && condition.status === 'True' && condition.reason === 'PreemptionByScheduler')
}

/** PR5 */
function tryNodes(potential: readonly NodeView[], input: PreemptionInput): { candidates: PreemptionCandidate[]; failures: Map<string, Rejected> } {
  const { minCandidateNodesPercentage, minCandidateNodesAbsolute } = input.args ?? defaultPluginArgs.DefaultPreemption
  const enough = Math.min(potential.length, Math.max(minCandidateNodesAbsolute, Math.floor((potential.length * minCandidateNodesPercentage) / 100)))
  const offset = Math.floor(input.random.next() * potential.length)
  const candidates: PreemptionCandidate[] = []
  const failures = new Map<string, Rejected>()
  for (let index = 0; index < potential.length; index++) {
    const view = potential[(offset + index) % potential.length]!
    const found = victimsOn(view, input)
    if ('node' in found) candidates.push(found)
    else failures.set(view.name, found)
    if (candidates.length >= enough && candidates.some(candidate => candidate.budgetViolations === 0)) break
  }
  return { candidates: candidates.sort((a, b) => Number(a.budgetViolations > 0) - Number(b.budgetViolations > 0)), failures }
}

/** PR3 */
function victimsOn(view: NodeView, { pod, budgets, outcome }: PreemptionInput): PreemptionCandidate | Rejected {
  const priority = podFacts(pod).priority
  const lower = [...view.pods.values()].filter(other => podFacts(other).priority < priority)
  if (lower.length === 0) return noVictims
  const imagined = view.imagine()
  const filters = outcome.filters.clone()
  const take = (moved: Pod) => {
    imagined.remove(moved)
    filters.removePod(moved, imagined)
  }
  const putBack = (moved: Pod) => {
    imagined.add(moved)
    filters.addPod(moved, imagined)
  }
  for (const victim of lower) take(victim)
  const rejection = filters.verdictOn(imagined)
  if (rejection !== null) return rejection

  const { violating, others } = splitByBudget(lower.sort(moreImportantFirst), budgets)
  const victims: Pod[] = []
  let budgetViolations = 0
  for (const group of [violating, others]) {
    for (const candidate of group) {
      putBack(candidate)
      if (filters.verdictOn(imagined) === null) continue
      take(candidate)
      victims.push(candidate)
      if (group === violating) budgetViolations++
    }
  }
  if (victims.length === 0) throw new Error(`expected at least one victim pod on node "${view.name}"`)
  return { node: view.name, victims: victims.sort(moreImportantFirst), budgetViolations }
}

function splitByBudget(pods: readonly Pod[], budgets: readonly PodDisruptionBudget[]): { violating: Pod[]; others: Pod[] } {
  const allowed = new Map(budgets.map(budget => [budget.metadata.uid, budget.status.disruptionsAllowed]))
  const violating: Pod[] = []
  const others: Pod[] = []
  for (const pod of pods) {
    let violates = false
    for (const budget of budgets) {
      if (!covers(budget, pod)) continue
      const left = allowed.get(budget.metadata.uid)! - 1
      allowed.set(budget.metadata.uid, left)
      if (left < 0) violates = true
    }
    ;(violates ? violating : others).push(pod)
  }
  return { violating, others }
}

/** A budget with no or an empty selector covers nothing here; a pod it already counts as disrupted costs nothing more. */
function covers(budget: PodDisruptionBudget, pod: Pod): boolean {
  const { selector } = budget.spec
  if (budget.metadata.namespace !== pod.metadata.namespace || selector === undefined) return false
  if (Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0) return false
  const labels = pod.metadata.labels ?? {}
  return Object.keys(labels).length > 0 && budget.status.disruptedPods?.[pod.metadata.name] === undefined && matches(selectorOf(selector), labels)
}

export function moreImportantFirst(a: Pod, b: Pod): number {
  return podFacts(b).priority - podFacts(a).priority || inTime(startOf(a), startOf(b))
}

/** Times of the API are equally long and in UTC, so their texts stand in their order. */
function inTime(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** A pod that has not started counts as starting now: after everything else. */
function startOf(pod: Pod): string {
  return pod.status.startTime ?? '9999'
}

function compare(a: PreemptionCandidate, b: PreemptionCandidate): number {
  return a.budgetViolations - b.budgetViolations || highest(a) - highest(b) || sum(a) - sum(b) || a.victims.length - b.victims.length || inTime(earliestStart(b), earliestStart(a))
}

function highest({ victims }: PreemptionCandidate): number {
  return podFacts(victims[0]!).priority
}

/** Shifted, so that many victims of negative priority are not better than few. */
function sum({ victims }: PreemptionCandidate): number {
  return victims.reduce((total, victim) => total + podFacts(victim).priority + 2 ** 31, 0)
}

function earliestStart(candidate: PreemptionCandidate): string {
  return candidate.victims.filter(victim => podFacts(victim).priority === highest(candidate)).map(startOf).sort()[0]!
}
