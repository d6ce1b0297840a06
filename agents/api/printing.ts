/** What table cells share: ages, lists of containers, selectors, joined texts. Upstream: pkg/printers/internalversion. */
import type { Container } from './groups/core-v1/types.ts'
import type { LabelSelector } from './groups/meta-v1/types.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** Two largest units at most: 5s, 3m20s, 7h12m, 3d, 2y30d. Upstream: apimachinery/pkg/util/duration HumanDuration. */
export function humanDuration(durationMs: number): string {
  const seconds = Math.floor(durationMs / second)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(durationMs / minute)
  if (minutes < 10) return withRest(minutes, 'm', Math.floor(seconds % 60), 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(durationMs / hour)
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  if (hours < 24 * 8) return withRest(Math.floor(hours / 24), 'd', hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24)}d`
  const days = Math.floor(durationMs / day)
  const years = Math.floor(durationMs / year)
  if (hours < 24 * 365 * 8) return withRest(years, 'y', days % 365, 'd')
  return `${years}y`
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${value}${unit}` : `${value}${unit}${rest}${restUnit}`
}

/** Age of a timestamp, or "<unknown>". */
export function ageCell(time: string | null | undefined, now: number): string {
  if (time === undefined || time === null || time === '') return '<unknown>'
  return humanDuration(now - Date.parse(time))
}

export function containerCells(containers: readonly Container[] | undefined): [names: string, images: string] {
  const list = containers ?? []
  return [list.map(each => each.name).join(','), list.map(each => each.image ?? '').join(',')]
}

/** "a=b,c in (d,e)"; an empty selector is "<none>". */
export function selectorCell(selector: LabelSelector | undefined | null): string {
  if (selector === undefined || selector === null) return '<none>'
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'In') return `${key} in (${[...values].sort().join(',')})`
    if (operator === 'NotIn') return `${key} notin (${[...values].sort().join(',')})`
    return operator === 'Exists' ? key : `!${key}`
  })
  const parts = [...labels, ...expressions].sort(byKey)
  return parts.length === 0 ? '<none>' : parts.join(',')
}

function byKey(a: string, b: string): number {
  const left = a.replace(/^!/, '').split(/[= ]/)[0]!
  const right = b.replace(/^!/, '').split(/[= ]/)[0]!
  return left < right ? -1 : left > right ? 1 : 0
}

/** "a=b,c=d" in key order, "<none>" when there are none. */
export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort()
  return keys.length === 0 ? '<none>' : keys.map(key => `${key}=${labels![key]!}`).join(',')
}

export function orNone(text: string | undefined | null): string {
  return text === undefined || text === null || text === '' ? '<none>' : text
}
