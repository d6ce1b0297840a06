/** Reads what a client says of links, impairments and captures; ranges are here, and only here. */
import type { CaptureArguments, CaptureTarget } from '../../contract/captures.ts'
import type { DelayDistribution, LinkImpairments } from '../../contract/links.ts'
import { compileFilter } from '../network/packets/filter.ts'
import { FilterError } from '../network/packets/filter-error.ts'
import { flag, nullable, number, object, oneOf, readArguments, text, whole } from './arguments.ts'
import { LabError } from './lab-error.ts'

const percent = number(0, 100)
const ms = number(0, 600_000)
const distributions: readonly DelayDistribution[] = ['uniform', 'normal', 'pareto', 'pareto-normal']

export const linkReader = object({ from: text, to: text })

const parameters = {
  down: flag,
  flap: object({ upMs: number(1, 3_600_000), downMs: number(1, 3_600_000) }),
  block: filterText,
  mtuBytes: whole(68, 65_535),
  loss: readLoss,
  duplicatePercent: percent,
  corruptPercent: percent,
  rate: object({ megabitsPerSecond: number(0.001, 100_000), queueKiB: number(1, 1_048_576) }),
  delay: readDelay,
  reorderPercent: percent,
} as const

/** A change of impairments: null takes a parameter away. */
export function readImpairmentChange(given: unknown): { readonly [P in keyof LinkImpairments]?: LinkImpairments[P] | null } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new LabError('invalid-argument', 'change must be an object')
  const change: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(parameters, name)) throw new LabError('invalid-argument', `a link has no parameter "${name}"; it has ${Object.keys(parameters).join(', ')}`)
    if (value !== undefined) change[name] = nullable<unknown>(parameters[name as keyof typeof parameters])(value, name)
  }
  return change
}

/** null where nothing is left. */
export function changedImpairments(before: LinkImpairments, change: { readonly [P in keyof LinkImpairments]?: LinkImpairments[P] | null }): LinkImpairments | null {
  const left = Object.entries({ ...before, ...change }).filter(([, value]) => value !== null && value !== undefined && value !== false)
  return left.length === 0 ? null : Object.fromEntries(left) as LinkImpairments
}

export function readCapture(given: unknown): CaptureArguments {
  return readArguments(given, { lab: text, target: readTarget, filter: filterText, snapBytes: whole(64, 262_144), durationMs: nullable(whole(1, 86_400_000)) })
}

function readTarget(value: unknown, name: string): CaptureTarget {
  switch ((value as { readonly type?: unknown } | null)?.type) {
    case 'lan':
      return object({ type: oneOf('lan') })(value, name)
    case 'node':
      return object({ type: oneOf('node'), node: text })(value, name)
    case 'link':
      return object({ type: oneOf('link'), from: text, to: text, bothWays: flag })(value, name)
    default:
      throw new LabError('invalid-argument', `${name} must be of type lan, node or link`)
  }
}

function readLoss(value: unknown, name: string): NonNullable<LinkImpairments['loss']> {
  switch ((value as { readonly model?: unknown } | null)?.model) {
    case 'random': {
      const { percent: lost, correlationPercent } = object({ model: text, percent, correlationPercent: nullable(percent) })(value, name)
      return { model: 'random', percent: lost, ...(correlationPercent === null ? {} : { correlationPercent }) }
    }
    case 'every':
      return { model: 'every', nth: object({ model: text, nth: whole(1, 1_000_000) })(value, name).nth }
    case 'gilbert-elliott':
      return { ...object({ model: text, toBadPercent: percent, toGoodPercent: percent, lossInBadPercent: percent, lossInGoodPercent: percent })(value, name), model: 'gilbert-elliott' }
    default:
      throw new LabError('invalid-argument', `${name}.model must be random, every or gilbert-elliott`)
  }
}

function readDelay(value: unknown, name: string): NonNullable<LinkImpairments['delay']> {
  const { ms: held, jitterMs, distribution, correlationPercent } = object({ ms, jitterMs: nullable(ms), distribution: nullable(oneOf(...distributions)), correlationPercent: nullable(percent) })(value, name)
  return { ms: held, ...(jitterMs === null ? {} : { jitterMs }), ...(distribution === null ? {} : { distribution }), ...(correlationPercent === null ? {} : { correlationPercent }) }
}

function filterText(value: unknown, name: string): string {
  const expression = text(value, name)
  try {
    compileFilter(expression)
  } catch (error) {
    if (error instanceof FilterError) throw new LabError('invalid-argument', `${name}: ${error.message}`)
    throw error
  }
  return expression
}
