/**
 * Preemption: which pods would have to go so that a pod that fits nowhere fits somewhere. Pure.
 * Upstream: plugins/defaultpreemption and framework/preemption.
 *
 *   PR1  Only pods of lower priority are victims; a pod with preemptionPolicy Never preempts nobody.
 *   PR2  Only nodes whose rejection eviction can cure are candidates.
 *   PR3  On a candidate all lower pods are imagined gone; if the pod then fits they are put back one by one, those whose
 *        disruption budget would be violated first, then by priority, as long as the pod still fits.
 *   PR4  The best candidate has the fewest budget violations, then the lowest highest-victim priority, then the smallest
 *        sum of priorities, then the fewest victims, then the latest start of its highest victims.
 *   PR5  At most max(100, 10 % of nodes) candidates are tried.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { PodDisruptionBudget } from '../../../api/groups/policy-v1/types.ts'
import { matches, selectorOf } from '../../../api/selectors/label-selector.ts'
import { countedReasons } from '../framework/fit-message.ts'
import type { FilterOutcome } from '../framework/plugin.ts'
import type { Rejected } from '../framework/verdict.ts'
import { rejected } from '../framework/verdict.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import { podFacts } from '../snapshot/pod-facts.ts'

export interface PreemptionCandidate {
  readonly node: string
  readonly victims: readonly Pod[]
  readonly budgetViolations: number
}

export interface PreemptionPlan {
  readonly chosen: PreemptionCandidate | null
  readonly candidates: readonly PreemptionCandidate[]
  /** For the FailedScheduling message when nothing was found. */
  readonly message: string
}

export interface PreemptionInput {
  readonly pod: Pod
  readonly cluster: ClusterView
  readonly outcome: FilterOutcome
  readonly budgets: readonly PodDisruptionBudget[]
}

export function planPreemption(input: PreemptionInput): PreemptionPlan {
  const { pod, cluster, outcome } = input
  const total = cluster.nodes.length
  const head = `0/${total} nodes are available`
  if (pod.spec.preemptionPolicy === 'Never') return { chosen: null, candidates: [], message: `preemption: ${head}: not eligible due to preemptionPolicy=Never..` } // PR1
  const nominated = cluster.node(pod.status.nominatedNodeName ?? '')
  const priority = podFacts(pod).priority
  if (nominated !== undefined && [...nominated.pods.values()].some(other => other.metadata.deletionTimestamp !== undefined && podFacts(other).priority < priority)) {
    return { chosen: null, candidates: [], message: `preemption: ${head}: not eligible due to a terminating pod on the nominated node..` }
  }

  const candidates: PreemptionCandidate[] = []
  const failures: Rejected[] = []
  const most = Math.max(100, Math.floor(total / 10)) // PR5
  for (const view of cluster.nodes) {
    const rejection = outcome.rejections.get(view.name) ?? outcome.others
    if (rejection === null) continue
    if (!rejection.curable) {
      failures.push(rejected('Preemption is not helpful for scheduling', false)) // PR2
      continue
    }
    if (candidates.length >= most) break
    const candidate = victimsOn(view, input)
    if ('node' in candidate) candidates.push(candidate)
    else failures.push(candidate)
  }
  const chosen = [...candidates].sort(cheaperFirst)[0] ?? null
  return { chosen, candidates, message: chosen === null ? `preemption: ${head}: ${countedReasons(failures)}.` : '' }
}

function victimsOn(view: NodeView, { pod, budgets, outcome }: PreemptionInput): PreemptionCandidate | Rejected {
  const priority = podFacts(pod).priority
  const lower = [...view.pods.values()].filter(other => podFacts(other).priority < priority)
  if (lower.length === 0) return rejected('No preemption victims found for incoming pod', false)
  const imagined = view.imagine()
  const filters = outcome.filters.clone()
  const move = (moved: Pod, change: 'added' | 'removed') => {
    if (change === 'added') {
      imagined.add(moved)
      filters.addPod(moved, imagined)
    } else {
      imagined.remove(moved)
      filters.removePod(moved, imagined)
    }
  }
  for (const victim of lower) move(victim, 'removed')
  const rejection = filters.verdictOn(imagined)
  if (rejection !== null) return rejection

  const { violating, others } = splitByBudget(lower, budgets)
  const victims: Pod[] = []
  let budgetViolations = 0
  for (const [group, violates] of [[violating, true], [others, false]] as const) {
    for (const candidate of group.sort(moreImportantFirst)) {
      move(candidate, 'added') // PR3
      if (filters.verdictOn(imagined) === null) continue
      move(candidate, 'removed')
      victims.push(candidate)
      if (violates) budgetViolations++
    }
  }
  return { node: view.name, victims: victims.sort(moreImportantFirst), budgetViolations }
}

function splitByBudget(pods: readonly Pod[], budgets: readonly PodDisruptionBudget[]): { violating: Pod[]; others: Pod[] } {
  const allowed = new Map(budgets.map(budget => [budget.metadata.uid, budget.status.disruptionsAllowed]))
  const violating: Pod[] = []
  const others: Pod[] = []
  for (const pod of pods) {
    let violates = false
    for (const budget of budgets) {
      if (budget.metadata.namespace !== pod.metadata.namespace || budget.spec.selector === undefined) continue
      if (!matches(selectorOf(budget.spec.selector), pod.metadata.labels ?? {})) continue
      if (budget.status.disruptedPods?.[pod.metadata.name] !== undefined) continue
      const left = allowed.get(budget.metadata.uid)! - 1
      allowed.set(budget.metadata.uid, left)
      if (left < 0) violates = true
    }
    ;(violates ? violating : others).push(pod)
  }
  return { violating, others }
}

function moreImportantFirst(a: Pod, b: Pod): number {
  return podFacts(b).priority - podFacts(a).priority || startOf(a).localeCompare(startOf(b))
}

function startOf(pod: Pod): string {
  return pod.status.startTime ?? pod.metadata.creationTimestamp
}

/** PR4 */
function cheaperFirst(a: PreemptionCandidate, b: PreemptionCandidate): number {
  const highest = ({ victims }: PreemptionCandidate) => Math.max(Number.NEGATIVE_INFINITY, ...victims.map(victim => podFacts(victim).priority))
  const sum = ({ victims }: PreemptionCandidate) => victims.reduce((total, victim) => total + podFacts(victim).priority + 2 ** 31, 0)
  const latestStart = (candidate: PreemptionCandidate) => candidate.victims.filter(victim => podFacts(victim).priority === highest(candidate)).map(startOf).sort()[0] ?? ''
  return a.budgetViolations - b.budgetViolations || highest(a) - highest(b) || sum(a) - sum(b) || a.victims.length - b.victims.length || latestStart(b).localeCompare(latestStart(a))
}
