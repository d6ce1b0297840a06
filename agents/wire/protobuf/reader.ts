/**
 * Reads the protobuf wire format from a byte range.
 *
 *   PR1  A length that leaves its range, a varint longer than ten bytes or a group is a ProtobufError, never a read
 *        outside.
 *   PR2  A message of more than 80,000 fields, on all its levels, is refused.
 */
import { exactNumber } from '../../api/schema/clone.ts'

export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

const text = new TextDecoder('utf-8')

/** PR2 */
const maxFields = 80_000

/** How many fields all readers of one message have read together. */
interface Count {
  fields: number
}

export class ProtobufReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at: number
  readonly #end: number
  readonly #count: Count

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, count: Count = { fields: 0 }) {
    this.#count = count
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = start
    this.#end = end
  }

  get done(): boolean {
    return this.#at >= this.#end
  }

  /** Field number and wire type of the next field. */
  tag(): { number: number; wire: number } {
    this.#count.fields += 1
    if (this.#count.fields > maxFields) throw new ProtobufError(`the message holds more than ${maxFields} fields`)
    const tag = Number(this.varint())
    const number = Math.floor(tag / 8)
    if (number < 1 || number > 536_870_911) throw new ProtobufError(`illegal tag ${number}`)
    return { number, wire: tag % 8 }
  }

  /** An unsigned varint: a number while it is exact, else a bigint. */
  varint(): number | bigint {
    let value = 0
    let factor = 1
    for (let index = 0; index < 7; index += 1) {
      const byte = this.#byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
    let big = BigInt(value)
    for (let index = 7; index < 10; index += 1) {
      const byte = this.#byte()
      big |= BigInt(byte & 127) << BigInt(7 * index)
      if (byte < 128) return BigInt.asUintN(64, big)
    }
    throw new ProtobufError('integer overflow')
  }

  /** A two's complement int64 (or int32, sign-extended) as JSON holds it. */
  int64(): number {
    return jsonInteger(BigInt.asIntN(64, BigInt(this.varint())))
  }

  uint64(): number {
    return jsonInteger(BigInt(this.varint()))
  }

  int32(): number {
    return Number(BigInt.asIntN(32, BigInt(this.varint())))
  }

  boolean(): boolean {
    return Number(this.varint()) !== 0
  }

  double(): number {
    this.#need(8)
    const value = this.#view.getFloat64(this.#at, true)
    this.#at += 8
    return value
  }

  float(): number {
    this.#need(4)
    const value = this.#view.getFloat32(this.#at, true)
    this.#at += 4
    return value
  }

  bytes(): Uint8Array {
    const length = Number(this.varint())
    this.#need(length)
    const slice = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return slice
  }

  string(): string {
    return text.decode(this.bytes())
  }

  message(): ProtobufReader {
    const slice = this.bytes()
    return new ProtobufReader(slice, 0, slice.length, this.#count)
  }

  skip(wire: number): void {
    if (wire === 0) this.varint()
    else if (wire === 1) this.#advance(8)
    else if (wire === 2) this.bytes()
    else if (wire === 5) this.#advance(4)
    else throw new ProtobufError(`illegal wireType ${wire}`)
  }

  #advance(length: number): void {
    this.#need(length)
    this.#at += length
  }

  #need(length: number): void {
    if (!(length >= 0) || this.#at + length > this.#end) throw new ProtobufError('unexpected EOF')
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new ProtobufError('unexpected EOF')
    const byte = this.#bytes[this.#at]!
    this.#at += 1
    return byte
  }
}

function jsonInteger(value: bigint): number {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : exactNumber(String(value))
}
