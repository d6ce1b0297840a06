/**
 * Inflate (RFC 1950, 1951) for SPDY header blocks: one zlib stream lives as long as the connection, each header block is a
 * piece of it ended by a flush, and a preset dictionary stands before the first byte.
 *
 *   IN1  The window survives from piece to piece: a later block may repeat what an earlier one said.
 *   IN2  A deflate block that is not yet whole is left for the next piece; nothing of it is emitted.
 *   IN3  One piece may not grow beyond the limit (a small frame can name a huge header).
 *   IN4  Anything malformed throws InflateError, after which the stream cannot be used.
 */
export class InflateError extends Error {
  override readonly name = 'InflateError'
}

class NeedMore extends Error {}

const needMore = new NeedMore('more input is needed')
const windowBytes = 32_768
const lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const distanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577]
const distanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** Canonical Huffman code: how many codes have each length, and the symbols in the order of their codes. */
interface HuffmanCode {
  readonly counts: readonly number[]
  readonly symbols: readonly number[]
}

function huffmanOf(lengths: readonly number[]): HuffmanCode {
  const counts = Array.from({ length: 16 }, (_, size) => lengths.filter(length => length === size).length)
  counts[0] = 0
  const symbols = lengths
    .map((length, symbol) => ({ length, symbol }))
    .filter(entry => entry.length > 0)
    .sort((a, b) => a.length - b.length || a.symbol - b.symbol)
    .map(entry => entry.symbol)
  return { counts, symbols }
}

const fixedLiterals = huffmanOf(Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)))
const fixedDistances = huffmanOf(Array.from({ length: 30 }, () => 5))

export class Inflater {
  readonly #dictionaryId: number
  readonly #limitBytes: number
  #window: number[]
  #input: Uint8Array = new Uint8Array(0)
  #at = 0
  #bits = 0
  #bitCount = 0
  #headerRead = false

  constructor(dictionary: Uint8Array, dictionaryId: number, limitBytes = 256 * 1024) {
    this.#window = [...dictionary]
    this.#dictionaryId = dictionaryId
    this.#limitBytes = limitBytes
  }

  /** Takes one piece of the compressed stream, gives what it says. */
  push(piece: Uint8Array): Uint8Array {
    const rest = this.#input.subarray(this.#at)
    this.#input = new Uint8Array(rest.length + piece.length)
    this.#input.set(rest)
    this.#input.set(piece, rest.length)
    this.#at = 0
    const start = this.#window.length
    for (;;) {
      const mark = { at: this.#at, bits: this.#bits, bitCount: this.#bitCount, length: this.#window.length }
      try {
        if (this.#headerRead) this.#block(start)
        else this.#zlibHeader()
      } catch (error) {
        if (error !== needMore) throw error
        this.#at = mark.at
        this.#bits = mark.bits
        this.#bitCount = mark.bitCount
        this.#window.length = mark.length // IN2
        break
      }
    }
    const output = Uint8Array.from(this.#window.slice(start))
    if (this.#window.length > windowBytes) this.#window = this.#window.slice(-windowBytes)
    return output
  }

  #zlibHeader(): void {
    const [method, flags] = [this.#read(8), this.#read(8)]
    if ((method & 15) !== 8 || (method * 256 + flags) % 31 !== 0) throw new InflateError('not a zlib stream')
    if ((flags & 32) === 0) throw new InflateError('the zlib stream names no dictionary')
    const id = ((this.#read(8) * 256 + this.#read(8)) * 256 + this.#read(8)) * 256 + this.#read(8)
    if (id !== this.#dictionaryId) throw new InflateError('the zlib stream names another dictionary')
    this.#headerRead = true
  }

  #block(start: number): void {
    const isLast = this.#read(1)
    const type = this.#read(2)
    if (type === 0) this.#stored()
    else if (type === 1) this.#compressed(fixedLiterals, fixedDistances, start)
    else if (type === 2) this.#compressed(...this.#dynamicCodes(), start)
    else throw new InflateError('unknown block type')
    if (this.#window.length - start > this.#limitBytes) throw new InflateError('a header block is too large') // IN3
    if (isLast === 1) throw new InflateError('the header stream was ended')
  }

  #stored(): void {
    this.#bits = 0
    this.#bitCount = 0
    const length = this.#read(16)
    if (length !== (this.#read(16) ^ 0xffff)) throw new InflateError('a stored block contradicts its length')
    for (let left = length; left > 0; left--) this.#window.push(this.#read(8))
  }

  #compressed(literals: HuffmanCode, distances: HuffmanCode, start: number): void {
    for (;;) {
      const symbol = this.#symbol(literals)
      if (symbol === 256) return
      if (symbol < 256) this.#window.push(symbol)
      else this.#repeat(symbol - 257, distances)
      if (this.#window.length - start > this.#limitBytes) throw new InflateError('a header block is too large') // IN3
    }
  }

  #repeat(lengthCode: number, distances: HuffmanCode): void {
    const base = lengthBase[lengthCode]
    if (base === undefined) throw new InflateError('unknown length code')
    const length = base + this.#read(lengthExtra[lengthCode]!)
    const distanceCode = this.#symbol(distances)
    const distance = (distanceBase[distanceCode] ?? Infinity) + this.#read(distanceExtra[distanceCode] ?? 0)
    if (distance > this.#window.length) throw new InflateError('a distance reaches before the window')
    for (let left = length; left > 0; left--) this.#window.push(this.#window[this.#window.length - distance]!)
  }

  #dynamicCodes(): [HuffmanCode, HuffmanCode] {
    const literalCount = this.#read(5) + 257
    const distanceCount = this.#read(5) + 1
    const codeCount = this.#read(4) + 4
    const codeLengths = Array.from({ length: 19 }, () => 0)
    for (let index = 0; index < codeCount; index++) codeLengths[codeLengthOrder[index]!] = this.#read(3)
    const code = huffmanOf(codeLengths)
    const lengths: number[] = []
    while (lengths.length < literalCount + distanceCount) {
      const symbol = this.#symbol(code)
      if (symbol < 16) lengths.push(symbol)
      else if (symbol === 16) repeatInto(lengths, lengths.at(-1), 3 + this.#read(2))
      else repeatInto(lengths, 0, symbol === 17 ? 3 + this.#read(3) : 11 + this.#read(7))
    }
    return [huffmanOf(lengths.slice(0, literalCount)), huffmanOf(lengths.slice(literalCount, literalCount + distanceCount))]
  }

  #symbol(code: HuffmanCode): number {
    let value = 0
    let first = 0
    let index = 0
    for (let length = 1; length < 16; length++) {
      value |= this.#read(1)
      const count = code.counts[length]!
      if (value - first < count) return code.symbols[index + value - first]!
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw new InflateError('unknown Huffman code')
  }

  #read(count: number): number {
    while (this.#bitCount < count) {
      if (this.#at >= this.#input.length) throw needMore
      this.#bits |= this.#input[this.#at++]! << this.#bitCount
      this.#bitCount += 8
    }
    const value = this.#bits & ((1 << count) - 1)
    this.#bits >>>= count
    this.#bitCount -= count
    return value
  }
}

function repeatInto(lengths: number[], value: number | undefined, times: number): void {
  if (value === undefined) throw new InflateError('a code length repeats nothing')
  for (let left = times; left > 0; left--) lengths.push(value)
}

/**
 * The other direction, without a compressor: header blocks are small and few, so they travel as stored blocks of one zlib
 * stream, which every inflater reads. The zlib header (with the dictionary's id) goes before the first piece only.
 */
export class StoredDeflater {
  readonly #dictionaryId: number
  #headerWritten = false

  constructor(dictionaryId: number) {
    this.#dictionaryId = dictionaryId
  }

  push(data: Uint8Array): Uint8Array {
    const out: number[] = []
    if (!this.#headerWritten) {
      const id = this.#dictionaryId
      out.push(0x78, 0x20, (id >>> 24) & 255, (id >>> 16) & 255, (id >>> 8) & 255, id & 255)
      this.#headerWritten = true
    }
    for (let at = 0; at < data.length; at += 65_535) {
      const part = data.subarray(at, at + 65_535)
      out.push(0, part.length & 255, part.length >> 8, ~part.length & 255, (~part.length >> 8) & 255, ...part)
    }
    out.push(0, 0, 0, 255, 255) // the mark of a flush: Go's inflater hands nothing on before it
    return Uint8Array.from(out)
  }
}
