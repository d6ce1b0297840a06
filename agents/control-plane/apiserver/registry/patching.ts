/**
 * The four kinds of patch, from bytes to the object they make of the current one.
 * Upstream: apiserver/pkg/endpoints/handlers/patch.go.
 *
 *   PA1  JSON patch, merge patch and strategic merge patch change the served form of the current object, which is then
 *        decoded like any body: unknown fields, canonical values, defaults.
 *   PA2  Strategic merge needs the kind's schema, so custom resources answer 415.
 *   PA3  An apply patch may be YAML; it creates what is missing. It says only what its sender wrote: nothing is filled in
 *        before it is merged, or he would own fields he never named.
 *   PA5  A JSON patch of many operations is applied a little at a time.
 *   PA4  A patch without resourceVersion never fails for one: it is applied again to what it finds.
 */
import { jsonPatchSteps } from '../../../wire/patch/json-patch.ts'
import { applyMergePatch } from '../../../wire/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../../wire/patch/strategic-merge-patch.ts'
import { deepClone } from '../../../api/schema/clone.ts'
import { ApiError, badRequest, unsupportedMediaType } from '../http/api-error.ts'
import { jsonType, yamlType } from '../http/negotiation.ts'
import { parseBodyText } from './body-text.ts'
import { decodeValue } from './decode-body.ts'
import type { BodyKind, FieldValidation } from './decode-body.ts'
import { nextTurn } from './heavy-work.ts'
import { isFields } from './kube-object.ts'
import type { Fields, KubeObject } from './kube-object.ts'

export const jsonPatchType = 'application/json-patch+json'
export const mergePatchType = 'application/merge-patch+json'
export const strategicPatchType = 'application/strategic-merge-patch+json'
export const applyPatchType = 'application/apply-patch+yaml'

const maxJsonPatchOperations = 10_000

export interface ReadPatch {
  readonly type: string
  /** What the patch makes of the current object, not yet defaulted. */
  apply(current: KubeObject): Promise<KubeObject>
  /** Only of an apply patch: what is applied. */
  readonly applied: KubeObject | undefined
}

export function acceptedPatchTypes(isCustom: boolean): string[] {
  return isCustom ? [jsonPatchType, mergePatchType, applyPatchType] : [jsonPatchType, mergePatchType, strategicPatchType, applyPatchType]
}

export async function readPatch(bytes: Uint8Array, type: string, kind: BodyKind, validation: FieldValidation, warn: (text: string) => void): Promise<ReadPatch> {
  if (!acceptedPatchTypes(kind.definition === undefined).includes(type)) throw unsupportedMediaType(acceptedPatchTypes(kind.definition === undefined)) // PA2
  if (type === applyPatchType) return await readApplyPatch(bytes, kind, validation, warn)
  const { value, duplicates } = await parseBodyText(bytes, jsonType)
  const patched = patcher(type, value, kind)
  return {
    type,
    applied: undefined,
    apply: async current => decodeValue(await guarded(() => patched(current)), duplicates, kind, validation, warn), // PA1
  }
}

function patcher(type: string, patch: unknown, kind: BodyKind): (current: KubeObject) => unknown {
  if (type === jsonPatchType) {
    if (!Array.isArray(patch)) throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch')
    if (patch.length > maxJsonPatchOperations) {
      throw new ApiError('RequestEntityTooLarge', `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`)
    }
    return current => jsonPatched(current, patch)
  }
  if (!isFields(patch)) throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}')
  if (type === mergePatchType) return current => applyMergePatch(current, patch)
  return current => applyStrategicMergePatch(current, patch, kind.definition!)
}

async function readApplyPatch(bytes: Uint8Array, kind: BodyKind, validation: FieldValidation, warn: (text: string) => void): Promise<ReadPatch> {
  const { value, duplicates } = await parseBodyText(bytes, yamlType)
  if (!isFields(value)) throw badRequest('error decoding YAML: expected an object')
  if (typeof value['apiVersion'] !== 'string' || typeof value['kind'] !== 'string') throw badRequest('apiVersion and kind must be set in an apply patch')
  decodeValue(kind.custom === undefined ? value : deepClone(value), duplicates, kind, validation, warn) // says what is unknown or of the wrong type
  const applied = { ...value, metadata: isFields(value['metadata']) ? value['metadata'] : {} } as unknown as KubeObject
  return { type: applyPatchType, applied, apply: () => Promise.resolve(applied) }
}

const stepMs = 10

/** PA5 */
async function jsonPatched(current: KubeObject, operations: unknown): Promise<Fields> {
  const steps = jsonPatchSteps(current, operations)
  for (let started = performance.now(); ;) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (performance.now() - started < stepMs) continue
    await nextTurn()
    started = performance.now()
  }
}

async function guarded(patch: () => unknown): Promise<Fields> {
  try {
    return (await patch()) as Fields
  } catch (error) {
    const reason = (error as { reason?: unknown }).reason
    const message = error instanceof Error ? error.message : String(error)
    if (reason === 'Invalid') throw new ApiError('Invalid', message)
    throw badRequest(message)
  }
}
