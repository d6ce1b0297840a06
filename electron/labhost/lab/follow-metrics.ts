/** What a component counts, again and again while somebody looks; one that does not answer is told of (follow-inspection.ts). */
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { MetricsItem } from '../../contract/metrics.ts'
import { readMetricText } from './metric-text.ts'

const everyMs = 5_000

export async function* followMetrics(read: () => Promise<string>, families: readonly string[], clock: Clock, signal: AbortSignal): AsyncGenerator<MetricsItem> {
  const wanted = new Set(families)
  let lost: string | null = null
  while (!signal.aborted) {
    let item: MetricsItem | null = null
    try {
      item = { state: 'known', at: clock.now(), ...readMetricText(await read(), wanted) }
      lost = null
    } catch (error) {
      const reason = errorText(error)
      if (reason !== lost) item = { state: 'lost', reason }
      lost = reason
    }
    if (item !== null && !signal.aborted) yield item
    await sleep(clock, everyMs, signal).catch(() => {})
  }
}
