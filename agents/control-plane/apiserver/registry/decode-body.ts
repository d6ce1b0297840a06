/**
 * From the bytes of a request to an object of the kind its path names.
 *
 *   DB1  A missing Content-Type means JSON; protobuf only for kinds that have a schema.
 *   DB2  The body's apiVersion and kind, when given, must be the path's; when missing, they are filled in.
 *   DB3  fieldValidation=Strict refuses unknown and duplicate fields, Warn (the default) warns, Ignore says nothing.
 *   DB5  Custom resources are pruned, defaulted and told of unknown fields by their own schema.
 *   DB6  What cannot be read at all is told with the beginning of the body; what can, as the version and kind it says.
 *   DB4  What is stored is canonical: known fields only, quantities and times in their one form, nulls dropped.
 */
import { deepClone } from '../../../api/schema/clone.ts'
import { definitionForApiVersion, splitApiVersion } from '../../../api/schema/definitions.ts'
import { decodeObject, strictErrorText, strictTexts } from '../../../api/schema/decode.ts'
import { decodeProtobufObject } from '../../../wire/protobuf/envelope.ts'
import { ApiError, badRequest, invalid, unsupportedMediaType } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { notSupported } from '../../../api/field-error.ts'
import { bodyType, bodyTypes, jsonType, protobufType, yamlType } from '../http/negotiation.ts'
import { parseBodyText } from './body-text.ts'
import { nextTurn, takeTurn } from './heavy-work.ts'
import { isFields } from './kube-object.ts'
import { complete } from './served-resource.ts'
import type { CustomVersion, ServedResource } from './served-resource.ts'
import type { Fields, KubeObject } from './kube-object.ts'

export interface BodyKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly apiVersion: string
  /** OpenAPI name; absent for custom resources, which are checked against their own schema. */
  readonly definition: string | undefined
  readonly custom?: CustomVersion
  /** Absent for what is not stored: its defaults are set where it is used. */
  readonly rules?: Pick<ServedResource['rules'], 'setDefaultsOfDecoded'>
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export function readFieldValidation(query: URLSearchParams): FieldValidation {
  const text = query.get('fieldValidation') ?? ''
  if (text === '') return 'Warn'
  if (text === 'Ignore' || text === 'Warn' || text === 'Strict') return text
  throw invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [notSupported('fieldValidation', text, ['', 'Ignore', 'Strict', 'Warn'])])
}

export async function readObjectBody(exchange: Exchange, kind: BodyKind, validation: FieldValidation): Promise<KubeObject> {
  const type = bodyType(exchange.header('content-type'))
  if (!bodyTypes.includes(type) || (type === protobufType && kind.definition === undefined)) {
    throw unsupportedMediaType(kind.definition === undefined ? [jsonType, yamlType] : bodyTypes)
  }
  const bytes = await exchange.body()
  await takeTurn(exchange, bytes.length)
  const object = type === protobufType ? fromProtobuf(bytes, kind) : await decodedText(exchange, bytes, type, kind, validation)
  exchange.audited?.noteRequestObject(object, () => withDefaults(object, kind))
  return object
}

/** As upstream's decoders leave an object, which set defaults. The one given stays as it was sent. */
function withDefaults(object: KubeObject, { rules }: BodyKind): KubeObject {
  if (rules === undefined) return object
  const copy = deepClone(object)
  try {
    rules.setDefaultsOfDecoded(complete(copy))
  } catch {
    return object // its shape is refused later, by name
  }
  return copy
}

async function decodedText(exchange: Exchange, bytes: Uint8Array, type: string, kind: BodyKind, validation: FieldValidation): Promise<KubeObject> {
  const { value, duplicates } = await readText(bytes, type, kind)
  if (exchange.isHeavy) await nextTurn() // HW2
  if (value !== null && !isFields(value)) throw unrecognized(`couldn't get version/kind; json parse error: json: cannot unmarshal ${goTypeOf(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`, bytes, kind)
  return decodeValue(value ?? {}, duplicates, kind, validation, {
    warn: text => {
      exchange.warn(text)
    },
    refuse: text => badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${text}`),
  })
}

/** DB6 */
async function readText(bytes: Uint8Array, type: string, kind: BodyKind): Promise<{ value: unknown; duplicates: readonly string[] }> {
  try {
    return await parseBodyText(bytes, type)
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'BadRequest') throw error
    throw unrecognized(type === yamlType ? error.message.replace('error converting YAML to JSON: ', '') : `couldn't get version/kind; json parse error: ${error.message}`, bytes, kind)
  }
}

const shownBytes = 30

function unrecognized(what: string, bytes: Uint8Array, { kind }: BodyKind): ApiError {
  const isJson = bytes[0] === 0x7b
  const start = Buffer.from(bytes.subarray(0, shownBytes)).toString(isJson ? 'utf8' : 'hex')
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${what} (${bytes.length === 0 ? '<empty>' : start}${bytes.length > shownBytes ? ' ...' : ''})`)
}

/** What becomes of fields that are unknown or given twice. */
export interface Complaints {
  warn(text: string): void
  refuse(text: string): ApiError
}

export function decodeValue(value: Fields, duplicates: readonly string[], kind: BodyKind, validation: FieldValidation, complaints: Complaints): KubeObject {
  checkTypeNames(value, kind)
  if (kind.custom !== undefined) return fromCustom(value, duplicates, kind, kind.custom, { validation, complaints })
  if (kind.definition === undefined) return asObject({ ...value }, kind)
  let decoded
  try {
    decoded = decodeObject(value, kind.definition)
  } catch (error) {
    throw badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${error instanceof Error ? error.message : String(error)}`)
  }
  complain({ duplicates, unknown: decoded.unknown }, validation, complaints)
  return asObject(decoded.object as Fields, kind)
}

/** DB5 */
function fromCustom(value: Fields, duplicates: readonly string[], kind: BodyKind, custom: CustomVersion, { validation, complaints }: { validation: FieldValidation; complaints: Complaints }): KubeObject {
  const object = asObject(value, kind)
  complain({ duplicates, unknown: custom.admit(object) }, validation, complaints)
  return object
}

function complain(found: { duplicates: readonly string[]; unknown: readonly string[] }, validation: FieldValidation, { warn, refuse }: Complaints): void {
  if (validation === 'Ignore' || (found.duplicates.length === 0 && found.unknown.length === 0)) return
  if (validation === 'Strict') throw refuse(strictErrorText(found)!) // DB3
  for (const text of strictTexts(found)) warn(text)
}

function checkTypeNames(value: Fields, kind: BodyKind): void {
  const apiVersion = typeof value['apiVersion'] === 'string' ? value['apiVersion'] : ''
  const name = typeof value['kind'] === 'string' ? value['kind'] : ''
  if (name !== '' && name !== kind.kind) {
    throw badRequest(`${name} in version "${splitApiVersion(apiVersion).version}" cannot be handled as a ${kind.kind}: ${strangerText(name, apiVersion, kind)}`)
  }
  if (apiVersion !== '' && apiVersion !== kind.apiVersion) {
    const isKnown = definitionForApiVersion(apiVersion, kind.kind) !== undefined
    throw badRequest(isKnown ? `the API version in the data (${apiVersion}) does not match the expected API version (${kind.apiVersion})` : `${kind.kind} in version "${splitApiVersion(apiVersion).version}" cannot be handled as a ${kind.kind}: ${strangerText(kind.kind, apiVersion, kind)}`)
  }
}

/** What upstream's scheme says of a kind that is not the one wanted: another one that it knows, or none. */
function strangerText(name: string, apiVersion: string, wanted: BodyKind): string {
  const { version } = splitApiVersion(apiVersion)
  if (definitionForApiVersion(apiVersion, name) === undefined) return `no kind "${name}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
  return `converting (${version}.${name}) to (${internalPackage(wanted.group)}.${wanted.kind}): unknown conversion`
}

/** Go's package of a group's unversioned types. */
function internalPackage(group: string): string {
  return group === '' ? 'core' : group.split('.')[0]!
}

function fromProtobuf(bytes: Uint8Array, kind: BodyKind): KubeObject {
  let object: Fields
  try {
    object = decodeProtobufObject(bytes, kind)
    checkTypeNames(object, kind)
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw badRequest(error instanceof Error ? error.message : String(error))
  }
  // The schema's canonical forms hold for protobuf too (DB4).
  return asObject(decodeObject(object, kind.definition!).object as Fields, kind)
}

function asObject(fields: Fields, kind: BodyKind): KubeObject {
  const metadata = isFields(fields['metadata']) ? fields['metadata'] : {}
  const { kind: _kind, apiVersion: _apiVersion, metadata: _metadata, ...rest } = fields
  return { kind: kind.kind, apiVersion: kind.apiVersion, metadata, ...rest }
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}
