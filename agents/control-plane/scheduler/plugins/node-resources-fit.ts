/**
 * NodeResourcesFit: what the pods on a node request may not exceed what the node can give.
 *
 *   RF1  Every requested resource must fit into allocatable minus requested; each lack is named.
 *   RF2  More pods than allocatable "pods" is "Too many pods".
 *   RF3  A request larger than the whole node is not curable; otherwise eviction cures it.
 *   RF4  LeastAllocated: the emptier of CPU and memory, in equal parts, the higher the score. Pods without requests
 *        count with their defaults (PF2).
 */
import { podFacts } from '../snapshot/pod-facts.ts'
import { fits, interested, rejected } from '../framework/verdict.ts'
import type { FilterPlugin, PreFilterPlugin, ScorePlugin } from '../framework/plugin.ts'

export const nodeResourcesFit: PreFilterPlugin<ReadonlyMap<string, number>> & FilterPlugin<ReadonlyMap<string, number>> & ScorePlugin<undefined> = {
  name: 'NodeResourcesFit',
  wakeOn: [{ resource: 'Pod', actions: ['Delete', 'UpdatePodScaleDown'] }, { resource: 'Node', actions: ['Add', 'UpdateNodeAllocatable'] }],

  preFilter: pod => interested(podFacts(pod).requests),

  filter(wanted, here) {
    const lacks: string[] = []
    let curable = true
    if (here.pods.size + 1 > (here.allocatable.get('pods') ?? 0)) lacks.push('Too many pods') // RF2
    for (const [resource, amount] of wanted) {
      if (amount === 0) continue
      const allocatable = here.allocatable.get(resource) ?? 0
      if (amount <= allocatable - (here.requested.get(resource) ?? 0)) continue
      lacks.push(`Insufficient ${resource}`) // RF1
      if (amount > allocatable) curable = false // RF3
    }
    return lacks.length === 0 ? fits : rejected(lacks, curable)
  },

  score(_, here, pod) {
    const facts = podFacts(pod)
    const cpu = share(here.allocatable.get('cpu') ?? 0, here.nonZeroCpu + facts.nonZeroCpu)
    const memory = share(here.allocatable.get('memory') ?? 0, here.nonZeroMemory + facts.nonZeroMemory)
    const parts = [cpu, memory].filter(part => part !== undefined)
    return parts.length === 0 ? 0 : Math.floor(parts.reduce((sum, part) => sum + part, 0) / parts.length) // RF4
  },
}

function share(allocatable: number, used: number): number | undefined {
  if (allocatable === 0) return undefined
  return used > allocatable ? 0 : Math.floor(((allocatable - used) * 100) / allocatable)
}
