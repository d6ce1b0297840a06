/**
 * What a node's conditions and taints should be. Pure.
 *
 *   NL1  A node is heard of when its Ready heartbeat or its Lease's renewTime changes. Not heard of for the grace period
 *        (longer while it has never spoken), its conditions become Unknown.
 *   NL2  Conditions turn into NoSchedule taints: not-ready, unreachable, memory-, disk-, pid-pressure, network-unavailable;
 *        spec.unschedulable into unschedulable.
 *   NL3  Ready False or Unknown turn into the NoExecute taints not-ready or unreachable, never both; they are given at the
 *        zone's pace, and not at all while every zone is down (then the fault is likely ours).
 *   NL4  Taints of other owners are left alone; a taint that stays keeps its timeAdded.
 */
import type { Node, NodeCondition, Taint } from '../../../../api/groups/core-v1/types.ts'
import { timeText } from '../../../../base/clock.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { isSameTaint, notReadyTaint, unreachableTaint } from '../../nodes/taints.ts'

const silencedConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']
const unschedulableTaint = 'node.kubernetes.io/unschedulable'

const pressureTaints: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
}

const noScheduleKeys = new Set([notReadyTaint, unreachableTaint, unschedulableTaint, ...Object.values(pressureTaints)])

export const conditionOf = (node: Node, type: string): NodeCondition | undefined => node.status?.conditions?.find(condition => condition.type === type)
export const isNodeReady = (node: Node): boolean => conditionOf(node, 'Ready')?.status === 'True'

/** The conditions of a node that has gone silent; undefined if they already say so. */
export function silentConditions(node: Node, nowMs: number): NodeCondition[] | undefined {
  const now = timeText(nowMs)
  const conditions = [...(node.status?.conditions ?? [])]
  for (const type of silencedConditions) {
    const index = conditions.findIndex(condition => condition.type === type)
    const before = conditions[index]
    if (before === undefined) {
      conditions.push({ type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.', lastHeartbeatTime: node.metadata.creationTimestamp, lastTransitionTime: now })
    } else if (before.status !== 'Unknown') {
      conditions[index] = { ...before, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: now }
    }
  }
  return isEqualJson(conditions, node.status?.conditions ?? []) ? undefined : conditions
}

export interface TaintPlan {
  /** Undefined: the taints are as they should be. */
  readonly taints: Taint[] | undefined
  /** A NoExecute taint is due, and waits for the zone's pace. */
  readonly awaitsEviction: boolean
}

/** Zones are asked for only when the node is not ready, `mayEvict` only when a NoExecute taint would be added. */
export function planTaints(node: Node, nowMs: number, options: { readonly allZonesDown: () => boolean; readonly mayEvict: () => boolean }): TaintPlan {
  const current = node.spec.taints ?? []
  const foreign = current.filter(taint => !(taint.effect === 'NoSchedule' && noScheduleKeys.has(taint.key)) && !isOwnNoExecute(taint)) // NL4
  const kept = (wanted: Taint): Taint => current.find(taint => isSameTaint(taint, wanted)) ?? { ...wanted, timeAdded: timeText(nowMs) }
  const noSchedule = noScheduleTaints(node).map(kept)

  const unready = noExecuteKey(node)
  const wantedKey = unready === undefined || options.allZonesDown() ? undefined : unready
  let noExecute: Taint[] = []
  let awaitsEviction = false
  if (wantedKey !== undefined) {
    const wanted: Taint = { key: wantedKey, effect: 'NoExecute' }
    const swap = current.find(isOwnNoExecute)
    if (swap !== undefined) noExecute = [swap.key === wantedKey ? swap : { ...wanted, timeAdded: timeText(nowMs) }] // NL3
    else if (options.mayEvict()) noExecute = [kept(wanted)]
    else awaitsEviction = true
  }
  const taints = [...foreign, ...noSchedule, ...noExecute]
  const asText = (list: readonly Taint[]): unknown => list.map(({ key, effect, value }) => `${key}=${value ?? ''}:${effect}`).sort()
  return { taints: isEqualJson(asText(taints), asText(current)) ? undefined : taints, awaitsEviction }
}

function noScheduleTaints(node: Node): Taint[] { // NL2
  const keys: string[] = []
  const ready = conditionOf(node, 'Ready')?.status
  if (ready === 'False') keys.push(notReadyTaint)
  if (ready === 'Unknown') keys.push(unreachableTaint)
  for (const [type, key] of Object.entries(pressureTaints)) if (conditionOf(node, type)?.status === 'True') keys.push(key)
  if (node.spec.unschedulable === true) keys.push(unschedulableTaint)
  return keys.map(key => ({ key, effect: 'NoSchedule' }))
}

function noExecuteKey(node: Node): string | undefined {
  const ready = conditionOf(node, 'Ready')?.status
  if (ready === 'False') return notReadyTaint
  return ready === 'Unknown' ? unreachableTaint : undefined
}

function isOwnNoExecute(taint: Taint): boolean {
  return taint.effect === 'NoExecute' && (taint.key === notReadyTaint || taint.key === unreachableTaint)
}
