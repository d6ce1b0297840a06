/** Writes the protobuf wire format into a growing buffer. Messages are length-prefixed in place. */
import { exactNumberText, isExactNumber } from '../../api/schema/clone.ts'

const encoder = new TextEncoder()

export class ProtobufWriter {
  #bytes = new Uint8Array(1024)
  #length = 0

  /** The bytes written so far, copied. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  tag(number: number, wire: number): void {
    this.varint(number * 8 + wire)
  }

  varint(value: number): void {
    this.#room(10)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  /** An int64 in two's complement; takes what JSON holds. */
  integer(value: unknown): void {
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      this.varint(value)
      return
    }
    let rest = BigInt.asUintN(64, isExactNumber(value) ? BigInt(exactNumberText(value)) : BigInt(Math.trunc(Number(value))))
    this.#room(10)
    while (rest >= 128n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  double(value: number): void {
    this.#room(8)
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true)
    this.#length += 8
  }

  float(value: number): void {
    this.#room(4)
    new DataView(this.#bytes.buffer).setFloat32(this.#length, value, true)
    this.#length += 4
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  bytes(number: number, bytes: Uint8Array): void {
    this.tag(number, 2)
    this.varint(bytes.length)
    this.raw(bytes)
  }

  string(number: number, value: string): void {
    if (value.length < 43) {
      this.#shortString(number, value)
      return
    }
    this.bytes(number, encoder.encode(value))
  }

  /** At most 126 bytes of UTF-8: its length is one byte. */
  #shortString(number: number, value: string): void {
    this.tag(number, 2)
    this.#room(value.length * 3 + 1)
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(this.#length + 1))
    this.#bytes[this.#length] = written
    this.#length += written + 1
  }

  /** A field holding a message; write puts its fields. */
  message(number: number, write: () => void): void {
    const start = this.open(number)
    write()
    this.close(start)
  }

  /** The same for who cannot write all of it at once: what comes until it is closed are its fields. Returns what close wants. */
  open(number: number): number {
    this.tag(number, 2)
    const start = this.#length
    this.#room(1)
    this.#length += 1
    return start
  }

  close(start: number): void {
    this.#insertLength(start)
  }

  #insertLength(start: number): void {
    const size = this.#length - start - 1
    let extra = 0
    for (let rest = size; rest >= 128; rest = Math.floor(rest / 128)) extra += 1
    if (extra > 0) {
      this.#room(extra)
      this.#bytes.copyWithin(start + 1 + extra, start + 1, this.#length)
      this.#length += extra
    }
    let at = start
    let rest = size
    while (rest >= 128) {
      this.#bytes[at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[at] = rest
  }

  #room(length: number): void {
    if (this.#length + length <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + length))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
