/** apiserver_flowcontrol_*: names, labels and buckets as upstream's (apiserver/pkg/util/flowcontrol/metrics). */
import type { Metrics } from '../../../machinery/metrics.ts'
import type { Admission, FlowControl, PriorityLevel } from './flow-control.ts'
import type { FlowCounts } from './queue-set.ts'

const prefix = 'apiserver_flowcontrol'
const byFlow = ['priority_level', 'flow_schema']
const secondsBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]

interface FlowSeries {
  readonly executed: { observe(value: number): void }
  readonly refused: { observe(value: number): void }
  readonly regular: { observe(value: number): void }
  readonly watch: { observe(value: number): void }
  readonly seats: { observe(value: number): void }
  readonly length: { observe(value: number): void }
}

export interface FlowMetrics {
  /** A request has been decided on, after waiting so long. */
  noteArrival(admission: Admission, waitedMs: number): void
  noteExecution(admission: Admission, durationMs: number, type: 'regular' | 'watch'): void
}

export function exposeFlowControl(control: FlowControl, metrics: Metrics): FlowMetrics {
  exposeFlows(control, metrics)
  exposeLevels(control, metrics)
  const waits = metrics.histogram({ name: `${prefix}_request_wait_duration_seconds`, help: 'Length of time a request spent waiting in its queue', labels: [...byFlow, 'execute'], buckets: secondsBuckets })
  const executions = metrics.histogram({ name: `${prefix}_request_execution_seconds`, help: 'Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem', labels: [...byFlow, 'type'], buckets: secondsBuckets })
  const seats = metrics.histogram({ name: `${prefix}_work_estimated_seats`, help: 'Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness', labels: byFlow, buckets: [1, 2, 4, 8, 16, 32, 64, 100] })
  const lengths = metrics.histogram({ name: `${prefix}_request_queue_length_after_enqueue`, help: 'Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued', labels: byFlow, buckets: [0, 10, 25, 50, 100, 250, 500, 1000] })
  const known = new WeakMap<FlowCounts, FlowSeries>()
  const seriesOf = ({ level, ticket: { flow } }: Admission): FlowSeries => {
    const found = known.get(flow)
    if (found !== undefined) return found
    const labels = { priority_level: level.name, flow_schema: flow.schema }
    const made = {
      executed: waits.series({ ...labels, execute: 'true' }), refused: waits.series({ ...labels, execute: 'false' }),
      regular: executions.series({ ...labels, type: 'regular' }), watch: executions.series({ ...labels, type: 'watch' }),
      seats: seats.series(labels), length: lengths.series(labels),
    }
    known.set(flow, made)
    return made
  }
  return {
    noteArrival(admission, waitedMs) {
      const { ticket, level } = admission
      const series = seriesOf(admission)
      series.seats.observe(ticket.seats)
      if (ticket.lengthOnArrival > 0) series.length.observe(ticket.lengthOnArrival)
      if (level.spec.type !== 'Exempt') (ticket.state === 'executing' ? series.executed : series.refused).observe(waitedMs / 1000)
    },
    noteExecution(admission, durationMs, type) {
      seriesOf(admission)[type].observe(durationMs / 1000)
    },
  }
}

function exposeFlows(control: FlowControl, metrics: Metrics): void {
  const flows = (read: (flow: FlowCounts) => number) => [...control.levels].flatMap(level => [...level.flows.values()].map(flow => ({ labels: { priority_level: level.name, flow_schema: flow.schema }, value: read(flow) })))
  const gauge = (name: string, help: string, read: (flow: FlowCounts) => number, counts = false) => {
    metrics.observed({ name: `${prefix}_${name}`, help, labels: byFlow, counts }, () => flows(read))
  }
  gauge('dispatched_requests_total', 'Number of requests executed by API Priority and Fairness subsystem', flow => flow.dispatched, true)
  gauge('request_dispatch_no_accommodation_total', 'Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats', flow => flow.withoutRoom, true)
  gauge('current_inqueue_requests', 'Number of requests currently pending in queues of the API Priority and Fairness subsystem', flow => flow.waiting)
  gauge('current_inqueue_seats', 'Number of seats currently pending in queues of the API Priority and Fairness subsystem', flow => flow.waitingSeats)
  gauge('current_executing_requests', 'Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem', flow => flow.executing)
  gauge('current_executing_seats', 'Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem', flow => flow.executingSeats)
  gauge('request_concurrency_in_use', 'Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem', flow => flow.executingSeats)
  metrics.observed({ name: `${prefix}_rejected_requests_total`, help: 'Number of requests rejected by API Priority and Fairness subsystem', labels: [...byFlow, 'reason'], counts: true }, () =>
    [...control.levels].flatMap(level => [...level.flows.values()].flatMap(flow => Object.entries(flow.refused).filter(([, count]) => count > 0).map(([reason, value]) => ({ labels: { priority_level: level.name, flow_schema: flow.schema, reason }, value })))))
}

function exposeLevels(control: FlowControl, metrics: Metrics): void {
  const gauge = (name: string, help: string, read: (level: PriorityLevel) => number) => {
    metrics.observed({ name: `${prefix}_${name}`, help, labels: ['priority_level'] }, () => [...control.levels].map(level => ({ labels: { priority_level: level.name }, value: read(level) })))
  }
  gauge('nominal_limit_seats', 'Nominal number of execution seats configured for each priority level', level => level.limits.nominal)
  gauge('request_concurrency_limit', 'Nominal number of execution seats configured for each priority level', level => level.limits.nominal)
  gauge('lower_limit_seats', 'Configured lower bound on number of execution seats available to each priority level', level => level.limits.lower)
  gauge('upper_limit_seats', 'Configured upper bound on number of execution seats available to each priority level', level => level.limits.upper)
  gauge('current_limit_seats', 'current derived number of execution seats available to each priority level', level => level.queues.limit)
  gauge('demand_seats_high_watermark', 'High watermark, over last adjustment period, of demand_seats', level => level.queues.demand.last.highest)
  gauge('demand_seats_average', 'Time-weighted average, over last adjustment period, of demand_seats', level => level.queues.demand.last.average)
  gauge('demand_seats_stdev', 'Time-weighted standard deviation, over last adjustment period, of demand_seats', level => level.queues.demand.last.deviation)
  gauge('demand_seats_smoothed', 'Smoothed seat demands', level => level.queues.demand.smoothed)
  gauge('target_seats', 'Seat allocation targets', level => level.target)
  gauge('current_r', 'R(time of last change)', level => level.queues.meter / 1000)
  metrics.observed({ name: `${prefix}_seat_fair_frac`, help: "Fair fraction of server's concurrency to allocate to each priority level that can use it" }, () => control.fairFraction)
}
