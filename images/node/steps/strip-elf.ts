/**
 * Drops what a 64-bit little-endian ELF program does not need to run: everything behind the last byte a program
 * header loads (symbols, debugging data, the section table). Node.js loses 18 MB of 126 by it.
 */
export function stripElf(elf: Uint8Array): Uint8Array {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength)
  if (view.getUint32(0, false) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) return elf
  const table = Number(view.getBigUint64(32, true))
  const entrySize = view.getUint16(54, true)
  const count = view.getUint16(56, true)
  let end = table + entrySize * count
  for (let index = 0; index < count; index++) {
    const at = table + index * entrySize
    end = Math.max(end, Number(view.getBigUint64(at + 8, true)) + Number(view.getBigUint64(at + 32, true)))
  }
  if (end >= elf.length) return elf
  const out = Buffer.from(elf.subarray(0, end))
  out.writeBigUInt64LE(0n, 40) // no section header table
  out.writeUInt16LE(0, 60)
  out.writeUInt16LE(0, 62)
  return out
}
