/**
 * Audit events posted to an external service as EventLists. Upstream: apiserver/plugin/pkg/audit/webhook.
 *
 *   AW1  A failed post is tried again with growing pauses, five times in all; then its events are lost, which is counted.
 *   AW2  Batch (the default): events are gathered (buffered-sink.ts). Blocking: each is posted by itself, and a request goes on
 *        when its first event has been; with blocking-strict only then.
 *   AW3  Ending posts what has gathered, once.
 */
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import type { WebhookClient } from '../webhooks/webhook-client.ts'
import type { AuditEvent } from './audit-record.ts'
import type { AuditSink } from './audit-sink.ts'
import { bufferedSink } from './buffered-sink.ts'
import type { BatchOptions } from './buffered-sink.ts'

export interface AuditWebhookOptions {
  readonly client: WebhookClient
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly firstPauseMs: number
  /** Absent: every event is posted by itself, and waited for. */
  readonly batch?: BatchOptions
  readonly onLost: (count: number) => void
}

const tries = 5
const timeoutMs = 30_000

export function auditWebhook(options: AuditWebhookOptions): AuditSink {
  const { client, batch, log, onLost } = options
  if (batch === undefined) {
    return {
      write: event => postEvents([event], options), // AW2
      [Symbol.dispose]() {},
    }
  }
  return bufferedSink({
    deliver: events => postEvents(events, options),
    onLost(count, error) {
      onLost(count)
      log.warn('audit events could not be posted', { count, error: errorText(error) })
    },
    deliverLast(events) { // AW3
      void client.post({ body: listOf(events), timeoutMs, signal: new AbortController().signal }).catch(() => {})
    },
  }, batch, options)
}

async function postEvents(events: readonly AuditEvent[], { client, clock, signal, firstPauseMs }: AuditWebhookOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.post({ body: listOf(events), timeoutMs, signal })
      return
    } catch (error) {
      if (attempt >= tries) throw error
      await sleep(clock, firstPauseMs * 1.5 ** (attempt - 1), signal) // AW1
    }
  }
}

function listOf(events: readonly AuditEvent[]): string {
  return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.map(({ json }) => json).join(',')}]}`
}
