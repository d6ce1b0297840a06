/**
 * Fields that hold what programs calculate and compare with: numbers, names and objects, where protobuf has 64-bit integers,
 * enums, wrapped numbers and maps.
 *
 *   PF1  64-bit integers are numbers: exact to 2^53, above that (nanoseconds since the epoch) rounded.
 *   PF2  An enum is its name; a number that no name was given for is its digits.
 *   PF3  A wrapped number (Int64Value and the like) is written even when it is 0: user 0 is not "no user".
 *   PF4  Every key of a map is data, also one named __proto__.
 */
import { setOwn } from '../../api/schema/clone.ts'
import { message, nested, repeated, scalar, text, type Field, type MessageCodec } from './message-codec.ts'
import { MessageError, type ByteWriter } from './wire-bytes.ts'

/** PF1 */
export function integer(number: number): Field<number> {
  return scalar(number, 0, 0, writeInteger, reader => Number(reader.varint64Signed()))
}

function writeInteger(writer: ByteWriter, value: number): void {
  if (value >= 0 && value <= 0xffff_ffff) writer.varint32(value)
  else writer.varint64(BigInt(value))
}

/** Names in the order of their numbers, from 0 (PF2). */
export function choice<const Names extends readonly string[]>(number: number, names: Names): Field<Names[number]> {
  return scalar<string>(number, 0, names[0]!, (writer, value) => {
    const at = names.indexOf(value)
    if (at < 0) throw new MessageError(`"${value}" is none of ${names.join(', ')}`)
    writer.varint32(at)
  }, reader => {
    const at = reader.varint32()
    return names[at] ?? String(at)
  })
}

const wrapper = message({ value: integer(1) })

/** PF3 */
export function wrapped(number: number): Field<number | undefined> {
  const field = nested(number, () => wrapper)
  return {
    number,
    wireType: field.wireType,
    absent: () => undefined,
    isAbsent: value => value === undefined,
    write: (writer, value) => { field.write(writer, { value: value! }) },
    read: (reader, _before, wireType, depth) => field.read(reader, undefined, wireType, depth)!.value,
  }
}

const entry = message({ key: text(1), value: text(2) })

/** PF4 */
export function textMap(number: number): Field<Readonly<Record<string, string>>> {
  const field = nested(number, () => entry)
  return {
    number,
    wireType: field.wireType,
    absent: () => ({}),
    isAbsent: value => Object.keys(value).length === 0,
    write(writer, value) {
      for (const [key, held] of Object.entries(value).reverse()) field.write(writer, { key, value: held })
    },
    read(reader, before, wireType, depth) {
      const { key, value } = field.read(reader, undefined, wireType, depth)!
      setOwn(before, key, value)
      return before
    },
  }
}

export function one<T>(number: number, codec: MessageCodec<T>): Field<T | undefined> {
  return nested(number, () => codec)
}

export function list<T>(number: number, codec: MessageCodec<T>): Field<readonly T[]> {
  return repeated(nested(number, () => codec)) as Field<readonly T[]>
}

export function texts(number: number): Field<readonly string[]> {
  return repeated(text(number))
}

export function integers(number: number): Field<readonly number[]> {
  return repeated(integer(number))
}
