/** What a component counts, as its /metrics has it. */

export interface MetricFamily {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped'
  readonly help: string
  readonly series: number
}

export interface MetricSample {
  readonly family: string
  /** Of histograms and summaries `sum` or `count`, else `value`. */
  readonly part: 'value' | 'sum' | 'count'
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export type MetricsItem =
  | { readonly state: 'known'; readonly at: number; readonly families: readonly MetricFamily[]; readonly samples: readonly MetricSample[] }
  /** It does not answer; items begin anew when it does. */
  | { readonly state: 'lost'; readonly reason: string }

export interface MetricsFeeds {
  /** All families by name, and the samples of those that are asked for; every five seconds while somebody follows. */
  'components/metrics': { arguments: { readonly lab: string; readonly component: string; readonly families: readonly string[] }; item: MetricsItem }
}

type None = Readonly<Record<string, never>>

export interface MetricsCalls {
  /** The --v of a running component, until it is started anew. */
  'components/log-level': { arguments: { readonly lab: string; readonly component: string; readonly level: number }; reply: None }
}
