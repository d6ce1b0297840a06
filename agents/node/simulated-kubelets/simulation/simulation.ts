/**
 * How pods of simulated nodes behave, read from plain data: `spec.simulation` of a Lab file, or the nodes file.
 *
 *   RS1  Every problem is reported with its path; an unknown field is refused by name.
 *   RS2  A stage that cannot follow its state is refused, and says what can.
 *   RS3  A pod that becomes ready and unready by turns stays at least a second in each round.
 *   RS4  Lifecycles given come before the default ones; so does usage.
 */
import { isQuantity } from '../../../api/schema/quantity.ts'
import { type Lifecycle, type PodMatch, type Stage, type StageEnd, type StageStart, defaultLifecycles, matchAll, stageDefaults, stageEnds, stageStarts } from './stages.ts'
import { type Amount, type UsageRule, defaultUsage } from './usage.ts'

export interface Simulation {
  /** Chance draws by it: the same seed, the same story. */
  readonly seed: number
  readonly lifecycles: readonly Lifecycle[]
  readonly usage: readonly UsageRule[]
}

export const defaultSimulation: Simulation = { seed: 1, lifecycles: defaultLifecycles, usage: defaultUsage }

type Path = readonly (string | number)[]
export type ReportProblem = (path: Path, message: string, aboutKey?: boolean) => void

export function readSimulation(value: unknown, path: Path, report: ReportProblem): Simulation {
  const reader = new SimulationReader(report)
  const given = reader.map(value, path, ['seed', 'lifecycles', 'usage'])
  return {
    seed: reader.whole(given['seed'] ?? defaultSimulation.seed, [...path, 'seed'], 0, 0xffffffff),
    lifecycles: [...reader.list(given['lifecycles'], [...path, 'lifecycles'], (entry, at) => reader.lifecycle(entry, at)), ...defaultLifecycles], // RS4
    usage: [...reader.list(given['usage'], [...path, 'usage'], (entry, at) => reader.usage(entry, at)), ...defaultUsage],
  }
}

class SimulationReader {
  readonly #report: ReportProblem

  constructor(report: ReportProblem) {
    this.#report = report
  }

  map(value: unknown, path: Path, fields?: readonly string[]): Readonly<Record<string, unknown>> {
    if (value === undefined || value === null) return {}
    if (typeof value !== 'object' || Array.isArray(value)) {
      this.#report(path, `must be a mapping, not ${JSON.stringify(value)}`)
      return {}
    }
    for (const field of Object.keys(value)) if (fields?.includes(field) === false) this.#report([...path, field], `unknown field; known here: ${fields.join(', ')}`, true) // RS1
    return value as Readonly<Record<string, unknown>>
  }

  list<T>(value: unknown, path: Path, read: (entry: unknown, path: Path) => T): T[] {
    if (value === undefined || value === null) return []
    if (Array.isArray(value)) return value.map((entry: unknown, index) => read(entry, [...path, index]))
    this.#report(path, `must be a list, not ${JSON.stringify(value)}`)
    return []
  }

  whole(value: unknown, path: Path, least: number, most: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    this.#report(path, `${JSON.stringify(value)} is not a whole number from ${least} to ${most}`)
    return least
  }

  lifecycle(value: unknown, path: Path): Lifecycle {
    const given = this.map(value, path, ['match', 'stages'])
    const stages = this.list(given['stages'], [...path, 'stages'], (entry, at) => this.#stage(entry, at))
    if (stages.length === 0) this.#report(path, 'has no stages: its pods would stay Pending for ever')
    const flaps = stages.filter(({ to }) => to === 'ready' || to === 'unready')
    if (flaps.some(({ to }) => to === 'unready') && flaps.reduce((sum, { delayMs }) => sum + delayMs, 0) < 1_000) this.#report([...path, 'stages'], 'become ready and unready without a pause; give these stages a delayMs of 1000 together') // RS3
    return { match: this.#match(given['match'], [...path, 'match']), stages }
  }

  usage(value: unknown, path: Path): UsageRule {
    const given = this.map(value, path, ['match', 'cpu', 'memory'])
    return { match: this.#match(given['match'], [...path, 'match']), cpu: this.#amount(given['cpu'], [...path, 'cpu'], 0.1), memory: this.#amount(given['memory'], [...path, 'memory'], 0.5) }
  }

  #stage(value: unknown, path: Path): Stage {
    const given = this.map(value, path, ['from', 'to', 'delayMs', 'jitterMs', 'weight', 'exitCode', 'reason'])
    const from = given['from'] as StageStart
    const to = given['to'] as StageEnd
    if (!stageStarts.includes(from)) this.#report([...path, 'from'], `${JSON.stringify(from)} is not one of ${stageStarts.join(', ')}`)
    else if (!stageEnds[from].includes(to)) this.#report([...path, 'to'], `${JSON.stringify(to)} cannot follow ${from}; ${stageEnds[from].join(', ')} can`) // RS2
    const dayMs = 86_400_000
    const reason = given['reason'] ?? stageDefaults.reason
    if (typeof reason !== 'string' || !/^[A-Za-z]\w{0,63}$/.test(reason)) this.#report([...path, 'reason'], `${JSON.stringify(reason)} is not one word such as OOMKilled`)
    return {
      from, to,
      delayMs: this.whole(given['delayMs'] ?? stageDefaults.delayMs, [...path, 'delayMs'], 0, dayMs),
      jitterMs: this.whole(given['jitterMs'] ?? stageDefaults.jitterMs, [...path, 'jitterMs'], 0, dayMs),
      weight: this.whole(given['weight'] ?? stageDefaults.weight, [...path, 'weight'], 0, 1_000_000),
      exitCode: this.whole(given['exitCode'] ?? stageDefaults.exitCode, [...path, 'exitCode'], 1, 255),
      reason: String(reason),
    }
  }

  #match(value: unknown, path: Path): PodMatch {
    const given = this.map(value, path, ['namespaces', 'labels', 'annotations', 'ownerKinds'])
    const texts = (field: string) => this.list(given[field], [...path, field], (entry, at) => this.#text(entry, at))
    const pairs = (field: string) => Object.fromEntries(Object.entries(this.map(given[field], [...path, field])).map(([name, entry]) => [name, this.#text(entry, [...path, field, name])]))
    return { ...matchAll, namespaces: texts('namespaces'), labels: pairs('labels'), annotations: pairs('annotations'), ownerKinds: texts('ownerKinds') }
  }

  #text(value: unknown, path: Path): string {
    if (typeof value === 'string') return value
    this.#report(path, `${JSON.stringify(value)} is not text`)
    return ''
  }

  /** "250m", or {ofRequest: 0.5}. */
  #amount(value: unknown, path: Path, share: number): Amount {
    if (value === undefined) return { ofRequest: share }
    if (typeof value === 'string' || typeof value === 'number') {
      if (!isQuantity(String(value)) || String(value).startsWith('-')) this.#report(path, `${JSON.stringify(value)} is not a quantity such as 250m or 64Mi`)
      return { quantity: String(value) }
    }
    const { ofRequest, quantity } = this.map(value, path, ['ofRequest', 'quantity'])
    if (typeof quantity === 'string') return { quantity }
    if (typeof ofRequest === 'number' && ofRequest >= 0) return { ofRequest }
    this.#report(path, 'must be a quantity such as 250m, or a share of the request such as {ofRequest: 0.5}')
    return { ofRequest: share }
  }
}
