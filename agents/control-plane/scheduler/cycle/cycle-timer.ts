/**
 * Measures the extension points of one cycle, and in sampled cycles each plugin.
 *
 *   CT1  A rejection and a plugin that was not interested are statuses, as upstream labels them; a fault is Error.
 */
import type { Clock } from '../../../base/clock.ts'
import { spans } from '../../../base/spans.ts'
import type { SchedulerMetrics } from '../framework/metrics.ts'
import type { Rejected } from '../framework/verdict.ts'
import { isRejected, notInterested } from '../framework/verdict.ts'

export class CycleTimer {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #metrics: SchedulerMetrics
  readonly #profile: string
  readonly #samplesPlugins: boolean

  constructor(clock: Pick<Clock, 'monotonic'>, metrics: SchedulerMetrics, profile: string, samplesPlugins: boolean) {
    this.#clock = clock
    this.#metrics = metrics
    this.#profile = profile
    this.#samplesPlugins = samplesPlugins
  }

  now(): number {
    return this.#clock.monotonic()
  }

  pointSince(extensionPoint: string, startedAt: number, status = 'Success'): void {
    const tookMs = this.#clock.monotonic() - startedAt
    this.#metrics.point(extensionPoint, status, this.#profile, tookMs / 1_000)
    if (spans.on) spans.add({ name: 'scheduling point', startMs: spans.now() - tookMs, attributes: { 'scheduler.point': extensionPoint, 'scheduler.status': status } })
  }

  /** Runs one plugin; measured in sampled cycles only. */
  run<T>(plugin: string, extensionPoint: string, body: () => T): T {
    if (!this.#samplesPlugins) return body()
    const startedAt = this.#clock.monotonic()
    let status = 'Error'
    try {
      const answer = body()
      status = statusOf(answer)
      return answer
    } finally {
      this.#metrics.plugin(plugin, extensionPoint, status, (this.#clock.monotonic() - startedAt) / 1_000)
    }
  }

  evaluated(plugin: string, extensionPoint: string, times = 1): void {
    this.#metrics.evaluated(plugin, extensionPoint, this.#profile, times)
  }
}

/** CT1 */
export function statusOf(answer: unknown): string {
  if (answer === notInterested) return 'Skip'
  return isRejected(answer) ? rejectionStatus(answer) : 'Success'
}

export function rejectionStatus(rejection: Rejected): string {
  if (rejection.pending === true) return 'Pending'
  return rejection.curable ? 'Unschedulable' : 'UnschedulableAndUnresolvable'
}
