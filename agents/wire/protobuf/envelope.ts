/**
 * Kubernetes' protobuf envelope: `k8s\0` followed by runtime.Unknown {1: {1: apiVersion, 2: kind}, 2: raw,
 * 3: contentEncoding, 4: contentType}. `raw` is the object's message, or JSON if contentType says so.
 *
 * A watch stream is frames: four bytes of length, most significant first, then WatchEvent {1: type, 2: {1: raw}} without
 * an envelope, whose raw is an object in its envelope.
 *
 *   PV1  Bytes that do not start with the magic are refused.
 *   PV2  An object of a kind without a definition has no protobuf form: UnknownProtobufKindError, so that the caller can
 *        answer in JSON.
 */
import { definitionForApiVersion, metaDefinition } from '../../api/schema/definitions.ts'
import { parseJson } from '../../api/schema/json.ts'
import { decodeMessage } from './decode.ts'
import { writeMessage } from './encode.ts'
import { ProtobufError, ProtobufReader } from './reader.ts'
import { ProtobufWriter } from './writer.ts'

export { ProtobufError } from './reader.ts'

export const protobufMediaType = 'application/vnd.kubernetes.protobuf'

export class UnknownProtobufKindError extends Error {
  override readonly name = 'UnknownProtobufKindError'
}

export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Uint8Array
  readonly contentEncoding: string
  readonly contentType: string
}

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00)

export function isEnvelope(bytes: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte)
}

export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (!isEnvelope(bytes)) throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]') // PV1
  const reader = new ProtobufReader(bytes, magic.length)
  const envelope = { apiVersion: '', kind: '', raw: new Uint8Array(), contentEncoding: '', contentType: '' }
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) readTypeMeta(reader.message(), envelope)
    else if (number === 2) envelope.raw = reader.bytes() as Uint8Array<ArrayBuffer>
    else if (number === 3) envelope.contentEncoding = reader.string()
    else if (number === 4) envelope.contentType = reader.string()
    else reader.skip(wire)
  }
  return envelope
}

function readTypeMeta(reader: ProtobufReader, into: { apiVersion: string; kind: string }): void {
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) into.apiVersion = reader.string()
    else if (number === 2) into.kind = reader.string()
    else reader.skip(wire)
  }
}

/**
 * The object in JSON form with apiVersion and kind. A request body may leave its type names out: then fallback says what
 * the path expects.
 */
export function decodeProtobufObject(bytes: Uint8Array, fallback?: { apiVersion: string; kind: string }): Record<string, unknown> {
  const envelope = decodeEnvelope(bytes)
  const apiVersion = envelope.apiVersion || fallback?.apiVersion || ''
  const kind = envelope.kind || fallback?.kind || ''
  if (envelope.contentType === 'application/json') return parseJson(new TextDecoder().decode(envelope.raw)).value as Record<string, unknown>
  const definition = definitionForApiVersion(apiVersion, kind)
  if (definition === undefined) throw new UnknownProtobufKindError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`) // PV2
  return { ...decodeMessage(envelope.raw, definition), apiVersion, kind }
}

/** The object, which has apiVersion and kind, in its envelope. */
export function encodeProtobufObject(object: object): Uint8Array {
  const writer = new ProtobufWriter()
  writeEnvelope(writer, object)
  return writer.finish()
}

function writeEnvelope(writer: ProtobufWriter, object: object): void {
  const { apiVersion = '', kind = '' } = object as { apiVersion?: string; kind?: string }
  const definition = definitionForApiVersion(apiVersion, kind)
  if (definition === undefined) throw new UnknownProtobufKindError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`) // PV2
  writer.raw(magic)
  writer.message(1, () => {
    writer.string(1, apiVersion)
    writer.string(2, kind)
  })
  writer.message(2, () => { writeMessage(writer, object, definition) })
  writer.string(3, '')
  writer.string(4, '')
}

/** One length-prefixed frame of a watch. */
export function encodeWatchFrame(type: string, object: object): Uint8Array {
  return encodeWatchFrameOf(type, encodeProtobufObject(object))
}

/** The same for an object that is already encoded, so that one encoding serves every watcher. */
export function encodeWatchFrameOf(type: string, encodedObject: Uint8Array): Uint8Array {
  const writer = new ProtobufWriter()
  writer.raw(new Uint8Array(4))
  writer.string(1, type)
  writer.message(2, () => { writer.bytes(1, encodedObject) })
  const frame = writer.finish()
  new DataView(frame.buffer).setUint32(0, frame.length - 4)
  return frame
}

export const partialObjectMetadataDefinition = `${metaDefinition}PartialObjectMetadata`
