/** Puts the room together: the control, what follows its objects, its metrics and tables. */
import type { Metrics } from '../../../machinery/metrics.ts'
import { followFlowConfig } from './flow-config.ts'
import type { FlowConfigDeps } from './flow-config.ts'
import { FlowControl } from './flow-control.ts'
import type { PriorityLevel } from './flow-control.ts'
import { flowDump } from './flow-dumps.ts'
import { exposeFlowControl } from './flow-metrics.ts'
import type { FlowMetrics } from './flow-metrics.ts'
import { WatcherCounts } from './watcher-counts.ts'

export interface StartedFlowControl {
  readonly control: FlowControl
  readonly watchers: WatcherCounts
  readonly metrics: FlowMetrics
  dump(name: string, query: URLSearchParams): string | undefined
}

export type FlowControlDeps = FlowConfigDeps & {
  readonly metrics: Metrics
  readonly inspect: (subject: string, read: () => unknown) => Disposable
}

export function startFlowControl(serverSeats: number, deps: FlowControlDeps, signal: AbortSignal): StartedFlowControl {
  if (serverSeats <= 0) throw new Error('--enable-priority-and-fairness needs --max-requests-inflight and --max-mutating-requests-inflight together above 0')
  const watchers = new WatcherCounts()
  const control = new FlowControl(deps.clock, serverSeats, {
    amountOf: ({ group, version, resource }) => {
      const cache = deps.table.find(group, version, resource)?.cache
      return cache === undefined ? undefined : { objects: cache.size, bytes: cache.objectBytes }
    },
    watchersOf: info => watchers.interestedIn(info),
  })
  const metrics = exposeFlowControl(control, deps.metrics)
  followFlowConfig(control, deps, signal)
  deps.inspect('flow-control', () => ({ seats: control.seats, fairFraction: control.fairFraction, levels: [...control.levels].map(inspected) }))
  const dump = (name: string, query: URLSearchParams) => flowDump(control, name, query, { wallMs: deps.clock.now(), monotonicMs: deps.clock.monotonic() })
  return { control, watchers, metrics, dump }
}

function inspected({ name, limits, queues, flows, isQuiescing }: PriorityLevel) {
  const busy = queues.queues.map((queue, index) => ({ index, waiting: queue.waiting.length, executing: queue.executing.size, seatsInUse: queue.seatsInUse })).filter(queue => queue.waiting + queue.executing > 0)
  return {
    name, ...limits, limit: queues.limit, seatsInUse: queues.seatsInUse, waiting: queues.waiting, executing: queues.executing, isQuiescing, queues: busy,
    flows: [...flows.values()].map(({ schema, waiting, executing, dispatched, refused }) => ({ schema, waiting, executing, dispatched, refused })),
  }
}
