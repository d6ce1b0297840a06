/**
 * What waits and runs at this moment, as the text tables of /debug/api_priority_and_fairness/….
 * Upstream: apiserver/pkg/util/flowcontrol/apf_controller_debug.go; cells end with a comma and are padded to their column.
 */
import type { Exchange } from '../http/exchange.ts'
import type { FlowControl, PriorityLevel } from './flow-control.ts'
import type { Ticket } from './queue-set.ts'

export const dumpPaths = '/debug/api_priority_and_fairness/'

/** The table of that name, or undefined. */
export function flowDump(control: FlowControl, name: string, query: URLSearchParams, now: { readonly wallMs: number; readonly monotonicMs: number }): string | undefined {
  const levels = [...control.levels].sort((a, b) => (a.name < b.name ? -1 : 1))
  switch (name) {
    case 'dump_priority_levels':
      return renderTable([levelHeaders, ...levels.map(levelRow)])
    case 'dump_queues':
      return renderTable([queueHeaders, ...levels.flatMap(queueRows)])
    case 'dump_requests': {
      const details = (query.get('includeRequestDetails') ?? '') !== ''
      const wall = (monotonicMs: number) => new Date(now.wallMs - now.monotonicMs + monotonicMs).toISOString()
      return renderTable([details ? [...requestHeaders, ...detailHeaders] : requestHeaders, ...levels.flatMap(level => requestRows(level, wall, details))])
    }
    default:
      return undefined
  }
}

const levelHeaders = ['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests', 'DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests']

function levelRow({ name, queues, isQuiescing }: PriorityLevel): string[] {
  const active = queues.queues.filter(queue => queue.waiting.length > 0).length
  return [name, active, queues.isIdle, isQuiescing, queues.waiting, queues.executing, queues.dispatched, queues.refused, 0, queues.timedOut].map(String)
}

const queueHeaders = ['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR', 'InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum']

function queueRows({ name, queues }: PriorityLevel): string[][] {
  return queues.queues.map((queue, index) => [name, index, queue.waiting.length, queue.executing.size, queue.seatsInUse, seatSeconds(queue.nextStart), queue.waitingInitialSeats, queue.waitingSeats, seatSeconds(queue.waitingWork)].map(String))
}

const requestHeaders = ['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime', 'InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime'] // spelt as upstream spells it
const detailHeaders = ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource']

function requestRows({ name, queues }: PriorityLevel, wall: (monotonicMs: number) => string, details: boolean): string[][] {
  const row = (ticket: Ticket<Exchange>, queue: number, place: number) => [
    name, ticket.flow.schema, String(queue), String(place), ticket.distinguisher, wall(ticket.arrivedMs), String(ticket.work.initialSeats), String(ticket.work.finalSeats), durationText(ticket.work.lingerMs),
    ticket.state === 'waiting' ? '0001-01-01T00:00:00Z' : wall(ticket.startedMs),
    ...(details ? detailsOf(ticket.about) : []),
  ]
  return [
    ...queues.queues.flatMap((queue, index) => [...queue.waiting.map((ticket, place) => row(ticket, index, place)), ...[...queue.executing].map(ticket => row(ticket, index, -1))]),
    ...[...queues.unqueued].map(ticket => row(ticket, -1, -1)),
  ]
}

function detailsOf({ user, info }: Exchange): string[] {
  return [user?.name ?? '', info.verb, info.path, info.namespace, info.name, info.group === '' ? info.version : `${info.group}/${info.version}`, info.resource, info.subresource]
}

function seatSeconds(seatMs: number): string {
  return `${(seatMs / 1000).toFixed(8)}ss`
}

function durationText(ms: number): string {
  return ms === 0 ? '0s' : `${ms}ms`
}

/** As Go's tabwriter lays it out: columns at least 8 wide, one blank between, the last unpadded. */
function renderTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map(row => row.map((cell, index) => (index < row.length - 1 ? `${cell},` : cell)))
  const widths = (cells[0] ?? []).map((_cell, index) => Math.max(8, ...cells.map(row => (row[index]?.length ?? 0) + 1)))
  return cells.map(row => `${row.map((cell, index) => (index < row.length - 1 ? cell.padEnd(widths[index]!) : cell)).join('')}\n`).join('')
}
