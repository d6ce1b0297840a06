/**
 * JSON form -> protobuf message, driven by definitions.
 *
 *   PE1  Fields are written in the order of their numbers; absent and null ones are left out. Upstream's encoder also
 *        writes the zeros of required fields; readers cannot tell.
 *   PE2  Integers beyond 2^53 keep their value.
 */
import { decodeBase64 } from '../../api/schema/base64.ts'
import { getOwn } from '../../api/schema/clone.ts'
import { timeParts } from '../../api/schema/time-leaf.ts'
import type { Leaf, ValueShape } from '../../api/schema/definitions.ts'
import { layoutOf, type Layout, type Slot } from './layout.ts'
import { ProtobufWriter } from './writer.ts'

const jsonSchemaProps = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'
const encoder = new TextEncoder()

export function encodeMessage(object: object, definition: string): Uint8Array {
  const writer = new ProtobufWriter()
  writeMessage(writer, object, definition)
  return writer.finish()
}

export function writeMessage(writer: ProtobufWriter, object: object, definition: string): void {
  writeFields(writer, object, layoutOf(definition))
}

const sorted = new WeakMap<Layout, readonly (readonly [number, Slot])[]>()

function slotsOf(layout: Layout): readonly (readonly [number, Slot])[] {
  let slots = sorted.get(layout)
  if (slots === undefined) {
    slots = [...layout].sort((a, b) => a[0] - b[0])
    sorted.set(layout, slots)
  }
  return slots
}

function writeFields(writer: ProtobufWriter, object: object, layout: Layout): void {
  for (const [number, slot] of slotsOf(layout)) {
    if ('nested' in slot) {
      if (hasAny(object, slot.nested)) writer.message(number, () => { writeFields(writer, object, slot.nested) })
      continue
    }
    const value = getOwn(object, slot.field.name)
    if (value !== undefined && value !== null) writeField(writer, number, value, slot.field.value)
  }
}

function hasAny(object: object, layout: Layout): boolean {
  for (const slot of layout.values()) {
    if ('nested' in slot ? hasAny(object, slot.nested) : (getOwn(object, slot.field.name) ?? null) !== null) return true
  }
  return false
}

function writeField(writer: ProtobufWriter, number: number, value: unknown, shape: ValueShape): void {
  if (shape.is === 'array' && !shape.wrapped) {
    for (const item of value as unknown[]) writeValue(writer, number, item, shape.items)
  } else if (shape.is === 'map') {
    for (const key of Object.keys(value as object).sort()) {
      writer.message(number, () => {
        writer.string(1, key)
        writeValue(writer, 2, (value as Record<string, unknown>)[key], shape.items)
      })
    }
  } else {
    writeValue(writer, number, value, shape)
  }
}

function writeValue(writer: ProtobufWriter, number: number, value: unknown, shape: ValueShape): void {
  switch (shape.is) {
    case 'object':
      writer.message(number, () => { writeMessage(writer, (value ?? {}) as object, shape.definition) })
      return
    case 'array':
      writer.message(number, () => { for (const item of value as unknown[]) writeValue(writer, 1, item, shape.items) })
      return
    case 'leaf':
      writeLeaf(writer, number, value, shape.leaf, shape.protoType)
      return
    case 'map':
      throw new Error('a map cannot be an element')
  }
}

function writeLeaf(writer: ProtobufWriter, number: number, value: unknown, leaf: Leaf, protoType: string | undefined): void {
  switch (leaf) {
    case 'string':
      writer.string(number, String(value))
      return
    case 'bytes':
      writer.bytes(number, decodeBase64(String(value)))
      return
    case 'boolean':
      writer.tag(number, 0)
      writer.varint(value === true ? 1 : 0)
      return
    case 'int32':
    case 'int64':
      writer.tag(number, 0)
      writer.integer(value)
      return
    case 'number':
      writer.tag(number, protoType === 'float' ? 5 : 1)
      if (protoType === 'float') writer.float(Number(value))
      else writer.double(Number(value))
      return
    default:
      writer.message(number, () => { writeSpecial(writer, value, leaf) })
  }
}

function writeSpecial(writer: ProtobufWriter, value: unknown, leaf: Leaf): void {
  switch (leaf) {
    case 'Time':
    case 'MicroTime': {
      if (value === null || value === undefined) return
      const { seconds, nanos } = timeParts(String(value))
      writer.tag(1, 0)
      writer.integer(Number(seconds))
      writer.tag(2, 0)
      writer.varint(leaf === 'Time' ? 0 : nanos)
      return
    }
    case 'Quantity':
      writer.string(1, String(value))
      return
    case 'IntOrString':
      writer.tag(1, 0)
      writer.varint(typeof value === 'string' ? 1 : 0)
      writer.tag(2, 0)
      writer.integer(typeof value === 'string' ? 0 : value)
      writer.string(3, typeof value === 'string' ? value : '')
      return
    case 'SchemaOrBool':
      writer.tag(1, 0)
      writer.varint(value === false ? 0 : 1)
      if (typeof value === 'object') writer.message(2, () => { writeMessage(writer, value as object, jsonSchemaProps) })
      return
    case 'SchemaOrArray':
      if (Array.isArray(value)) for (const item of value) writer.message(2, () => { writeMessage(writer, item as object, jsonSchemaProps) })
      else writer.message(1, () => { writeMessage(writer, value as object, jsonSchemaProps) })
      return
    case 'SchemaOrStrings':
      if (Array.isArray(value)) for (const item of value) writer.string(2, String(item))
      else writer.message(1, () => { writeMessage(writer, value as object, jsonSchemaProps) })
      return
    default:
      writer.bytes(1, encoder.encode(JSON.stringify(value)))
  }
}
