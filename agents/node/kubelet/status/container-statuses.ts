/**
 * What a pod's status says of each container: runtime + probes + why a start failed -> ContainerStatus. Pure.
 *
 *   CS1  Statuses stand in the order of the spec; a container that has not been made is Waiting (PodInitializing while the
 *        pod has init containers, else ContainerCreating).
 *   CS2  A container that is to be started and could not be is Waiting with the reason of the failure; how it ended before
 *        is its lastState.
 *   CS3  A running container's lastState is the end of the one before it.
 *   CS4  Ready: running, started and its readiness probe (if any) says so; an ordinary init container when it succeeded.
 *   CS5  A container the runtime has lost after it ran is said to have ended with 137, ContainerStatusUnknown.
 *   CS6  Restart counts never go down.
 */
import type { ContainerState, ContainerStateTerminated, ContainerStatus, Pod } from '../../../api/groups/core-v1/types.ts'
import { timeText } from '../../../base/clock.ts'
import type { ObservedContainer, ObservedPod } from '../cri/observed-pod.ts'
import { shouldRestart } from '../pod-worker/compute-actions.ts'
import { type ContainerStatuses, isSidecar } from '../../../machinery/kubelet/pod-conditions.ts'
import { containersOf, type ContainerRole, type PodContainer } from '../pod-worker/pod-containers.ts'

export interface StartFailure {
  readonly reason: string
  readonly message: string
}

export interface StatusInput {
  readonly pod: Pod
  readonly observed: ObservedPod
  /** Why the last attempt to start a container failed, by name. */
  readonly failures: ReadonlyMap<string, StartFailure>
  /** Ids of running containers whose startup probe (if any) succeeded, and whose readiness probe (if any) succeeded. */
  readonly startedIds: ReadonlySet<string>
  readonly readyIds: ReadonlySet<string>
  /** Termination messages by container id. */
  readonly messages: ReadonlyMap<string, string>
  /** Nothing of the pod will run again. */
  readonly isOver: boolean
}

export function containerStatusesOf(input: StatusInput): ContainerStatuses {
  const of = (role: ContainerRole) => containersOf(input.pod).filter(container => container.role === role).map(container => statusOf(input, container))
  return { init: of('init'), regular: of('regular'), ephemeral: of('ephemeral') }
}

function statusOf(input: StatusInput, container: PodContainer): ContainerStatus {
  const { name, image = '' } = container.spec
  const [newest, previous] = input.observed.containers.filter(observed => observed.name === name)
  const old = oldStatus(input.pod, container)
  if (newest === undefined) return missingStatus(input, container, old)
  const state = stateOf(input, newest)
  const lastTerminated = newest.state === 'running' || newest.state === 'created' ? (previous === undefined ? old?.lastState?.terminated : terminatedState(input, previous)) : previousEnd(input, previous, old, newest) // CS3
  const isRunning = newest.state === 'running'
  const started = isRunning && input.startedIds.has(newest.id)
  const isOrdinaryInit = container.role === 'init' && !isSidecar(container.spec)
  const base: ContainerStatus = {
    name,
    state,
    lastState: lastTerminated === undefined ? {} : { terminated: lastTerminated },
    ready: isOrdinaryInit ? newest.state === 'exited' && newest.exitCode === 0 : isRunning && started && input.readyIds.has(newest.id), // CS4
    restartCount: Math.max(newest.restartCount, old?.restartCount ?? 0), // CS6
    image: newest.image === '' ? image : newest.image,
    imageID: newest.imageRef,
    containerID: containerIdText(newest.id),
    started,
  }
  return withFailure(input, container, newest, base)
}

function withFailure(input: StatusInput, container: PodContainer, newest: ObservedContainer, status: ContainerStatus): ContainerStatus {
  const failure = input.failures.get(container.spec.name)
  if (failure === undefined || input.isOver || newest.state === 'running') return status
  if (container.role === 'init' && !isSidecar(container.spec) && newest.state === 'exited' && newest.exitCode === 0) return status
  if (!shouldRestart(input.pod, container, newest)) return status
  const ended = status.state?.terminated
  return { ...status, state: { waiting: { reason: failure.reason, message: failure.message } }, ...(ended === undefined ? {} : { lastState: { terminated: ended } }) } // CS2
}

function missingStatus(input: StatusInput, container: PodContainer, old: ContainerStatus | undefined): ContainerStatus {
  const failure = input.failures.get(container.spec.name)
  const hasInit = (input.pod.spec.initContainers ?? []).length > 0
  const waiting: ContainerState = { waiting: failure === undefined ? { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } : { ...failure } } // CS1
  const base: ContainerStatus = { name: container.spec.name, state: waiting, lastState: old?.lastState ?? {}, ready: false, restartCount: old?.restartCount ?? 0, image: container.spec.image ?? '', imageID: '', started: false }
  if (old?.state?.terminated !== undefined) return { ...old, ready: container.role === 'init' && old.state.terminated.exitCode === 0, started: false }
  if (old?.state?.running === undefined) return base
  const lost: ContainerStateTerminated = { reason: 'ContainerStatusUnknown', message: 'The container could not be located when the pod was terminated', exitCode: 137, startedAt: old.state.running.startedAt ?? '', finishedAt: '' } // CS5
  const { startedAt, finishedAt, ...plain } = lost
  const terminated = { ...plain, ...(startedAt === '' ? {} : { startedAt }), ...(finishedAt === '' ? {} : { finishedAt }) }
  return input.isOver ? { ...base, state: { terminated } } : { ...base, lastState: { terminated } }
}

function stateOf(input: StatusInput, observed: ObservedContainer): ContainerState {
  switch (observed.state) {
    case 'running':
      return { running: { startedAt: timeText(observed.startedAtMs) } }
    case 'created': {
      const hasInit = (input.pod.spec.initContainers ?? []).length > 0
      return { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } }
    }
    case 'exited':
    case 'unknown':
      return { terminated: terminatedState(input, observed) }
  }
}

function terminatedState(input: StatusInput, observed: ObservedContainer): ContainerStateTerminated {
  const message = input.messages.get(observed.id) ?? observed.message
  return {
    exitCode: observed.state === 'unknown' ? 137 : observed.exitCode,
    reason: observed.state === 'unknown' ? 'ContainerStatusUnknown' : observed.reason === '' ? (observed.exitCode === 0 ? 'Completed' : 'Error') : observed.reason,
    ...(message === '' ? {} : { message }),
    ...(observed.startedAtMs > 0 ? { startedAt: timeText(observed.startedAtMs) } : {}),
    ...(observed.finishedAtMs > 0 ? { finishedAt: timeText(observed.finishedAtMs) } : {}),
    containerID: containerIdText(observed.id),
  }
}

function previousEnd(input: StatusInput, previous: ObservedContainer | undefined, old: ContainerStatus | undefined, newest: ObservedContainer): ContainerStateTerminated | undefined {
  if (previous !== undefined) return terminatedState(input, previous)
  const before = old?.lastState?.terminated
  return before?.containerID === containerIdText(newest.id) ? undefined : before
}

function oldStatus(pod: Pod, container: PodContainer): ContainerStatus | undefined {
  const { containerStatuses, initContainerStatuses, ephemeralContainerStatuses } = pod.status
  const list = { regular: containerStatuses, init: initContainerStatuses, ephemeral: ephemeralContainerStatuses }[container.role]
  return list?.find(status => status.name === container.spec.name)
}

export function containerIdText(id: string): string {
  return `containerd://${id}`
}
