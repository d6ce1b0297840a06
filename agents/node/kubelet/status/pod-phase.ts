/**
 * A pod's phase from its containers. Pure.
 *
 *   PH1  Failed: an init container failed and restartPolicy is Never.
 *   PH2  Pending: initialisation is not over, or a regular container never ran.
 *   PH3  Running: at least one regular container runs, or will be restarted.
 *   PH4  Succeeded or Failed: none runs and none will; one exit code other than 0 makes it Failed.
 *   PH5  A phase that is Succeeded or Failed never changes again.
 * Upstream: kubelet_pods.go getPhase.
 */
import type { ContainerStatus, Pod } from '../../../api/groups/core-v1/types.ts'
import { type ContainerStatuses, isSidecar, type PodPhase } from '../../../machinery/kubelet/pod-conditions.ts'
import { isTerminalPhase } from '../pod-worker/pod-containers.ts'

export function podPhaseOf(pod: Pod, statuses: ContainerStatuses, isOver: boolean): PodPhase {
  if (isTerminalPhase(pod.status.phase)) return pod.status.phase as PodPhase // PH5
  const init = countInit(pod, statuses)
  if (init.failed && pod.spec.restartPolicy === 'Never') return 'Failed' // PH1
  const regular = countRegular(pod, statuses.regular)
  const everRan = regular.running + regular.stopped > 0
  if (isOver && regular.running === 0 && (regular.stopped > 0 || regular.waiting > 0)) return regular.stopped === regular.succeeded && regular.waiting === 0 ? 'Succeeded' : 'Failed'
  if (init.pending && !everRan) return 'Pending' // PH2
  if (regular.waiting > 0) return 'Pending'
  if (regular.running > 0) return 'Running' // PH3
  if (regular.stopped === 0) return 'Pending'
  const policy = pod.spec.restartPolicy ?? 'Always'
  if (policy === 'Always') return 'Running'
  if (regular.stopped === regular.succeeded) return 'Succeeded' // PH4
  return policy === 'Never' ? 'Failed' : 'Running'
}

function countInit(pod: Pod, statuses: ContainerStatuses): { failed: boolean; pending: boolean } {
  let failed = false
  let pending = false
  for (const spec of pod.spec.initContainers ?? []) {
    const status = statuses.init.find(entry => entry.name === spec.name)
    if (isSidecar(spec)) {
      if (status?.started !== true) pending = true
      continue
    }
    const end = status?.state?.terminated ?? (status?.state?.waiting === undefined ? undefined : status.lastState?.terminated)
    if (end === undefined) pending = true
    else if (end.exitCode !== 0) {
      failed = true
      pending = true
    } else if (status?.state?.terminated === undefined) pending = true
  }
  return { failed, pending }
}

function countRegular(pod: Pod, statuses: readonly ContainerStatus[]): { running: number; stopped: number; succeeded: number; waiting: number } {
  const count = { running: 0, stopped: 0, succeeded: 0, waiting: 0 }
  for (const spec of pod.spec.containers) {
    const status = statuses.find(entry => entry.name === spec.name)
    const ended = status?.state?.terminated
    if (status?.state?.running !== undefined) count.running++
    else if (ended !== undefined) {
      count.stopped++
      if (ended.exitCode === 0) count.succeeded++
    } else if (status?.lastState?.terminated !== undefined) count.stopped++
    else count.waiting++
  }
  return count
}
