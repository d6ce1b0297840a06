/**
 * AdmissionReview, as it is sent and as it comes back. Upstream: webhook/request/admissionreview.go.
 *
 *   AR1  The first review version that the webhook lists and this server knows (v1, v1beta1) is spoken.
 *   AR2  An answer in v1 must carry the uid, kind and version of the question; v1beta1 answers are taken as they are.
 *   AR3  A mutating webhook gives patch and patchType together; a validating one gives neither.
 */
import type { UserInfo } from '../../access/user-info.ts'
import { isFields } from '../../registry/kube-object.ts'
import type { Fields } from '../../registry/kube-object.ts'
import type { AdmissionRequest } from '../admission.ts'
import type { ShownAs } from './request-matcher.ts'
import { parseAnswer } from '../../webhooks/parse-answer.ts'

export type ReviewVersion = 'v1' | 'v1beta1'

export interface ReviewQuestion {
  readonly uid: string
  readonly version: ReviewVersion
  readonly body: string
}

export interface ReviewAnswer {
  readonly allowed: boolean
  /** Decoded text of the patch, "" for none. */
  readonly patch: string
  readonly patchType: string
  readonly status: Fields | undefined
  readonly warnings: readonly string[]
  readonly auditAnnotations: Readonly<Record<string, string>>
}

/** AR1 */
export function reviewVersionOf(accepted: readonly string[]): ReviewVersion | undefined {
  return accepted.find((version): version is ReviewVersion => version === 'v1' || version === 'v1beta1')
}

export function renderReview(request: AdmissionRequest, as: ShownAs, texts: { readonly object: string; readonly oldObject: string }, question: { readonly uid: string; readonly version: ReviewVersion }): string {
  const { kind } = request
  const fixed = {
    uid: question.uid,
    kind: as.isOwn ? kindOf(kind) : { group: as.group, version: as.version, kind: as.kind },
    resource: { group: as.group, version: as.version, resource: as.resource },
    ...(request.subresource === '' ? {} : { subResource: request.subresource }),
    requestKind: kindOf(kind),
    requestResource: { group: request.group, version: request.version, resource: request.resource },
    ...(request.subresource === '' ? {} : { requestSubResource: request.subresource }),
    ...(request.name === '' ? {} : { name: request.name }),
    ...(request.namespace === '' ? {} : { namespace: request.namespace }),
    operation: request.operation,
    userInfo: userOf(request.user),
  }
  const options = Object.keys(request.options).length === 0 ? 'null' : JSON.stringify(request.options)
  const head = JSON.stringify(fixed).slice(0, -1)
  return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/${question.version}","request":${head},"object":${texts.object},"oldObject":${texts.oldObject},"dryRun":${request.dryRun},"options":${options}}}\n`
}

function kindOf({ group, version, kind }: AdmissionRequest['kind']): AdmissionRequest['kind'] {
  return { group, version, kind }
}

export function userOf(user: UserInfo): Fields {
  return {
    username: user.name,
    ...(user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  }
}

/** Throws an Error saying what is wrong with the answer. */
export async function readReview(bytes: Buffer, question: { readonly uid: string; readonly version: ReviewVersion }, isMutating: boolean): Promise<ReviewAnswer> {
  let review: unknown
  try {
    review = await parseAnswer(bytes)
  } catch (error) {
    throw new Error(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`)
  }
  const response = isFields(review) ? review['response'] : undefined
  if (!isFields(review) || !isFields(response)) throw new Error('webhook response was absent')
  if (question.version === 'v1') { // AR2
    if (response['uid'] !== question.uid) throw new Error(`expected response.uid=${JSON.stringify(question.uid)}, got ${JSON.stringify(textOf(response['uid']))}`)
    if (review['apiVersion'] !== 'admission.k8s.io/v1' || review['kind'] !== 'AdmissionReview') {
      throw new Error(`expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${textOf(review['apiVersion']) === '' ? '/' : textOf(review['apiVersion'])}, Kind=${textOf(review['kind'])}`)
    }
  }
  const patch = textOf(response['patch'])
  const patchType = typeof response['patchType'] === 'string' ? response['patchType'] : undefined
  if (question.version === 'v1') checkPatch(patch, patchType, isMutating)
  return {
    allowed: response['allowed'] === true,
    patch: Buffer.from(patch, 'base64').toString('utf8'),
    patchType: question.version === 'v1' ? (patchType ?? '') : 'JSONPatch',
    status: isFields(response['status']) ? response['status'] : undefined,
    warnings: listOfTexts(response['warnings']),
    auditAnnotations: mapOfTexts(response['auditAnnotations']),
  }
}

/** AR3 */
function checkPatch(patch: string, patchType: string | undefined, isMutating: boolean): void {
  if (!isMutating) {
    if (patch !== '') throw new Error('validating webhook may not return response.patch')
    if (patchType !== undefined) throw new Error('validating webhook may not return response.patchType')
    return
  }
  if (patch !== '' && patchType === undefined) throw new Error('webhook returned response.patch but not response.patchType')
  if (patch === '' && patchType !== undefined) throw new Error('webhook returned response.patchType but not response.patch')
  if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function listOfTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function mapOfTexts(value: unknown): Record<string, string> {
  return isFields(value) ? Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')) : {}
}
