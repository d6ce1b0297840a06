/**
 * What happens when an attempt failed. Upstream: handleSchedulingFailure in pkg/scheduler/schedule_one.go.
 *
 *   FH1  The pod goes back into the queue as the API server told of it last; one that is gone, was bound by somebody else or
 *        was made anew under its name does not.
 *   FH2  Condition PodScheduled=False says why: Unschedulable when plugins rejected the pod, SchedulerError for a fault.
 *   FH3  The event FailedScheduling carries the same text, at most 1024 characters of it.
 *   FH4  The node that PostFilter nominated is remembered at once and written with the condition; null takes it back.
 *   FH5  Writing does not hold up the next decision.
 */
import type { Pod } from '../../api/groups/core-v1/types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { errorText } from '../../base/log.ts'
import type { Client } from '../../machinery/client.ts'
import type { EventSubject } from '../../machinery/events.ts'
import { isNotFound } from '../../machinery/status-error.ts'
import type { DecisionRecord } from './decisions/decision-log.ts'
import { podName } from './decisions/decision-log.ts'
import type { SchedulerMetrics } from './framework/metrics.ts'
import { patchPodStatus } from './framework/pod-status.ts'
import type { Profile } from './profile/profile.ts'
import type { QueuedPod } from './queue/queued-pod.ts'
import type { SchedulingQueue } from './queue/scheduling-queue.ts'

export type Failure =
  | { readonly kind: 'unschedulable'; readonly message: string; readonly rejectedBy: ReadonlySet<string>; readonly pendingBy: ReadonlySet<string>; readonly nominate?: string | null }
  | { readonly kind: 'error'; readonly message: string; readonly nominate?: string | null }

export interface FailedCycle {
  readonly queued: QueuedPod
  readonly profile: Profile
  readonly failure: Failure
  readonly startedAt: number
  readonly record: DecisionRecord | null
}

export interface FailureReport {
  report(cycle: FailedCycle): void
}

export interface FailureOptions {
  readonly client: Client
  readonly clock: Clock
  readonly queue: SchedulingQueue
  readonly metrics: SchedulerMetrics
  readonly log: Log
  readonly signal: AbortSignal
  findPod(namespace: string, name: string): Pod | undefined
  event(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string, options: { readonly action: string }): void
}

const longestNote = 1_024
const nobody: ReadonlySet<string> = new Set()

export class FailureHandler implements FailureReport {
  readonly #options: FailureOptions

  constructor(options: FailureOptions) {
    this.#options = options
  }

  report({ queued, profile, failure, startedAt, record }: FailedCycle): void {
    const { queue, metrics, clock, log, event, findPod } = this.#options
    metrics.attempt(failure.kind, profile.name, (clock.monotonic() - startedAt) / 1_000)
    if (record !== null) record.end = { outcome: failure.kind, message: failure.message }
    const { namespace, name, uid } = queued.pod.metadata
    const latest = findPod(namespace!, name)
    if (latest === undefined || latest.metadata.uid !== uid || (latest.spec.nodeName ?? '') !== '') { // FH1
      queue.done(uid)
      return
    }
    if (failure.kind === 'error') log.error('scheduling failed', { pod: podName(latest), error: failure.message })
    const { rejectedBy, pendingBy } = failure.kind === 'error' ? { rejectedBy: nobody, pendingBy: nobody } : failure
    queue.failed(queued, { rejectedBy, pendingBy }, latest)
    if (failure.nominate === null) queue.nominated.forget(uid)
    else if (failure.nominate !== undefined) queue.nominated.nominate(latest, failure.nominate) // FH4
    event(latest, 'Warning', 'FailedScheduling', noteText(failure.message), { action: 'Scheduling' }) // FH3
    void this.#write(latest, failure) // FH5
  }

  /** FH2 */
  async #write(pod: Pod, failure: Failure): Promise<void> {
    const { client, clock, signal, log } = this.#options
    const condition = { type: 'PodScheduled', status: 'False' as const, reason: failure.kind === 'error' ? 'SchedulerError' : 'Unschedulable', message: failure.message }
    try {
      await patchPodStatus(client, clock, pod, { condition, ...(failure.nominate === undefined ? {} : { nominate: failure.nominate }) }, signal)
    } catch (error) {
      if (!signal.aborted && !isNotFound(error)) log.warn('pod condition was not written', { pod: podName(pod), error: errorText(error) })
    }
  }
}

function noteText(message: string): string {
  const suffix = ' ...'
  return message.length <= longestNote ? message : `${message.slice(0, longestNote - suffix.length)}${suffix}`
}
