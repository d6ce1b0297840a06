/**
 * How an object lies in the store and how it is served, without encoding it twice.
 *
 * Stored:  {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a",…},…}                      no resourceVersion
 * Served:  {"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"7","name":"a",…},…}  one splice
 * In list: {"metadata":{"resourceVersion":"7","name":"a",…},…}                               served, minus its head
 *
 *   SF1  Every stored value of a resource starts with the same head, so the splice point and the list form are offsets.
 *   SF2  A value that somebody else wrote in another order is re-encoded once, when it is read.
 *   SF4  Served bytes are followed in memory by the line end that an answer of one object closes with, so that it need not be
 *        copied behind them for each answer.
 *   SF3  Integers beyond 2^53 stay exact: a write that does not touch them must not change them.
 */
import { parseJson } from '../../../api/schema/json.ts'
import type { KubeObject } from '../registry/kube-object.ts'

export interface StoredForm {
  readonly apiVersion: string
  readonly kind: string
  /** {"kind":"Pod","apiVersion":"v1", — what a list item leaves out. */
  readonly head: Buffer
}

const metadataOpen = '"metadata":{'
const lineEnd = 0x0a

export function storedForm(apiVersion: string, kind: string): StoredForm {
  return { apiVersion, kind, head: Buffer.from(`{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`) }
}

export function encodeStored(object: KubeObject): Buffer {
  const { kind, apiVersion, metadata, ...rest } = object
  return Buffer.from(JSON.stringify({ kind, apiVersion, metadata: { ...metadata, resourceVersion: undefined }, ...rest }))
}

/** Bytes as every client gets them. */
export function servedBytes(form: StoredForm, stored: Uint8Array, revision: number): Buffer {
  const bytes = Buffer.isBuffer(stored) ? stored : Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  const splice = form.head.length + metadataOpen.length
  if (bytes.length <= splice || bytes.compare(form.head, 0, form.head.length, 0, form.head.length) !== 0) return reencoded(form, bytes, revision) // SF2
  if (bytes.toString('latin1', form.head.length, splice) !== metadataOpen) return reencoded(form, bytes, revision)
  const version = `"resourceVersion":"${revision}"${bytes[splice] === 0x7d ? '' : ','}`
  const size = bytes.length + version.length
  const line = Buffer.allocUnsafeSlow(size + 1) // SF4
  bytes.copy(line, 0, 0, splice)
  line.write(version, splice, 'latin1')
  bytes.copy(line, splice + version.length, splice)
  line[size] = lineEnd
  return line.subarray(0, size)
}

/** The same bytes and a line end (SF4). */
export function asLine(bytes: Buffer): Buffer {
  const { buffer, byteOffset, length } = bytes
  if (byteOffset === 0 && buffer.byteLength === length + 1) {
    const line = Buffer.from(buffer, 0, length + 1)
    if (line[length] === lineEnd) return line
  }
  return Buffer.concat([bytes, Buffer.of(lineEnd)])
}

/** Where served bytes go on as an item of a typed list, which is without kind and apiVersion: behind its brace. */
export function listItemStart(form: StoredForm): number {
  return form.head.length
}

/** A number that a double may not hold. In text between quotes it may look the same; that only costs the slower way. */
const longNumber = /[:[,]-?\d{16}/

export function decodeServed(bytes: Buffer): KubeObject {
  const text = bytes.toString('utf8')
  return (longNumber.test(text) ? parseJson(text).value : JSON.parse(text)) as KubeObject // SF3
}

function reencoded(form: StoredForm, bytes: Buffer, revision: number): Buffer {
  const object = JSON.parse(bytes.toString('utf8')) as KubeObject
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
  const { resourceVersion: _old, ...meta } = metadata
  const ordered = { kind: form.kind, apiVersion: form.apiVersion, metadata: { resourceVersion: String(revision), ...meta }, ...rest }
  return Buffer.from(JSON.stringify(ordered))
}
