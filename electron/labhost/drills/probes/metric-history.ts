/**
 * What a component's metrics were at each look, and expressions over them, with PromQL's meaning where it can be had:
 *
 *   MH1  `rate` and `increase` take what a counter grew by within the window, a fall being a restart from zero, and need two
 *        looks in it; unlike Prometheus they do not extrapolate to the window's ends.
 *   MH2  `increase` is over the looks in the window; `rate` divides by the time between the first and the last of them.
 *   MH3  Two vectors meet by equal labels; a number meets every member.
 *   MH4  histogram_quantile interpolates within the bucket in which the quantile lies, from zero in the lowest, and gives
 *        the highest finite bound for the highest.
 */
import { readMetricLabels } from './metric-labels.ts'
import type { Gathering, MetricQuery, Operator, Selector } from './metric-query.ts'

interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly points: { readonly atMs: number; readonly value: number }[]
}

export interface Member {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const keptMs = 600_000

export class MetricHistory {
  readonly #series = new Map<string, Series>()
  #lastMs = Number.NEGATIVE_INFINITY

  /** Text in the exposition format of Prometheus. */
  add(atMs: number, text: string): void {
    this.#lastMs = atMs
    for (const line of text.split('\n')) {
      const sample = /^([a-zA-Z_:][\w:]*)(\{.*\})? +(\S+)/.exec(line)
      if (sample === null || line.startsWith('#')) continue
      const [, name, labelsText = '', number] = sample
      const key = `${name}${labelsText}`
      let series = this.#series.get(key)
      if (series === undefined) this.#series.set(key, series = { name: name!, labels: readMetricLabels(labelsText), points: [] })
      series.points.push({ atMs, value: numberOf(number!) })
      while (series.points[0]!.atMs < atMs - keptMs) series.points.shift()
    }
  }

  ask(query: MetricQuery): readonly Member[] {
    switch (query.node) {
      case 'number':
        return [{ labels: {}, value: query.value }]
      case 'select':
        return this.#selected(query.selector).flatMap(({ labels, points }) => (points.at(-1)!.atMs === this.#lastMs ? [{ labels, value: points.at(-1)!.value }] : []))
      case 'change':
        return this.#selected(query.selector).flatMap(({ labels, points }) => {
          const change = changeOf(points.filter(({ atMs }) => atMs >= this.#lastMs - query.windowMs), query.of)
          return change === undefined ? [] : [{ labels, value: change }]
        })
      case 'gather':
        return gathered(this.ask(query.query), query.how, query.by)
      case 'quantile':
        return quantiles(this.ask(query.query), query.quantile)
      case 'operation':
        return combined(this.ask(query.left), this.ask(query.right), query.operator, query.left.node === 'number', query.right.node === 'number')
    }
  }

  #selected({ name, matchers }: Selector): Series[] {
    return [...this.#series.values()].filter(series => series.name === name && matchers.every(({ label, operator, value }) => {
      const has = series.labels[label] ?? ''
      const matches = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(has) : has === value
      return operator.startsWith('!') ? !matches : matches
    }))
  }
}

function changeOf(points: readonly { readonly atMs: number; readonly value: number }[], of: 'rate' | 'increase'): number | undefined {
  if (points.length < 2) return undefined // MH1
  let grown = 0
  for (const [index, point] of points.entries()) if (index > 0) grown += point.value < points[index - 1]!.value ? point.value : point.value - points[index - 1]!.value
  return of === 'increase' ? grown : grown / ((points.at(-1)!.atMs - points[0]!.atMs) / 1_000) // MH2
}

function gathered(members: readonly Member[], how: Gathering, by: readonly string[]): readonly Member[] {
  const groups = Map.groupBy(members, ({ labels }) => JSON.stringify(by.map(label => labels[label] ?? '')))
  return [...groups.values()].map(group => {
    const values = group.map(({ value }) => value)
    const sum = values.reduce((total, value) => total + value, 0)
    const value = { sum, avg: sum / values.length, min: Math.min(...values), max: Math.max(...values), count: values.length }[how]
    return { labels: Object.fromEntries(by.map(label => [label, group[0]!.labels[label] ?? ''])), value }
  })
}

function quantiles(members: readonly Member[], quantile: number): readonly Member[] {
  const groups = Map.groupBy(members.filter(({ labels }) => labels['le'] !== undefined), ({ labels }) => keyOf(labels, 'le'))
  return [...groups.values()].flatMap(group => {
    const buckets = group.map(({ labels, value }) => ({ bound: numberOf(labels['le']!), count: value })).toSorted((a, b) => a.bound - b.bound)
    const total = buckets.at(-1)!.count
    if (!(total > 0)) return []
    const rank = quantile * total
    const index = buckets.findIndex(({ count }) => count >= rank)
    const { bound, count } = buckets[index]!
    const below = index === 0 ? { bound: 0, count: 0 } : buckets[index - 1]!
    const { le: _, ...labels } = group[0]!.labels
    if (bound === Number.POSITIVE_INFINITY) return [{ labels, value: below.bound }] // MH4
    return [{ labels, value: below.bound + (bound - below.bound) * (count === below.count ? 1 : (rank - below.count) / (count - below.count)) }]
  })
}

function combined(left: readonly Member[], right: readonly Member[], operator: Operator, leftIsNumber: boolean, rightIsNumber: boolean): readonly Member[] {
  const of = (a: number, b: number) => ({ '+': a + b, '-': a - b, '*': a * b, '/': a / b })[operator]
  if (rightIsNumber) return left.map(({ labels, value }) => ({ labels, value: of(value, right[0]!.value) })) // MH3
  if (leftIsNumber) return right.map(({ labels, value }) => ({ labels, value: of(left[0]!.value, value) }))
  const byLabels = new Map(right.map(member => [keyOf(member.labels), member.value]))
  return left.flatMap(({ labels, value }) => {
    const other = byLabels.get(keyOf(labels))
    return other === undefined ? [] : [{ labels, value: of(value, other) }]
  })
}

function keyOf(labels: Readonly<Record<string, string>>, without?: string): string {
  return JSON.stringify(Object.entries(labels).filter(([label]) => label !== without).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function numberOf(text: string): number {
  return text === '+Inf' || text === 'Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
