/**
 * The STATUS, READY and RESTARTS cells of a Pod. Upstream: pkg/printers/internalversion printPod.
 *
 *   PP1  Status is the pod's reason, else its phase, refined by what its init containers and containers wait for or
 *        ended with; a deleting pod is Terminating, or Unknown when its node was lost.
 *   PP2  Sidecars (init containers with restartPolicy Always) count among the containers once initialised.
 *   PP3  Restarts carry the age of the latest one.
 */
import type { Cell } from '../../column.ts'
import { ageCell, humanDuration, orNone } from '../../printing.ts'
import type { Container, ContainerStatus, Pod } from './types.ts'

interface Progress {
  reason: string
  ready: number
  total: number
  restarts: number
  lastRestart: number
  /** A container is running and ready. */
  running?: boolean
}

export function podCells(pod: Pod, now: number): readonly Cell[] {
  const progress = progressOf(pod)
  const restarts = progress.restarts !== 0 && progress.lastRestart > 0 ? `${progress.restarts} (${humanDuration(now - progress.lastRestart)} ago)` : String(progress.restarts)
  const gates = pod.spec.readinessGates ?? []
  const passed = gates.filter(gate => pod.status.conditions?.some(condition => condition.type === gate.conditionType && condition.status === 'True')).length
  const podIp = pod.status.podIPs?.[0]?.ip ?? pod.status.podIP
  return [
    pod.metadata.name, `${progress.ready}/${progress.total}`, progress.reason, restarts, ageCell(pod.metadata.creationTimestamp, now),
    orNone(podIp), orNone(pod.spec.nodeName), orNone(pod.status.nominatedNodeName), gates.length === 0 ? '<none>' : `${passed}/${gates.length}`,
  ]
}

export function progressOf(pod: Pod): Progress {
  const { spec, status, metadata } = pod
  const sidecars = new Map((spec.initContainers ?? []).filter(each => each.restartPolicy === 'Always').map(each => [each.name, each]))
  const progress: Progress = { reason: status.reason ?? status.phase ?? '', ready: 0, total: (spec.containers ?? []).length + sidecars.size, restarts: 0, lastRestart: 0 }
  if (status.conditions?.some(each => each.type === 'PodScheduled' && each.reason === 'SchedulingGated')) progress.reason = 'SchedulingGated'
  let sidecarRestarts = 0
  let sidecarLast = 0
  const initializing = addInitContainers(pod, sidecars, progress, (count, last) => {
    sidecarRestarts += count
    sidecarLast = Math.max(sidecarLast, last)
  })
  const initialized = status.conditions?.some(each => each.type === 'Initialized' && each.status === 'True') === true
  if (!initializing || initialized) {
    progress.restarts = sidecarRestarts
    progress.lastRestart = sidecarLast
    addContainers(status.containerStatuses ?? [], progress)
    if (progress.reason === 'Completed' && progress.running) progress.reason = isReady(pod) ? 'Running' : 'NotReady'
  }
  if (metadata.deletionTimestamp !== undefined && status.reason === 'NodeLost') progress.reason = 'Unknown'
  else if (metadata.deletionTimestamp !== undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed') progress.reason = 'Terminating'
  return progress
}

function addInitContainers(pod: Pod, sidecars: ReadonlyMap<string, Container>, progress: Progress, countSidecar: (restarts: number, last: number) => void): boolean {
  for (const [index, each] of (pod.status.initContainerStatuses ?? []).entries()) {
    progress.restarts += each.restartCount
    const last = lastRestartOf(each)
    progress.lastRestart = Math.max(progress.lastRestart, last)
    const isSidecar = sidecars.has(each.name)
    if (isSidecar) countSidecar(each.restartCount, last)
    const { terminated, waiting } = each.state ?? {}
    if (terminated !== undefined && terminated.exitCode === 0) continue
    if (isSidecar && each.started === true) {
      if (each.ready) progress.ready += 1
      continue
    }
    if (terminated !== undefined) {
      progress.reason = `Init:${(terminated.reason ?? '') !== '' ? terminated.reason! : (terminated.signal ?? 0) !== 0 ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`}`
    } else if (waiting !== undefined && (waiting.reason ?? '') !== '' && waiting.reason !== 'PodInitializing') {
      progress.reason = `Init:${waiting.reason!}`
    } else {
      progress.reason = `Init:${index}/${pod.spec.initContainers?.length ?? 0}`
    }
    return true
  }
  return false
}

function addContainers(statuses: readonly ContainerStatus[], progress: Progress): void {
  for (const each of statuses.toReversed()) {
    progress.restarts += each.restartCount
    progress.lastRestart = Math.max(progress.lastRestart, lastRestartOf(each))
    const { waiting, terminated, running } = each.state ?? {}
    if (waiting !== undefined && (waiting.reason ?? '') !== '') progress.reason = waiting.reason!
    else if (terminated !== undefined && (terminated.reason ?? '') !== '') progress.reason = terminated.reason!
    else if (terminated !== undefined) progress.reason = (terminated.signal ?? 0) !== 0 ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`
    else if (each.ready && running !== undefined) {
      progress.running = true
      progress.ready += 1
    }
  }
}

function lastRestartOf(status: ContainerStatus): number {
  const finished = status.lastState?.terminated?.finishedAt
  return finished === undefined || finished === null ? 0 : Date.parse(finished)
}

function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some(each => each.type === 'Ready' && each.status === 'True') === true
}
