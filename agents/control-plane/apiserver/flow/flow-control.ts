/**
 * Priority and fairness: which level and which queue a request waits in, and how the server's seats are shared.
 * Upstream: apiserver/pkg/util/flowcontrol/apf_controller.go.
 *
 *   PF1  Levels and schemas follow their objects at once. What is mandatory exists even when its object does not.
 *   PF2  A schema whose level does not exist is not used, and its Dangling condition says so.
 *   PF3  A level that is no longer wanted takes no new requests and goes when its last one has ended.
 *   PF4  Every ten seconds seats move to the levels that need them.
 *   PF5  The hand of a flow is dealt once and remembered.
 */
import type { Clock } from '../../../base/clock.ts'
import type { FlowSchema, PriorityLevelConfiguration, PriorityLevelConfigurationSpec } from '../../../api/groups/flowcontrol-v1/types.ts'
import type { UserInfo } from '../access/user-info.ts'
import type { Exchange } from '../http/exchange.ts'
import type { RequestInfo } from '../http/request-info.ts'
import { distinguisherOf, inMatchingOrder, matchesSchema } from './flow-schemas.ts'
import { newFlowCounts, QueueSet } from './queue-set.ts'
import type { FlowCounts, QueueConfig, Ticket } from './queue-set.ts'
import { RetryAfter } from './retry-after.ts'
import { divideSeats, firstLimit, seatLimits, sharesOf } from './seat-shares.ts'
import type { SeatLimits } from './seat-shares.ts'
import { dealHand } from './shuffle-sharding.ts'
import { standardLevels, standardSchemas } from '../../../api/groups/flowcontrol-v1/standard-objects.ts'
import { estimateWork, maxSeatsOf } from './work-estimate.ts'
import type { AmountReader } from './work-estimate.ts'

export interface PriorityLevel {
  readonly name: string
  uid: string
  spec: PriorityLevelConfigurationSpec
  readonly queues: QueueSet<Exchange>
  readonly flows: Map<string, FlowCounts>
  readonly retryAfter: RetryAfter
  limits: SeatLimits
  maxSeats: number
  target: number
  isQuiescing: boolean
}

interface UsedSchema {
  readonly object: FlowSchema
  readonly level: PriorityLevel
  readonly counts: FlowCounts
  readonly hands: Map<string, readonly number[]>
}

export interface Admission {
  readonly schema: FlowSchema
  readonly level: PriorityLevel
  readonly ticket: Ticket<Exchange>
}

export interface Dangling {
  readonly schema: FlowSchema
  readonly isDangling: boolean
}

export const borrowingPeriodMs = 10_000
const maxHands = 10_000
const noHand: readonly number[] = []

export class FlowControl {
  readonly #clock: Clock
  readonly #seats: number
  readonly #amounts: AmountReader
  readonly #levels = new Map<string, PriorityLevel>()
  #schemas: UsedSchema[] = []
  fairFraction = 0

  constructor(clock: Clock, serverSeats: number, amounts: AmountReader) {
    this.#clock = clock
    this.#seats = serverSeats
    this.#amounts = amounts
    this.configure([], [])
  }

  get levels(): Iterable<PriorityLevel> {
    return this.#levels.values()
  }

  get seats(): number {
    return this.#seats
  }

  /** Takes these objects as all there are (PF1); tells what the schemas' conditions must say (PF2). */
  configure(levels: readonly PriorityLevelConfiguration[], schemas: readonly FlowSchema[]): Dangling[] {
    const wanted = new Map(levels.filter(level => isSound(level)).map(level => [level.metadata.name, { uid: level.metadata.uid ?? '', spec: level.spec }]))
    const dangling = schemas.map(schema => ({ schema, isDangling: !wanted.has(schema.spec.priorityLevelConfiguration.name) }))
    for (const { name, spec, isMandatory } of standardLevels) if (isMandatory && !wanted.has(name)) wanted.set(name, { uid: '', spec })
    for (const level of [...this.#levels.values()]) {
      if (wanted.has(level.name)) continue
      if (level.queues.isIdle) this.#levels.delete(level.name)
      else level.isQuiescing = true // PF3
    }
    const all = [...wanted.values(), ...[...this.#levels.values()].filter(level => level.isQuiescing && !wanted.has(level.name))]
    const shares = all.reduce((sum, { spec }) => sum + sharesOf(spec), 0)
    for (const [name, { uid, spec }] of wanted) this.#setLevel(name, uid, spec, shares)
    for (const level of this.#levels.values()) if (!wanted.has(level.name)) this.#setLevel(level.name, level.uid, level.spec, shares, true)
    this.#schemas = this.#usedSchemas(schemas, dangling)
    this.#divide()
    return dangling
  }

  /** Starts, queues or refuses. Whoever gets a ticket that executes ends it with `finish`. */
  admit(exchange: Exchange): Admission {
    const { info } = exchange
    const user = exchange.user!
    const used = this.#schemaOf(info, user)
    const { level } = used
    const queuing = level.spec.limited?.limitResponse?.queuing
    const distinguisher = queuing === undefined ? '' : distinguisherOf(used.object.spec, info, user)
    const work = estimateWork(info, exchange.query, level.maxSeats, this.#amounts)
    const ticket = level.queues.arrive(used.counts, work, queuing === undefined ? noHand : this.#handOf(used, distinguisher, queuing.queues ?? 64, queuing.handSize ?? 8), exchange, distinguisher)
    return { schema: used.object, level, ticket }
  }

  finish({ level, ticket }: Admission): void {
    level.queues.finish(ticket)
    if (level.isQuiescing && level.queues.isIdle) this.#levels.delete(level.name) // PF3
  }

  /** PF4 */
  adjustBorrowing(): void {
    this.#divide()
  }

  #setLevel(name: string, uid: string, spec: PriorityLevelConfigurationSpec, shares: number, isQuiescing = false): void {
    const limits = seatLimits(spec, this.#seats, shares)
    let level = this.#levels.get(name)
    if (level === undefined) {
      level = { name, uid, spec, limits, queues: new QueueSet(this.#clock, queueConfig(spec), firstLimit(limits)), flows: new Map(), retryAfter: new RetryAfter(this.#clock), maxSeats: 0, target: 0, isQuiescing }
      this.#levels.set(name, level)
    }
    level.uid = uid
    level.spec = spec
    level.limits = limits
    level.maxSeats = maxSeatsOf(spec, limits.nominal)
    level.isQuiescing = isQuiescing
  }

  #usedSchemas(schemas: readonly FlowSchema[], dangling: readonly Dangling[]): UsedSchema[] {
    const present = inMatchingOrder(schemas.filter((_schema, index) => !dangling[index]!.isDangling))
    const missing = standardSchemas.filter(({ name, isMandatory }) => isMandatory && !present.some(schema => schema.metadata.name === name))
    const imagined = missing.map(({ name, spec }) => ({ apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name, uid: '', resourceVersion: '', creationTimestamp: '' }, spec, status: {} }))
    const hands = new Map(this.#schemas.map(used => [used.object.metadata.name, used.hands]))
    return inMatchingOrder([...present, ...imagined]).map(object => {
      const level = this.#levels.get(object.spec.priorityLevelConfiguration.name)!
      const { name } = object.metadata
      return { object, level, counts: this.#countsOf(level, name), hands: hands.get(name) ?? new Map<string, readonly number[]>() }
    })
  }

  #countsOf(level: PriorityLevel, schemaName: string): FlowCounts {
    const known = level.flows.get(schemaName)
    if (known !== undefined) return known
    const made = newFlowCounts(schemaName)
    level.flows.set(schemaName, made)
    return made
  }

  #schemaOf(info: RequestInfo, user: UserInfo): UsedSchema {
    for (const used of this.#schemas) if (matchesSchema(used.object.spec, info, user)) return used
    return this.#schemas.find(used => used.object.metadata.name === 'catch-all')!
  }

  /** PF5. Hands are dealt from as many queues as the level now has. */
  #handOf({ object, hands }: UsedSchema, distinguisher: string, queues: number, handSize: number): readonly number[] {
    const key = `${queues}/${handSize}/${distinguisher}`
    const known = hands.get(key)
    if (known !== undefined) return known
    if (hands.size >= maxHands) hands.clear()
    const dealt = dealHand(object.metadata.name, distinguisher, queues, handSize)
    hands.set(key, dealt)
    return dealt
  }

  #divide(): void {
    const now = this.#clock.monotonic()
    const levels = [...this.#levels.values()]
    const { limits, targets, fairFraction } = divideSeats(levels.map(level => {
      const { highest } = level.queues.demand.take(now)
      return { ...level.limits, isExempt: level.spec.type === 'Exempt', highest, smoothed: level.queues.demand.smoothed }
    }))
    this.fairFraction = fairFraction
    levels.forEach((level, index) => {
      level.target = targets[index]!
      level.queues.configure(queueConfig(level.spec), limits[index]!)
    })
  }
}

function queueConfig({ type, limited }: PriorityLevelConfigurationSpec): QueueConfig {
  if (type === 'Exempt') return { mode: 'exempt' }
  const queuing = limited?.limitResponse?.queuing
  if (queuing === undefined) return { mode: 'reject' }
  return { mode: 'queue', queues: queuing.queues ?? 64, handSize: queuing.handSize ?? 8, queueLengthLimit: queuing.queueLengthLimit ?? 50 }
}

/** Objects that slipped past validation are as if they were not there. */
function isSound({ metadata, spec }: PriorityLevelConfiguration): boolean {
  if ((spec.type === 'Exempt') !== (metadata.name === 'exempt')) return false
  if (spec.type === 'Exempt') return spec.limited === undefined
  const response = spec.limited?.limitResponse
  if (response === undefined || (response.type === 'Queue') !== (response.queuing !== undefined)) return false
  const { queues = 0, handSize = 0 } = response.queuing ?? { queues: 1, handSize: 1 }
  return queues > 0 && handSize > 0 && handSize <= queues
}
