/**
 * ImagePolicyWebhook: somebody else decides which images may run. Upstream: plugin/pkg/admission/imagepolicy.
 *
 *   IP1  Asked with an ImageReview (imagepolicy.k8s.io/v1alpha1): images of containers and init containers, or of ephemeral
 *        ones when those are changed, and the annotations *.image-policy.k8s.io/*.
 *   IP2  Answers are remembered, allowing ones for allowTTL, denying ones for denyTTL.
 *   IP3  Without an answer, after retries, defaultAllow decides; letting through is noted for the audit log.
 */
import { resolve } from 'node:path'
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import { readKubeconfig } from '../../../runtime/index.ts'
import { forbidden } from '../http/api-error.ts'
import { fieldAt, isFields, listAt, numberAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import type { WebhookClient, WebhookClients } from '../webhooks/webhook-client.ts'
import { parseAnswer } from '../webhooks/parse-answer.ts'

interface Review {
  readonly allowed: boolean
  readonly reason: string
  readonly auditAnnotations: Readonly<Record<string, string>>
}

const auditPrefix = 'imagepolicywebhook.image-policy.k8s.io/'
const maxKept = 1_024
const tries = 5
const callTimeoutMs = 30_000

export interface ImagePolicyDeps {
  readonly clients: WebhookClients
  readonly clock: Clock
  /** Where the configuration's kubeConfigFile is relative to. */
  readonly folder: string
}

export function imagePolicyWebhook(configuration: unknown, { clients, clock, folder }: ImagePolicyDeps): AdmissionPlugin {
  const config = fieldAt(configuration, 'imagePolicy')
  if (!isFields(config)) throw new Error('ImagePolicyWebhook: no config specified')
  const credentials = readKubeconfig(resolve(folder, textAt(config, 'kubeConfigFile')))
  const { token } = credentials
  const client = clients.clientWith({ url: credentials.server }, {
    ...(credentials.ca === undefined ? {} : { ca: credentials.ca }),
    ...(credentials.clientCert === undefined ? {} : { clientCert: credentials.clientCert, clientKey: credentials.clientKey! }),
    ...(token === undefined ? {} : { token: () => token }),
    ...(credentials.serverName === undefined ? {} : { serverName: credentials.serverName }),
    ...(credentials.insecureSkipVerify === true ? { insecureSkipVerify: true } : {}),
  })
  const lifeMs = { allowed: seconds(config, 'allowTTL', 300, 1, 1_800) * 1000, denied: seconds(config, 'denyTTL', 30, 1, 1_800) * 1000 }
  const firstDelayMs = numberAt(config, 'retryBackoff') ?? 500
  const allowsByDefault = config['defaultAllow'] === true
  const kept = new Map<string, { readonly review: Review; readonly untilMs: number }>()

  async function review(spec: object, signal: AbortSignal): Promise<Review> {
    const key = JSON.stringify(spec)
    const known = kept.get(key)
    if (known !== undefined && known.untilMs > clock.monotonic()) return known.review
    const answer = await ask(client, spec, firstDelayMs, clock, signal)
    kept.delete(key)
    kept.set(key, { review: answer, untilMs: clock.monotonic() + (answer.allowed ? lifeMs.allowed : lifeMs.denied) }) // IP2
    if (kept.size > maxKept) kept.delete(kept.keys().next().value!)
    return answer
  }

  return {
    name: 'ImagePolicyWebhook',
    concerns: request => request.group === '' && request.resource === 'pods' && (request.subresource === '' || request.subresource === 'ephemeralcontainers') && (request.operation === 'CREATE' || request.operation === 'UPDATE'),
    async validate(request) {
      let answer: Review
      try {
        answer = await review(specOf(request), request.signal)
      } catch (error) {
        if (!allowsByDefault) throw forbidden(request, shownName(request), error instanceof Error ? error.message : String(error))
        request.notes.annotate(`${auditPrefix}failed-open`, 'true') // IP3
        return
      }
      for (const [key, value] of Object.entries(answer.auditAnnotations)) request.notes.annotate(auditPrefix + key, value)
      if (answer.allowed) return
      throw forbidden(request, shownName(request), answer.reason === '' ? 'one or more images rejected by webhook backend' : `image policy webhook backend denied one or more images: ${answer.reason}`)
    },
  }
}

/** IP1 */
function specOf({ object, subresource, namespace }: AdmissionRequest): object {
  const lists = subresource === '' ? ['containers', 'initContainers'] : ['ephemeralContainers']
  const containers = lists.flatMap(list => listAt(object, 'spec', list)).map(container => ({ image: textAt(container, 'image') }))
  const annotations = Object.fromEntries(Object.entries((object as KubeObject).metadata.annotations ?? {}).filter(([key]) => key.includes('.image-policy.k8s.io/')))
  return { containers, ...(Object.keys(annotations).length === 0 ? {} : { annotations }), namespace }
}

async function ask(client: WebhookClient, spec: object, firstDelayMs: number, clock: Clock, signal: AbortSignal): Promise<Review> {
  const body = JSON.stringify({ kind: 'ImageReview', apiVersion: 'imagepolicy.k8s.io/v1alpha1', metadata: { creationTimestamp: null }, spec, status: { allowed: false } })
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await parseAnswer(await client.post({ body, timeoutMs: callTimeoutMs, signal }))
      const annotations = fieldAt(answer, 'status', 'auditAnnotations')
      return { allowed: fieldAt(answer, 'status', 'allowed') === true, reason: textAt(answer, 'status', 'reason'), auditAnnotations: isFields(annotations) ? (annotations as Record<string, string>) : {} }
    } catch (error) {
      if (attempt >= tries || signal.aborted) throw error
      await sleep(clock, firstDelayMs * 1.5 ** (attempt - 1), signal)
    }
  }
}

/** Seconds, within bounds; -1 turns remembering off. */
function seconds(config: unknown, field: string, usual: number, least: number, most: number): number {
  const value = numberAt(config, field) ?? 0
  if (value === 0) return usual
  if (value === -1) return 0
  if (value < least || value > most) throw new Error(`ImagePolicyWebhook: ${field}: must be between ${least} and ${most} seconds`)
  return value
}
