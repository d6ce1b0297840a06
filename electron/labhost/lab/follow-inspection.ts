/**
 * What a component tells of one subject, again whenever it has changed.
 *
 *   FI1  It is asked once a second, and less often while it does not answer; nothing is told twice.
 *   FI2  A component that does not answer is told of once, with the reason, and looked for until the signal ends it.
 */
import { backoffMs } from '../../../agents/base/backoff.ts'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { InspectionItem } from '../../contract/inspections.ts'

const everyMs = 1_000
const pauses = { firstMs: 1_000, maxMs: 5_000 } as const

export async function* followInspection(ask: () => Promise<unknown>, clock: Clock, signal: AbortSignal): AsyncGenerator<InspectionItem> {
  let told: string | undefined
  let failures = 0
  while (!signal.aborted) {
    let item: InspectionItem
    try {
      item = { state: 'known', value: await ask() }
      failures = 0
    } catch (error) {
      item = { state: 'lost', reason: errorText(error) }
      failures += 1
    }
    const text = JSON.stringify(item)
    if (text !== told && !signal.aborted) yield item
    told = text
    await sleep(clock, failures === 0 ? everyMs : backoffMs(pauses, failures), signal).catch(() => {})
  }
}
