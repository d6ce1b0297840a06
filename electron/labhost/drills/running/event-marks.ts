/** Events of the drill's namespace and of nodes since its first fault, for the same axis as faults and probes. */
import type { DrillMark } from '../../../contract/drills.ts'
import type { DrillWorld } from './drill-world.ts'

interface EventSeen {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly eventTime?: string | null
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly involvedObject?: { readonly kind?: string; readonly name?: string }
}

const most = 500

export async function readEventMarks(api: DrillWorld['api'], namespace: string, zeroMs: number): Promise<readonly DrillMark[]> {
  const lists = await Promise.all([`/api/v1/namespaces/${namespace}/events`, '/api/v1/namespaces/default/events?fieldSelector=involvedObject.kind%3DNode'].map(path => api.get(path)))
  return lists
    .flatMap(list => (list as { readonly items: readonly EventSeen[] }).items.flatMap(event => mark(event, zeroMs)))
    .filter(({ atMs }) => atMs >= 0)
    .toSorted((a, b) => a.atMs - b.atMs)
    .slice(0, most)
}

function mark(event: EventSeen, zeroMs: number): readonly DrillMark[] {
  const time = event.eventTime ?? event.lastTimestamp ?? event.firstTimestamp
  if (time === undefined || time === null) return []
  const about = `${event.involvedObject?.kind ?? ''}/${event.involvedObject?.name ?? ''}`
  return [{ atMs: Date.parse(time) - zeroMs, kind: 'event', text: `${event.type === 'Warning' ? 'Warning ' : ''}${event.reason ?? ''} ${about}: ${event.message ?? ''}${(event.count ?? 1) > 1 ? ` (${event.count} times)` : ''}` }]
}
