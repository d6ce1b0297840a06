/**
 * Places in a component at which something can be made to go wrong on purpose, and the rules that say what.
 *
 * There is one registry a process, as there is one process a component. A room defines its points where they are met
 * (`const reconcileFault = faultPoints.define({ … })`) and passes them like this:
 *
 *   if (reconcileFault.rules !== undefined && (await reconcileFault.meet({ controller: 'job-controller' }))?.effect === 'drop') return
 *
 *   FP1  While nothing is wrong at a point `rules` is undefined, and nothing else of it may be called: it costs one look.
 *   FP2  A rule ends at its time, whoever set it has gone or not; whoever is held at it goes on.
 *   FP3  Of several rules at a point the first that fits decides, in the order they were set. One fits where each attribute it
 *        names is one of the values it gives (a `*` at a value's end stands for any rest), as often as its percentage says.
 *   FP4  A rule names a point, an effect and attributes that there are, and parameters in their ranges; all else is refused by name.
 *   FP5  Setting a rule again under its id changes it and prolongs it; nobody who is held by it is let go.
 */
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

export const faultEffects = {
  /** Held for `ms`, then as always. */
  delay: { ms: { least: 0, most: 3_600_000 } },
  /** Held until the rule ends. */
  hold: {},
  /** Fails with `code`, in the numbers of the place: HTTP's, gRPC's; and with `message`. */
  error: { code: { least: 0, most: 599 }, message: 'text' },
  /** Left undone, and nobody is told. */
  drop: {},
  /** Something else than the truth: `value`, in the words of the place. */
  change: { value: 'text' },
  /** Done, and then the process dies at once. */
  crash: {},
} as const satisfies Readonly<Record<string, Readonly<Record<string, 'text' | { readonly least: number; readonly most: number }>>>>

export type FaultEffect = keyof typeof faultEffects
export type Attributes = Readonly<Record<string, string | undefined>>

export interface FaultPointSpec {
  /** room.place */
  readonly name: string
  /** What passes here, and what an error's code or a change's value means. */
  readonly help: string
  readonly attributes: readonly string[]
  readonly effects: readonly FaultEffect[]
}

export interface FaultRuleOrder {
  readonly id: string
  readonly point: string
  readonly effect: FaultEffect
  /** By attribute, values with commas between them. */
  readonly match: Readonly<Record<string, string>>
  readonly percent: number
  readonly parameters: Readonly<Record<string, string | number>>
}

export interface FaultRule extends FaultRuleOrder {
  untilMs: number
  hits: number
}

export class FaultRefusedError extends Error {
  override readonly name = 'FaultRefusedError'
}

/** What `error` rules throw. */
export class InjectedError extends Error {
  override readonly name = 'InjectedError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

interface Armed {
  rule: FaultRule
  readonly values: ReadonlyMap<string, readonly string[]>
  readonly over: PromiseWithResolvers<void>
  timer: Disposable
}

export class FaultPoint {
  readonly spec: FaultPointSpec
  /** FP1 */
  rules: readonly Armed[] | undefined = undefined
  /** Told when a rule begins or ends, for what is to happen at once and not when somebody passes. */
  onChange: (() => void) | undefined
  readonly #around: () => FaultSurroundings

  constructor(spec: FaultPointSpec, around: () => FaultSurroundings) {
    this.spec = spec
    this.#around = around
  }

  /** FP3: what is to go wrong with this one, if anything. */
  find(attributes: Attributes): FaultRule | undefined {
    return this.#find(attributes)?.rule
  }

  /** Delays, holds, or throws; with the other effects the place does what the rule says. */
  async meet(attributes: Attributes): Promise<FaultRule | undefined> {
    const armed = this.#find(attributes)
    if (armed === undefined) return undefined
    const { effect, parameters } = armed.rule
    if (effect === 'error') throw new InjectedError(Number(parameters['code']), String(parameters['message']))
    if (effect === 'delay') await new Promise<void>(resolve => { this.#around().clock.after(Number(parameters['ms']), resolve) })
    if (effect === 'hold') await armed.over.promise
    return armed.rule
  }

  /** For places that cannot wait: true where it is to be left undone or held; throws what is to fail. */
  refuses(attributes: Attributes): boolean {
    const rule = this.find(attributes)
    if (rule?.effect === 'error') throw new InjectedError(Number(rule.parameters['code']), String(rule.parameters['message']))
    return rule?.effect === 'drop' || rule?.effect === 'hold'
  }

  #find(attributes: Attributes): Armed | undefined {
    const fitting = this.rules?.find(({ rule, values }) => {
      for (const [name, wanted] of values) if (!isOneOf(attributes[name] ?? '', wanted)) return false
      return rule.percent >= 100 || this.#around().random.next() * 100 < rule.percent
    })
    if (fitting !== undefined) fitting.rule.hits++
    return fitting
  }
}

/** What a process lends to the registry. */
export interface FaultSurroundings {
  readonly clock: Clock
  readonly random: Random
  /** The process dies at once. */
  readonly crash: () => void
}

const longestMs = 24 * 3_600_000

export class FaultPoints {
  readonly #points = new Map<string, FaultPoint>()
  readonly #armed = new Map<string, Armed>()
  #surroundings: FaultSurroundings | undefined
  readonly #around = (): FaultSurroundings => this.#surroundings!

  /** Points exist in every process that has their code; rules only where they were begun with. */
  define(spec: FaultPointSpec): FaultPoint {
    const point = new FaultPoint(spec, this.#around)
    this.#points.set(spec.name, point)
    return point
  }

  begin(surroundings: FaultSurroundings): Disposable {
    this.#surroundings = surroundings
    return { [Symbol.dispose]: () => { for (const id of [...this.#armed.keys()]) this.remove(id) } }
  }

  get isOn(): boolean {
    return this.#surroundings !== undefined
  }

  crash(): void {
    this.#surroundings?.crash()
  }

  get points(): readonly FaultPointSpec[] {
    return [...this.#points.values()].map(({ spec }) => spec).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  get rules(): readonly FaultRule[] {
    return [...this.#armed.values()].map(({ rule }) => rule)
  }

  /** FP5. @throws FaultRefusedError */
  set(order: FaultRuleOrder, forMs: number): FaultRule {
    if (this.#surroundings === undefined) throw new FaultRefusedError('faults cannot be injected here')
    if (!(forMs > 0 && forMs <= longestMs)) throw new FaultRefusedError(`a fault lasts from 1 ms to ${longestMs / 3_600_000} hours, not ${forMs} ms`)
    const point = this.#points.get(order.point)
    if (point === undefined) throw new FaultRefusedError(`there is no fault point ${JSON.stringify(order.point)} here; there are ${[...this.#points.keys()].sort().join(', ')}`)
    checkRule(order, point.spec) // FP4
    const { clock } = this.#surroundings
    const before = this.#armed.get(order.id)
    before?.timer[Symbol.dispose]()
    const armed: Armed = {
      rule: { ...order, untilMs: clock.now() + forMs, hits: before?.rule.hits ?? 0 },
      values: new Map(Object.entries(order.match).map(([name, text]) => [name, text.split(',').map(value => value.trim())])),
      over: before?.over ?? Promise.withResolvers<void>(),
      timer: clock.after(forMs, () => { this.remove(order.id) }), // FP2
    }
    this.#armed.set(order.id, armed)
    this.#arm()
    if (before === undefined) point.onChange?.()
    return armed.rule
  }

  /** False where it is over already. */
  remove(id: string): boolean {
    const armed = this.#armed.get(id)
    if (armed === undefined) return false
    armed.timer[Symbol.dispose]()
    this.#armed.delete(id)
    this.#arm()
    armed.over.resolve()
    this.#points.get(armed.rule.point)?.onChange?.()
    return true
  }

  #arm(): void {
    for (const point of this.#points.values()) {
      const own = [...this.#armed.values()].filter(({ rule }) => rule.point === point.spec.name)
      point.rules = own.length === 0 ? undefined : own
    }
  }
}

export const faultPoints = new FaultPoints()

function checkRule(order: FaultRuleOrder, { name, attributes, effects }: FaultPointSpec): void {
  if (!effects.includes(order.effect)) throw new FaultRefusedError(`${name} has no effect ${JSON.stringify(order.effect)}; it has ${effects.join(', ')}`)
  const unknown = Object.keys(order.match).find(key => !attributes.includes(key))
  if (unknown !== undefined) throw new FaultRefusedError(`${name} has no attribute ${JSON.stringify(unknown)}; it has ${attributes.join(', ') || 'none'}`)
  if (!(order.percent >= 0 && order.percent <= 100)) throw new FaultRefusedError(`percent must be from 0 to 100, not ${order.percent}`)
  const wanted: Readonly<Record<string, 'text' | { readonly least: number; readonly most: number }>> = faultEffects[order.effect]
  const strange = Object.keys(order.parameters).find(key => wanted[key] === undefined)
  if (strange !== undefined) throw new FaultRefusedError(`${order.effect} has no parameter ${JSON.stringify(strange)}; it has ${Object.keys(wanted).join(', ') || 'none'}`)
  for (const [key, range] of Object.entries(wanted)) {
    const value = order.parameters[key]
    if (range === 'text' ? typeof value !== 'string' : typeof value !== 'number' || !(value >= range.least && value <= range.most)) throw new FaultRefusedError(`${key} of ${order.effect} must be ${range === 'text' ? 'text' : `from ${range.least} to ${range.most}`}, not ${JSON.stringify(value)}`)
  }
}

function isOneOf(value: string, wanted: readonly string[]): boolean {
  return wanted.some(one => (one.endsWith('*') ? value.startsWith(one.slice(0, -1)) : value === one))
}
