/**
 * The bytes under protobuf: varints, tags and lengths. The writer fills a buffer from its end to its start.
 */
export class MessageError extends Error {
  override readonly name = 'MessageError'
}

const utf8Reader = new TextDecoder()
const utf8Writer = new TextEncoder()
const firstSizeBytes = 16 * 1024
/** A buffer that grew beyond this for one big message is not kept. */
const keptSizeBytes = 1024 * 1024

export class ByteWriter {
  #buffer = new Uint8Array(firstSizeBytes)
  /** Everything from here to the end has been written. Moves when the buffer grows. */
  #position = firstSizeBytes

  /** Written so far. */
  get sizeBytes(): number {
    return this.#buffer.length - this.#position
  }

  reset(): void {
    if (this.#buffer.length > keptSizeBytes) this.#buffer = new Uint8Array(firstSizeBytes)
    this.#position = this.#buffer.length
  }

  take(): Uint8Array {
    return this.#buffer.slice(this.#position)
  }

  tag(number: number, wireType: number): void {
    this.varint32(((number << 3) | wireType) >>> 0)
  }

  varint32(value: number): void {
    if (value < 0x80) {
      this.#reserve(1)
      this.#buffer[--this.#position] = value
      return
    }
    const length = value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
    this.#reserve(length)
    this.#position -= length
    let rest = value
    for (let index = 0; index < length; index++) {
      this.#buffer[this.#position + index] = (rest & 0x7f) | (index === length - 1 ? 0 : 0x80)
      rest >>>= 7
    }
  }

  varint64(value: bigint): void {
    if (value >= 0n && value <= 0xffff_ffffn) {
      this.varint32(Number(value))
      return
    }
    let rest = BigInt.asUintN(64, value)
    const out: number[] = []
    while (rest > 0x7fn) {
      out.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    out.push(Number(rest))
    this.#reserve(out.length)
    this.#position -= out.length
    this.#buffer.set(out, this.#position)
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#position -= value.length
    this.#buffer.set(value, this.#position)
    this.varint32(value.length)
  }

  text(value: string): void {
    this.bytes(utf8Writer.encode(value))
  }

  fixed64(value: bigint): void {
    this.#eight().setBigUint64(0, BigInt.asUintN(64, value), true)
  }

  double(value: number): void {
    this.#eight().setFloat64(0, value, true)
  }

  #eight(): DataView {
    this.#reserve(8)
    this.#position -= 8
    return new DataView(this.#buffer.buffer, this.#buffer.byteOffset + this.#position, 8)
  }

  #reserve(count: number): void {
    if (this.#position >= count) return
    const used = this.#buffer.length - this.#position
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, used + count + firstSizeBytes))
    grown.set(this.#buffer.subarray(this.#position), grown.length - used)
    this.#position = grown.length - used
    this.#buffer = grown
  }
}

export class ByteReader {
  readonly #buffer: Uint8Array
  readonly #end: number
  #position: number

  constructor(buffer: Uint8Array, position = 0, end = buffer.length) {
    this.#buffer = buffer
    this.#position = position
    this.#end = end
  }

  get atEnd(): boolean {
    return this.#position >= this.#end
  }

  varint32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    // A negative int32 is sent as ten bytes; the high ones carry nothing for 32 bits.
    for (let index = 0; index < 5; index++) if (this.#byte() < 0x80) return value >>> 0
    throw new MessageError('varint too long')
  }

  varint64(): bigint {
    let low = 0
    for (let index = 0; index < 4; index++) {
      const byte = this.#byte()
      low |= (byte & 0x7f) << (index * 7)
      if (byte < 0x80) return BigInt(low)
    }
    let value = BigInt(low)
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new MessageError('varint too long')
  }

  varint64Signed(): bigint {
    const value = this.varint64()
    return value > 0x7fff_ffff_ffff_ffffn ? BigInt.asIntN(64, value) : value
  }

  bytes(): Uint8Array {
    const start = this.#take(this.varint32())
    return this.#buffer.subarray(start, this.#position)
  }

  text(): string {
    return utf8Reader.decode(this.bytes())
  }

  fixed64(): bigint {
    return this.#eight().getBigUint64(0, true)
  }

  double(): number {
    return this.#eight().getFloat64(0, true)
  }

  #eight(): DataView {
    return new DataView(this.#buffer.buffer, this.#buffer.byteOffset + this.#take(8), 8)
  }

  section(): ByteReader {
    const start = this.#take(this.varint32())
    return new ByteReader(this.#buffer, start, this.#position)
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case 0: this.varint64(); break
      case 1: this.#take(8); break
      case 2: this.#take(this.varint32()); break
      case 5: this.#take(4); break
      default: throw new MessageError(`wire type ${String(tag & 7)} is not supported`)
    }
    if (tag >>> 3 === 0) throw new MessageError('field number 0')
  }

  #byte(): number {
    if (this.#position >= this.#end) throw new MessageError('message truncated')
    return this.#buffer[this.#position++]!
  }

  #take(length: number): number {
    const start = this.#position
    if (length > this.#end - start) throw new MessageError('message truncated')
    this.#position = start + length
    return start
  }
}
