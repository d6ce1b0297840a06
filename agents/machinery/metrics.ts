/** Where numbers about a component go. Pure rooms write through this; the runtime gives it Prometheus' text form. */
export interface Counter {
  add(by?: number, labels?: Readonly<Record<string, string>>): void
  /** The series of these labels, found once: for what is counted with every request. */
  series(labels: Readonly<Record<string, string>>): { add(by?: number): void }
}

export interface Gauge {
  set(value: number, labels?: Readonly<Record<string, string>>): void
}

export interface Histogram {
  observe(value: number, labels?: Readonly<Record<string, string>>): void
  series(labels: Readonly<Record<string, string>>): { observe(value: number): void }
}

export interface MetricOptions {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[]
}

/** Asking twice for one name gives the same metric. */
export interface Metrics {
  counter(options: MetricOptions): Counter
  gauge(options: MetricOptions): Gauge
  histogram(options: MetricOptions): Histogram
  /** A gauge, or what `counts` up only, whose values are read when somebody asks. */
  observed(options: MetricOptions & { readonly counts?: boolean }, read: () => number | readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]): void
}

const nothing = { add() {}, set() {}, observe() {}, series: () => ({ add() {}, observe() {} }) }

export const noMetrics: Metrics = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing, observed() {} }
