/**
 * Numbers by label values, in the shape that prom-client's registry prints. Its own classes hash an object of labels at
 * every count; a server that counts several numbers for each of thousands of requests a second keeps the series instead.
 *
 *   MS1  A label that is not given is the empty string; one that was not declared is refused.
 *   MS2  A histogram prints cumulative buckets up to +Inf, its sum and its count.
 */
import type { MetricOptions } from '../machinery/metrics.ts'

type Labels = Readonly<Record<string, string>>

interface Printed {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly values: readonly { readonly labels: Readonly<Record<string, string | number>>; readonly value: number; readonly metricName?: string }[]
}

/** Series by the values of the declared labels, in their order. */
class SeriesByLabels<S> {
  readonly #names: readonly string[]
  readonly #series = new Map<string, { readonly labels: Labels; readonly series: S }>()
  readonly #make: () => S

  constructor(names: readonly string[], make: () => S) {
    this.#names = names
    this.#make = make
  }

  get(labels: Labels): S {
    let key = ''
    for (const name of this.#names) key += `${labels[name] ?? ''}\0`
    const known = this.#series.get(key)
    if (known !== undefined) return known.series
    for (const name of Object.keys(labels)) if (!this.#names.includes(name)) throw new Error(`the label ${name} was not declared`) // MS1
    const made = { labels: Object.fromEntries(this.#names.map(name => [name, labels[name] ?? ''])), series: this.#make() }
    this.#series.set(key, made)
    return made.series
  }

  clear(): void {
    this.#series.clear()
  }

  *[Symbol.iterator](): Iterator<{ readonly labels: Labels; readonly series: S }> {
    yield* this.#series.values()
  }
}

class Tally {
  value = 0

  add(by = 1): void {
    this.value += by
  }
}

export class NumberFamily {
  readonly name: string
  readonly #options: MetricOptions
  readonly #type: 'counter' | 'gauge'
  readonly #series: SeriesByLabels<Tally>
  readonly #read: (() => void) | undefined

  /** `read` fills the family anew whenever it is printed. */
  constructor(options: MetricOptions, type: 'counter' | 'gauge', read?: (family: NumberFamily) => void) {
    this.name = options.name
    this.#options = options
    this.#type = type
    this.#series = new SeriesByLabels(options.labels ?? [], () => new Tally())
    this.#read = read === undefined ? undefined : () => {
      this.#series.clear()
      read(this)
    }
    if ((options.labels ?? []).length === 0 && read === undefined) this.#series.get({})
  }

  series(labels: Labels): Tally {
    return this.#series.get(labels)
  }

  add(by = 1, labels: Labels = {}): void {
    this.#series.get(labels).value += by
  }

  set(value: number, labels: Labels = {}): void {
    this.#series.get(labels).value = value
  }

  get(): Printed {
    this.#read?.()
    return { name: this.name, help: this.#options.help, type: this.#type, values: [...this.#series].map(({ labels, series }) => ({ labels, value: series.value })) }
  }
}

const usualBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

class Distribution {
  readonly #bounds: readonly number[]
  readonly counts: number[]
  sum = 0
  count = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.counts = new Array<number>(bounds.length).fill(0)
  }

  observe(value: number): void {
    let low = 0
    let high = this.#bounds.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#bounds[middle]! < value) low = middle + 1
      else high = middle
    }
    if (low < this.counts.length) this.counts[low]! += 1
    this.sum += value
    this.count += 1
  }
}

export class HistogramFamily {
  readonly name: string
  readonly #options: MetricOptions
  readonly #bounds: readonly number[]
  readonly #series: SeriesByLabels<Distribution>

  constructor(options: MetricOptions) {
    this.name = options.name
    this.#options = options
    this.#bounds = options.buckets ?? usualBuckets
    this.#series = new SeriesByLabels(options.labels ?? [], () => new Distribution(this.#bounds))
    if ((options.labels ?? []).length === 0) this.#series.get({})
  }

  series(labels: Labels): Distribution {
    return this.#series.get(labels)
  }

  observe(value: number, labels: Labels = {}): void {
    this.#series.get(labels).observe(value)
  }

  get(): Printed {
    return { name: this.name, help: this.#options.help, type: 'histogram', values: [...this.#series].flatMap(({ labels, series }) => this.#printed(labels, series)) }
  }

  /** MS2 */
  #printed(labels: Labels, series: Distribution): Printed['values'][number][] {
    let upTo = 0
    const bucket = (bound: number | string, value: number) => ({ metricName: `${this.name}_bucket`, labels: { ...labels, le: bound }, value })
    return [
      ...this.#bounds.map((bound, index) => bucket(bound, (upTo += series.counts[index]!))),
      bucket('+Inf', series.count),
      { metricName: `${this.name}_sum`, labels, value: series.sum },
      { metricName: `${this.name}_count`, labels, value: series.count },
    ]
  }
}
