/** What kubectl's STATUS and READY columns say of a pod, computed from what the API server reports. Upstream: printers/internalversion printPod. */
import type { PlainObject } from '../../electron/contract/resources.ts'

interface ContainerState {
  readonly waiting?: { readonly reason?: string }
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly signal?: number }
  readonly running?: object
}

interface ContainerStatus {
  readonly name: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
}

export interface PodView {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly status: string
  readonly health: 'good' | 'busy' | 'bad'
  readonly ready: string
  readonly restarts: number
  readonly ip: string
  readonly node: string
  readonly createdAt: string
  readonly containers: readonly string[]
}

export function podView(object: PlainObject): PodView {
  const spec = (object['spec'] ?? {}) as { nodeName?: string; containers?: readonly { name: string }[] }
  const status = (object['status'] ?? {}) as { phase?: string; reason?: string; podIP?: string; containerStatuses?: readonly ContainerStatus[]; initContainerStatuses?: readonly ContainerStatus[] }
  const containers = status.containerStatuses ?? []
  const text = statusText(object, status)
  const total = spec.containers?.length ?? 0
  const ready = containers.filter(container => container.ready === true).length
  return {
    uid: object.metadata.uid,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    status: text,
    health: healthOf(text, ready === total),
    ready: `${ready}/${total}`,
    restarts: containers.reduce((sum, container) => sum + (container.restartCount ?? 0), 0),
    ip: status.podIP ?? '–',
    node: spec.nodeName ?? '–',
    createdAt: String(object.metadata['creationTimestamp'] ?? ''),
    containers: (spec.containers ?? []).map(container => container.name),
  }
}

function statusText(object: PlainObject, status: { phase?: string; reason?: string; containerStatuses?: readonly ContainerStatus[]; initContainerStatuses?: readonly ContainerStatus[] }): string {
  if (object.metadata['deletionTimestamp'] !== undefined) return 'Terminating'
  const initial = status.initContainerStatuses ?? []
  const unfinished = initial.findIndex(container => container.state?.terminated?.exitCode !== 0)
  if (unfinished >= 0) {
    const reason = initial[unfinished]!.state?.waiting?.reason ?? initial[unfinished]!.state?.terminated?.reason
    return reason !== undefined && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${unfinished}/${initial.length}`
  }
  for (const container of [...(status.containerStatuses ?? [])].reverse()) {
    const reason = container.state?.waiting?.reason ?? container.state?.terminated?.reason
    if (reason !== undefined) return reason
  }
  return status.reason ?? status.phase ?? 'Pending'
}

function healthOf(status: string, isReady: boolean): PodView['health'] {
  if (status === 'Completed' || status === 'Succeeded') return 'good'
  if (status === 'Running') return isReady ? 'good' : 'busy'
  return /Error|BackOff|Failed|Err|OOM|Evicted|Unknown|Invalid/.test(status) ? 'bad' : 'busy'
}
