/** The extenders' part in a cycle, between the plugins' steps. Rules XT2 to XT4 of extender.ts. */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Log } from '../../../base/log.ts'
import { errorText } from '../../../base/log.ts'
import type { Looked } from '../cycle/schedule-pod.ts'
import type { ScoreColumn } from '../cycle/scores.ts'
import type { VictimsOnNode } from '../framework/plugin-handle.ts'
import type { NodeRejection } from '../framework/plugin.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { Extender } from './extender.ts'

/** Stands among the plugins that rejected a pod when an extender did; nothing registers under it, so that everything wakes such a pod. */
export const extenderName = 'Extender'

/** Upstream's MaxNodeScore / MaxExtenderPriority. */
const scale = 10

export async function filterWithExtenders(extenders: readonly Extender[], pod: Pod, looked: Looked, log: Log): Promise<Looked> {
  let { feasible } = looked
  const rejections = new Map(looked.rejections)
  for (const extender of extenders) {
    if (feasible.length === 0) break
    if (extender.options.filterVerb === '' || !extender.isInterestedIn(pod)) continue
    try {
      const answer = await extender.filter(pod, feasible)
      for (const [node, reason] of answer.failed) rejections.set(node, rejectionBy(reason, true))
      for (const [node, reason] of answer.unresolvable) rejections.set(node, rejectionBy(reason, false))
      feasible = answer.feasible
    } catch (error) {
      if (!extender.options.ignorable) throw error // XT3
      log.warn('extender was passed over', { extender: extender.name, error: errorText(error) })
    }
  }
  const narrowedBy = feasible.length === looked.feasible.length ? looked.narrowedBy : [...looked.narrowedBy, extenderName]
  return { ...looked, feasible, rejections, narrowedBy }
}

export async function prioritizeWithExtenders(extenders: readonly Extender[], pod: Pod, looked: Looked, log: Log): Promise<ScoreColumn[]> {
  const asked = extenders.filter(extender => extender.options.prioritizeVerb !== '' && extender.isInterestedIn(pod))
  const columns = await Promise.all(asked.map(async (extender): Promise<ScoreColumn | null> => {
    try {
      const scores = await extender.prioritize(pod, looked.feasible)
      const raw = looked.feasible.map(node => scores.get(node.name) ?? 0)
      return { plugin: extender.name, weight: extender.options.weight, raw, normalized: raw.map(score => score * scale) } // XT4
    } catch (error) {
      log.warn('extender gave no scores', { extender: extender.name, error: errorText(error) }) // XT3
      return null
    }
  }))
  return columns.filter(column => column !== null)
}

export async function preemptWithExtenders(extenders: readonly Extender[], pod: Pod, found: readonly VictimsOnNode[], cluster: ClusterView, log: Log): Promise<readonly VictimsOnNode[]> {
  let candidates = found
  for (const extender of extenders) {
    if (candidates.length === 0) break
    if (extender.options.preemptVerb === '' || !extender.isInterestedIn(pod)) continue
    try {
      candidates = await extender.processPreemption(pod, candidates, cluster)
    } catch (error) {
      if (!extender.options.ignorable) throw error
      log.warn('extender was passed over', { extender: extender.name, error: errorText(error) })
    }
  }
  return candidates
}

/** The extender that binds this pod, if one does. */
export async function bindWithExtenders(extenders: readonly Extender[], pod: Pod, node: string, log: Log): Promise<boolean> {
  for (const extender of extenders) {
    if (extender.options.bindVerb === '' || !extender.isInterestedIn(pod)) continue
    try {
      await extender.bind(pod, node)
      return true
    } catch (error) {
      if (!extender.options.ignorable) throw error
      log.warn('extender was passed over', { extender: extender.name, error: errorText(error) })
    }
  }
  return false
}

function rejectionBy(reason: string, curable: boolean): NodeRejection {
  return { fits: false, plugin: extenderName, reasons: [reason], curable }
}
