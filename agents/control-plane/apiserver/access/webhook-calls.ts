/**
 * Calls of review webhooks, tried again a few times. Upstream: apiserver/pkg/util/webhook/webhook.go.
 *
 *   WK1  Refused, reset and timed-out connections, 429 and 5xx are tried again: five times in all, after 0.5 s and half as
 *        much more each time, with a fifth of jitter. Anything else is an answer.
 *   WK2  All tries together end with the deadline.
 */
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import { WebhookCallError } from '../webhooks/call-failure.ts'
import type { WebhookClient } from '../webhooks/webhook-client.ts'
import { isFields } from '../registry/kube-object.ts'
import type { Fields } from '../registry/kube-object.ts'
import { parseAnswer } from '../webhooks/parse-answer.ts'

export interface ReviewCalls {
  readonly client: WebhookClient
  readonly clock: Clock
  readonly random: Random
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const tries = 5
const firstWaitMs = 500

export async function postReview(review: object, { client, clock, random, timeoutMs, signal }: ReviewCalls): Promise<Fields> {
  const body = JSON.stringify(review)
  const endsAt = clock.monotonic() + timeoutMs
  let waitMs = firstWaitMs
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await client.post({ body, timeoutMs: Math.max(1, endsAt - clock.monotonic()), signal, headers: { 'content-type': 'application/json', accept: 'application/json' } })
      const value = await parseAnswer(answer)
      if (!isFields(value)) throw new Error('the webhook answered no object')
      return value
    } catch (error) {
      const pause = waitMs * (1 + 0.2 * random.next())
      if (attempt >= tries || !isWorthTrying(error) || clock.monotonic() + pause >= endsAt || signal.aborted) throw error
      await sleep(clock, pause, signal)
      waitMs *= 1.5
    }
  }
}

/** WK1 */
function isWorthTrying(error: unknown): boolean {
  if (!(error instanceof WebhookCallError)) return false
  return error.code === 0 ? error.kind === 'connection' : error.code === 429 || error.code >= 500
}
