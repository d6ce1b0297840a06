/**
 * Takes QEMU's migration stream apart while it comes: the guest's memory goes into a file, page by page to its place, and what is
 * left is a stream that a QEMU takes which has that file mapped as its memory. So a machine is saved while it runs (QEMU sends a
 * page again when it was written meanwhile) and restored by mapping a file instead of reading a stream.
 *
 * The stream (QEMU: migration/savevm.c, migration/ram.c), all numbers big-endian:
 *
 *   "QEVM" version | configuration …                              kept as it is
 *   01 section "ram" instance version | records | EOS | 7e section   set-up: the sizes of all blocks of memory
 *   02 section | records | EOS | 7e section                       any number: pages
 *   03 section | records | EOS | 7e section                       the last pages
 *   devices …                                                     kept as they are
 *
 *   record:  uint64 (offset | flags) | unless CONTINUE: block name (length byte, text) | PAGE: 4096 bytes, ZERO: 1 byte
 *            MEM_SIZE: the lower part is the sum of all sizes; then for each block: name | uint64 size | uint64 address
 *
 *   MS1  Pages of the guest's memory are written to the file, zeros only where something else was written before, so that the
 *        file has holes where the guest has zeros. Pages of other blocks (firmware) stay in the stream, each once.
 *   MS2  The block of the guest's memory has the name that it has in the machine that takes it (`takenAs`): QEMU calls it
 *        otherwise when it is not a file.
 *   MS3  Anything that this description does not cover is an error, never a guess.
 */
import { MachineError } from '../machine-error.ts'

const flags = { zero: 0x02, memSize: 0x04, page: 0x08, eos: 0x10, continues: 0x20 } as const
const flagMask = 0xfffn
const pageBytes = 4096
const kinds = { start: 0x01, part: 0x02, end: 0x03, footer: 0x7e } as const
const runPages = 256
const longestPrefix = 64 * 1024

export interface MemoryFile {
  /** Whole pages; the buffer is used again afterwards. */
  write(bytes: Uint8Array, at: number): void
}

export interface MemoryStreamOptions {
  /** Bytes of guest memory. */
  readonly memoryBytes: number
  readonly file: MemoryFile
  readonly takenAs: string
}

/** Names that QEMU gives to the guest's memory: its own, and that of the object on the command line. */
const memoryNames: readonly string[] = ['pc.ram', 'memory']

export class MemoryStream {
  readonly #options: MemoryStreamOptions
  readonly #written: Uint8Array
  readonly #run = Buffer.allocUnsafe(runPages * pageBytes)
  #runAt = 0
  #runBytes = 0
  #rest: Buffer = Buffer.alloc(0)
  #state: 'prefix' | 'section' | 'records' | 'footer' | 'devices' = 'prefix'
  #section = 0
  #isLast = false
  #block = ''
  readonly #head: Buffer[] = []
  readonly #others = new Map<string, Buffer>()
  readonly #devices: Buffer[] = []

  constructor(options: MemoryStreamOptions) {
    this.#options = options
    this.#written = new Uint8Array(Math.ceil(options.memoryBytes / pageBytes / 8))
  }

  push(chunk: Buffer): void {
    if (this.#state === 'devices') {
      this.#devices.push(Buffer.from(chunk))
      return
    }
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      const used = this.#take(bytes)
      if (used === 0) break
      bytes = bytes.subarray(used)
      if (this.#isInDevices()) {
        this.#devices.push(Buffer.from(bytes))
        bytes = bytes.subarray(bytes.length)
        break
      }
    }
    this.#rest = Buffer.from(bytes)
  }

  /** When the stream has ended: what goes beside the memory's file. */
  finish(): Buffer {
    if (this.#state !== 'devices' || this.#devices.length === 0) throw broken('it ended before the devices came')
    this.#flush()
    return Buffer.concat([...this.#head, Buffer.from([kinds.end]), uint32(this.#section), ...this.#others.values(), eosRecord(), footerOf(this.#section), ...this.#devices])
  }

  /** How many bytes were understood; 0 where more are needed. */
  #take(bytes: Buffer): number {
    switch (this.#state) {
      case 'prefix': return this.#takePrefix(bytes)
      case 'section': return this.#takeSection(bytes)
      case 'records': return this.#takeRecords(bytes)
      case 'footer': return this.#takeFooter(bytes)
      case 'devices': return 0
    }
  }

  #isInDevices(): boolean {
    return this.#state === 'devices'
  }

  #takePrefix(bytes: Buffer): number {
    const name = bytes.indexOf(Buffer.from([3, 0x72, 0x61, 0x6d])) // "ram" with its length
    const start = name - 5
    const end = name + 4 + 8
    if (name < 0 || end > bytes.length) {
      if (bytes.length > longestPrefix) throw broken('no memory comes in it')
      return 0
    }
    if (bytes.toString('latin1', 0, 4) !== 'QEVM' || bytes[start] !== kinds.start) throw broken('it does not begin like one')
    this.#section = bytes.readUInt32BE(start + 1)
    this.#head.push(Buffer.from(bytes.subarray(0, end)))
    this.#state = 'records'
    return end
  }

  #takeSection(bytes: Buffer): number {
    if (bytes.length < 5) return 0
    const kind = bytes[0]
    if ((kind !== kinds.part && kind !== kinds.end) || bytes.readUInt32BE(1) !== this.#section) throw broken(`a section of kind ${String(kind)} comes between those of memory`)
    this.#isLast = kind === kinds.end
    this.#state = 'records'
    return 5
  }

  #takeFooter(bytes: Buffer): number {
    if (bytes.length < 5) return 0
    if (bytes[0] !== kinds.footer || bytes.readUInt32BE(1) !== this.#section) throw broken('a section does not end as it began')
    this.#state = this.#isLast ? 'devices' : 'section'
    return 5
  }

  #takeRecords(bytes: Buffer): number {
    let at = 0
    while (this.#state === 'records') {
      const used = this.#takeRecord(bytes, at)
      if (used === 0) break
      at += used
    }
    return at
  }

  #takeRecord(bytes: Buffer, at: number): number {
    if (bytes.length - at < 8) return 0
    const high = bytes.readUInt32BE(at)
    const low = bytes.readUInt32BE(at + 4)
    const flag = low & 0xfff
    if ((flag & flags.eos) !== 0) {
      this.#state = 'footer'
      return 8
    }
    if ((flag & flags.memSize) !== 0) return this.#takeSizes(bytes, at)
    let next = at + 8
    if ((flag & flags.continues) === 0) {
      const name = nameAt(bytes, next)
      if (name === undefined) return 0
      next += 1 + name.length
      this.#block = name
    }
    const kind = flag & ~flags.continues
    const bodyBytes = kind === flags.page ? pageBytes : kind === flags.zero ? 1 : undefined
    if (bodyBytes === undefined) throw broken(`a record has the flags 0x${flag.toString(16)}`)
    if (bytes.length - next < bodyBytes) return 0
    const offset = high * 2 ** 32 + (low - flag)
    this.#page(offset, kind === flags.page ? bytes.subarray(next, next + pageBytes) : undefined)
    return next + bodyBytes - at
  }

  #takeSizes(bytes: Buffer, at: number): number {
    const total = bytes.readBigUInt64BE(at) & ~flagMask
    const record: Buffer[] = [bytes.subarray(at, at + 8)]
    let sum = 0n
    let next = at + 8
    while (sum < total) {
      const name = nameAt(bytes, next)
      if (name === undefined || bytes.length - next < 1 + name.length + 16) return 0
      const sizes = bytes.subarray(next + 1 + name.length, next + 1 + name.length + 16)
      const size = sizes.readBigUInt64BE()
      if (memoryNames.includes(name) && size !== BigInt(this.#options.memoryBytes)) throw broken(`the memory has ${String(size)} bytes and should have ${this.#options.memoryBytes}`)
      record.push(nameBytes(this.#nameFor(name)), sizes)
      sum += size
      next += 1 + name.length + 16
    }
    this.#head.push(Buffer.concat(record), eosRecord(), footerOf(this.#section))
    return next - at
  }

  /** `bytes` undefined: all zeros. */
  #page(offset: number, bytes: Buffer | undefined): void {
    if (!memoryNames.includes(this.#block)) {
      this.#others.set(`${this.#block} ${offset}`, Buffer.concat([uint64(BigInt(offset) | BigInt(bytes === undefined ? flags.zero : flags.page)), nameBytes(this.#block), bytes ?? Buffer.alloc(1)]))
      return
    }
    if (offset + pageBytes > this.#options.memoryBytes) throw broken('a page lies beyond the memory')
    const page = offset / pageBytes
    const [index, bit] = [page >> 3, 1 << (page & 7)]
    const isWritten = (this.#written[index]! & bit) !== 0
    if (bytes === undefined && !isWritten) return // MS1
    this.#written[index]! |= bit
    if (offset !== this.#runAt + this.#runBytes || this.#runBytes === this.#run.length) {
      this.#flush()
      this.#runAt = offset
    }
    if (bytes === undefined) this.#run.fill(0, this.#runBytes, this.#runBytes + pageBytes)
    else bytes.copy(this.#run, this.#runBytes)
    this.#runBytes += pageBytes
  }

  #flush(): void {
    if (this.#runBytes > 0) this.#options.file.write(this.#run.subarray(0, this.#runBytes), this.#runAt)
    this.#runBytes = 0
  }

  /** MS2 */
  #nameFor(block: string): string {
    return memoryNames.includes(block) ? this.#options.takenAs : block
  }
}

function nameAt(bytes: Buffer, at: number): string | undefined {
  if (bytes.length <= at) return undefined
  const length = bytes[at]!
  return bytes.length - at - 1 < length ? undefined : bytes.toString('latin1', at + 1, at + 1 + length)
}

function nameBytes(name: string): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'latin1')])
}

function eosRecord(): Buffer {
  return uint64(BigInt(flags.eos))
}

function footerOf(section: number): Buffer {
  return Buffer.concat([Buffer.from([kinds.footer]), uint32(section)])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

/** MS3 */
function broken(what: string): MachineError {
  return new MachineError('CheckpointFailed', `QEMU's stream of the machine is not understood: ${what}`)
}
