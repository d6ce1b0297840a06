/**
 * Reports of a node's machine while somebody looks, begun anew whenever the line to it has come back.
 *
 *   FM1  A machine that cannot be asked is told of once, with the reason, and tried again until the signal ends it.
 */
import { backoffMs } from '../../../agents/base/backoff.ts'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { MachineItem, MachineReport } from '../../contract/machines.ts'

const pauses = { firstMs: 1_000, maxMs: 5_000 } as const

export async function* followMachine(watch: (signal: AbortSignal) => AsyncIterable<MachineReport>, clock: Clock, signal: AbortSignal): AsyncGenerator<MachineItem> {
  let told: string | null = null
  let failures = 0
  while (!signal.aborted) {
    try {
      for await (const report of watch(signal)) {
        failures = 0
        told = null
        yield { state: 'known', report }
      }
    } catch (error) {
      if (signal.aborted) return
      failures += 1
      const reason = errorText(error)
      if (reason !== told) yield { state: 'lost', reason } // FM1
      told = reason
    }
    await sleep(clock, backoffMs(pauses, failures), signal).catch(() => {})
  }
}
