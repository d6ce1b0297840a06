/**
 * Numbers about scheduling under upstream's names, labels and buckets (pkg/scheduler/metrics).
 *
 *   ME1  How long single plugins take is measured in one cycle of ten only: the clock would cost more than the plugins.
 *   ME2  Attempts are labelled by number up to "15+".
 */
import type { Counter, Histogram, Metrics } from '../../../machinery/metrics.ts'
import type { HintOutcome } from './cluster-event.ts'

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error'

/** ME1 */
export const sampledCycles = 0.1

export interface SchedulerMetrics {
  attempt(result: AttemptResult, profile: string, seconds: number): void
  /** The pod was bound: the attempts it took, and how long since it could be tried first. */
  scheduled(attempts: number, sinceFirstSeconds: number | null, afterFlush: boolean): void
  readonly algorithm: { observe(seconds: number): void }
  point(extensionPoint: string, status: string, profile: string, seconds: number): void
  plugin(plugin: string, extensionPoint: string, status: string, seconds: number): void
  evaluated(plugin: string, extensionPoint: string, profile: string, times: number): void
  incoming(queue: 'active' | 'backoff' | 'unschedulable', event: string): void
  eventTook(event: string, seconds: number): void
  hintTook(plugin: string, event: string, hint: HintOutcome, seconds: number): void
  permitWaited(result: string, seconds: number): void
  readonly preemptionAttempts: Counter
  readonly preemptionVictims: { observe(victims: number): void }
  preempted(result: 'success' | 'error', seconds: number): void
}

export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start * factor ** index)
}

const attemptBuckets = exponentialBuckets(0.001, 2, 15)
const pointBuckets = exponentialBuckets(0.0001, 2, 12)
const pluginBuckets = exponentialBuckets(0.00001, 1.5, 20)

export function createSchedulerMetrics(metrics: Metrics): SchedulerMetrics {
  const named = (name: string) => `scheduler_${name}`
  const attempts = metrics.counter({ name: named('schedule_attempts_total'), help: 'Attempts to schedule pods, by result: unschedulable means that a pod could not be placed, error a fault of the scheduler.', labels: ['result', 'profile'] })
  const attemptTook = metrics.histogram({ name: named('scheduling_attempt_duration_seconds'), help: 'How long an attempt took, deciding and binding.', labels: ['result', 'profile'], buckets: attemptBuckets })
  const sli = metrics.histogram({ name: named('pod_scheduling_sli_duration_seconds'), help: 'From the first time a pod could be tried until it was bound, over all attempts.', labels: ['attempts'], buckets: exponentialBuckets(0.01, 2, 20) })
  const points = metrics.histogram({ name: named('framework_extension_point_duration_seconds'), help: 'How long all plugins of an extension point took.', labels: ['extension_point', 'status', 'profile'], buckets: pointBuckets })
  const plugins = metrics.histogram({ name: named('plugin_execution_duration_seconds'), help: 'How long one plugin took at an extension point.', labels: ['plugin', 'extension_point', 'status'], buckets: pluginBuckets })
  const evaluations = metrics.counter({ name: named('plugin_evaluation_total'), help: 'How often a plugin was asked (PreFilter, Filter, PreScore, Score).', labels: ['plugin', 'extension_point', 'profile'] })
  const incoming = metrics.counter({ name: named('queue_incoming_pods_total'), help: 'Pods that came into a scheduling queue, by queue and cause.', labels: ['queue', 'event'] })
  const events = metrics.histogram({ name: named('event_handling_duration_seconds'), help: 'How long taking in a change of the cluster took.', labels: ['event'], buckets: pointBuckets })
  const hints = metrics.histogram({ name: named('queueing_hint_execution_duration_seconds'), help: 'How long a plugin took to say whether a change of the cluster may help a pod that it had rejected.', labels: ['plugin', 'event', 'hint'], buckets: pluginBuckets })
  const permits = metrics.histogram({ name: named('permit_wait_duration_seconds'), help: 'How long pods waited for their permits.', labels: ['result'], buckets: attemptBuckets })
  const attemptsNeeded = metrics.histogram({ name: named('pod_scheduling_attempts'), help: 'Attempts that a pod needed.', buckets: exponentialBuckets(1, 2, 5) })
  const afterFlushes = metrics.counter({ name: named('pod_scheduled_after_flush_total'), help: 'Pods that were placed after they had been brought back only because they waited too long.' })
  const preemptions = metrics.counter({ name: named('preemption_goroutines_execution_total'), help: 'Evictions for a preempting pod that ran in the background.', labels: ['result'] })
  const preemptionTook = metrics.histogram({ name: named('preemption_goroutines_duration_seconds'), help: 'How long evicting the victims of one preemption took.', labels: ['result'], buckets: exponentialBuckets(0.01, 2, 20) })
  const pointSeries = kept(points, (a, b, c) => ({ extension_point: a, status: b, profile: c }))
  const hintSeries = kept(hints, (plugin, event, hint) => ({ plugin, event, hint }))
  const incomingSeries = new Map<string, { add(by?: number): void }>()
  return {
    attempt(result, profile, seconds) {
      attempts.add(1, { result, profile })
      attemptTook.observe(seconds, { result, profile })
    },
    scheduled(count, sinceFirstSeconds, afterFlush) {
      attemptsNeeded.observe(count)
      if (sinceFirstSeconds !== null) sli.observe(sinceFirstSeconds, { attempts: count >= 15 ? '15+' : String(count) }) // ME2
      if (afterFlush) afterFlushes.add()
    },
    algorithm: metrics.histogram({ name: named('scheduling_algorithm_duration_seconds'), help: 'How long finding a node took.', buckets: attemptBuckets }),
    point: (extensionPoint, status, profile, seconds) => { pointSeries(extensionPoint, status, profile).observe(seconds) },
    plugin: (plugin, extensionPoint, status, seconds) => { plugins.observe(seconds, { plugin, extension_point: extensionPoint, status }) },
    evaluated: (plugin, extensionPoint, profile, times) => { evaluations.add(times, { plugin, extension_point: extensionPoint, profile }) },
    incoming(queue, event) {
      const key = `${queue} ${event}`
      let series = incomingSeries.get(key)
      if (series === undefined) incomingSeries.set(key, series = incoming.series({ queue, event }))
      series.add()
    },
    eventTook: (event, seconds) => { events.observe(seconds, { event }) },
    hintTook: (plugin, event, hint, seconds) => { hintSeries(plugin, event, hint).observe(seconds) },
    permitWaited: (result, seconds) => { permits.observe(seconds, { result }) },
    preemptionAttempts: metrics.counter({ name: named('preemption_attempts_total'), help: 'Preemption attempts so far.' }),
    preemptionVictims: metrics.histogram({ name: named('preemption_victims'), help: 'Victims chosen by a preemption.', buckets: exponentialBuckets(1, 2, 7) }),
    preempted(result, seconds) {
      preemptions.add(1, { result })
      preemptionTook.observe(seconds, { result })
    },
  }
}

/** Series of three label values, found once. */
function kept(histogram: Histogram, labels: (a: string, b: string, c: string) => Readonly<Record<string, string>>): (a: string, b: string, c: string) => { observe(value: number): void } {
  const known = new Map<string, { observe(value: number): void }>()
  return (a, b, c) => {
    const key = `${a}\n${b}\n${c}`
    let series = known.get(key)
    if (series === undefined) known.set(key, series = histogram.series(labels(a, b, c)))
    return series
  }
}
