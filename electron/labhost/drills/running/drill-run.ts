/**
 * Runs one drill in one lab.
 *
 *   RU1  Nothing is broken before every probe has held for the drill's time; a lab that does not become steady in time is a
 *        problem of the lab, not a verdict.
 *   RU2  Faults come at their times whatever the probes say, until the time is over, an abort condition is met or it is stopped.
 *   RU3  However it ends, every fault that it injected is healed, what it changed outside its namespace is put back, and its
 *        namespace is taken away, in this order.
 *   RU4  A fault that another holds already is left out and noted (random faults may meet); one that fails otherwise is a problem.
 *   RU5  Probes go on from before the first fault to the end of the recovery, each at its own pace, one look at a time.
 */
import { type Clock, sleep } from '../../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../../agents/base/log.ts'
import { seededRandom } from '../../../../agents/base/random.ts'
import { secondsText } from '../../../contract/drill-course.ts'
import { targetText } from '../../../contract/fault-target-text.ts'
import type { BeforeDrill, DrillInjection, DrillMark, DrillPhase, DrillRepair, DrillRun, DrillSample, DrillVerdict } from '../../../contract/drills.ts'
import type { Act, Drill, Probe, TimedAct } from '../drill.ts'
import { FaultError } from '../fault-error.ts'
import { MetricHistory } from '../probes/metric-history.ts'
import { takeLook } from '../probes/take-look.ts'
import { findFault } from '../read-order.ts'
import { readTargetText } from '../read-target.ts'
import { act, actText } from './act.ts'
import { type PodSeen, choose } from './choose.ts'
import type { DrillWorld } from './drill-world.ts'
import { type Names, withNames } from './names.ts'
import { readEventMarks } from './event-marks.ts'
import { type TimedOrder, timeLine } from './time-line.ts'
import { check, scoreOf } from './verdict.ts'

export interface DrillRunOptions {
  readonly id: string
  readonly drill: Drill
  readonly seed: number
  readonly repair: DrillRepair
  readonly before?: BeforeDrill
  readonly world: DrillWorld
  readonly clock: Clock
  readonly log: Log
  readonly changed: () => void
  /** What must be put back if the lab host dies from now on: nothing outside the namespace is changed before. */
  readonly chosen: (revert: readonly Act[]) => void
}

const pollMs = 500
const namespaceGoneMs = 120_000

export function namespaceOf(drill: Pick<Drill, 'name'>): string {
  return `drill-${drill.name}`
}

interface Sample {
  readonly at: number
  readonly ok: boolean
  readonly seen: string
}

export class RunningDrill {
  readonly #options: DrillRunOptions
  readonly #stopping = new AbortController()
  readonly #watching = new AbortController()
  readonly #started: { readonly wall: number; readonly monotonic: number }
  readonly #samples = new Map<string, Sample[]>()
  readonly #marks: (Omit<DrillMark, 'atMs'> & { readonly at: number })[] = []
  readonly #faults: string[] = []
  readonly #names = new Map<string, string>()
  readonly #orders: readonly TimedOrder[]
  #eventMarks: readonly DrillMark[] = []
  #phase: DrillPhase = 'preparing'
  /** When the first fault was due; of the clock's monotonic time. */
  #zero: number | null = null
  #healed: number | null = null
  #ended: number | null = null
  #verdict: DrillVerdict | null = null
  #problem: string | null = null

  constructor(options: DrillRunOptions) {
    this.#options = options
    this.#started = { wall: options.clock.now(), monotonic: options.clock.monotonic() }
    this.#orders = timeLine(options.drill.faults, seededRandom(options.seed))
    this.#names.set('namespace', namespaceOf(options.drill)).set('seed', String(options.seed))
  }

  get state(): DrillRun {
    const { id, drill, seed, repair, before } = this.#options
    const zero = this.#zero ?? this.#ended ?? this.#now
    const samples = Object.fromEntries(drill.probes.map(({ name }) => [name, (this.#samples.get(name) ?? []).map(({ at, ok, seen }): DrillSample => ({ atMs: Math.round(at - zero), ok, seen }))]))
    const course = { durationMs: drill.durationMs, recoveryMs: drill.recoveryMs, healedMs: this.#healed === null ? null : Math.round(this.#healed - zero), nowMs: this.#zero === null ? -1 : Math.round((this.#ended ?? this.#now) - zero) }
    const checks = drill.musts.map(must => check(must, samples[must.probe]!, course))
    return {
      id, drill: drill.name, title: drill.title, seed, repair, phase: this.#phase, startedAt: new Date(this.#started.wall).toISOString(),
      brokenAt: this.#zero === null ? null : new Date(this.#wallOf(this.#zero)).toISOString(),
      endedAt: this.#ended === null ? null : new Date(this.#wallOf(this.#ended)).toISOString(),
      durationMs: drill.durationMs, chosen: Object.fromEntries(this.#names), injections: this.#injections(), samples,
      marks: [...this.#marks.map(({ at, kind, text }): DrillMark => ({ atMs: Math.round(at - zero), kind, text })), ...this.#eventMarks].toSorted((a, b) => a.atMs - b.atMs),
      checks, score: this.#verdict === null || this.#zero === null ? null : scoreOf(checks), verdict: this.#verdict, problem: this.#problem,
      ...(before === undefined ? {} : { before }),
    }
  }

  stop(): void {
    this.#stopping.abort(new FaultError('unavailable', 'the drill was stopped'))
  }

  /** Ends when all is reverted; never throws. */
  async run(): Promise<void> {
    let looking: Promise<unknown> = Promise.resolve()
    try {
      await this.#prepare()
      looking = this.#lookAtAll()
      await this.#becomeSteady()
      await this.#break()
      await this.#heal()
      this.#enter('recovering')
      await this.#sleep(this.#options.drill.recoveryMs)
      this.#verdict = this.state.checks.every(({ met }) => met === true) ? 'passed' : 'failed'
    } catch (error) {
      this.#conclude(error)
    }
    this.#watching.abort(new FaultError('unavailable', 'the drill is over'))
    await looking
    await this.#revert()
    this.#ended = this.#now
    this.#enter('over')
  }

  async #prepare(): Promise<void> {
    const { drill, world, repair } = this.#options
    const machines = world.nodes.filter(({ provider }) => provider !== 'simulated' && (drill.needs.providers?.includes(provider) ?? true))
    if (machines.length < drill.needs.nodes) throw new FaultError('unsupported', `${drill.name} needs ${drill.needs.nodes} nodes${drill.needs.providers === null ? '' : ` of provider ${drill.needs.providers.join(' or ')}`}, and the lab has ${machines.length}; add some with: kubarium node add`)
    const namespace = namespaceOf(drill)
    await world.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { 'kubarium.dev/drill': drill.name } } }, namespace)
    const named = (names: Names) => withNames(drill.objects, names)
    const early = drill.objects.map(object => !/\$(?!namespace\b|seed\b)[a-z]/.test(JSON.stringify(object)))
    for (const [index, object] of named(this.#names).entries()) if (early[index] === true) await world.api.apply(object, namespace)
    await this.#choose(machines.map(({ name }) => name), namespace)
    this.#options.chosen(this.#reverting)
    for (const [index, object] of named(this.#names).entries()) if (early[index] !== true) await world.api.apply(object, namespace)
    for (const step of drill.acts) if (step.atMs === null) await this.#act('act', step)
    if (repair === 'expert') for (const step of drill.repair.steps) if (step.atMs === null) await this.#act('repair', step)
  }

  async #choose(nodes: readonly string[], namespace: string): Promise<void> {
    const { drill, world, clock } = this.#options
    const random = seededRandom(this.#options.seed ^ 0x5f_35_6e_49)
    const deadline = clock.monotonic() + drill.readyWithinMs
    for (const given of drill.choices) {
      const choice = withNames(given, this.#names)
      for (;;) {
        const { items } = (await world.api.get(`/api/v1/namespaces/${namespace}/pods`, this.#stopping.signal)) as { readonly items: readonly PodSeen[] }
        const chosen = choose(choice, items, nodes, random)
        if (chosen !== undefined) {
          this.#names.set(choice.name, chosen)
          this.#mark('note', `$${choice.name} is ${chosen}`)
          break
        }
        if (clock.monotonic() > deadline) throw new FaultError('failed', `nothing could be chosen for $${choice.name} within ${secondsText(drill.readyWithinMs)}: ${choice.from === 'pod' ? `no ready pod has the labels ${choice.selector}` : `no node is left${choice.running === null ? '' : ` that runs a ready pod with ${choice.running}`}`}`)
        await this.#sleep(pollMs)
      }
    }
  }

  /** RU1 */
  async #becomeSteady(): Promise<void> {
    const { drill, clock } = this.#options
    const asked = drill.probes.filter(({ beforeToo }) => beforeToo)
    const begun = clock.monotonic()
    for (;;) {
      const now = clock.monotonic()
      const unsteady = asked.filter(({ name }) => !heldFor(this.#samples.get(name) ?? [], drill.steadyMs, now))
      if (unsteady.length === 0) return
      if (now - begun > drill.readyWithinMs) throw new FaultError('failed', `the lab did not become steady within ${secondsText(drill.readyWithinMs)}: ${unsteady.map(({ name }) => `${name} is ${this.#samples.get(name)?.at(-1)?.seen ?? 'not seen yet'}`).join('; ')}`)
      await this.#sleep(Math.min(pollMs, 200))
    }
  }

  /** RU2 */
  async #break(): Promise<void> {
    const { drill, repair, clock } = this.#options
    this.#zero = clock.monotonic()
    this.#enter('breaking')
    const due = [
      ...this.#orders.map(({ atMs, order }) => ({ atMs, begin: () => this.#inject(order) })),
      ...timed(drill.acts, step => this.#act('act', step)),
      ...(repair === 'expert' ? timed(drill.repair.steps, step => this.#act('repair', step)) : []),
    ]
    const over = new AbortController()
    const rest = AbortSignal.any([this.#stopping.signal, over.signal])
    const begun = due.map(async ({ atMs, begin }) => {
      await sleep(clock, atMs, rest)
      await begin()
    })
    try {
      await Promise.race([sleep(clock, drill.durationMs, rest), Promise.all(begun).then(() => sleep(clock, 2 ** 30, rest)), this.#aborted(rest)])
    } finally {
      over.abort(new FaultError('unavailable', 'the breaking is over'))
      await Promise.allSettled(begun)
    }
  }

  /** Rejects once a probe has failed for as long as an abort condition says. */
  async #aborted(signal: AbortSignal): Promise<never> {
    for (;;) {
      await sleep(this.#options.clock, pollMs, signal)
      for (const { probe, failingForMs } of this.#options.drill.aborts) {
        const samples = this.#samples.get(probe) ?? []
        const lastHeld = samples.findLast(({ ok }) => ok)?.at ?? this.#zero!
        const failed = samples.findLast(({ ok }) => !ok)
        if (failed !== undefined && failed.at - Math.max(lastHeld, this.#zero!) >= failingForMs) throw new AbortedDrill(`${probe} failed for ${secondsText(failingForMs)}: ${failed.seen}`)
      }
    }
  }

  async #inject(order: TimedOrder['order']): Promise<void> {
    const { kind } = findFault(order.kind)
    const target = readTargetText(kind, withNames(order.target, this.#names), { bothWays: order.bothWays, namespace: namespaceOf(this.#options.drill) })
    try {
      const { id } = await this.#options.world.inject({ kind: order.kind, target, parameters: withNames(order.parameters, this.#names), durationMs: order.durationMs })
      this.#faults.push(id)
      this.#mark('fault', `${order.kind} ${targetText(target)}${order.durationMs === null ? '' : ` for ${secondsText(order.durationMs)}`}`)
    } catch (error) {
      if (!(error instanceof FaultError) || error.code !== 'conflict') throw error
      this.#mark('note', `left out: ${error.message}`) // RU4
    }
  }

  async #act(kind: 'act' | 'repair', step: Act): Promise<void> {
    const named = withNames(step, this.#names)
    this.#mark(kind, actText(named))
    await act(named, this.#options.world, namespaceOf(this.#options.drill))
  }

  async #heal(): Promise<void> {
    for (const id of this.#faults.splice(0).toReversed()) {
      try {
        await this.#options.world.heal(id)
      } catch (error) {
        this.#mark('note', `not healed yet, and tried again: ${errorText(error)}`)
      }
    }
    this.#healed = this.#now
    this.#mark('heal', 'every fault of the drill is healed')
  }

  /** RU3 */
  async #revert(): Promise<void> {
    const { world, drill, clock, log } = this.#options
    this.#enter('reverting')
    const attempt = async (what: string, run: () => Promise<unknown>) => {
      try {
        await run()
      } catch (error) {
        this.#mark('note', `${what}: ${errorText(error)}`)
        log.warn('drill not reverted whole', { drill: drill.name, what, error: errorText(error) })
      }
    }
    if (this.#faults.length > 0) await this.#heal()
    const namespace = namespaceOf(drill)
    if (this.#zero !== null) await attempt('events could not be read', async () => { this.#eventMarks = await readEventMarks(world.api, namespace, this.#wallOf(this.#zero!)) })
    for (const one of this.#reverting) await attempt(`${actText(one)} failed`, () => act(one, world, namespace))
    await attempt('the namespace could not be taken away', () => world.api.delete(`/api/v1/namespaces/${namespace}`, null))
    await attempt('the namespace is not gone yet', async () => {
      const deadline = clock.monotonic() + namespaceGoneMs
      while (clock.monotonic() < deadline) {
        const gone = await world.api.get(`/api/v1/namespaces/${namespace}`).then(() => false, (error: unknown) => (error as { readonly code?: unknown }).code === 404)
        if (gone) return
        await sleep(clock, pollMs)
      }
      throw new Error(`it is still there after ${secondsText(namespaceGoneMs)}`)
    })
  }

  #conclude(error: unknown): void {
    if (error instanceof AbortedDrill) this.#verdict = 'aborted'
    else if (this.#stopping.signal.aborted) this.#verdict = 'stopped'
    else this.#verdict = 'problem'
    this.#problem = errorText(error)
    this.#mark('note', this.#problem)
  }

  async #lookAtAll(): Promise<void> {
    await Promise.all(this.#options.drill.probes.map(probe => this.#lookAgain(withNames(probe, this.#names))))
  }

  /** RU5 */
  async #lookAgain(probe: Probe): Promise<void> {
    const { world, clock } = this.#options
    const history = new MetricHistory()
    const samples: Sample[] = []
    this.#samples.set(probe.name, samples)
    while (!this.#watching.signal.aborted) {
      const at = this.#now
      const inTime = new AbortController()
      using _ = clock.after(probe.timeoutMs, () => { inTime.abort(new Error('no answer')) })
      const signal = AbortSignal.any([inTime.signal, this.#watching.signal])
      const late = new Promise<{ ok: false; seen: string }>(resolve => { signal.addEventListener('abort', () => { resolve({ ok: false, seen: `no answer for ${probe.timeoutMs} ms` }) }, { once: true }) })
      const seen = await Promise.race([takeLook(probe, { world, history, nowMs: at, signal }), late])
      if (this.#watching.signal.aborted) return
      samples.push({ at, ...seen })
      this.#options.changed()
      await sleep(clock, Math.max(0, probe.everyMs - (this.#now - at)), this.#watching.signal).catch(() => { /* the loop ends */ })
    }
  }

  #injections(): readonly DrillInjection[] {
    const namespace = namespaceOf(this.#options.drill)
    return this.#orders.map(({ atMs, order }) => ({ atMs, kind: order.kind, target: readTargetText(findFault(order.kind).kind, withNames(order.target, this.#names), { bothWays: order.bothWays, namespace }), parameters: order.parameters, durationMs: order.durationMs }))
  }

  #enter(phase: DrillPhase): void {
    this.#phase = phase
    this.#mark('phase', phase)
  }

  #mark(kind: DrillMark['kind'], text: string): void {
    this.#marks.push({ at: this.#now, kind, text })
    this.#options.changed()
  }

  #sleep(ms: number): Promise<void> {
    return sleep(this.#options.clock, ms, this.#stopping.signal)
  }

  #wallOf(monotonic: number): number {
    return this.#started.wall + (monotonic - this.#started.monotonic)
  }

  /** Nothing, while it is not chosen yet what it is about. */
  get #reverting(): readonly Act[] {
    return this.#options.drill.choices.every(({ name }) => this.#names.has(name)) ? withNames(this.#options.drill.revert, this.#names) : []
  }

  get #now(): number {
    return this.#options.clock.monotonic()
  }
}

class AbortedDrill extends Error {}

function timed(steps: readonly TimedAct[], run: (step: Act) => Promise<void>): { readonly atMs: number; begin(): Promise<void> }[] {
  return steps.flatMap(step => (step.atMs === null ? [] : [{ atMs: step.atMs, begin: () => run(step) }]))
}

function heldFor(samples: readonly Sample[], steadyMs: number, now: number): boolean {
  const lastFailure = samples.findLast(({ ok }) => !ok)
  const since = samples.find(({ ok, at }) => ok && at > (lastFailure?.at ?? Number.NEGATIVE_INFINITY))
  return since !== undefined && now - since.at >= steadyMs
}
