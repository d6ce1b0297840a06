/**
 * The queues of one priority level and its fair choice of what runs next: fair queuing for requests of unequal width
 * and unknown length. Upstream: apiserver/pkg/util/flowcontrol/fairqueuing/queueset, KEP-1040.
 *
 * The meter R says how much service, in seat milliseconds, a queue that always had work would have been given so far. A
 * queue remembers at which R its next request would start; of all queues the one whose next request would end first is
 * served. Nobody knows how long a request will take, so 3 ms are assumed and corrected when it ends.
 *
 *   QS1  A flow is put into the queue of its hand that has the least waiting work.
 *   QS2  With a free seat nobody waits: no queue is searched, no timer set, no promise made.
 *   QS3  A full queue refuses only when there is no free seat either.
 *   QS4  A request wider than the limit runs alone.
 *   QS5  The next in line is not overtaken by narrower ones when it does not fit yet.
 *   QS6  A queue that was idle starts at the present R: nobody saves up service for later.
 *   QS7  Seats of a write stay taken for the time its watchers are told, after its answer has gone.
 *   QS8  Fewer queues than before: surplus queues go when they are empty.
 */
import type { Clock } from '../../../base/clock.ts'
import { SeatDemand } from './seat-demand.ts'

/** What a request asks of the server. */
export interface Work {
  readonly initialSeats: number
  readonly finalSeats: number
  readonly lingerMs: number
}

export type QueueConfig =
  | { readonly mode: 'exempt' }
  | { readonly mode: 'reject' }
  | { readonly mode: 'queue'; readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number }

export type Refusal = 'concurrency-limit' | 'queue-full' | 'time-out'

/** What happened to the requests of one flow schema at one level. */
export interface FlowCounts {
  readonly schema: string
  waiting: number
  waitingSeats: number
  executing: number
  executingSeats: number
  dispatched: number
  readonly refused: Record<Refusal, number>
  withoutRoom: number
}

export function newFlowCounts(schema: string): FlowCounts {
  return { schema, waiting: 0, waitingSeats: 0, executing: 0, executingSeats: 0, dispatched: 0, refused: { 'concurrency-limit': 0, 'queue-full': 0, 'time-out': 0 }, withoutRoom: 0 }
}

export interface Ticket<About> {
  readonly about: About
  readonly distinguisher: string
  readonly flow: FlowCounts
  readonly seats: number
  readonly work: Work
  readonly arrivedMs: number
  state: 'waiting' | 'executing' | 'refused' | 'ended'
  refusal: Refusal | undefined
  startedMs: number
  /** Length of its queue with it; 0 where there are no queues. */
  lengthOnArrival: number
}

interface Queue<About> {
  readonly waiting: OwnTicket<About>[]
  waitingWork: number
  waitingSeats: number
  waitingInitialSeats: number
  readonly executing: Set<OwnTicket<About>>
  seatsInUse: number
  nextStart: number
}

interface OwnTicket<About> extends Ticket<About> {
  queue: Queue<About> | undefined
  totalWork: number
  finalSeats: number
  lingerMs: number
  arrivedAt: number
  decide: ((executes: boolean) => void) | undefined
}

const assumedMs = 3

export class QueueSet<About> {
  readonly demand: SeatDemand
  readonly #clock: Clock
  #config: QueueConfig
  #limit: number
  #queues: Queue<About>[] = []
  readonly #unqueued = new Set<OwnTicket<About>>()
  /** The progress meter. */
  #meter = 0
  #meterAt: number
  #activeQueues = 0
  #robin = -1
  #arrivals = 0
  #waiting = 0
  #waitingSeats = 0
  #executing = 0
  #seatsInUse = 0
  dispatched = 0
  refused = 0
  timedOut = 0

  constructor(clock: Clock, config: QueueConfig, limit: number) {
    this.#clock = clock
    this.#config = config
    this.#limit = limit
    this.#meterAt = clock.monotonic()
    this.demand = new SeatDemand(this.#meterAt)
    this.configure(config, limit)
  }

  get waiting(): number {
    return this.#waiting
  }

  get executing(): number {
    return this.#executing
  }

  get seatsInUse(): number {
    return this.#seatsInUse
  }

  get limit(): number {
    return this.#limit
  }

  get meter(): number {
    return this.#meter
  }

  get isIdle(): boolean {
    return this.#waiting === 0 && this.#executing === 0
  }

  get queues(): readonly Readonly<Omit<Queue<About>, 'waiting' | 'executing'> & { waiting: readonly Ticket<About>[]; executing: ReadonlySet<Ticket<About>> }>[] {
    return this.#queues
  }

  get unqueued(): ReadonlySet<Ticket<About>> {
    return this.#unqueued
  }

  configure(config: QueueConfig, limit: number): void {
    this.#sync()
    this.#config = config
    this.#limit = limit
    const wanted = config.mode === 'queue' ? config.queues : 0
    while (this.#queues.length < wanted) this.#queues.push({ waiting: [], waitingWork: 0, waitingSeats: 0, waitingInitialSeats: 0, executing: new Set(), seatsInUse: 0, nextStart: 0 })
    for (const queue of this.#queues.slice(wanted)) this.#dropSurplus(queue)
    this.#dispatch()
  }

  /** Starts, queues or refuses a request. The hand is of the present configuration. */
  arrive(flow: FlowCounts, work: Work, hand: readonly number[], about: About, distinguisher = ''): Ticket<About> {
    const now = this.#sync()
    const ticket: OwnTicket<About> = {
      about, distinguisher, flow, work, seats: Math.max(work.initialSeats, work.finalSeats), arrivedMs: now, state: 'waiting', refusal: undefined, startedMs: 0, lengthOnArrival: 0,
      queue: undefined, totalWork: work.initialSeats * assumedMs + work.finalSeats * work.lingerMs, finalSeats: work.finalSeats, lingerMs: work.lingerMs, arrivedAt: this.#meter, decide: undefined,
    }
    if (this.#config.mode !== 'queue') {
      if (this.#config.mode === 'exempt' || this.#hasRoom(ticket.seats)) this.#start(ticket, now)
      else this.#refuse(ticket, 'concurrency-limit')
      return ticket
    }
    const queue = this.#queueFor(hand)
    ticket.queue = queue
    if (this.#waiting === 0 && this.#hasRoom(ticket.seats)) { // QS2
      ticket.lengthOnArrival = 1
      queue.nextStart = isActive(queue) ? Math.max(queue.nextStart, this.#meter) : this.#meter // QS6
      this.#start(ticket, now)
      return ticket
    }
    if (this.#seatsInUse >= this.#limit && queue.waiting.length >= this.#config.queueLengthLimit) { // QS3
      this.#refuse(ticket, 'queue-full')
      return ticket
    }
    this.#enqueue(ticket, queue)
    ticket.lengthOnArrival = queue.waiting.length
    this.#dispatch()
    return ticket
  }

  /** For a ticket that waits: whether it may go on. False when the time has passed or the signal aborts first. */
  async decided(waiting: Ticket<About>, limitMs: number, signal: AbortSignal): Promise<boolean> {
    const ticket = waiting as OwnTicket<About>
    if (ticket.state !== 'waiting') return ticket.state === 'executing'
    const giveUp = () => {
      this.#giveUp(ticket)
    }
    return await new Promise<boolean>(resolve => {
      const timer = this.#clock.after(limitMs, giveUp)
      ticket.decide = executes => {
        timer[Symbol.dispose]()
        signal.removeEventListener('abort', giveUp)
        resolve(executes)
      }
      if (signal.aborted) giveUp()
      else signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  finish(executing: Ticket<About>): void {
    const ticket = executing as OwnTicket<About>
    if (ticket.state !== 'executing') return
    const now = this.#sync()
    ticket.state = 'ended'
    ticket.flow.executing -= 1
    this.#executing -= 1
    const { queue } = ticket
    if (queue === undefined) this.#unqueued.delete(ticket)
    else {
      queue.executing.delete(ticket)
      this.#left(queue)
      queue.nextStart -= ticket.work.initialSeats * (assumedMs - (now - ticket.startedMs))
      boundStart(queue)
    }
    if (ticket.lingerMs <= 0) {
      this.#release(ticket, now)
      this.#dispatch()
      return
    }
    this.#clock.after(ticket.lingerMs, () => { // QS7
      this.#release(ticket, this.#sync())
      this.#dispatch()
    })
  }

  /** Moves the meter to the present, at the speed that the last state of the queues gave it. */
  #sync(): number {
    const now = this.#clock.monotonic()
    const passedMs = now - this.#meterAt
    if (passedMs > 0) {
      this.#meterAt = now
      if (this.#activeQueues > 0) this.#meter += (passedMs * Math.min(this.#seatsInUse + this.#waitingSeats, this.#limit)) / this.#activeQueues
    }
    return now
  }

  /** QS1 */
  #queueFor(hand: readonly number[]): Queue<About> {
    const offset = this.#arrivals++ % hand.length
    let best: Queue<About> | undefined
    for (let at = 0; at < hand.length; at++) {
      const queue = this.#queues[hand[(offset + at) % hand.length]!]!
      if (best === undefined || queue.waitingWork < best.waitingWork) best = queue
      if (best.waitingWork === 0) break
    }
    return best!
  }

  #hasRoom(seats: number): boolean {
    if (seats > this.#limit) return this.#executing === 0 // QS4
    return this.#seatsInUse + seats <= this.#limit
  }

  #enqueue(ticket: OwnTicket<About>, queue: Queue<About>): void {
    if (!isActive(queue)) queue.nextStart = this.#meter // QS6
    this.#joins(queue)
    queue.waiting.push(ticket)
    queue.waitingWork += ticket.totalWork
    queue.waitingSeats += ticket.seats
    queue.waitingInitialSeats += ticket.work.initialSeats
    boundStart(queue)
    this.#waiting += 1
    this.#waitingSeats += ticket.seats
    ticket.flow.waiting += 1
    ticket.flow.waitingSeats += ticket.seats
    this.demand.set(this.#seatsInUse + this.#waitingSeats, this.#meterAt)
  }

  #dequeue(ticket: OwnTicket<About>): void {
    const queue = ticket.queue!
    queue.waiting.splice(queue.waiting.indexOf(ticket), 1)
    this.#left(queue)
    queue.waitingWork -= ticket.totalWork
    queue.waitingSeats -= ticket.seats
    queue.waitingInitialSeats -= ticket.work.initialSeats
    this.#waiting -= 1
    this.#waitingSeats -= ticket.seats
    ticket.flow.waiting -= 1
    ticket.flow.waitingSeats -= ticket.seats
  }

  #giveUp(ticket: OwnTicket<About>): void {
    if (ticket.state !== 'waiting') return
    this.#sync()
    this.#dequeue(ticket)
    boundStart(ticket.queue!)
    this.demand.set(this.#seatsInUse + this.#waitingSeats, this.#meterAt)
    this.#refuse(ticket, 'time-out')
    this.timedOut += 1
    ticket.decide?.(false)
    this.#dispatch()
  }

  #refuse(ticket: OwnTicket<About>, why: Refusal): void {
    ticket.state = 'refused'
    ticket.refusal = why
    ticket.flow.refused[why] += 1
    this.refused += 1
  }

  #start(ticket: OwnTicket<About>, now: number): void {
    ticket.state = 'executing'
    ticket.startedMs = now
    this.#executing += 1
    this.#seatsInUse += ticket.seats
    this.dispatched += 1
    ticket.flow.executing += 1
    ticket.flow.executingSeats += ticket.seats
    ticket.flow.dispatched += 1
    const { queue } = ticket
    if (queue === undefined) this.#unqueued.add(ticket)
    else {
      this.#joins(queue)
      queue.executing.add(ticket)
      queue.seatsInUse += ticket.seats
      queue.nextStart += ticket.totalWork
      boundStart(queue)
    }
    this.demand.set(this.#seatsInUse + this.#waitingSeats, now)
  }

  #release(ticket: OwnTicket<About>, now: number): void {
    this.#seatsInUse -= ticket.seats
    ticket.flow.executingSeats -= ticket.seats
    this.demand.set(this.#seatsInUse + this.#waitingSeats, now)
    if (ticket.queue === undefined) return
    ticket.queue.seatsInUse -= ticket.seats
    this.#dropSurplus(ticket.queue)
  }

  #dispatch(): void {
    while (this.#waiting > 0 && this.#seatsInUse < this.#limit && this.#dispatchOne()) { /* one at a time */ }
  }

  #dispatchOne(): boolean {
    const count = this.#queues.length
    let best = -1
    let earliestEnd = Infinity
    for (let step = 1; step <= count; step++) {
      const at = (this.#robin + step + count) % count
      const queue = this.#queues[at]!
      const oldest = queue.waiting[0]
      if (oldest === undefined || queue.nextStart + oldest.totalWork >= earliestEnd) continue
      earliestEnd = queue.nextStart + oldest.totalWork
      best = at
    }
    const ticket = this.#queues[best]?.waiting[0]
    if (ticket === undefined) return false
    if (!this.#hasRoom(ticket.seats)) { // QS5
      ticket.flow.withoutRoom += 1
      return false
    }
    this.#robin = best
    this.#dequeue(ticket)
    if (ticket.finalSeats > this.#limit) { // the same work, narrower and longer
      ticket.lingerMs = (ticket.finalSeats * ticket.lingerMs) / this.#limit
      ticket.finalSeats = this.#limit
    }
    this.#start(ticket, this.#meterAt)
    ticket.decide?.(true)
    return true
  }

  #joins(queue: Queue<About>): void {
    if (!isActive(queue)) this.#activeQueues += 1
  }

  #left(queue: Queue<About>): void {
    if (!isActive(queue)) this.#activeQueues -= 1
  }

  /** QS8 */
  #dropSurplus(queue: Queue<About>): void {
    const wanted = this.#config.mode === 'queue' ? this.#config.queues : 0
    if (this.#queues.length <= wanted || isActive(queue) || queue.seatsInUse > 0) return
    const at = this.#queues.indexOf(queue)
    if (at < wanted) return // hands are dealt by index
    this.#queues.splice(at, 1)
    if (this.#robin >= at) this.#robin -= 1
  }
}

function isActive<About>(queue: Queue<About>): boolean {
  return queue.waiting.length > 0 || queue.executing.size > 0
}

/** A queue that could not use what it was given does not save it up: nothing starts before it came (QS6). */
function boundStart<About>(queue: Queue<About>): void {
  const oldest = queue.waiting[0]
  if (oldest !== undefined && queue.nextStart < oldest.arrivedAt) queue.nextStart = oldest.arrivedAt
}
