/**
 * How many seats a request takes, before anything is known but its path. Upstream: apiserver/pkg/util/flowcontrol/request.
 *
 *   WE1  A list, or a watch that begins with what exists, takes a seat for each 100 kB it holds in memory at once, at most a hundred.
 *   WE2  A write takes one seat, and one for ten watchers for 5 ms after it has been answered: they have to be told.
 *   WE3  Nothing takes more than its level's part allows: 15 % of its nominal seats, or those of one hand.
 *   WE4  A read that names one object is a get; what is not stored here (an extension server's) takes one seat.
 */
import type { PriorityLevelConfigurationSpec } from '../../../api/groups/flowcontrol-v1/types.ts'
import type { RequestInfo } from '../http/request-info.ts'
import type { Work } from './queue-set.ts'

export interface StoredAmount {
  readonly objects: number
  readonly bytes: number
}

export interface AmountReader {
  /** What is stored of a resource; undefined when it is not stored here. */
  amountOf(info: RequestInfo): StoredAmount | undefined
  /** How many watchers would be told of a change. */
  watchersOf(info: RequestInfo): number
}

const bytesPerSeat = 100_000
/** A list from the cache is sent in pieces. */
const streamedBytes = 1_000_000
const maxListSeats = 100
const maxWriteSeats = 10
const watchersPerSeat = 10
const tellingMs = 5
const oneSeat: Work = Object.freeze({ initialSeats: 1, finalSeats: 0, lingerMs: 0 })

export function estimateWork(info: RequestInfo, query: URLSearchParams, levelMaxSeats: number, amounts: AmountReader): Work {
  if (!info.isResourceRequest) return oneSeat
  switch (info.verb) {
    case 'list':
      return listWork(info, query, levelMaxSeats, amounts)
    case 'watch': {
      const start = query.get('resourceVersion') ?? ''
      const sendsState = query.get('sendInitialEvents') === 'true' || start === '' || start === '0'
      return sendsState ? listWork(info, query, levelMaxSeats, amounts) : oneSeat
    }
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
      return writeWork(info, levelMaxSeats, amounts)
    default:
      return oneSeat
  }
}

/** WE3; 0 is no bound of its own. */
export function maxSeatsOf(spec: PriorityLevelConfigurationSpec, nominalSeats: number): number {
  const queuing = spec.limited?.limitResponse?.queuing
  if (queuing === undefined) return 0
  return Math.max(1, Math.min(Math.ceil(nominalSeats * 0.15), Math.floor(nominalSeats / (queuing.handSize ?? 8))))
}

function listWork(info: RequestInfo, query: URLSearchParams, levelMaxSeats: number, amounts: AmountReader): Work {
  const amount = amounts.amountOf(info)
  if (amount === undefined || amount.objects === 0) return oneSeat // WE4
  const limit = Number(query.get('limit') ?? 0)
  const listed = info.name !== '' ? 1 : limit > 0 ? Math.min(limit, amount.objects) : amount.objects
  const fromCache = info.verb === 'watch' || readsCache(query, limit)
  const selects = query.has('fieldSelector') || query.has('labelSelector')
  const loaded = fromCache || info.name !== '' || !selects ? listed : Math.max(listed, Math.floor(amount.objects / 2))
  const bytes = loaded * (amount.bytes / amount.objects)
  const seats = Math.ceil((fromCache ? Math.min(bytes, streamedBytes) : bytes) / bytesPerSeat)
  const most = levelMaxSeats === 0 ? maxListSeats : Math.min(levelMaxSeats, maxListSeats)
  const width = Math.min(Math.max(1, seats), most)
  return width === 1 ? oneSeat : { initialSeats: width, finalSeats: 0, lingerMs: 0 }
}

/** Pages after the first, and exact revisions, come from the store. */
function readsCache(query: URLSearchParams, limit: number): boolean {
  const match = query.get('resourceVersionMatch') ?? ''
  const version = query.get('resourceVersion') ?? ''
  if (match === 'NotOlderThan') return true
  if (match !== '' || (query.get('continue') ?? '') !== '') return false
  return !(limit > 0 && version !== '' && version !== '0')
}

/** WE2 */
function writeWork(info: RequestInfo, levelMaxSeats: number, amounts: AmountReader): Work {
  if (info.resource === 'serviceaccounts' && info.subresource === 'token') return oneSeat
  const watchers = amounts.watchersOf(info)
  if (watchers < watchersPerSeat) return oneSeat
  const wanted = Math.ceil(watchers / watchersPerSeat)
  const finalSeats = Math.min(wanted, levelMaxSeats === 0 ? maxWriteSeats : Math.min(levelMaxSeats, maxWriteSeats))
  return { initialSeats: 1, finalSeats, lingerMs: (wanted * tellingMs) / finalSeats } // the same work, narrower and longer
}
