/**
 * A protobuf codec driven by field tables, small enough for a node agent that starts inside an emulated machine.
 *
 * A message is declared once, `message({ name: text(1), attempt: integer(4) })`, and that declaration is its TypeScript
 * type, its encoder and its decoder. Only proto3 is spoken.
 *
 *   MC1  A decoded message has every scalar and list field, with proto3's zero value where the bytes had none;
 *        an absent sub-message or wrapped number is undefined.
 *   MC2  Encoding leaves out undefined and zero values; list elements and map entries are always written.
 *   MC3  Unknown fields are skipped, so a newer peer is understood.
 *   MC4  64-bit integers are numbers: exact to 2^53, above that (nanoseconds since the epoch) rounded.
 *   MC5  A list of numbers is written packed and read packed or not.
 *   MC6  Bytes that end inside a field throw a RangeError.
 */
type Scalar = 'string' | 'bytes' | 'integer' | 'bool' | 'enum'
type Shape =
  | { readonly kind: Scalar; readonly names?: readonly string[] }
  | { readonly kind: 'message'; readonly of: Message<unknown> }
  | { readonly kind: 'wrapped' }
  | { readonly kind: 'map' }

export interface Field<T> {
  readonly number: number
  readonly shape: Shape
  readonly repeated: boolean
  /** Never set: carries T for the compiler. */
  readonly valueType?: T
}

export interface Message<T> {
  readonly fields: readonly (readonly [name: string, field: Field<unknown>])[]
  readonly byNumber: ReadonlyMap<number, readonly [name: string, field: Field<unknown>]>
  readonly valueType?: T
}

type Fields = Readonly<Record<string, Field<unknown>>>
type Decoded<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** The type a message decodes to. */
export type MessageOf<M> = M extends Message<infer T> ? T : never

/** What may be left out when encoding: everything, at every depth. */
export type Encodable<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer U)[]
    ? readonly Encodable<U>[]
    : T extends object
      ? { readonly [K in keyof T]?: Encodable<T[K]> | undefined }
      : T

export function message<F extends Fields>(fields: F): Message<Decoded<F>> {
  const entries = Object.entries(fields)
  return { fields: entries, byNumber: new Map(entries.map(entry => [entry[1].number, entry])) }
}

export const text = (number: number): Field<string> => ({ number, shape: { kind: 'string' }, repeated: false })
export const bytes = (number: number): Field<Uint8Array> => ({ number, shape: { kind: 'bytes' }, repeated: false })
export const integer = (number: number): Field<number> => ({ number, shape: { kind: 'integer' }, repeated: false })
export const bool = (number: number): Field<boolean> => ({ number, shape: { kind: 'bool' }, repeated: false })
/** An Int64Value, UInt64Value or other message holding one number in field 1. */
export const wrapped = (number: number): Field<number | undefined> => ({ number, shape: { kind: 'wrapped' }, repeated: false })
export const textMap = (number: number): Field<Record<string, string>> => ({ number, shape: { kind: 'map' }, repeated: false })
/** Names in the order of their numbers, from 0. */
export const choice = <const N extends readonly string[]>(number: number, names: N): Field<N[number]> => ({ number, shape: { kind: 'enum', names }, repeated: false })
export const one = <T>(number: number, of: Message<T>): Field<T | undefined> => ({ number, shape: { kind: 'message', of }, repeated: false })
export const list = <T>(number: number, of: Message<T>): Field<T[]> => ({ number, shape: { kind: 'message', of }, repeated: true })
export const texts = (number: number): Field<string[]> => ({ number, shape: { kind: 'string' }, repeated: true })
export const integers = (number: number): Field<number[]> => ({ number, shape: { kind: 'integer' }, repeated: true })

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder()

export function encodeMessage<T>(type: Message<T>, value: Encodable<T>): Uint8Array {
  const writer = new Writer()
  writeFields(writer, type, value as Readonly<Record<string, unknown>>)
  return writer.finish()
}

export function decodeMessage<T>(type: Message<T>, data: Uint8Array): T {
  return readFields(new Reader(data), type) as T
}

function writeFields(writer: Writer, type: Message<unknown>, value: Readonly<Record<string, unknown>>): void {
  for (const [name, field] of type.fields) {
    const content = value[name]
    if (content === undefined || content === null) continue
    if (field.shape.kind === 'map') writeMap(writer, field.number, content as Record<string, string>)
    else if (!field.repeated) writeValue(writer, field, content, false)
    else if (field.shape.kind === 'integer') writePacked(writer, field.number, content as readonly number[])
    else for (const item of content as readonly unknown[]) writeValue(writer, field, item, true)
  }
}

function writeValue(writer: Writer, field: Field<unknown>, content: unknown, evenIfZero: boolean): void {
  const { number, shape } = field
  switch (shape.kind) {
    case 'string':
      if (content !== '' || evenIfZero) writer.chunk(number, utf8Encoder.encode(content as string))
      return
    case 'bytes':
      if ((content as Uint8Array).length > 0 || evenIfZero) writer.chunk(number, content as Uint8Array)
      return
    case 'integer':
    case 'bool':
    case 'enum': {
      const plain = shape.kind === 'enum' ? shape.names!.indexOf(content as string) : Number(content)
      if (plain < 0 && shape.kind === 'enum') throw new RangeError(`"${String(content)}" is none of ${shape.names!.join(', ')}`)
      if (plain === 0 && !evenIfZero) return
      writer.varint(number * 8)
      writer.varint(plain)
      return
    }
    case 'wrapped': {
      const inner = new Writer()
      if (content !== 0) {
        inner.varint(8)
        inner.varint(content as number)
      }
      writer.chunk(number, inner.finish())
      return
    }
    case 'message': {
      const inner = new Writer()
      writeFields(inner, shape.of, content as Readonly<Record<string, unknown>>)
      writer.chunk(number, inner.finish())
      return
    }
    case 'map':
      return
  }
}

function writeMap(writer: Writer, number: number, entries: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(entries)) {
    const inner = new Writer()
    inner.chunk(1, utf8Encoder.encode(key))
    inner.chunk(2, utf8Encoder.encode(value))
    writer.chunk(number, inner.finish())
  }
}

function writePacked(writer: Writer, number: number, values: readonly number[]): void {
  if (values.length === 0) return
  const inner = new Writer()
  for (const value of values) inner.varint(value)
  writer.chunk(number, inner.finish())
}

function emptyOf(type: Message<unknown>): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const [name, field] of type.fields) value[name] = zeroOf(field)
  return value
}

function zeroOf(field: Field<unknown>): unknown {
  if (field.repeated) return []
  switch (field.shape.kind) {
    case 'string':
      return ''
    case 'bytes':
      return new Uint8Array(0)
    case 'integer':
      return 0
    case 'bool':
      return false
    case 'enum':
      return field.shape.names![0]
    case 'map':
      return {}
    case 'message':
    case 'wrapped':
      return undefined
  }
}

function readFields(reader: Reader, type: Message<unknown>): Record<string, unknown> {
  const value = emptyOf(type)
  while (!reader.atEnd) {
    const tag = reader.varint()
    const wireType = tag % 8
    const known = type.byNumber.get(Math.floor(tag / 8))
    if (known === undefined) reader.skip(wireType)
    else readField(reader, wireType, value, known)
  }
  return value
}

function readField(reader: Reader, wireType: number, value: Record<string, unknown>, [name, field]: readonly [string, Field<unknown>]): void {
  const { shape } = field
  if (shape.kind === 'map') {
    const [key, content] = readEntry(reader.chunk())
    Object.defineProperty(value[name], key, { value: content, enumerable: true, writable: true, configurable: true })
  } else if (shape.kind === 'integer' && field.repeated) {
    const into = value[name] as number[]
    if (wireType !== 2) into.push(reader.varint())
    else for (const packed = new Reader(reader.chunk()); !packed.atEnd; ) into.push(packed.varint())
  } else {
    const content = readValue(reader, shape)
    if (field.repeated) (value[name] as unknown[]).push(content)
    else value[name] = content
  }
}

function readValue(reader: Reader, shape: Shape): unknown {
  switch (shape.kind) {
    case 'string':
      return utf8Decoder.decode(reader.chunk())
    case 'bytes':
      return reader.chunk().slice()
    case 'integer':
      return reader.varint()
    case 'bool':
      return reader.varint() !== 0
    case 'enum': {
      const number = reader.varint()
      return shape.names![number] ?? String(number)
    }
    case 'wrapped': {
      const inner = new Reader(reader.chunk())
      let content = 0
      while (!inner.atEnd) {
        const tag = inner.varint()
        if (tag === 8) content = inner.varint()
        else inner.skip(tag % 8)
      }
      return content
    }
    case 'message':
      return readFields(new Reader(reader.chunk()), shape.of)
    case 'map':
      return undefined
  }
}

function readEntry(data: Uint8Array): [string, string] {
  const reader = new Reader(data)
  const pair: [string, string] = ['', '']
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag === 10) pair[0] = utf8Decoder.decode(reader.chunk())
    else if (tag === 18) pair[1] = utf8Decoder.decode(reader.chunk())
    else reader.skip(tag % 8)
  }
  return pair
}

class Writer {
  #buffer = new Uint8Array(128)
  #length = 0

  varint(value: number): void {
    this.#reserve(10)
    if (value < 0 || value > 0xffff_ffff) {
      let rest = BigInt.asUintN(64, BigInt(value))
      while (rest > 127n) {
        this.#buffer[this.#length++] = Number(rest & 127n) | 128
        rest >>= 7n
      }
      this.#buffer[this.#length++] = Number(rest)
      return
    }
    let rest = value
    while (rest > 127) {
      this.#buffer[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#buffer[this.#length++] = rest
  }

  chunk(fieldNumber: number, data: Uint8Array): void {
    this.varint(fieldNumber * 8 + 2)
    this.varint(data.length)
    this.#reserve(data.length)
    this.#buffer.set(data, this.#length)
    this.#length += data.length
  }

  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + more))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}

class Reader {
  readonly #data: Uint8Array
  #at = 0

  constructor(data: Uint8Array) {
    this.#data = data
  }

  get atEnd(): boolean {
    return this.#at >= this.#data.length
  }

  varint(): number {
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte()
      low += (byte & 127) * 2 ** shift
      if (byte < 128) return low
    }
    let wide = BigInt(low)
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      wide |= BigInt(byte & 127) << shift
      if (byte < 128) return Number(BigInt.asIntN(64, wide))
    }
    throw new RangeError('a varint is longer than ten bytes')
  }

  chunk(): Uint8Array {
    const length = this.varint()
    if (length < 0 || this.#at + length > this.#data.length) throw new RangeError('a field runs past the end of its message')
    this.#at += length
    return this.#data.subarray(this.#at - length, this.#at)
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint()
    else if (wireType === 1) this.#advance(8)
    else if (wireType === 2) this.chunk()
    else if (wireType === 5) this.#advance(4)
    else throw new RangeError(`wire type ${wireType} is not known`)
  }

  #advance(by: number): void {
    this.#at += by
    if (this.#at > this.#data.length) throw new RangeError('a field runs past the end of its message')
  }

  #byte(): number {
    if (this.#at >= this.#data.length) throw new RangeError('the message ended inside a number')
    return this.#data[this.#at++]!
  }
}
