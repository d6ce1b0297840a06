/**
 * Asks one webhook about one request. Upstream: webhook/{mutating,validating}/dispatcher.go.
 *
 *   HC1  A dry run is refused unless the webhook says that it has no side effects then.
 *   HC2  Whatever goes wrong between here and there is a HookFailure, which failurePolicy decides about; a denial never is.
 *   HC3  A denial carries the webhook's own code (400 at least), reason and details.
 *   HC4  Warnings and audit annotations count whether the request is allowed or not.
 */
import { randomUUID } from 'node:crypto'
import { badRequest, relayedStatus } from '../../http/api-error.ts'
import type { ApiError } from '../../http/api-error.ts'
import { isFields } from '../../registry/kube-object.ts'
import type { Fields } from '../../registry/kube-object.ts'
import { WebhookCallError } from '../../webhooks/call-failure.ts'
import type { WebhookClients } from '../../webhooks/webhook-client.ts'
import type { AdmissionRequest } from '../admission.ts'
import { readReview, renderReview, reviewVersionOf } from './admission-review.ts'
import type { ReviewAnswer } from './admission-review.ts'
import type { ShownAs } from './request-matcher.ts'
import type { ShownObjects } from './shown-objects.ts'
import type { Hook } from './webhook-hook.ts'

/** HC2 */
export class HookFailure extends Error {
  override readonly name = 'HookFailure'
  /** What metrics say the webhook answered with. */
  readonly code: number
  readonly isCancelled: boolean

  constructor(webhook: string, reason: string, code: number, isCancelled = false) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${reason}`)
    this.code = code
    this.isCancelled = isCancelled
  }
}

/** HC3: thrown as it is answered. */
export class HookDenial extends Error {
  override readonly name = 'HookDenial'
  readonly status: ApiError

  constructor(status: ApiError) {
    super(status.message)
    this.status = status
  }
}

export interface HookCall {
  readonly hook: Hook
  readonly as: ShownAs
  readonly request: AdmissionRequest
  readonly shown: ShownObjects
  readonly isMutating: boolean
}

export async function callHook({ hook, as, request, shown, isMutating }: HookCall, clients: WebhookClients): Promise<ReviewAnswer> {
  const { webhook } = hook
  if (request.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`) // HC1
  const version = reviewVersionOf(webhook.admissionReviewVersions)
  if (version === undefined) throw new HookFailure(webhook.name, 'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)', 400)
  const question = { uid: randomUUID(), version, body: '' }
  const body = renderReview(request, as, await shown.texts(as), question)
  const bytes = await post(hook, body, request.signal, clients)
  let answer: ReviewAnswer
  try {
    answer = await readReview(bytes, question, isMutating)
  } catch (error) {
    throw new HookFailure(webhook.name, `received invalid webhook response: ${(error as Error).message}`, 503)
  }
  for (const [key, value] of Object.entries(answer.auditAnnotations)) request.notes.annotate(`${webhook.name}/${key}`, value) // HC4
  for (const warning of answer.warnings) request.warn(warning)
  if (!answer.allowed) throw new HookDenial(denial(webhook.name, answer.status))
  return answer
}

async function post({ webhook }: Hook, body: string, signal: AbortSignal, clients: WebhookClients): Promise<Buffer> {
  const seconds = webhook.timeoutSeconds ?? 10
  try {
    return await clients.clientFor(webhook.clientConfig).post({ body, timeoutMs: seconds * 1000, signal, query: { timeout: `${seconds}s` } })
  } catch (error) {
    if (error instanceof WebhookCallError) throw new HookFailure(webhook.name, `failed to call webhook: ${error.message}`, error.code === 0 ? 503 : error.code, error.kind === 'cancelled')
    throw new HookFailure(webhook.name, `failed to call webhook: ${error instanceof Error ? error.message : String(error)}`, 503)
  }
}

/** HC3 */
function denial(webhook: string, status: Fields | undefined): ApiError {
  const denied = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const said = typeof status?.['message'] === 'string' && status['message'] !== '' ? status['message'] : typeof status?.['reason'] === 'string' && status['reason'] !== '' ? status['reason'] : undefined
  const code = typeof status?.['code'] === 'number' && status['code'] >= 400 ? status['code'] : 400
  return relayedStatus({
    code,
    message: said === undefined ? `${denied} without explanation` : `${denied}: ${said}`,
    ...(typeof status?.['reason'] === 'string' && status['reason'] !== '' ? { reason: status['reason'] } : {}),
    ...(isFields(status?.['details']) ? { details: status['details'] } : {}),
  })
}
