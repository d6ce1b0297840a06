/**
 * Protobuf message -> JSON form, driven by definitions.
 *
 *   PD1  The result is canonical: it goes through the same decoding as JSON, so zero values of fields that are not
 *        pointers upstream are absent, and quantities and times are in canonical text.
 *   PD2  Embedded messages that JSON inlines are merged into their parent.
 *   PD3  Unknown field numbers are skipped, as protobuf asks.
 *   PD4  Nesting is bounded.
 */
import { encodeBase64 } from '../../api/schema/base64.ts'
import { decodeObject } from '../../api/schema/decode.ts'
import { setOwn } from '../../api/schema/clone.ts'
import { parseJson } from '../../api/schema/json.ts'
import { timeFromParts } from '../../api/schema/time-leaf.ts'
import type { FieldShape, Leaf, ValueShape } from '../../api/schema/definitions.ts'
import { layoutOf, type Layout } from './layout.ts'
import { ProtobufError, ProtobufReader } from './reader.ts'

const maxDepth = 100
const jsonSchemaProps = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'
const utf8 = new TextDecoder('utf-8')

/** A message of the named definition in JSON form, without apiVersion and kind. */
export function decodeMessage(bytes: Uint8Array, definition: string): Record<string, unknown> {
  return decodeObject(readMessage(new ProtobufReader(bytes), definition, 0), definition).object
}

function readMessage(reader: ProtobufReader, definition: string, depth: number): Record<string, unknown> {
  if (depth > maxDepth) throw new ProtobufError('message nested too deeply')
  const target: Record<string, unknown> = {}
  readFields(reader, layoutOf(definition), target, depth)
  return target
}

function readFields(reader: ProtobufReader, layout: Layout, target: Record<string, unknown>, depth: number): void {
  while (!reader.done) {
    const { number, wire } = reader.tag()
    const slot = layout.get(number)
    if (slot === undefined) reader.skip(wire)
    else if ('nested' in slot) {
      expectWire(wire, 2)
      readFields(reader.message(), slot.nested, target, depth)
    } else readField(reader, wire, slot.field, target, depth)
  }
}

function readField(reader: ProtobufReader, wire: number, field: FieldShape, target: Record<string, unknown>, depth: number): void {
  const { name, value } = field
  if (value.is === 'array' && !value.wrapped) {
    const list = (target[name] ??= []) as unknown[]
    if (wire === 2 && isPackable(value.items)) readPacked(reader.message(), value.items, list)
    else list.push(readValue(reader, wire, value.items, depth))
  } else if (value.is === 'map') {
    const map = (target[name] ??= {}) as Record<string, unknown>
    expectWire(wire, 2)
    readEntry(reader.message(), value.items, map, depth)
  } else {
    target[name] = readValue(reader, wire, value, depth)
  }
}

function readEntry(reader: ProtobufReader, items: ValueShape, map: Record<string, unknown>, depth: number): void {
  let key = ''
  let value: unknown = items.is === 'array' ? [] : items.is === 'leaf' ? (items.leaf === 'Quantity' ? '0' : items.leaf === 'string' || items.leaf === 'bytes' ? '' : null) : {}
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) key = reader.string()
    else if (number === 2) value = readValue(reader, wire, items, depth)
    else reader.skip(wire)
  }
  setOwn(map, key, value)
}

function readValue(reader: ProtobufReader, wire: number, shape: ValueShape, depth: number): unknown {
  switch (shape.is) {
    case 'object':
      expectWire(wire, 2)
      return readMessage(reader.message(), shape.definition, depth + 1)
    case 'array': {
      expectWire(wire, 2)
      return readWrapped(reader.message(), shape.items, depth)
    }
    case 'map': throw new ProtobufError('a map cannot be an element')
    case 'leaf': return readLeaf(reader, wire, shape.leaf, shape.protoType, depth)
  }
}

function readWrapped(reader: ProtobufReader, items: ValueShape, depth: number): unknown[] {
  const list: unknown[] = []
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) list.push(readValue(reader, wire, items, depth))
    else reader.skip(wire)
  }
  return list
}

function readPacked(reader: ProtobufReader, items: ValueShape, list: unknown[]): void {
  while (!reader.done) list.push(readValue(reader, 0, items, 0))
}

function isPackable(shape: ValueShape): boolean {
  return shape.is === 'leaf' && (shape.leaf === 'int32' || shape.leaf === 'int64' || shape.leaf === 'boolean')
}

function readLeaf(reader: ProtobufReader, wire: number, leaf: Leaf, protoType: string | undefined, depth: number): unknown {
  switch (leaf) {
    case 'string':
      expectWire(wire, 2)
      return reader.string()
    case 'bytes':
      expectWire(wire, 2)
      return encodeBase64(reader.bytes())
    case 'boolean':
      expectWire(wire, 0)
      return reader.boolean()
    case 'int32':
      expectWire(wire, 0)
      return reader.int32()
    case 'int64':
      expectWire(wire, 0)
      return protoType === undefined ? reader.int64() : reader.uint64()
    case 'number': return protoType === 'float' ? reader.float() : reader.double()
    default:
      expectWire(wire, 2)
      return readSpecial(reader.message(), leaf, depth)
  }
}

function readSpecial(reader: ProtobufReader, leaf: Leaf, depth: number): unknown {
  switch (leaf) {
    case 'Time':
    case 'MicroTime': return readTime(reader, leaf === 'MicroTime')
    case 'Quantity': {
      const text = readBytesField(reader)
      return text === undefined || text.length === 0 ? '0' : utf8.decode(text)
    }
    case 'IntOrString': return readIntOrString(reader)
    case 'SchemaOrBool':
    case 'SchemaOrArray':
    case 'SchemaOrStrings': return readSchemaUnion(reader, leaf, depth)
    default: {
      const raw = readBytesField(reader)
      return raw === undefined || raw.length === 0 ? undefined : parseJson(utf8.decode(raw)).value
    }
  }
}

function readTime(reader: ProtobufReader, micro: boolean): string | null {
  let seconds = 0n
  let nanos = 0
  let seen = false
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) seconds = BigInt.asIntN(64, BigInt(reader.varint()))
    else if (number === 2) nanos = reader.int32()
    else reader.skip(wire)
    seen = true
  }
  const isZero = !seen || (seconds === 0n && nanos === 0) || seconds <= -62_135_596_800n
  return isZero || seconds > 253_402_300_799n ? null : timeFromParts(seconds, nanos, micro)
}

function readBytesField(reader: ProtobufReader): Uint8Array | undefined {
  let bytes: Uint8Array | undefined
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1 && wire === 2) bytes = reader.bytes()
    else reader.skip(wire)
  }
  return bytes
}

function readIntOrString(reader: ProtobufReader): string | number {
  let type = 0
  let int = 0
  let text = ''
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) type = reader.int64()
    else if (number === 2) int = reader.int32()
    else if (number === 3) text = reader.string()
    else reader.skip(wire)
  }
  return type === 1 ? text : int
}

function readSchemaUnion(reader: ProtobufReader, leaf: 'SchemaOrBool' | 'SchemaOrArray' | 'SchemaOrStrings', depth: number): unknown {
  let schema: unknown
  let allows = false
  const list: unknown[] = []
  const schemaNumber = leaf === 'SchemaOrBool' ? 2 : 1
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === schemaNumber) schema = readMessage(reader.message(), jsonSchemaProps, depth + 1)
    else if (number === 1 && leaf === 'SchemaOrBool') allows = reader.boolean()
    else if (number === 2) list.push(leaf === 'SchemaOrStrings' ? reader.string() : readMessage(reader.message(), jsonSchemaProps, depth + 1))
    else reader.skip(wire)
  }
  if (schema !== undefined) return schema
  return leaf === 'SchemaOrBool' ? allows : list
}

function expectWire(wire: number, expected: number): void {
  if (wire !== expected) throw new ProtobufError(`wrong wireType = ${wire}`)
}
