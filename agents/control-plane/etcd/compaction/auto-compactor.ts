/**
 * Compacts by itself, as etcd's --auto-compaction-mode says.
 *
 *   AC1  periodic: every tenth of the period (at most an hour) the revision is noted; history older than the period
 *        goes. What happened within the last period can always be read.
 *   AC2  revision: every five minutes all but the last so many revisions go.
 *   AC3  A retention of 0 means never.
 *   AC4  Nothing to do is not an error; a compaction refused because somebody else was faster is none either.
 */
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'

const hourMs = 3_600_000
const revisionCheckMs = 300_000

export type Retention = { readonly mode: 'periodic'; readonly periodMs: number } | { readonly mode: 'revision'; readonly revisions: bigint }

export interface Compactable {
  readonly revision: bigint
  readonly compacted: bigint
  compact(revision: bigint): Promise<unknown>
}

export function startAutoCompaction(retention: Retention, store: Compactable, clock: Clock, log: Log): Disposable {
  const isOff = retention.mode === 'periodic' ? retention.periodMs === 0 : retention.revisions === 0n
  if (isOff) return { [Symbol.dispose]() {} } // AC3
  const intervalMs = retention.mode === 'revision' ? revisionCheckMs : Math.max(1, Math.min(hourMs, retention.periodMs) / 10)
  const noted: { atMs: number; revision: bigint }[] = []
  let timer: Disposable

  const target = (): bigint => {
    if (retention.mode === 'revision') return store.revision - retention.revisions
    const now = clock.monotonic()
    noted.push({ atMs: now, revision: store.revision })
    const old = noted.filter(note => note.atMs <= now - retention.periodMs)
    noted.splice(0, Math.max(0, old.length - 1))
    return old.at(-1)?.revision ?? 0n
  }

  const arm = (): void => {
    timer = clock.after(intervalMs, () => {
      arm()
      const revision = target()
      if (revision <= store.compacted || revision <= 0n) return
      store.compact(revision).then(
        () => { log.info('history compacted', { revision: String(revision), mode: retention.mode }) },
        (error: unknown) => { log.debug('history was not compacted', { revision: String(revision), error }) },
      )
    })
  }
  noted.push({ atMs: clock.monotonic(), revision: store.revision })
  arm()
  return { [Symbol.dispose]() { timer[Symbol.dispose]() } }
}

/** The two flags together: a bare number is hours when periodic, revisions otherwise. */
export function readRetention(mode: string, text: string, readDurationMs: (text: string) => number | undefined): Retention {
  if (mode === 'periodic') {
    const periodMs = /^\d+$/.test(text) ? Number(text) * hourMs : readDurationMs(text)
    if (periodMs === undefined || periodMs < 0) throw new RangeError(`--auto-compaction-retention=${text} is not a duration such as 5m or a number of hours`)
    return { mode, periodMs }
  }
  if (mode === 'revision') {
    if (!/^\d+$/.test(text)) throw new RangeError(`--auto-compaction-retention=${text} is not a number of revisions`)
    return { mode, revisions: BigInt(text) }
  }
  throw new RangeError(`--auto-compaction-mode=${mode} is not one of periodic, revision`)
}
