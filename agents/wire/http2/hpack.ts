/**
 * Headers as HTTP/2 carries them. RFC 7541.
 *
 *   HP1  Both directions go without the dynamic table: the reader has told its peer that its table has no room. So a block
 *        means the same wherever it stands, and one that came before need not be read again. A peer that speaks first may
 *        have used the table before it was told; what depends on it is read each time.
 *   HP4  The table never holds more than it may, each entry counted with 32 bytes beside its texts.
 *   HP2  What is sent is never indexed and never Huffman-coded: it is sent to the same machine, and rendered once.
 *   HP3  A field that comes twice is joined by a comma, as HTTP has it.
 */
import { readHuffman } from './huffman.ts'

export class HpackError extends Error {
  override readonly name = 'HpackError'
}

export type HeaderFields = ReadonlyMap<string, string>

/** RFC 7541 appendix A, from 1; "name value" where there is one. */
const staticTable: readonly (readonly [name: string, value: string])[] = [
  ':authority', ':method GET', ':method POST', ':path /', ':path /index.html', ':scheme http', ':scheme https', ':status 200', ':status 204', ':status 206',
  ':status 304', ':status 400', ':status 404', ':status 500', 'accept-charset', 'accept-encoding gzip, deflate', 'accept-language', 'accept-ranges', 'accept',
  'access-control-allow-origin', 'age', 'allow', 'authorization', 'cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-length',
  'content-location', 'content-range', 'content-type', 'cookie', 'date', 'etag', 'expect', 'expires', 'from', 'host', 'if-match', 'if-modified-since', 'if-none-match',
  'if-range', 'if-unmodified-since', 'last-modified', 'link', 'location', 'max-forwards', 'proxy-authenticate', 'proxy-authorization', 'range', 'referer', 'refresh',
  'retry-after', 'server', 'set-cookie', 'strict-transport-security', 'transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate',
].map(entry => {
  const space = entry.indexOf(' ')
  return space < 0 ? [entry, ''] : [entry.slice(0, space), entry.slice(space + 1)]
})

const staticNames = new Map(staticTable.map(([name], index) => [name, index + 1] as const).reverse())

/** HP2. Names and values are ASCII. */
export function renderHeaders(fields: Iterable<readonly [name: string, value: string]>): Uint8Array {
  const bytes: number[] = []
  for (const [name, value] of fields) {
    const known = staticNames.get(name)
    writeInteger(bytes, known ?? 0, 4, 0)
    if (known === undefined) writeText(bytes, name)
    writeText(bytes, value)
  }
  return Uint8Array.from(bytes)
}

function writeText(bytes: number[], text: string): void {
  writeInteger(bytes, text.length, 7, 0)
  for (let at = 0; at < text.length; at++) bytes.push(text.charCodeAt(at) & 0xff)
}

function writeInteger(bytes: number[], value: number, prefixBits: number, flags: number): void {
  const most = 2 ** prefixBits - 1
  if (value < most) {
    bytes.push(flags | value)
    return
  }
  bytes.push(flags | most)
  let rest = value - most
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
}

const rememberedBytes = 256
const rememberedBlocks = 64

export class HeaderReader {
  readonly #known = new Map<string, HeaderFields>()
  readonly #table: DynamicTable

  /** @param tableBytes what the peer may use of the dynamic table before it knows better */
  constructor(tableBytes = 0) {
    this.#table = new DynamicTable(tableBytes)
  }

  read(block: Uint8Array): HeaderFields {
    if (block.length > rememberedBytes) return readBlock(block, this.#table)
    const key = String.fromCharCode(...block)
    let fields = this.#known.get(key)
    if (fields === undefined) {
      const uses = this.#table.uses
      fields = readBlock(block, this.#table)
      if (this.#table.uses !== uses) return fields
      if (this.#known.size >= rememberedBlocks) this.#known.clear()
      this.#known.set(key, fields) // HP1
    }
    return fields
  }
}

function readBlock(block: Uint8Array, table: DynamicTable): HeaderFields {
  const fields = new Map<string, string>()
  const cursor = new Cursor(block)
  while (!cursor.isAtEnd) {
    const first = cursor.peek()
    if ((first & 0x80) !== 0) {
      const [name, value] = entryAt(cursor.integer(7), table)
      add(fields, name, value)
    } else if ((first & 0xe0) === 0x20) {
      table.resize(cursor.integer(5))
    } else {
      const isKept = (first & 0x40) !== 0
      const index = cursor.integer(isKept ? 6 : 4)
      const name = index === 0 ? cursor.text() : entryAt(index, table)[0]
      const value = cursor.text()
      add(fields, name, value)
      if (isKept) table.add(name, value)
    }
  }
  return fields
}

const entryOverheadBytes = 32

/** RFC 7541 section 4. */
class DynamicTable {
  /** Grows whenever a block changed it or looked into it. */
  uses = 0
  readonly #most: number
  #room: number
  /** Newest first. */
  readonly #entries: (readonly [name: string, value: string])[] = []
  #size = 0

  constructor(most: number) {
    this.#most = most
    this.#room = most
  }

  at(index: number): readonly [name: string, value: string] | undefined {
    this.uses += 1
    return this.#entries[index]
  }

  add(name: string, value: string): void {
    if (this.#room === 0) return
    this.uses += 1
    this.#entries.unshift([name, value])
    this.#size += name.length + value.length + entryOverheadBytes
    this.#evict()
  }

  resize(room: number): void {
    if (room > this.#most) throw new HpackError('the dynamic table was made larger than allowed')
    if (room === this.#room) return
    this.uses += 1
    this.#room = room
    this.#evict()
  }

  /** HP4 */
  #evict(): void {
    while (this.#size > this.#room) {
      const [name, value] = this.#entries.pop()!
      this.#size -= name.length + value.length + entryOverheadBytes
    }
  }
}

/** HP3 */
function add(fields: Map<string, string>, name: string, value: string): void {
  const before = fields.get(name)
  fields.set(name, before === undefined ? value : `${before}, ${value}`)
}

function entryAt(index: number, table: DynamicTable): readonly [name: string, value: string] {
  const entry = index <= staticTable.length ? staticTable[index - 1] : table.at(index - staticTable.length - 1)
  if (entry === undefined) throw new HpackError(`there is no header field ${String(index)}`)
  return entry
}

class Cursor {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  peek(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new HpackError('the header block is cut off')
    return byte
  }

  integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1
    let value = this.peek() & most
    this.#at += 1
    if (value < most) return value
    for (let factor = 1; ; factor *= 128) {
      if (factor > 2 ** 28) throw new HpackError('a number is too large')
      const byte = this.peek()
      this.#at += 1
      value += (byte & 127) * factor
      if ((byte & 128) === 0) return value
    }
  }

  text(): string {
    const isPacked = (this.peek() & 0x80) !== 0
    const length = this.integer(7)
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    if (bytes.length < length) throw new HpackError('the header block is cut off')
    this.#at += length
    return isPacked ? readHuffman(bytes) : latin1(bytes)
  }
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
