/**
 * An authorizer that somebody else is: a SubjectAccessReview is posted for each question.
 * Upstream: apiserver/plugin/pkg/authorizer/webhook.
 *
 *   WA1  denied ends the search, allowed allows, neither is no opinion; both at once is a denial and an error.
 *   WA2  Answers are kept, allowances and the rest each for their own time; questions too long to be worth it are not.
 *   WA3  Match conditions are asked first: one that is false skips the webhook; one that fails, while none is false, is a
 *        failure of the webhook.
 *   WA4  A failure is a denial or no opinion, as the failure policy says, and is told as an error.
 */
import type { Counter, Histogram, Metrics } from '../../../machinery/metrics.ts'
import { fieldAt, textAt } from '../registry/kube-object.ts'
import type { Fields } from '../registry/kube-object.ts'
import { accessReviewSpec } from './access-review.ts'
import type { Attributes, Authorizer, Verdict } from './authorizer.ts'
import { noOpinion } from './authorizer.ts'
import { postReview } from './webhook-calls.ts'
import type { ReviewCalls } from './webhook-calls.ts'

export interface WebhookAuthorizerOptions {
  readonly name: string
  readonly version: string
  readonly authorizedMs: number
  readonly unauthorizedMs: number
  readonly onFailure: 'deny' | 'no-opinion'
  /** False when the webhook has nothing to say; throws when that cannot be told. */
  readonly matches: ((spec: Fields) => boolean) | undefined
}

interface Status {
  readonly allowed: boolean
  readonly denied: boolean
  readonly reason: string
}

const maxKept = 8_192
const longestKey = 10_000

export class WebhookAuthorizer implements Authorizer {
  readonly #options: WebhookAuthorizerOptions
  readonly #calls: ReviewCalls
  readonly #kept = new Map<string, { readonly status: Status; readonly untilMs: number }>()
  readonly #evaluations: Counter
  readonly #seconds: Histogram

  constructor(options: WebhookAuthorizerOptions, calls: ReviewCalls, metrics: Metrics) {
    this.#options = options
    this.#calls = calls
    this.#evaluations = metrics.counter({ name: 'apiserver_authorization_webhook_evaluations_total', help: 'Round-trips to authorization webhooks.', labels: ['result', 'name'] })
    this.#seconds = metrics.histogram({ name: 'apiserver_authorization_webhook_duration_seconds', help: 'Request latency in seconds.', labels: ['result', 'name'], buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] })
  }

  async authorize(attributes: Attributes): Promise<Verdict> {
    const spec = accessReviewSpec(attributes)
    try {
      if (this.#options.matches?.(spec) === false) return noOpinion // WA3
      return verdictOf(await this.#statusOf(spec))
    } catch (error) {
      return { decision: this.#options.onFailure, reason: '', error: error instanceof Error ? error.message : String(error) } // WA4
    }
  }

  rulesFor() {
    return { rules: [], incomplete: true, errors: ['webhook authorizer does not support user rule resolution'] }
  }

  async #statusOf(spec: Fields): Promise<Status> {
    const key = JSON.stringify(spec)
    const { clock } = this.#calls
    const kept = this.#kept.get(key)
    if (kept !== undefined && kept.untilMs > clock.monotonic()) return kept.status
    const status = await this.#ask(spec)
    if (key.length <= longestKey) { // WA2
      if (this.#kept.size >= maxKept) this.#kept.delete(this.#kept.keys().next().value!)
      this.#kept.delete(key)
      this.#kept.set(key, { status, untilMs: clock.monotonic() + (status.allowed ? this.#options.authorizedMs : this.#options.unauthorizedMs) })
    }
    return status
  }

  async #ask(spec: Fields): Promise<Status> {
    const { clock } = this.#calls
    const started = clock.monotonic()
    const note = (result: string) => {
      this.#evaluations.add(1, { result, name: this.#options.name })
      this.#seconds.observe((clock.monotonic() - started) / 1000, { result, name: this.#options.name })
    }
    try {
      const answer = await postReview({ kind: 'SubjectAccessReview', apiVersion: `authorization.k8s.io/${this.#options.version}`, metadata: {}, spec: this.#options.version === 'v1' ? spec : oldSpec(spec), status: { allowed: false } }, this.#calls)
      note('success')
      return { allowed: fieldAt(answer, 'status', 'allowed') === true, denied: fieldAt(answer, 'status', 'denied') === true, reason: textAt(answer, 'status', 'reason') }
    } catch (error) {
      note('error')
      throw error
    }
  }
}

/** v1beta1 calls groups "group". */
function oldSpec({ groups, ...spec }: Fields): Fields {
  return groups === undefined ? spec : { ...spec, group: groups }
}

/** WA1 */
function verdictOf({ allowed, denied, reason }: Status): Verdict {
  if (denied && allowed) return { decision: 'deny', reason, error: 'webhook subject access review returned both allow and deny response' }
  if (denied) return { decision: 'deny', reason }
  return { decision: allowed ? 'allow' : 'no-opinion', reason }
}
