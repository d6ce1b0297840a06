/**
 * The drills of one lab: at most one at a time, and a memory of the last.
 *
 *   DB1  A second drill is refused while one runs: their faults and probes would be about each other.
 *   DB2  What will have to be put back is written down as soon as it is known; a lab host that finds it puts it back and says
 *        that the run ended with its lab host.
 *   DB3  The last runs are kept whole, so many of them.
 */
import type { Clock } from '../../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../../agents/base/log.ts'
import { orAborted } from '../../../../agents/base/or-aborted.ts'
import { type Random, randomSuffix } from '../../../../agents/base/random.ts'
import type { BeforeDrill, DrillRepair, DrillRun } from '../../../contract/drills.ts'
import type { Act, Drill } from '../drill.ts'
import { FaultError } from '../fault-error.ts'
import { unlessGone } from '../unless-gone.ts'
import { act } from './act.ts'
import { RunningDrill, namespaceOf } from './drill-run.ts'
import type { DrillWorld } from './drill-world.ts'

export interface DrillRecord {
  readonly runs: readonly DrillRun[]
  /** Of the run under way. */
  readonly open: { readonly namespace: string; readonly revert: readonly Act[] } | null
}

export interface DrillBookOptions {
  readonly world: DrillWorld
  readonly journal: { read(): DrillRecord; write(record: DrillRecord): void }
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const keptRuns = 20
/** A look that is followed need not be seen more often. */
const paceMs = 250

export class DrillBook {
  readonly #options: DrillBookOptions
  #record: DrillRecord
  #running: { readonly drill: RunningDrill; readonly over: Promise<void> } | undefined
  #changed = Promise.withResolvers<void>()

  constructor(options: DrillBookOptions) {
    this.#options = options
    this.#record = options.journal.read()
  }

  get runs(): readonly DrillRun[] {
    return this.#record.runs
  }

  /** The run under way, or the last one. */
  get current(): DrillRun | null {
    return this.#running?.drill.state ?? this.#record.runs[0] ?? null
  }

  find(id: string): DrillRun {
    const run = this.current?.id === id ? this.current : this.#record.runs.find(candidate => candidate.id === id)
    if (run === undefined) throw new FaultError('not-found', `there is no run ${id}; \`kubarium drill runs\` lists them`)
    return run
  }

  begin(drill: Drill, seed: number | null, repair: DrillRepair, before?: BeforeDrill): DrillRun {
    if (this.#running !== undefined) throw new FaultError('conflict', `the drill ${this.#running.drill.state.drill} is running; wait for its end, or stop it with: kubarium drill stop`) // DB1
    if (this.#record.open !== null) throw new FaultError('conflict', 'an earlier drill is still being put back; try again in a moment')
    const { random, clock, log, world } = this.#options
    const running = new RunningDrill({
      id: `drill-${randomSuffix(random)}`, drill, seed: seed ?? Math.floor(random.next() * 2 ** 31), repair, world, clock, log, ...(before === undefined ? {} : { before }),
      changed: () => { this.#wake() },
      chosen: revert => { this.#write({ ...this.#record, open: { namespace: namespaceOf(drill), revert } }) }, // DB2
    })
    this.#write({ ...this.#record, open: { namespace: namespaceOf(drill), revert: [] } })
    const over = running.run().finally(() => {
      const run = running.state
      log.info('drill over', { drill: run.drill, verdict: run.verdict, score: run.score })
      this.#running = undefined
      this.#write({ runs: [run, ...this.#record.runs].slice(0, keptRuns), open: null }) // DB3
      this.#wake()
    })
    this.#running = { drill: running, over }
    return running.state
  }

  async stop(): Promise<DrillRun> {
    const running = this.#running
    if (running === undefined) throw new FaultError('not-found', 'no drill is running')
    running.drill.stop()
    await running.over
    return this.find(running.drill.state.id)
  }

  /** The lab stops: what runs ends with it, as far as it can within the time. */
  async close(): Promise<void> {
    this.#running?.drill.stop()
    await this.#running?.over
  }

  /** DB2 */
  async recover(): Promise<void> {
    const { open } = this.#record
    if (open === null || this.#running !== undefined) return
    for (const step of open.revert) await act(step, this.#options.world, open.namespace).catch((error: unknown) => { this.#options.log.warn('drill not reverted whole', { namespace: open.namespace, error: errorText(error) }) })
    try {
      await unlessGone(this.#options.world.api.delete(`/api/v1/namespaces/${open.namespace}`, null))
    } catch (error) {
      this.#options.log.warn('namespace of a drill not deleted', { namespace: open.namespace, error: errorText(error) })
    }
    this.#write({ ...this.#record, open: null })
  }

  async *follow(signal: AbortSignal): AsyncGenerator<DrillRun | null> {
    while (!signal.aborted) {
      const { promise } = this.#changed
      yield this.current
      const pace = Promise.withResolvers<void>()
      using _ = this.#options.clock.after(paceMs, () => { pace.resolve() })
      await orAborted(Promise.all([promise, pace.promise]), signal)
    }
  }

  #wake(): void {
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers<void>()
    resolve()
  }

  #write(record: DrillRecord): void {
    this.#record = record
    this.#options.journal.write(record)
  }
}
