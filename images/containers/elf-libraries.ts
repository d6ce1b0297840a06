/**
 * Which shared libraries a 64-bit ELF program names (DT_NEEDED) and which loader it asks for (PT_INTERP), read from
 * the file itself, so that a minimal image can be filled without running anything.
 */
export interface ElfNeeds {
  readonly libraries: readonly string[]
  readonly loader?: string
}

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1n
const DT_STRTAB = 5n

export function readElfNeeds(elf: Buffer): ElfNeeds {
  const segments = segmentsOf(elf)
  const offsetOf = (address: bigint): number => {
    const load = segments.find(segment => segment.type === PT_LOAD && address >= segment.address && address < segment.address + segment.size)
    return load === undefined ? 0 : Number(address - load.address + load.offset)
  }
  const interpreter = segments.find(segment => segment.type === PT_INTERP)
  const dynamic = segments.find(segment => segment.type === PT_DYNAMIC)
  const names: bigint[] = []
  let strings = 0
  for (let at = Number(dynamic?.offset ?? 0); dynamic !== undefined && at < Number(dynamic.offset + dynamic.size); at += 16) {
    const tag = elf.readBigUInt64LE(at)
    const value = elf.readBigUInt64LE(at + 8)
    if (tag === DT_NEEDED) names.push(value)
    if (tag === DT_STRTAB) strings = offsetOf(value)
  }
  return {
    libraries: names.map(name => textAt(elf, strings + Number(name))),
    ...(interpreter === undefined ? {} : { loader: textAt(elf, Number(interpreter.offset)) }),
  }
}

function segmentsOf(elf: Buffer): { type: number; offset: bigint; address: bigint; size: bigint }[] {
  const table = Number(elf.readBigUInt64LE(32))
  const entrySize = elf.readUInt16LE(54)
  return Array.from({ length: elf.readUInt16LE(56) }, (_, index) => {
    const at = table + index * entrySize
    return { type: elf.readUInt32LE(at), offset: elf.readBigUInt64LE(at + 8), address: elf.readBigUInt64LE(at + 16), size: elf.readBigUInt64LE(at + 32) }
  })
}

function textAt(elf: Buffer, at: number): string {
  return elf.toString('latin1', at, elf.indexOf(0, at))
}
