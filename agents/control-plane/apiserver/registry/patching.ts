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
 *   PA6  A JSON patch that cannot be applied is a 422 that does not say why; an unknown directive of a strategic merge is
 *        a 500 without a reason: upstream's answers.
 *   PA7  A patch whose result does not fit the kind is a 422 about the patch.
 *   PA8  Of a kind with a schema, the current object stays as it is, and what a patch makes shares nothing with it.
 */
import { jsonPatchSteps } from '../../../wire/patch/json-patch.ts'
import { applyMergePatch } from '../../../wire/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../../wire/patch/strategic-merge-patch.ts'
import { deepClone } from '../../../api/schema/clone.ts'
import { goText } from '../../../wire/patch/go-text.ts'
import { invalid as invalidField } from '../../../api/field-error.ts'
import { ApiError, badRequest, invalid, relayedStatus, unknownMediaType, unsupportedMediaType } from '../http/api-error.ts'
import { jsonType, yamlType } from '../http/negotiation.ts'
import { parseBodyText } from './body-text.ts'
import { decodeValue } from './decode-body.ts'
import type { BodyKind, FieldValidation } from './decode-body.ts'
import { inTurns, Pace } from './heavy-work.ts'
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
  if (!acceptedPatchTypes(false).includes(type)) throw unknownMediaType()
  if (!acceptedPatchTypes(kind.definition === undefined).includes(type)) throw unsupportedMediaType(acceptedPatchTypes(kind.definition === undefined)) // PA2
  if (type === applyPatchType) return await readApplyPatch(bytes, kind, validation, warn)
  const { value, duplicates } = await parseBodyText(bytes, jsonType)
  const patched = patcher(type, value, kind)
  return {
    type,
    applied: undefined,
    apply: async current => { // PA1
      const pace = new Pace()
      const made = await guarded(type, () => patched(current))
      await pace.keep()
      const isStrategic = type === strategicPatchType
      const complaints = { warn, refuse: (text: string) => invalid({ group: '', kind: '' }, '', [invalidField('patch', isStrategic ? goText(value) : JSON.stringify(made), text)]) }
      return fitting({ isStrategic, patch: value, made }, () => decodeValue(made, duplicates, kind, validation, complaints))
    },
  }
}

function patcher(type: string, patch: unknown, kind: BodyKind): (current: KubeObject) => unknown {
  if (type === jsonPatchType) {
    if (!Array.isArray(patch)) throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonTypeName(patch)} into Go value of type []handlers.jsonPatchOp`)
    if (patch.length > maxJsonPatchOperations) {
      throw new ApiError('RequestEntityTooLarge', `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`)
    }
    return current => inTurns(jsonPatchSteps(current, patch)) // PA5
  }
  if (!isFields(patch)) throw badRequest(`${type === mergePatchType ? 'error decoding patch: ' : ''}json: cannot unmarshal ${jsonTypeName(patch)} into Go value of type map[string]interface {}`)
  if (type === mergePatchType) return current => applyMergePatch(current, patch)
  return current => applyStrategicMergePatch(current, patch, kind.definition!)
}

async function readApplyPatch(bytes: Uint8Array, kind: BodyKind, validation: FieldValidation, warn: (text: string) => void): Promise<ReadPatch> {
  const { value, duplicates } = await parseBodyText(bytes, yamlType)
  if (!isFields(value)) throw badRequest('error decoding YAML: expected an object')
  const { apiVersion: said = '', kind: saidKind = '' } = value as { apiVersion?: unknown; kind?: unknown }
  if (said === '' || saidKind === '' || typeof said !== 'string' || typeof saidKind !== 'string') throw badRequest(`invalid object type: ${typeof said === 'string' && said.includes('/') ? said : `/${String(said)}`}, Kind=${String(saidKind)}`)
  decodeValue(kind.custom === undefined ? value : deepClone(value), duplicates, kind, validation, { warn, refuse: badRequest }) // says what is unknown or of the wrong type
  const applied = { ...value, metadata: isFields(value['metadata']) ? value['metadata'] : {} } as unknown as KubeObject
  return { type: applyPatchType, applied, apply: () => Promise.resolve(applied) }
}

/** PA6 */
async function guarded(type: string, patch: () => unknown): Promise<Fields> {
  try {
    return (await patch()) as Fields
  } catch (error) {
    const reason = (error as { reason?: unknown }).reason
    const message = error instanceof Error ? error.message : String(error)
    if (reason === 'RequestEntityTooLarge') throw new ApiError('RequestEntityTooLarge', message)
    if (type === jsonPatchType) throw new ApiError('Invalid', 'the server rejected our request due to an error in our request', {})
    if (reason === 'Invalid') throw new ApiError('Invalid', message)
    if (reason === 'Unknown') throw relayedStatus({ code: 500, message })
    throw badRequest(message)
  }
}

/** PA7 */
function fitting({ isStrategic, patch, made }: { isStrategic: boolean; patch: unknown; made: Fields }, decode: () => KubeObject): KubeObject {
  try {
    return decode()
  } catch (error) {
    const misfit = error instanceof ApiError ? /json: cannot unmarshal (\w+) into Go struct field \S+ of type (\S+)$/.exec(error.message) : null
    if (misfit === null) throw error
    if (!isStrategic) throw invalid({ group: '', kind: '' }, '', [invalidField('patch', JSON.stringify(inKeyOrder(made)), misfit[0])])
    throw invalid({ group: '', kind: '' }, '', [invalidField('patch', goText(patch), misfitText(misfit[1]!, misfit[2]!))])
  }
}

function inKeyOrder(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** How Go's converter from maps to structs says what the decoder of JSON says in its own words. */
function misfitText(sent: string, wanted: string): string {
  const kind = { array: 'slice', object: 'map', number: 'int64' }[sent] ?? sent
  if (wanted.startsWith('[]')) return `cannot restore slice from ${kind}`
  if (wanted.startsWith('map[')) return `cannot restore map from ${kind}`
  return wanted.includes('.') ? `cannot restore struct from: ${kind}` : `unrecognized type: ${wanted}`
}

function jsonTypeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
