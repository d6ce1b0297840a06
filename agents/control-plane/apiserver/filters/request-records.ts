/**
 * What every request did, for metrics and for the inspection of a running server.
 *
 *   RR1  Live requests and the last 200 ended ones are kept with their stages and durations; bodies never are.
 */
import type { Clock } from '../../../base/clock.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import type { AdmissionVerdict } from '../admission/admission.ts'
import type { Exchange, Stage } from '../http/exchange.ts'
import { spans } from '../../../base/spans.ts'
import type { Filter } from './filter.ts'
import { addRequestSpans } from './request-spans.ts'
import { requestSeries } from './request-series.ts'
import type { KnowsResource } from './request-series.ts'

export interface RequestRecord {
  readonly auditId: string
  readonly user: string
  readonly impersonator?: string
  readonly verb: string
  readonly path: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly userAgent: string
  readonly startedMs: number
  readonly durationMs: number
  readonly code: number
  readonly bytes: number
  readonly reason?: string
  readonly revision?: number
  readonly stages: readonly { readonly name: string; readonly ms: number }[]
  readonly admission?: readonly AdmissionVerdict[]
}

const kept = 200

export class RequestRecords {
  readonly filter: Filter
  readonly #clock: Clock
  readonly #live = new Map<Exchange, number>()
  readonly #recent: Kept[] = []

  constructor(clock: Clock, metrics: Metrics, knows: KnowsResource) {
    this.#clock = clock
    const count = requestSeries(metrics, knows)
    metrics.observed({ name: 'apiserver_current_inflight_requests', help: 'Requests now being served.', labels: ['request_kind'] }, () => {
      const changing = [...this.#live.keys()].filter(exchange => !['get', 'list', 'watch'].includes(exchange.info.verb) && !exchange.isLongRunning).length
      const all = [...this.#live.keys()].filter(exchange => !exchange.isLongRunning).length
      return [{ labels: { request_kind: 'mutating' }, value: changing }, { labels: { request_kind: 'readOnly' }, value: all - changing }]
    })
    metrics.observed({ name: 'apiserver_longrunning_requests', help: 'Watches and streams now open.', labels: ['verb', 'resource', 'subresource'] }, () => this.#longRunning())
    this.filter = async (exchange, next) => {
      const started = clock.monotonic()
      this.#live.set(exchange, started)
      try {
        await next()
      } finally {
        this.#live.delete(exchange)
        const durationMs = clock.monotonic() - started
        this.#remember(exchange, started, durationMs)
        count(exchange, durationMs)
        if (spans.on) addRequestSpans(exchange, started, durationMs)
      }
    }
  }

  live(): RequestRecord[] {
    const now = this.#clock.monotonic()
    return [...this.#live].map(([exchange, started]) => recordOf(keptOf(exchange, started, now - started)))
  }

  recent(): readonly RequestRecord[] {
    return this.#recent.map(recordOf).toReversed()
  }

  #longRunning() {
    const counts = new Map<string, { labels: Record<string, string>; value: number }>()
    for (const { isLongRunning, info } of this.#live.keys()) {
      if (!isLongRunning) continue
      const key = `${info.verb}/${info.resource}/${info.subresource}`
      const count = counts.get(key) ?? { labels: { verb: info.verb.toUpperCase(), resource: info.resource, subresource: info.subresource }, value: 0 }
      count.value += 1
      counts.set(key, count)
    }
    return [...counts.values()]
  }

  #remember(exchange: Exchange, started: number, durationMs: number): void {
    this.#recent.push(keptOf(exchange, started, durationMs)) // RR1
    if (this.#recent.length > kept * 2) this.#recent.splice(0, kept)
  }
}

const longestText = 1_024

function shortened(text: string): string {
  return text.length <= longestText ? text : `${Buffer.from(text.slice(0, longestText)).toString()}…` // a copy, or the whole stays in memory
}

/** As it is kept, in one shape for all: what is shown of it is made when somebody looks. */
interface Kept extends Omit<RequestRecord, 'stages' | 'admission' | 'impersonator' | 'reason' | 'revision'> {
  readonly impersonator: string | undefined
  readonly reason: string | undefined
  readonly revision: number | undefined
  readonly startedMonotonic: number
  readonly marks: readonly Stage[]
  readonly verdicts: readonly AdmissionVerdict[]
}

function keptOf(exchange: Exchange, startedMonotonic: number, durationMs: number): Kept {
  const { info, outcome } = exchange
  return {
    auditId: exchange.auditId,
    user: exchange.user?.name ?? '',
    impersonator: exchange.impersonator?.name,
    verb: info.verb,
    path: shortened(exchange.path),
    resource: info.resource,
    namespace: info.namespace,
    name: info.name,
    userAgent: shortened(exchange.header('user-agent') ?? ''),
    startedMs: exchange.startedMs,
    durationMs,
    code: exchange.statusCode,
    bytes: exchange.sentBytes,
    reason: outcome.reason,
    revision: outcome.revision,
    startedMonotonic,
    marks: exchange.stages,
    verdicts: exchange.admission,
  }
}

function recordOf({ startedMonotonic, marks, verdicts, impersonator, reason, revision, ...told }: Kept): RequestRecord {
  return {
    ...told,
    ...(impersonator === undefined ? {} : { impersonator }),
    ...(reason === undefined ? {} : { reason }),
    ...(revision === undefined ? {} : { revision }),
    durationMs: toMicros(told.durationMs),
    stages: marks.map(({ name, atMs }) => ({ name, ms: toMicros(atMs - startedMonotonic) })),
    ...(verdicts.length === 0 ? {} : { admission: verdicts.map(({ atMs: _, ...verdict }) => ({ ...verdict, ms: toMicros(verdict.ms) })) }),
  }
}

function toMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
