/**
 * A pod's conditions from its phase and containers. Pure.
 *
 *   PC1  lastTransitionTime moves only when the status of the condition does.
 *   PC2  Initialized: every init container succeeded (a sidecar: has started), or regular ones have run.
 *   PC3  ContainersReady: every regular container and sidecar is ready; Ready: that, and every readiness gate is True.
 *   PC4  A pod that succeeded is not ready, with reason PodCompleted; one that failed with PodFailed.
 * Upstream: kubelet/status/generate.go.
 */
import type { Container, ContainerStatus, Pod, PodCondition } from '../../api/groups/core-v1/types.ts'
import { timeText } from '../../base/clock.ts'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export interface ContainerStatuses {
  readonly init: readonly ContainerStatus[]
  readonly regular: readonly ContainerStatus[]
  readonly ephemeral: readonly ContainerStatus[]
}

/** An init container that keeps running beside the regular ones. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

interface Verdict {
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}

export interface ConditionInput {
  readonly pod: Pod
  readonly phase: PodPhase
  readonly statuses: ContainerStatuses
  readonly hasSandbox: boolean
  readonly nowMs: number
}

export const kubeletConditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'] as const

export function podConditionsOf(input: ConditionInput): PodCondition[] {
  const containersReady = containersReadyOf(input)
  const verdicts: Record<(typeof kubeletConditions)[number], Verdict> = {
    PodReadyToStartContainers: { status: input.hasSandbox ? 'True' : 'False' },
    Initialized: initializedOf(input),
    Ready: readyOf(input, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  }
  return kubeletConditions.map(type => condition(input, type, verdicts[type]))
}

/** A condition with the transition time of the pod's present one where that says the same (PC1). */
export function condition(input: Pick<ConditionInput, 'pod' | 'nowMs'>, type: string, verdict: Verdict): PodCondition {
  const present = input.pod.status.conditions?.find(entry => entry.type === type)
  const generation = input.pod.metadata.generation
  return {
    type,
    status: verdict.status,
    lastTransitionTime: present?.status === verdict.status && present.lastTransitionTime !== undefined ? present.lastTransitionTime : timeText(input.nowMs),
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
}

function initializedOf({ pod, phase, statuses }: ConditionInput): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  const incomplete = (pod.spec.initContainers ?? []).filter(spec => {
    const status = statuses.init.find(entry => entry.name === spec.name)
    return isSidecar(spec) ? status?.started !== true : status?.ready !== true
  })
  const hasRun = statuses.regular.some(status => status.state?.running !== undefined || status.state?.terminated !== undefined || status.lastState?.terminated !== undefined)
  if (incomplete.length === 0 || hasRun) return { status: 'True' } // PC2
  return { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${incomplete.map(spec => spec.name).join(' ')}]` }
}

function containersReadyOf({ pod, phase, statuses }: ConditionInput): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' } // PC4
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const wanted = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]
  const all = [...statuses.init, ...statuses.regular]
  const unknown = wanted.filter(spec => !all.some(status => status.name === spec.name)).map(spec => spec.name)
  const unready = wanted.filter(spec => all.some(status => status.name === spec.name && !status.ready)).map(spec => spec.name)
  const parts = [unknown.length > 0 ? `containers with unknown status: [${unknown.join(' ')}]` : '', unready.length > 0 ? `containers with unready status: [${unready.join(' ')}]` : ''].filter(part => part !== '')
  return parts.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ContainersNotReady', message: parts.join(', ') }
}

function readyOf({ pod }: ConditionInput, containersReady: Verdict): Verdict {
  if (containersReady.status === 'False') return containersReady
  const missing = (pod.spec.readinessGates ?? []).flatMap(gate => {
    const found = pod.status.conditions?.find(entry => entry.type === gate.conditionType)
    if (found === undefined) return [`corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`]
    return found.status === 'True' ? [] : [`the status of pod readiness gate "${gate.conditionType}" is not "True", but ${found.status}`]
  })
  return missing.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ReadinessGatesNotReady', message: missing.join(', ') } // PC3
}
