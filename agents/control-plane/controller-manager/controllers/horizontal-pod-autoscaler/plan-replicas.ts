/**
 * How many replicas a metric asks for. Pure; values are thousandths, as the quantities of requests and targets.
 * Upstream: pkg/controller/podautoscaler/replica_calculator.go, metrics/utilization.go.
 *
 *   RP1  The count follows the ratio of what is used to what is wanted, rounded up; a ratio within the tolerance changes nothing.
 *   RP2  Failed pods and those being deleted count for nothing. Pending pods are unready; for cpu so is a pod that starts up:
 *        not ready, or measured before it was ready for a whole window, within cpuInitializationPeriod of its start; after
 *        that, not ready and never ready since initialReadinessDelay after its start.
 *   RP3  Pods without metrics are taken to use all of their request (or the target, if it is more) when the ratio says less,
 *        nothing when it says more; for amounts, exactly the target when less.
 *   RP4  Unready pods are left out; when the ratio says more, they are taken to use nothing.
 *   RP5  What RP3 and RP4 add never turns growth into shrinking or the other way round.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { quantityMillis } from '../../../../api/schema/quantity.ts'
import { isReady, podCondition } from '../../pods/pod-state.ts'

export interface PodMetric {
  readonly value: number
  readonly atMs: number
  readonly windowMs: number
}

/** By pod name. */
export type PodMetricValues = ReadonlyMap<string, PodMetric>

export interface Tolerances {
  readonly up: number
  readonly down: number
}

export interface ReplicaInputs {
  readonly currentReplicas: number
  readonly tolerances: Tolerances
  readonly pods: readonly Pod[]
  readonly nowMs: number
  readonly cpuInitializationPeriodMs: number
  readonly initialReadinessDelayMs: number
}

export interface PodGroups {
  readonly readyCount: number
  readonly unready: readonly string[]
  readonly missing: readonly string[]
  readonly ignored: readonly string[]
}

export interface UtilizationProposal {
  readonly replicas: number
  readonly utilization: number
  readonly rawAverage: number
}

export interface UsageProposal {
  readonly replicas: number
  /** Average, or the metric's own value, in thousandths. */
  readonly usage: number
}

/** Percent of what is requested. `container` undefined: of the whole pod. */
export function planByUtilization(metrics: PodMetricValues, resource: string, container: string | undefined, targetPercent: number, inputs: ReplicaInputs): UtilizationProposal {
  const { groups, measured } = groupMeasured(metrics, resource, inputs)
  const requests = requestsOf(inputs.pods, container, resource)
  const first = utilizationOf(measured, requests, targetPercent)
  const filling = {
    missing: (name: string, ratio: number) => (ratio < 1 ? Math.trunc(((requests.get(name) ?? 0) * Math.max(100, targetPercent)) / 100) : 0),
    ratioOf: (values: ReadonlyMap<string, number>) => utilizationOf(values, requests, targetPercent).ratio,
    fillsEqual: false,
  }
  return { replicas: settle(first.ratio, measured, groups, inputs, filling), utilization: first.percent, rawAverage: first.average }
}

/** An average amount per pod: of a resource, or of a metric of the pods themselves (`resource` ""). */
export function planByAverage(metrics: PodMetricValues, resource: string, target: number, inputs: ReplicaInputs): UsageProposal {
  const { groups, measured } = groupMeasured(metrics, resource, inputs)
  const usage = averageOf(measured)
  const filling = {
    missing: (_name: string, ratio: number) => (ratio < 1 ? target : 0), // RP3
    ratioOf: (values: ReadonlyMap<string, number>) => averageOf(values) / target,
    fillsEqual: true,
  }
  return { replicas: settle(usage / target, measured, groups, inputs, filling), usage }
}

/** One value for all pods together, compared with the target. */
export function planByValue(usage: number, target: number, { currentReplicas, tolerances, pods }: ReplicaInputs): UsageProposal {
  const ratio = usage / target
  if (currentReplicas === 0) return { replicas: Math.ceil(ratio), usage }
  if (isWithin(tolerances, ratio)) return { replicas: currentReplicas, usage } // RP1
  requirePods(pods)
  return { replicas: Math.ceil(ratio * pods.filter(pod => pod.status.phase === 'Running' && isReady(pod)).length), usage }
}

/** One value for all pods together, shared out among them. */
export function planByValuePerPod(usage: number, targetAverage: number, { currentReplicas, tolerances }: ReplicaInputs): UsageProposal {
  const within = isWithin(tolerances, usage / (targetAverage * currentReplicas))
  return { replicas: within ? currentReplicas : Math.ceil(usage / targetAverage), usage: currentReplicas === 0 ? usage : Math.ceil(usage / currentReplicas) }
}

/** RP2 */
export function groupPods(metrics: PodMetricValues, resource: string, inputs: ReplicaInputs): PodGroups {
  const groups = { readyCount: 0, unready: [] as string[], missing: [] as string[], ignored: [] as string[] }
  for (const pod of inputs.pods) {
    const { name, deletionTimestamp } = pod.metadata
    const metric = metrics.get(name)
    if (deletionTimestamp !== undefined || pod.status.phase === 'Failed') groups.ignored.push(name)
    else if (pod.status.phase === 'Pending') groups.unready.push(name)
    else if (metric === undefined) groups.missing.push(name)
    else if (resource === 'cpu' && isStarting(pod, metric, inputs)) groups.unready.push(name)
    else groups.readyCount++
  }
  return groups
}

function isStarting(pod: Pod, metric: PodMetric, { nowMs, cpuInitializationPeriodMs, initialReadinessDelayMs }: ReplicaInputs): boolean {
  const ready = podCondition(pod, 'Ready')
  const { startTime } = pod.status
  if (ready === undefined || startTime === undefined) return true
  const startedAt = Date.parse(startTime)
  const changedAt = Date.parse(ready.lastTransitionTime ?? '') || 0
  if (startedAt + cpuInitializationPeriodMs > nowMs) return ready.status === 'False' || metric.atMs < changedAt + metric.windowMs
  return ready.status === 'False' && startedAt + initialReadinessDelayMs > changedAt
}

interface Filling {
  readonly missing: (name: string, ratio: number) => number
  readonly ratioOf: (values: ReadonlyMap<string, number>) => number
  /** A ratio of exactly 1 takes missing pods to use nothing; otherwise it adds nobody. */
  readonly fillsEqual: boolean
}

function settle(ratio: number, measured: ReadonlyMap<string, number>, { readyCount, missing, unready }: PodGroups, { currentReplicas, tolerances }: ReplicaInputs, filling: Filling): number {
  const countsUnready = unready.length > 0 && ratio > 1
  if (!countsUnready && missing.length === 0) return isWithin(tolerances, ratio) ? currentReplicas : Math.ceil(ratio * readyCount) // RP1
  const values = new Map(measured)
  if (ratio !== 1 || filling.fillsEqual) for (const name of missing) values.set(name, filling.missing(name, ratio)) // RP3
  if (countsUnready) for (const name of unready) values.set(name, 0) // RP4
  const next = filling.ratioOf(values)
  if (isWithin(tolerances, next) || (ratio < 1 && next > 1) || (ratio > 1 && next < 1)) return currentReplicas // RP5
  const replicas = Math.ceil(next * values.size)
  return (next < 1 && replicas > currentReplicas) || (next > 1 && replicas < currentReplicas) ? currentReplicas : replicas
}

function groupMeasured(metrics: PodMetricValues, resource: string, inputs: ReplicaInputs): { readonly groups: PodGroups; readonly measured: ReadonlyMap<string, number> } {
  requirePods(inputs.pods)
  const groups = groupPods(metrics, resource, inputs)
  const left = new Set([...groups.ignored, ...groups.unready])
  const measured = new Map([...metrics].filter(([name]) => !left.has(name)).map(([name, { value }]) => [name, value]))
  if (measured.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  return { groups, measured }
}

function requirePods(pods: readonly Pod[]): void {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
}

function isWithin({ up, down }: Tolerances, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up
}

function averageOf(values: ReadonlyMap<string, number>): number {
  return Math.trunc(sum(values.values()) / values.size)
}

function utilizationOf(values: ReadonlyMap<string, number>, requests: ReadonlyMap<string, number>, targetPercent: number): { readonly ratio: number; readonly percent: number; readonly average: number } {
  const known = [...values].filter(([name]) => requests.has(name))
  const requested = sum(known.map(([name]) => requests.get(name)!))
  if (requested === 0) throw new Error('no metrics returned matched known pods')
  const used = sum(known.map(([, value]) => value))
  const percent = Math.trunc((used * 100) / requested)
  return { ratio: percent / targetPercent, percent, average: Math.trunc(used / known.length) }
}

function requestsOf(pods: readonly Pod[], container: string | undefined, resource: string): ReadonlyMap<string, number> {
  return new Map(pods.map(({ metadata: { name }, spec }) => {
    const ofPod = container === undefined ? spec.resources?.requests?.[resource] : undefined
    if (ofPod !== undefined) return [name, Number(quantityMillis(ofPod))]
    const running = [...spec.containers, ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')]
    return [name, sum(running.filter(each => container === undefined || each.name === container).map(each => {
      const request = each.resources?.requests?.[resource]
      if (request === undefined) throw new Error(`missing request for ${resource} in container ${each.name} of Pod ${name}`)
      return Number(quantityMillis(request))
    }))]
  }))
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
