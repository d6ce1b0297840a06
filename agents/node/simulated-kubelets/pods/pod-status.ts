/**
 * A simulated pod's status, as a kubelet would write it. Pure.
 *
 *   PS1  Before its start nothing is said: the pod is Pending as it was made.
 *   PS2  Container ids begin with simulated://, so that nobody looks for a process.
 *   PS3  All regular containers share one fate; a sidecar runs from the pod's start to its end.
 */
import type { Container, ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodStatus } from '../../../api/groups/core-v1/types.ts'
import { timeText } from '../../../base/clock.ts'
import { durationText } from '../../../base/duration.ts'
import { type ContainerStatuses, isSidecar, podConditionsOf, type PodPhase } from '../../../machinery/kubelet/pod-conditions.ts'
import { type ContainerEnd, type PodRun, isOver } from './pod-run.ts'

export interface PodPlace {
  readonly hostIp: string
  readonly podIp: string
}

export function podStatusOf(pod: Pod, run: PodRun, place: PodPlace, nowMs: number): PodStatus | undefined {
  if (run.state === 'scheduled') return undefined // PS1
  const statuses: ContainerStatuses = { init: initStatuses(pod, run), regular: pod.spec.containers.map(container => regularStatus(pod, run, container)), ephemeral: [] }
  const phase = phaseOf(run)
  const generation = pod.metadata.generation
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: podConditionsOf({ pod, phase, statuses, hasSandbox: !isOver(run), nowMs }),
    hostIP: place.hostIp,
    hostIPs: [{ ip: place.hostIp }],
    podIP: place.podIp,
    podIPs: [{ ip: place.podIp }],
    startTime: timeText(run.startedAtMs),
    ...(statuses.init.length === 0 ? {} : { initContainerStatuses: [...statuses.init] }),
    containerStatuses: [...statuses.regular],
    ...run.failure,
  }
}

function phaseOf(run: PodRun): PodPhase {
  if (run.state === 'succeeded') return 'Succeeded'
  if (run.state === 'failed') return 'Failed'
  return run.containersAtMs === 0 ? 'Pending' : 'Running'
}

function initStatuses(pod: Pod, run: PodRun): ContainerStatus[] {
  let turn = 0
  return (pod.spec.initContainers ?? []).map(container => {
    if (isSidecar(container)) {
      const runs = !isOver(run)
      return statusOf(pod, container, 0, runs, runs ? { running: { startedAt: timeText(run.startedAtMs) } } : { terminated: ended(pod, container, 0, { exitCode: 0, reason: 'Completed', startedAtMs: run.startedAtMs, finishedAtMs: run.enteredAtMs }) })
    }
    const index = turn++
    if (index < run.initDone) return statusOf(pod, container, 0, true, { terminated: ended(pod, container, 0, { exitCode: 0, reason: 'Completed', startedAtMs: run.startedAtMs, finishedAtMs: Math.max(run.startedAtMs, run.containersAtMs) }) })
    if (index > run.initDone || run.containersAtMs > 0) return statusOf(pod, container, 0, false, { waiting: { reason: 'PodInitializing' } })
    return { ...statusOf(pod, container, run.initRestarts, false, stateOf(pod, run, container, run.initRestarts)), ...lastStateOf(pod, run, container, run.initRestarts) }
  })
}

function regularStatus(pod: Pod, run: PodRun, container: Container): ContainerStatus {
  if (run.containersAtMs === 0) return statusOf(pod, container, 0, false, { waiting: { reason: (pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating' } })
  return { ...statusOf(pod, container, run.restarts, run.state === 'ready', stateOf(pod, run, container, run.restarts)), ...lastStateOf(pod, run, container, run.restarts) }
}

/** Of the container whose turn it is. */
function stateOf(pod: Pod, run: PodRun, container: Container, restarts: number): ContainerState {
  if (run.state === 'waiting') {
    const pause = durationText(Math.max(0, run.resumeAtMs - run.enteredAtMs))
    return { waiting: { reason: 'CrashLoopBackOff', message: `back-off ${pause} restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid})` } }
  }
  if (isOver(run)) return { terminated: ended(pod, container, restarts, run.lastEnd ?? { exitCode: 137, reason: 'Error', startedAtMs: run.containersAtMs || run.startedAtMs, finishedAtMs: run.enteredAtMs }) }
  return { running: { startedAt: timeText(run.containersAtMs || run.enteredAtMs) } }
}

function lastStateOf(pod: Pod, run: PodRun, container: Container, restarts: number): { lastState: ContainerState } {
  if (run.lastEnd === undefined || isOver(run)) return { lastState: {} }
  const before = run.state === 'waiting' ? restarts : Math.max(0, restarts - 1)
  return { lastState: { terminated: ended(pod, container, before, run.lastEnd) } }
}

function ended(pod: Pod, container: Container, restarts: number, end: ContainerEnd): ContainerStateTerminated {
  return { exitCode: end.exitCode, reason: end.reason, startedAt: timeText(end.startedAtMs), finishedAt: timeText(end.finishedAtMs), containerID: idOf(pod, container, restarts) }
}

function statusOf(pod: Pod, container: Container, restarts: number, ready: boolean, state: ContainerState): ContainerStatus {
  const image = container.image ?? ''
  const started = state.running !== undefined
  return { name: container.name, state, lastState: {}, ready, restartCount: restarts, image, imageID: started || state.terminated !== undefined ? image : '', ...(state.waiting === undefined || restarts > 0 ? { containerID: idOf(pod, container, restarts) } : {}), started }
}

/** PS2 */
function idOf(pod: Pod, container: Container, restarts: number): string {
  return `simulated://${pod.metadata.uid}/${container.name}/${restarts}`
}
