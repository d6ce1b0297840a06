/**
 * What a mutating webhook's patch makes of an object.
 *
 *   WP1  The patched object is decoded, pruned and defaulted as if it had been sent; it keeps its kind.
 *   WP2  managedFields that a webhook has broken are put back, with a warning.
 */
import { applyJsonPatch } from '../../../../wire/patch/json-patch.ts'
import { internalError } from '../../http/api-error.ts'
import { isFields } from '../../registry/kube-object.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import { sameValue } from '../../registry/object-equality.ts'
import type { AdmissionRequest } from '../admission.ts'
import type { ReviewAnswer } from './admission-review.ts'
import type { ObjectForms } from './object-forms.ts'
import type { ShownAs } from './request-matcher.ts'
import { HookFailure } from './webhook-call.ts'
import { parseJson } from '../../../../api/schema/json.ts'

export interface Patched {
  readonly object: KubeObject
  readonly patch: readonly unknown[]
  readonly isChanged: boolean
}

export interface PatchedObject {
  readonly webhook: string
  readonly answer: ReviewAnswer
  readonly as: ShownAs
  readonly current: KubeObject | undefined
  readonly request: AdmissionRequest
}

/** undefined: there was nothing to apply. */
export function applyAnswer({ webhook, answer, as, current, request }: PatchedObject, forms: ObjectForms): Patched | undefined {
  if (answer.patch === '') return undefined
  const patch = readPatch(webhook, answer.patch)
  if (patch.length === 0) return undefined
  if (current === undefined) throw internalError(`admission webhook ${JSON.stringify(webhook)} attempted to modify the object, which is not supported for this operation`)
  if (answer.patchType !== 'JSONPatch') throw new HookFailure(webhook, `unsupported patch type ${JSON.stringify(answer.patchType)}`, 400)
  let object: KubeObject
  try {
    const patched = applyJsonPatch(current, patch)
    const kind = as.isOwn ? request.kind : { group: as.group, version: as.version, kind: as.kind }
    object = forms.completed(patched as unknown as KubeObject, kind, as) // WP1
  } catch (error) {
    throw internalError(error instanceof Error ? error.message : String(error))
  }
  keepManagedFields(object, current, request) // WP2
  return { object, patch, isChanged: !sameValue(object, current) }
}

/** As much as a client may send. */
const maxPatchLength = 3 * 1024 * 1024

function readPatch(webhook: string, text: string): readonly unknown[] {
  let patch: unknown
  try {
    if (text.length > maxPatchLength) throw new Error(`it is longer than ${maxPatchLength} characters`)
    patch = parseJson(text).value
  } catch (error) {
    throw new HookFailure(webhook, `received undecodable patch in webhook response: ${(error as Error).message}`, 503)
  }
  if (Array.isArray(patch)) return patch
  throw new HookFailure(webhook, 'received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch', 503)
}

function keepManagedFields(object: KubeObject, current: KubeObject, request: AdmissionRequest): void {
  const entries = object.metadata.managedFields as unknown
  if (entries === undefined || sameValue(entries, current.metadata.managedFields)) return
  const isSound = Array.isArray(entries) && entries.every(entry => isFields(entry) && (entry['operation'] === 'Apply' || entry['operation'] === 'Update') && entry['fieldsType'] === 'FieldsV1' && typeof entry['apiVersion'] === 'string' && entry['apiVersion'] !== '')
  if (isSound) return
  if (current.metadata.managedFields === undefined) delete object.metadata.managedFields
  else object.metadata.managedFields = current.metadata.managedFields
  request.warn('.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: the entries could not be decoded')
}
