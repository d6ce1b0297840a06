/**
 * The faults of one lab: injects them, ends them in time, heals them whatever happens, and remembers.
 *
 *   FL1  An order is written down before anything is done, and again with every step; who finds a journal heals what is in it.
 *   FL2  A fault ends at its time, when asked, when the lab stops, and when a lab host starts anew: no fault outlives the lab
 *        host that injected it.
 *   FL3  A fault that claims what another holds is refused, with the id of the other.
 *   FL4  Healing that fails is tried again, ever more seldom, until it succeeds; until then the fault holds what it claims.
 *   FL5  An injection that fails is healed like any other, and reported as failed.
 *   FL7  A fault that must be kept up is, every few seconds, until it heals; what is wrong with that is told and tried again.
 *   FL8  In a lab that is put back to another moment the faults of that moment are in effect, and no others.
 *   FL6  The last faults that are over are kept, so many of them.
 */
import { backoffMs } from '../../../agents/base/backoff.ts'
import type { Clock } from '../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../agents/base/log.ts'
import { orAborted } from '../../../agents/base/or-aborted.ts'
import type { Random } from '../../../agents/base/random.ts'
import type { FaultEnd, FaultState, FaultTarget, FaultValues } from '../../contract/faults.ts'
import { FaultError } from './fault-error.ts'
import type { Fault, FaultOrder, FaultWorld } from './fault.ts'
import { checkTarget, findFault, longestMs, readParameters, shortestMs } from './read-order.ts'

/** What is written down. */
export interface FaultEntry extends FaultState {
  readonly memory: unknown
}

export interface FaultLedgerOptions {
  readonly world: FaultWorld
  readonly journal: { read(): readonly FaultEntry[]; write(entries: readonly FaultEntry[]): void }
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  readonly log: Log
  readonly changed: () => void
}

const keptWhenOver = 50
const keepEveryMs = 5_000
const again = { firstMs: 1_000, maxMs: 30_000, factor: 2, jitter: 0.1 } as const

export class FaultLedger {
  readonly #options: FaultLedgerOptions
  #entries: readonly FaultEntry[]
  readonly #injectedHere = new Set<string>()
  readonly #timers = new Map<string, Disposable>()
  readonly #keeping = new Map<string, Disposable>()
  readonly #healing = new Map<string, Promise<void>>()
  #changed = Promise.withResolvers<void>()

  constructor(options: FaultLedgerOptions) {
    this.#options = options
    this.#entries = options.journal.read()
  }

  get states(): readonly FaultState[] {
    return this.#entries.map(({ memory: _, ...state }) => state)
  }

  /** Refuses, as an injection would, a kind that is not known and a target that it cannot be aimed at. */
  checkAim(kind: string, target: FaultTarget): void {
    checkTarget(findFault(kind).kind, target, this.#options.world)
  }

  async inject(given: { readonly kind: string; readonly target: FaultTarget; readonly parameters: FaultValues; readonly durationMs: number | null }): Promise<FaultState> {
    const fault = findFault(given.kind)
    const { kind } = fault
    const parameters = readParameters(kind, given.parameters)
    checkTarget(kind, given.target, this.#options.world)
    if (given.durationMs !== null && !kind.lasts) throw new FaultError('invalid-argument', `${kind.name} happens once and has no duration`)
    if (given.durationMs !== null && !(given.durationMs >= shortestMs && given.durationMs <= longestMs)) throw new FaultError('invalid-argument', `a fault lasts from ${shortestMs} ms to ${longestMs / 3_600_000} hours`)
    this.#requireFree(fault, given.target) // FL3
    const now = this.#options.clock.now()
    const entry: FaultEntry = {
      id: this.#options.newId(), kind: kind.name, target: given.target, parameters, phase: 'injecting', startedAt: new Date(now).toISOString(),
      endsAt: given.durationMs === null ? null : new Date(now + given.durationMs).toISOString(), healedAt: null, end: null, problem: null, memory: null,
    }
    this.#injectedHere.add(entry.id)
    this.#put(entry) // holds its claims from now on
    try {
      const memory = (await fault.prepare?.(this.#options.world, given.target)) ?? null
      this.#put({ ...entry, memory }) // FL1
      await fault.inject(this.#options.world, this.#order(this.#entry(entry.id)))
    } catch (error) {
      this.#change(entry.id, { problem: errorText(error) })
      await this.#heal(entry.id, 'failed') // FL5
      throw error instanceof FaultError ? error : new FaultError('failed', `${kind.name} could not be injected: ${errorText(error)}`)
    }
    this.#options.log.info('fault injected', { fault: entry.id, kind: kind.name, target: given.target })
    if (!kind.lasts) this.#change(entry.id, { phase: 'over', end: 'once' })
    else if (this.#entry(entry.id).phase === 'injecting') {
      this.#change(entry.id, { phase: 'active' })
      if (fault.keep !== undefined) this.#keepUp(entry.id, fault) // FL7
      if (given.durationMs !== null) this.#after(entry.id, given.durationMs, 'time')
    }
    return this.#state(entry.id)
  }

  async heal(id: string, why: FaultEnd = 'asked'): Promise<FaultState> {
    const entry = this.#entries.find(candidate => candidate.id === id)
    if (entry === undefined) throw new FaultError('not-found', `there is no fault ${id}; \`kubarium fault list\` shows them`)
    if (entry.phase !== 'over') await this.#heal(id, why)
    const healed = this.#state(id)
    if (healed.phase !== 'over') throw new FaultError('failed', `${healed.kind} could not be healed yet and is tried again: ${healed.problem}`)
    return healed
  }

  /** Those that cannot be healed now are tried again. */
  async healAll(why: FaultEnd): Promise<readonly FaultState[]> {
    const open = this.#entries.filter(({ phase }) => phase !== 'over').map(({ id }) => id)
    await Promise.all(open.toReversed().map(id => this.#heal(id, why)))
    return open.map(id => this.#state(id))
  }

  /** FL2: heals what an earlier lab host has injected, and leaves alone what this one has. */
  async recover(): Promise<void> {
    const left = this.#entries.filter(({ id, phase }) => phase !== 'over' && !this.#injectedHere.has(id))
    await Promise.all(left.map(({ id }) => this.#heal(id, 'host-restarted')))
  }

  /**
   * The lab was put back to another moment: what was in effect then is in effect again, with the time that it had left, and
   * nothing is known of what came after. What this one has in effect is forgotten, not healed: its effects have gone with the
   * processes and machines that they were in.
   *
   * @param at when the entries were written, epoch milliseconds
   */
  async becomeAsOf(entries: readonly FaultEntry[], at: number): Promise<void> {
    this.close()
    const now = this.#options.clock.now()
    this.#entries = entries.map(entry => (entry.phase === 'over' || entry.endsAt === null ? entry : { ...entry, endsAt: new Date(Date.parse(entry.endsAt) - at + now).toISOString() }))
    this.#write()
    for (const { id, kind, phase, endsAt } of this.#entries) {
      if (phase === 'over') continue
      this.#injectedHere.add(id)
      if (phase !== 'active') { // its injection or its healing was under way
        void this.#heal(id, 'host-restarted')
        continue
      }
      const fault = findFault(kind)
      if (fault.isOfDesktop === true) await fault.inject(this.#options.world, this.#order(this.#entry(id))).catch((error: unknown) => { this.#change(id, { problem: errorText(error) }) })
      if (fault.keep !== undefined) this.#keepUp(id, fault)
      if (endsAt !== null) this.#after(id, Math.max(0, Date.parse(endsAt) - now), 'time')
    }
  }

  async *follow(signal: AbortSignal): AsyncGenerator<readonly FaultState[]> {
    while (!signal.aborted) {
      const { promise } = this.#changed
      yield this.states
      await orAborted(promise, signal)
    }
  }

  close(): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]()
    this.#timers.clear()
    for (const timer of this.#keeping.values()) timer[Symbol.dispose]()
    this.#keeping.clear()
  }

  #heal(id: string, why: FaultEnd): Promise<void> {
    const under = this.#healing.get(id) ?? this.#healOnce(id, why, 1).finally(() => { this.#healing.delete(id) })
    this.#healing.set(id, under)
    return under
  }

  async #healOnce(id: string, why: FaultEnd, attempt: number): Promise<void> {
    this.#timers.get(id)?.[Symbol.dispose]()
    this.#timers.delete(id)
    this.#keeping.get(id)?.[Symbol.dispose]()
    this.#keeping.delete(id)
    const entry = this.#entry(id)
    this.#change(id, { phase: 'healing', end: entry.end ?? why })
    try {
      await findFault(entry.kind).heal?.(this.#options.world, this.#order(entry), why)
    } catch (error) {
      if (!this.#entries.some(known => known.id === id)) return
      this.#change(id, { problem: errorText(error) })
      this.#options.log.warn('fault not healed yet', { fault: id, kind: entry.kind, error: errorText(error) })
      this.#timers.set(id, this.#options.clock.after(backoffMs(again, attempt, this.#options.random), () => { // FL4
        this.#healing.set(id, this.#healOnce(id, why, attempt + 1).finally(() => { this.#healing.delete(id) }))
      }))
      return
    }
    this.#options.log.info('fault healed', { fault: id, kind: entry.kind, why })
    this.#change(id, { phase: 'over', healedAt: new Date(this.#options.clock.now()).toISOString(), ...(entry.end === 'failed' || why === 'failed' ? {} : { problem: null }) })
  }

  #keepUp(id: string, fault: Fault): void {
    this.#keeping.set(id, this.#options.clock.after(keepEveryMs, () => {
      if (!this.#entries.some(known => known.id === id)) return
      const before = this.#entry(id).problem
      const tell = (problem: string | null) => {
        if (!this.#keeping.has(id)) return
        if (problem !== before) this.#change(id, { problem })
        this.#keepUp(id, fault)
      }
      fault.keep!(this.#options.world, this.#order(this.#entry(id))).then(() => { tell(null) }, (error: unknown) => { tell(errorText(error)) })
    }))
  }

  #order(entry: FaultEntry): FaultOrder {
    const { id, target, parameters, memory, endsAt } = entry
    return { id, target, parameters, memory, leftMs: endsAt === null ? null : Math.max(0, Date.parse(endsAt) - this.#options.clock.now()) }
  }

  #after(id: string, delayMs: number, why: FaultEnd): void {
    this.#timers.set(id, this.#options.clock.after(delayMs, () => { void this.#heal(id, why) }))
  }

  #requireFree(fault: Fault, target: FaultTarget): void {
    const wanted = new Set(fault.claims(target))
    for (const other of this.#entries) {
      if (other.phase === 'over') continue
      const taken = findFault(other.kind).claims(other.target).find(claim => wanted.has(claim))
      if (taken !== undefined) throw new FaultError('conflict', `${taken} is held by ${other.kind} (${other.id}); heal that first: kubarium fault heal ${other.id}`)
    }
  }

  #entry(id: string): FaultEntry {
    return this.#entries.find(entry => entry.id === id)!
  }

  #state(id: string): FaultState {
    return this.states.find(state => state.id === id)!
  }

  #change(id: string, change: Partial<FaultEntry>): void {
    if (this.#entries.some(entry => entry.id === id)) this.#put({ ...this.#entry(id), ...change }) // else it belongs to a time that was undone
  }

  #put(entry: FaultEntry): void {
    const known = this.#entries.some(({ id }) => id === entry.id)
    const entries = known ? this.#entries.map(other => (other.id === entry.id ? entry : other)) : [...this.#entries, entry]
    const over = entries.filter(({ phase }) => phase === 'over')
    const forgotten = new Set(over.slice(0, Math.max(0, over.length - keptWhenOver))) // FL6
    this.#entries = entries.filter(other => !forgotten.has(other))
    this.#write()
  }

  #write(): void {
    this.#options.journal.write(this.#entries)
    const changed = this.#changed
    this.#changed = Promise.withResolvers()
    changed.resolve()
    this.#options.changed()
  }
}
