/**
 * Audit events posted to an external service as EventLists. Upstream: apiserver/plugin/pkg/audit/{webhook,buffered}.
 *
 *   AW1  Batch (the default): events are gathered, at most 400 or 30 s, and a failed post is tried again with growing pauses;
 *        a full buffer loses the newest events and says so, the requests are not held up.
 *   AW2  Ending posts what has gathered, once.
 */
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import type { WebhookClient } from '../webhooks/webhook-client.ts'
import type { AuditSink } from './audit-log.ts'

export interface AuditWebhookOptions {
  readonly client: WebhookClient
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly bufferSize: number
  readonly maxBatchSize: number
  readonly maxWaitMs: number
  readonly firstPauseMs: number
  readonly onLost: (count: number) => void
}

const tries = 5
const timeoutMs = 30_000

export function batchingWebhook(options: AuditWebhookOptions): AuditSink {
  let waiting: string[] = []
  let timer: Disposable | undefined
  let isPosting = false
  const flush = async () => {
    timer?.[Symbol.dispose]()
    timer = undefined
    if (isPosting) return
    isPosting = true
    while (waiting.length > 0 && !options.signal.aborted) {
      const batch = waiting.slice(0, options.maxBatchSize)
      waiting = waiting.slice(batch.length)
      await postEvents(batch, options).catch((error: unknown) => {
        options.onLost(batch.length)
        options.log.warn('audit events could not be posted', { count: batch.length, error: errorText(error) })
      })
    }
    isPosting = false
  }
  return {
    write(event) {
      if (waiting.length >= options.bufferSize) throw new Error('audit buffer queue blocked') // AW1
      waiting.push(event.json)
      if (waiting.length >= options.maxBatchSize) void flush()
      else timer ??= options.clock.after(options.maxWaitMs, () => { void flush() })
    },
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]()
      if (waiting.length > 0) void options.client.post({ body: listOf(waiting), timeoutMs, signal: new AbortController().signal }).catch(() => {})
    },
  }
}

async function postEvents(batch: readonly string[], { client, clock, signal, firstPauseMs }: AuditWebhookOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.post({ body: listOf(batch), timeoutMs, signal })
      return
    } catch (error) {
      if (attempt >= tries) throw error
      await sleep(clock, firstPauseMs * 1.5 ** (attempt - 1), signal)
    }
  }
}

function listOf(events: readonly string[]): string {
  return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.join(',')}]}`
}
