/**
 * Every request passes its priority level. Upstream: apiserver/pkg/server/filters/priority-and-fairness.go.
 *
 *   PN1  Streams are not counted; a watch holds its seats until it has sent what exists.
 *   PN2  A request waits at most a quarter of its deadline, and at most a minute.
 *   PN3  Whoever is refused gets 429 as plain text, with the seconds after which to come again.
 *   PN4  The answer names the schema and the level by uid, which tells nothing about how they are called.
 */
import type { Clock } from '../../../base/clock.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Admission, FlowControl } from '../flow/flow-control.ts'
import type { FlowMetrics } from '../flow/flow-metrics.ts'
import type { WatcherCounts } from '../flow/watcher-counts.ts'
import { requestedTimeoutMs } from './deadline.ts'
import type { Filter, Next } from './filter.ts'

export interface PriorityAndFairnessOptions {
  readonly control: FlowControl
  readonly watchers: WatcherCounts
  readonly metrics: FlowMetrics
  readonly clock: Clock
  readonly requestTimeoutMs: number
}

const mostWaitMs = 60_000

export function priorityAndFairness(options: PriorityAndFairnessOptions): Filter {
  const { control, clock, metrics, requestTimeoutMs } = options
  return async (exchange, next) => {
    if (exchange.isLongRunning && exchange.info.verb !== 'watch') { // PN1
      await next()
      return
    }
    const admission = control.admit(exchange)
    const { ticket, level, schema } = admission
    exchange.headers['x-kubernetes-pf-flowschema-uid'] = schema.metadata.uid ?? '' // PN4
    exchange.headers['x-kubernetes-pf-prioritylevel-uid'] = level.uid
    if (ticket.state === 'waiting') {
      exchange.mark('queued', clock.monotonic())
      const deadlineMs = exchange.isLongRunning ? requestTimeoutMs : Math.min(requestTimeoutMs, requestedTimeoutMs(exchange) ?? requestTimeoutMs)
      await level.queues.decided(ticket, Math.min(deadlineMs / 4, mostWaitMs), exchange.signal) // PN2
    }
    metrics.noteArrival(admission, clock.monotonic() - ticket.arrivedMs)
    if (ticket.state !== 'executing') {
      await refuse(exchange, admission)
      return
    }
    exchange.mark('dispatched', clock.monotonic())
    const finish = () => {
      if (ticket.state !== 'executing') return
      control.finish(admission)
      metrics.noteExecution(admission, clock.monotonic() - ticket.startedMs, exchange.isLongRunning ? 'watch' : 'regular')
    }
    if (exchange.isLongRunning) await watchOn(exchange, options, finish, next)
    else await serve(next, finish)
  }
}

async function serve(next: Next, finish: () => void): Promise<void> {
  try {
    await next()
  } finally {
    finish()
  }
}

async function watchOn(exchange: Exchange, { watchers }: PriorityAndFairnessOptions, finish: () => void, next: Next): Promise<void> {
  exchange.onInitialized = finish // PN1
  using _open = watchers.add(exchange)
  await serve(next, finish)
}

/** PN3 */
async function refuse(exchange: Exchange, { level }: Admission): Promise<void> {
  level.retryAfter.noteRefused()
  exchange.outcome.reason = 'TooManyRequests'
  if (exchange.signal.aborted) return
  await exchange.send(429, 'text/plain; charset=utf-8', 'Too many requests, please try again later.\n', { 'retry-after': level.retryAfter.seconds, 'x-content-type-options': 'nosniff' })
}
