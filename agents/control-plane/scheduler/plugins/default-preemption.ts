/**
 * DefaultPreemption: makes room for a pod by evicting pods of lower priority.
 *
 *   DP1  After filters rejected every node the best candidate of the search is nominated and its victims are evicted in the
 *        background; see preemption/plan.ts and preemption/evictions.ts.
 *   DP2  While its victims are being evicted the pod is kept out of the active queue.
 *   DP3  A pod that finds no candidate gives up the node it was promised.
 *   DP4  Extenders that take part in preemption may drop candidates or change their victims.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { DefaultPreemptionArgs } from '../framework/plugin-args.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import type { PostFilterAnswer, PostFilterPlugin, PreEnqueuePlugin } from '../framework/plugin.ts'
import { fits, rejected } from '../framework/verdict.ts'
import { Evictions } from '../preemption/evictions.ts'
import type { PreemptionCandidate } from '../preemption/plan.ts'
import { bestCandidate, searchCandidates } from '../preemption/plan.ts'

const waits = rejected('waiting for the preemption for this pod to be finished', false)

export function newDefaultPreemption(args: DefaultPreemptionArgs, handle: PluginHandle): PostFilterPlugin & PreEnqueuePlugin {
  const evictions = new Evictions(handle)
  return {
    name: 'DefaultPreemption',
    wakeOn: [{ resource: 'Pod', actions: ['Delete'], hint: () => 'Skip' }], // DP2: the pod is asked again when the plugins that rejected it want to try it

    preEnqueue: pod => (evictions.isRunning(pod) ? waits : fits), // DP2

    async postFilter(pod, cluster, outcome): Promise<PostFilterAnswer> {
      handle.metrics.preemptionAttempts.add()
      const latest = handle.findPod(pod.metadata.namespace!, pod.metadata.name) ?? pod
      const search = searchCandidates({ pod: latest, cluster, outcome, budgets: handle.budgets(), random: handle.random, args })
      if (!search.eligible) return { kind: 'rejected', message: `preemption: ${search.message}` }
      if (search.candidates.length === 0) return { kind: 'rejected', message: `preemption: ${search.message}`, nominate: null } // DP3
      const candidates = await handle.extendPreemption(latest, search.candidates) // DP4
      const best = bestCandidate(candidates)
      if (best === null) return { kind: 'rejected', message: 'preemption: no candidate node for preemption' }
      evictions.start(latest, best.node, best.victims) // DP1
      return { kind: 'resolved', message: '', nominate: best.node, details: () => ({ chosen: told(best), candidates: candidates.map(told) }) }
    },
  }
}

function told({ node, victims, budgetViolations }: PreemptionCandidate) {
  return { node, victims: victims.map(nameOf), budgetViolations }
}

function nameOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`
}
