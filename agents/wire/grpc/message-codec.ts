/**
 * Protobuf messages described as plain tables, with their TypeScript type inferred from the table.
 *
 *   const point = message({ x: int64(1), label: text(2), tags: repeated(text(3)) })
 *   type Point = MessageOf<typeof point>
 *
 * A message is written backwards, from the end of one shared growing buffer to its start, so that every length is
 * known when its prefix is due and nothing is measured twice. Fields therefore leave in table order when the table is
 * walked from its end.
 *
 *   MC1  proto3 presence: a scalar equal to its default is not written; `optional` fields and messages are absent as
 *        undefined and present otherwise, even when empty (this is what members of a oneof need).
 *   MC2  Unknown fields are skipped; a field that comes twice keeps the last value; packed and unpacked repeated
 *        scalars are both read.
 *   MC3  Malformed bytes (truncated, over-long varints, lengths past the end, groups, nesting deeper than 64) throw
 *        MessageError and never read outside the message.
 *   MC4  Bytes that were read are views into the message; whoever keeps them long copies them.
 *
 * Tried first: generated code with a reflection runtime. It works, but costs 13 MB and 50 ms in each process.
 */
import { ByteReader, ByteWriter, MessageError } from './wire-bytes.ts'

const maxDepth = 64

export interface Field<T> {
  readonly number: number
  readonly wireType: number
  /** What a message holds when the field is not in the bytes. */
  absent(): T
  isAbsent(value: T): boolean
  write(writer: ByteWriter, value: T): void
  read(reader: ByteReader, before: T, wireType: number, depth: number): T
}

type FieldsOf<Shape> = { readonly [Name in keyof Shape]: Shape[Name] extends Field<infer T> ? T : never }
type OptionalNames<T> = { [Name in keyof T]: undefined extends T[Name] ? Name : never }[keyof T]
type Readable<T> = { readonly [Name in Exclude<keyof T, OptionalNames<T>>]: T[Name] } & { readonly [Name in OptionalNames<T>]?: T[Name] }

export type MessageOf<C> = C extends MessageCodec<infer T> ? T : never
/** What one must give to write a message: everything may be left out, at every depth. */
export type Sparse<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Sparse<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]?: Sparse<T[Name]> | undefined }
      : T

export interface MessageCodec<T> {
  encode(value: T | Sparse<T>): Uint8Array
  decode(bytes: Uint8Array): T
  /** For fields that hold this message. */
  writeInto(writer: ByteWriter, value: T | Sparse<T>): void
  readFrom(reader: ByteReader, depth: number): T
}

export function message<Shape extends Record<string, Field<unknown>>>(shape: Shape): MessageCodec<Readable<FieldsOf<Shape>>> {
  type T = Readable<FieldsOf<Shape>>
  const names = Object.keys(shape)
  const fields = names.map(name => shape[name]!)
  const slotOf: number[] = []
  fields.forEach((field, slot) => { slotOf[field.number] = slot })
  const writer = sharedWriter

  function writeInto(target: ByteWriter, value: Record<string, unknown>): void {
    for (let slot = fields.length - 1; slot >= 0; slot--) {
      const given = value[names[slot]!]
      const field = fields[slot]!
      if (given !== undefined && !field.isAbsent(given)) field.write(target, given)
    }
  }

  function readFrom(reader: ByteReader, depth: number): T {
    if (depth > maxDepth) throw new MessageError('nested too deeply')
    const value: Record<string, unknown> = {}
    for (let slot = 0; slot < fields.length; slot++) value[names[slot]!] = fields[slot]!.absent()
    while (!reader.atEnd) {
      const tag = reader.varint32()
      const slot = slotOf[tag >>> 3]
      if (slot === undefined) {
        reader.skip(tag)
        continue
      }
      const name = names[slot]!
      value[name] = fields[slot]!.read(reader, value[name], tag & 7, depth)
    }
    return value as T
  }

  return {
    encode(value) {
      writer.reset()
      writeInto(writer, value as Record<string, unknown>)
      return writer.take()
    },
    decode: bytes => readFrom(new ByteReader(bytes), 0),
    writeInto: (target, value) => { writeInto(target, value as Record<string, unknown>) },
    readFrom,
  }
}

// Encoding never interleaves: no field's write calls out of this file.
const sharedWriter = new ByteWriter()

/** A field that holds one value which is left out when it is `zero`. */
export function scalar<T>(number: number, wireType: number, zero: T, write: (writer: ByteWriter, value: T) => void, read: (reader: ByteReader) => T): Field<T> {
  return {
    number,
    wireType,
    absent: () => zero,
    isAbsent: value => value === zero,
    write(writer, value) {
      write(writer, value)
      writer.tag(number, wireType)
    },
    read(reader, _before, seen) {
      expectWireType(seen, wireType)
      return read(reader)
    },
  }
}

function expectWireType(seen: number, wanted: number): void {
  if (seen !== wanted) throw new MessageError(`wire type ${String(seen)} where ${String(wanted)} belongs`)
}

export function int64(number: number): Field<bigint> {
  return scalar(number, 0, 0n, (writer, value) => { writer.varint64(value) }, reader => reader.varint64Signed())
}

export function uint64(number: number): Field<bigint> {
  return scalar(number, 0, 0n, (writer, value) => { writer.varint64(value) }, reader => reader.varint64())
}

export function uint32(number: number): Field<number> {
  return scalar(number, 0, 0, (writer, value) => { writer.varint32(value) }, reader => reader.varint32())
}

/** An enum or a non-negative int32, as its number. */
export function int32(number: number): Field<number> {
  return scalar(
    number, 0, 0,
    (writer, value) => { if (value < 0) writer.varint64(BigInt(value)); else writer.varint32(value) },
    reader => Number(BigInt.asIntN(32, reader.varint64())),
  )
}

export function bool(number: number): Field<boolean> {
  return scalar(number, 0, false, (writer, value) => { writer.varint32(value ? 1 : 0) }, reader => reader.varint64() !== 0n)
}

export function fixed64(number: number): Field<bigint> {
  return scalar(number, 1, 0n, (writer, value) => { writer.fixed64(value) }, reader => reader.fixed64())
}

export function double(number: number): Field<number> {
  return scalar(number, 1, 0, (writer, value) => { writer.double(value) }, reader => reader.double())
}

export function text(number: number): Field<string> {
  return scalar(number, 2, '', (writer, value) => { writer.text(value) }, reader => reader.text())
}

const noBytes: Uint8Array = new Uint8Array(0)

export function bytes(number: number): Field<Uint8Array> {
  return {
    ...scalar(number, 2, noBytes, (writer, value) => { writer.bytes(value) }, reader => reader.bytes()),
    isAbsent: value => value.length === 0,
  }
}

/** A field whose presence matters although its value is the default: a member of a oneof. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    number: field.number,
    wireType: field.wireType,
    absent: () => undefined,
    isAbsent: value => value === undefined,
    write: (writer, value) => { field.write(writer, value as T) },
    read: (reader, before, wireType, depth) => field.read(reader, before ?? field.absent(), wireType, depth),
  }
}

/** The codec is asked for late, so that messages may contain themselves. */
export function nested<T>(number: number, codec: () => MessageCodec<T>): Field<T | undefined> {
  return {
    number,
    wireType: 2,
    absent: () => undefined,
    isAbsent: value => value === undefined,
    write(writer, value) {
      const before = writer.sizeBytes
      codec().writeInto(writer, value as T)
      writer.varint32(writer.sizeBytes - before)
      writer.tag(number, 2)
    },
    read(reader, _before, wireType, depth) {
      expectWireType(wireType, 2)
      return codec().readFrom(reader.section(), depth + 1)
    },
  }
}

export function repeated<T>(field: Field<T>): Field<readonly Exclude<T, undefined>[]> {
  type Item = Exclude<T, undefined>
  return {
    number: field.number,
    wireType: field.wireType,
    absent: () => [],
    isAbsent: values => values.length === 0,
    write(writer, values) {
      for (let index = values.length - 1; index >= 0; index--) field.write(writer, values[index] as T)
    },
    read(reader, before, wireType, depth) {
      const values = before as Item[]
      if (wireType === 2 && field.wireType === 0) {
        const packed = reader.section()
        while (!packed.atEnd) values.push(field.read(packed, field.absent(), 0, depth) as Item)
      } else {
        values.push(field.read(reader, field.absent(), wireType, depth) as Item)
      }
      return values
    },
  }
}

export { MessageError } from './wire-bytes.ts'
