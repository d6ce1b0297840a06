/** What waits in the queue, since when, woken by what, and why: for people. */
import type { PluginSet } from '../framework/plugin-set.ts'
import type { QueuedPod } from '../queue/queued-pod.ts'
import type { SchedulingQueue } from '../queue/scheduling-queue.ts'
import type { DecisionLog } from './decision-log.ts'
import { podName, summaryOf } from './decision-log.ts'
import { instantText } from './instant.ts'

const mostPods = 1_000

export interface QueueReportSources {
  readonly queue: SchedulingQueue
  readonly decisions: DecisionLog
  readonly plugins: (profile: string) => PluginSet | undefined
}

/** All pods in the queue, or one by "namespace/name" or uid. */
export function queueReport({ queue, decisions, plugins }: QueueReportSources, subject: string | undefined) {
  const counts = queue.counts()
  const all = queue.all().filter(({ pod }) => subject === undefined || podName(pod) === subject || pod.metadata.uid === subject)
  return {
    counts,
    nominated: queue.nominated.size,
    ...(all.length > mostPods ? { listed: mostPods, of: all.length } : {}),
    pods: all.slice(0, mostPods).map(queued => ({ ...entryOf(queued, queue), ...(subject === undefined ? {} : { wokenBy: wakersOf(queued, plugins(queued.profile)), lastDecision: lastOf(queued, decisions) }) })),
  }
}

function entryOf(queued: QueuedPod, queue: SchedulingQueue) {
  const { pod, profile, attempts, rejectedBy, pendingBy, backoffUntil, gate, lastMove, queuedAt } = queued
  const place = queue.place(pod.metadata.uid)
  return {
    pod: podName(pod), uid: pod.metadata.uid, profile, place, attempts,
    priority: pod.spec.priority ?? 0,
    since: instantText(lastMove.atMs),
    movedBy: lastMove.plugin === null ? lastMove.event : `${lastMove.event} (${lastMove.plugin})`,
    queuedAt: instantText(queuedAt),
    rejectedBy: [...rejectedBy, ...pendingBy],
    backoffUntil: backoffUntil === 0 || place !== 'backoff' ? null : instantText(backoffUntil),
    gate: gate === null ? null : { plugin: gate.plugin, reasons: gate.reasons },
    nominatedNode: queue.nominated.nodeOf(pod.metadata.uid) ?? null,
  }
}

/** The events that the plugins which rejected the pod listen to. */
function wakersOf({ rejectedBy, pendingBy }: QueuedPod, plugins: PluginSet | undefined) {
  if (plugins === undefined) return []
  const all = [...plugins.preEnqueue, ...plugins.preFilter, ...plugins.filter, ...plugins.reserve, ...plugins.permit]
  return [...rejectedBy, ...pendingBy].map(name => ({ plugin: name, events: all.find(plugin => plugin.name === name)?.wakeOn?.flatMap(({ resource, actions }) => actions.map(action => `${resource}/${action}`)) ?? ['*'] }))
}

function lastOf({ pod }: QueuedPod, decisions: DecisionLog) {
  const record = decisions.list(pod.metadata.uid, 1)[0]
  return record === undefined ? null : summaryOf(record)
}
