/**
 * What would happen to a pod that does not exist, and what would cure it if it fitted nowhere. Decides as a cycle does and
 * writes nothing.
 *
 *   WI1  The answer names the node, or gives the message that FailedScheduling would carry.
 *   WI2  Of several pods each is decided with those before it in place; afterwards the cluster is as it was. For one pod it
 *        is not touched at all.
 *   WI3  For a pod that fits nowhere every plugin that rejected it says what would turn it round, on the nodes where least is
 *        missing first.
 *   WI4  Preemption is searched and not carried out; extenders are not asked.
 *   WI5  A pod that a PreEnqueue plugin would hold is not decided.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { PodDisruptionBudget } from '../../../api/groups/policy-v1/types.ts'
import type { Random } from '../../../base/random.ts'
import type { NominatedOn } from '../cycle/cycle-filters.ts'
import type { Decision, Unplaced } from '../cycle/schedule-pod.ts'
import { schedulePod } from '../cycle/schedule-pod.ts'
import { decisionDetails, podName } from '../decisions/decision-log.ts'
import type { Cure } from '../framework/cure.ts'
import { fitMessage, postFilterMessage } from '../framework/fit-message.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import { bestCandidate, searchCandidates } from '../preemption/plan.ts'
import type { Profile } from '../profile/profile.ts'
import type { Cluster } from '../snapshot/cluster.ts'

export interface WhatIfOptions {
  readonly cluster: Cluster
  readonly profiles: ReadonlyMap<string, Profile>
  readonly nominatedOn: NominatedOn
  readonly random: Random
  budgets(): readonly PodDisruptionBudget[]
}

export interface PluginCures {
  readonly plugin: string
  readonly nodes: number
  readonly reasons: readonly string[]
  readonly cures: readonly Cure[]
}

export interface WhatIfAnswer {
  readonly pod: string
  readonly node: string | null
  readonly message: string
  readonly preemption: { readonly node: string; readonly victims: readonly string[]; readonly budgetViolations: number } | null
  readonly cures: readonly PluginCures[]
  /** Absent when only the outcome was asked for. */
  readonly details?: ReturnType<typeof decisionDetails>
}

const mostCuredNodes = 10

/** WI2 */
export function whatIf(options: WhatIfOptions, pods: readonly Pod[], { details }: { readonly details: boolean }): readonly WhatIfAnswer[] {
  const { cluster } = options
  const placed: string[] = []
  let startAt = 0
  try {
    return pods.map(pod => {
      const profile = options.profiles.get(pod.spec.schedulerName ?? 'default-scheduler')
      if (profile === undefined) return refusal(pod, `no profile named ${pod.spec.schedulerName}: another scheduler would have to place it`)
      const held = profile.plugins.preEnqueue.map(plugin => plugin.preEnqueue(pod)).find(verdict => !verdict.fits)
      if (held?.fits === false) return refusal(pod, held.reasons.join(', ')) // WI5
      const decision = schedulePod(pod, cluster, { plugins: profile.plugins, random: options.random, nominatedOn: options.nominatedOn, percentageOfNodesToScore: profile.percentageOfNodesToScore, startAt })
      startAt = (startAt + decision.asked) % Math.max(1, cluster.nodes.length)
      if (decision.node !== null && pods.length > 1) {
        cluster.assume(pod, decision.node)
        placed.push(pod.metadata.uid)
      }
      return answer(pod, decision, options, { details, plugins: profile.plugins })
    })
  } finally {
    for (const uid of placed) cluster.forget(uid)
  }
}

function answer(pod: Pod, decision: Decision, options: WhatIfOptions, { details, plugins }: { readonly details: boolean; readonly plugins: PluginSet }): WhatIfAnswer {
  const told = details ? { details: decisionDetails(decision) } : {}
  if (decision.node !== null) return { pod: podName(pod), node: decision.node, message: `would be assigned to ${decision.node}`, preemption: null, cures: [], ...told } // WI1
  const { candidates, message } = decision.totalNodes === 0 ? { candidates: [], message: '' } : searchCandidates({ pod, cluster: options.cluster, outcome: decision, budgets: options.budgets(), random: options.random }) // WI4
  const best = bestCandidate(candidates)
  return {
    pod: podName(pod), node: null,
    message: fitMessage(decision.diagnosis, best === null && decision.totalNodes > 0 ? postFilterMessage(plugins, decision, message) : ''),
    preemption: best === null ? null : { node: best.node, victims: best.victims.map(podName), budgetViolations: best.budgetViolations },
    cures: curesOf(pod, decision, options.cluster),
    ...told,
  }
}

/** WI3: by plugin, what would turn its rejection round. */
export function curesOf(pod: Pod, { rejections, filters, beforeNodes }: Unplaced, cluster: Cluster): readonly PluginCures[] {
  if (beforeNodes !== null) return [{ plugin: beforeNodes.plugin, nodes: cluster.nodes.length, reasons: beforeNodes.reasons, cures: [{ kind: 'other', text: beforeNodes.reasons.join(', ') }] }]
  const byPlugin = new Map<string, { nodes: string[]; reasons: Set<string> }>()
  for (const [node, { plugin, reasons }] of rejections) {
    const found = byPlugin.get(plugin) ?? { nodes: [], reasons: new Set<string>() }
    found.nodes.push(node)
    for (const reason of reasons) found.reasons.add(reason)
    byPlugin.set(plugin, found)
  }
  return [...byPlugin].map(([name, { nodes, reasons }]) => {
    const plugin = filters.active.find(candidate => candidate.name === name)
    const onNodes = nodes.flatMap(node => {
      const here = cluster.node(node)
      const cures = here === undefined ? [] : plugin?.cures?.(filters.stateOf(plugin), here, pod) ?? []
      return cures.length === 0 ? [] : [cures]
    })
    const cures = onNodes.sort((a, b) => a.length - b.length).slice(0, mostCuredNodes).flat()
    return { plugin: name, nodes: nodes.length, reasons: [...reasons], cures: cures.length === 0 ? [{ kind: 'other', text: [...reasons].join(', ') }] : cures }
  })
}

function refusal(pod: Pod, message: string): WhatIfAnswer {
  return { pod: podName(pod), node: null, message, preemption: null, cures: [] }
}
