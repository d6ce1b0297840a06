/**
 * Which nodes of a DaemonSet get a Pod, and which Pods go. Pure.
 *
 *   DM1  A node should run one if the template's nodeName, nodeSelector and affinity allow it and its NoSchedule and
 *        NoExecute taints are tolerated. A Pod that runs stays as long as NoExecute taints are tolerated.
 *   DM2  Daemon Pods tolerate not-ready, unreachable (NoExecute), disk-, memory-, pid-pressure and unschedulable
 *        (NoSchedule); with host network also network-unavailable.
 *   DM3  One Pod a node: a Pod that failed or ended is replaced, of several the oldest stays; Pods of nodes that are gone go.
 *   DM4  Rolling update without surge: old Pods that are not available go at once; available ones while fewer than
 *        maxUnavailable nodes are without an available Pod.
 *   DM5  With surge: a new Pod is made beside an old available one, on at most maxSurge nodes at a time; the old one goes
 *        when the new one is available.
 */
import type { DaemonSet } from '../../../../api/groups/apps-v1/types.ts'
import type { Node, Pod, PodSpec, Toleration } from '../../../../api/groups/core-v1/types.ts'
import { satisfiesNodeAffinity } from '../../nodes/affinity.ts'
import { tolerates } from '../../nodes/taints.ts'
import { scaledValue } from '../../pods/int-or-percent.ts'
import { isAvailable, isDeleting, isFinished, isReady } from '../../pods/pod-state.ts'
import { revisionHashLabel } from '../../revisions/revisions.ts'

const always: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]

export interface DaemonPlan {
  /** Names of nodes. */
  readonly create: readonly string[]
  readonly remove: readonly Pod[]
  /** Removed because they failed, or ended: told as an event. */
  readonly failed: readonly Pod[]
  readonly succeeded: readonly Pod[]
}

export interface DaemonCount {
  readonly desiredNumberScheduled: number
  readonly currentNumberScheduled: number
  readonly numberMisscheduled: number
  readonly numberReady: number
  readonly numberAvailable: number
  readonly numberUnavailable: number
  readonly updatedNumberScheduled: number
}

/** The Pod spec as it will run on this node. */
export function daemonSpec(spec: PodSpec, nodeName: string): PodSpec { // DM2
  const added = [...always, ...(spec.hostNetwork === true ? [{ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }] : [])]
  const tolerations = [...(spec.tolerations ?? []), ...added.filter(one => !(spec.tolerations ?? []).some(two => two.key === one.key && two.effect === one.effect && two.operator === one.operator))]
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const onNode = { key: 'metadata.name', operator: 'In', values: [nodeName] }
  const nodeSelectorTerms = required === undefined ? [{ matchFields: [onNode] }] : required.nodeSelectorTerms.map(term => ({ ...term, matchFields: [onNode] }))
  return { ...spec, tolerations, affinity: { ...spec.affinity, nodeAffinity: { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } }
}

/** Where the Pod runs, or is bound to run. */
export function targetNode(pod: Pod): string | undefined {
  if ((pod.spec.nodeName ?? '') !== '') return pod.spec.nodeName
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return terms.flatMap(term => term.matchFields ?? []).find(({ key }) => key === 'metadata.name')?.values?.[0]
}

export function mayRun(set: DaemonSet, node: Node): { readonly shouldRun: boolean; readonly shouldStay: boolean } { // DM1
  const spec = set.spec.template.spec!
  const fits = (spec.nodeName === undefined || spec.nodeName === '' || spec.nodeName === node.metadata.name) && satisfiesNodeAffinity(spec, node)
  const { tolerations = [] } = daemonSpec(spec, node.metadata.name)
  const untolerated = (node.spec.taints ?? []).filter(taint => !tolerations.some(toleration => tolerates(toleration, taint))).map(({ effect }) => effect)
  return {
    shouldRun: fits && !untolerated.includes('NoSchedule') && !untolerated.includes('NoExecute'),
    shouldStay: fits && !untolerated.includes('NoExecute'),
  }
}

const age = (a: Pod, b: Pod): number => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : a.metadata.creationTimestamp > b.metadata.creationTimestamp ? 1 : a.metadata.name < b.metadata.name ? -1 : 1)

export function byNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const groups = new Map<string, Pod[]>()
  for (const pod of pods) {
    const name = targetNode(pod) ?? ''
    groups.set(name, [...(groups.get(name) ?? []), pod])
  }
  return groups
}

export function planPresence(set: DaemonSet, nodes: readonly Node[], owned: readonly Pod[], hash: string, nowMs: number): DaemonPlan {
  const groups = byNode(owned)
  const plan = { create: [] as string[], remove: [] as Pod[], failed: [] as Pod[], succeeded: [] as Pod[] }
  const minReady = set.spec.minReadySeconds ?? 0
  for (const node of nodes) {
    const { name } = node.metadata
    const { shouldRun, shouldStay } = mayRun(set, node)
    const pods = groups.get(name) ?? []
    groups.delete(name)
    const live = pods.filter(pod => !isDeleting(pod))
    if (!shouldStay) plan.remove.push(...live)
    else if (pods.length === 0) {
      if (shouldRun) plan.create.push(name)
    } else {
      const failed = live.filter(pod => pod.status.phase === 'Failed')
      plan.failed.push(...failed)
      const succeeded = live.filter(pod => pod.status.phase === 'Succeeded')
      plan.succeeded.push(...succeeded)
      plan.remove.push(...failed, ...succeeded)
      plan.remove.push(...surplus(live.filter(pod => !isFinished(pod)).sort(age), surgeOf(set, 1) > 0, hash, minReady, nowMs))
    }
  }
  for (const pods of groups.values()) plan.remove.push(...pods.filter(pod => !isDeleting(pod) && (pod.spec.nodeName ?? '') === '')) // DM3; those on a node that is gone are the Pod collector's
  return plan
}

function surplus(pods: readonly Pod[], mayPair: boolean, hash: string, minReady: number, nowMs: number): readonly Pod[] {
  if (pods.length < 2) return []
  if (!mayPair) return pods.slice(1) // DM3
  const old = pods.filter(pod => pod.metadata.labels?.[revisionHashLabel] !== hash)
  const fresh = pods.filter(pod => pod.metadata.labels?.[revisionHashLabel] === hash)
  const isServed = fresh[0] !== undefined && isAvailable(fresh[0], minReady, nowMs)
  return [...(isServed ? old : old.slice(1)), ...fresh.slice(1)] // DM5
}

function surgeOf(set: DaemonSet, desired: number): number {
  return set.spec.updateStrategy?.type === 'OnDelete' ? 0 : scaledValue(set.spec.updateStrategy?.rollingUpdate?.maxSurge, desired, 'up')
}

export function planUpdate(set: DaemonSet, nodes: readonly Node[], owned: readonly Pod[], hash: string, nowMs: number): DaemonPlan {
  const nothing = { create: [], remove: [], failed: [], succeeded: [] }
  if (set.spec.updateStrategy?.type === 'OnDelete') return nothing
  const groups = byNode(owned)
  const minReady = set.spec.minReadySeconds ?? 0
  const running = nodes.filter(node => mayRun(set, node).shouldRun)
  const desired = running.length
  const surge = surgeOf(set, desired)
  const state = running.map(node => {
    const pods = (groups.get(node.metadata.name) ?? []).sort(age)
    const live = pods.filter(pod => !isDeleting(pod))
    const old = live.find(pod => pod.metadata.labels?.[revisionHashLabel] !== hash)
    const fresh = live.find(pod => pod.metadata.labels?.[revisionHashLabel] === hash)
    return { name: node.metadata.name, old, fresh, isGoing: live.length < pods.length, oldServes: old !== undefined && isAvailable(old, minReady, nowMs), freshServes: fresh !== undefined && isAvailable(fresh, minReady, nowMs) }
  })
  if (surge === 0) { // DM4
    const wanted = scaledValue(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, desired, 'up')
    const down = state.filter(({ oldServes, freshServes }) => !oldServes && !freshServes).length
    const broken = state.filter(({ old, oldServes, fresh }) => old !== undefined && fresh === undefined && !oldServes).map(({ old }) => old!)
    const serving = state.filter(({ old, oldServes, fresh }) => old !== undefined && fresh === undefined && oldServes).map(({ old }) => old!)
    return { ...nothing, remove: [...broken, ...serving.slice(0, Math.max(0, Math.max(1, wanted) - down))] }
  }
  const surging = state.filter(({ old, fresh }) => old !== undefined && fresh !== undefined).length
  const broken = state.filter(({ old, fresh, oldServes }) => old !== undefined && fresh === undefined && !oldServes)
  const candidates = state.filter(({ old, fresh, oldServes, isGoing }) => old !== undefined && fresh === undefined && oldServes && !isGoing)
  return { ...nothing, create: [...broken.filter(({ isGoing }) => !isGoing).map(({ name }) => name), ...candidates.slice(0, Math.max(0, surge - surging)).map(({ name }) => name)] } // DM5
}

export function countDaemons(set: DaemonSet, nodes: readonly Node[], owned: readonly Pod[], hash: string, nowMs: number): DaemonCount {
  const groups = byNode(owned)
  const count = { desiredNumberScheduled: 0, currentNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0, numberAvailable: 0, numberUnavailable: 0, updatedNumberScheduled: 0 }
  for (const node of nodes) {
    const pods = (groups.get(node.metadata.name) ?? []).filter(pod => pod.status.phase !== 'Failed').sort((a, b) => Number(isReady(b)) - Number(isReady(a)) || age(a, b))
    if (!mayRun(set, node).shouldRun) {
      if (pods.length > 0) count.numberMisscheduled++
      continue
    }
    count.desiredNumberScheduled++
    if (pods.length > 0) count.currentNumberScheduled++
    if (pods.some(isReady)) count.numberReady++
    if (pods.some(pod => isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs))) count.numberAvailable++
    if (pods.some(pod => pod.metadata.labels?.[revisionHashLabel] === hash)) count.updatedNumberScheduled++
  }
  return { ...count, numberUnavailable: count.desiredNumberScheduled - count.numberAvailable }
}
