/**
 * Asks a definition's webhook to convert objects (ConversionReview), and believes it as far as it may be believed.
 * Upstream: apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go.
 *
 *   RV1  The first of conversionReviewVersions that is known is spoken: v1, or v1beta1, which answers without saying who it is.
 *   RV2  The answer holds as many objects as were sent, in their order, each of the same kind, in the version asked for, with
 *        the same name, namespace and uid. A webhook may change labels and annotations; all other metadata is restored.
 *   RV3  A webhook has 30 seconds.
 *   RV4  A conversion that fails is a 500 that says why in words, and no reason for programs: upstream's answer.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import type { CustomResourceDefinition } from '../../../api/groups/apiextensions-v1/types.ts'
import { relayedStatus } from '../http/api-error.ts'
import type { ApiError } from '../http/api-error.ts'
import { isFields } from '../registry/kube-object.ts'
import type { Fields, KubeObject, Meta } from '../registry/kube-object.ts'
import { WebhookCallError } from '../webhooks/call-failure.ts'
import type { WebhookClient } from '../webhooks/webhook-client.ts'
import type { ConvertObjects } from './conversion.ts'
import type { ConversionFailure, ConversionMetrics } from './conversion-metrics.ts'
import { parseAnswer } from '../webhooks/parse-answer.ts'

const timeoutMs = 30_000 // RV3

export interface ReviewParts {
  readonly client: () => WebhookClient
  readonly metrics: ConversionMetrics
  readonly clock: Clock
  readonly signal: AbortSignal
}

export function webhookConversion({ metadata, spec }: CustomResourceDefinition, { client, metrics, clock, signal }: ReviewParts): ConvertObjects {
  const reviewVersion = (spec.conversion?.webhook?.conversionReviewVersions ?? []).find(version => version === 'v1' || version === 'v1beta1') // RV1
  return async (objects, apiVersion) => {
    const of = `${objects[0]!.apiVersion}, Kind=${spec.names.kind}`
    if (reviewVersion === undefined) throw conversionError('no supported conversion review versions')
    const uid = randomUUID()
    const from = clock.monotonic()
    const versions = { definition: metadata.name, from: versionOf(objects[0]!.apiVersion), to: versionOf(apiVersion) }
    const observe = (failure: ConversionFailure | '') => {
      metrics.call(versions, failure, clock.monotonic() - from)
    }
    const review = { kind: 'ConversionReview', apiVersion: `apiextensions.k8s.io/${reviewVersion}`, request: { uid, desiredAPIVersion: apiVersion, objects } }
    let converted: readonly unknown[]
    try {
      const answer = await client().post({ body: JSON.stringify(review), timeoutMs, signal })
      converted = convertedObjects(await parseAnswer(answer), reviewVersion, uid)
    } catch (error) {
      observe(error instanceof AnswerError ? 'conversion_webhook_malformed_response_failure' : 'conversion_webhook_call_failure')
      if (error instanceof WebhookCallError || error instanceof AnswerError || error instanceof SyntaxError) throw conversionError(`conversion webhook for ${of} failed: ${error.message}`)
      throw error
    }
    if (converted.length !== objects.length) {
      observe('conversion_webhook_partial_response_failure')
      throw conversionError(`conversion webhook for ${of} returned ${converted.length} objects, expected ${objects.length}`)
    }
    const checked = objects.map((object, index) => {
      const problem = objects.length === 1 ? 'returned invalid object' : `returned invalid converted object at index ${index}`
      try {
        return checkedObject(object, converted[index], apiVersion) // RV2
      } catch (error) {
        observe('conversion_webhook_invalid_converted_object_failure')
        if (error instanceof AnswerError) throw conversionError(`conversion webhook for ${of} ${problem}: ${error.message}`)
        throw error
      }
    })
    observe('')
    return checked
  }
}

class AnswerError extends Error {
  override readonly name = 'AnswerError'
}

function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1)
}

/** RV4 */
function conversionError(message: string): ApiError {
  return relayedStatus({ code: 500, message })
}

function convertedObjects(answer: unknown, reviewVersion: string, uid: string): readonly unknown[] {
  const review = isFields(answer) ? answer : {}
  const wanted = `apiextensions.k8s.io/${reviewVersion}`
  if (reviewVersion === 'v1' && (review['kind'] !== 'ConversionReview' || review['apiVersion'] !== wanted)) {
    throw new AnswerError(`expected webhook response of ${wanted}, Kind=ConversionReview, got ${text(review['apiVersion'])}, Kind=${text(review['kind'])}`)
  }
  const response = review['response']
  if (!isFields(response)) throw new AnswerError('no response provided')
  if (reviewVersion === 'v1' && response['uid'] !== uid) throw new AnswerError(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(text(response['uid']))}`)
  const result = isFields(response['result']) ? response['result'] : {}
  if (result['status'] !== 'Success') {
    const message = text(result['message'])
    throw new AnswerError(message === '' ? `response.result.status was '${text(result['status'])}', not 'Success'` : message)
  }
  return Array.isArray(response['convertedObjects']) ? response['convertedObjects'] : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function checkedObject(original: KubeObject, converted: unknown, apiVersion: string): KubeObject {
  if (!isFields(converted)) throw new AnswerError('invalid type, expected an object')
  if (converted['apiVersion'] !== apiVersion) throw new AnswerError(`invalid groupVersion (expected ${apiVersion}, received ${text(converted['apiVersion'])})`)
  if (converted['kind'] !== original.kind) throw new AnswerError(`invalid kind (expected ${original.kind}, received ${text(converted['kind'])})`)
  const meta = converted['metadata']
  if (meta === undefined) throw new AnswerError('missing metadata in converted object')
  if (!isFields(meta)) throw new AnswerError(`invalid metadata of type ${typeof meta} in converted object`)
  for (const [field, name] of [['name', 'name'], ['namespace', 'namespace'], ['uid', 'UID']] as const) {
    const was = original.metadata[field] ?? ''
    if (was !== text(meta[field])) throw new AnswerError(`must have the same ${name}: ${was} != ${text(meta[field])}`)
  }
  const { kind: _kind, apiVersion: _version, metadata: _metadata, ...rest } = converted
  return { kind: original.kind, apiVersion, metadata: restoredMeta(original.metadata, meta), ...rest }
}

/** RV2 */
function restoredMeta(original: Meta, converted: Fields): Meta {
  const meta: Meta = { ...original }
  for (const field of ['labels', 'annotations'] as const) {
    const given = converted[field]
    if (given === undefined || given === null) {
      delete meta[field]
      continue
    }
    if (!isFields(given)) throw new AnswerError(`invalid metadata.${field} of type ${typeof given} in converted object`)
    const strange = Object.keys(given).find(key => typeof given[key] !== 'string')
    if (strange !== undefined) throw new AnswerError(`metadata.${field}[${strange}] must be a string, but is ${typeof given[strange]} in converted object`)
    meta[field] = given as Record<string, string>
  }
  return meta
}
