/**
 * The "newc" cpio archive, which is what the kernel unpacks as its initial RAM disk: for each entry an ASCII header
 * of thirteen 8-digit hexadecimal fields, the name, the data, each padded to 4 bytes; ended by "TRAILER!!!".
 * (Linux Documentation/driver-api/early-userspace/buffer-format.rst)
 */
export interface CpioEntry {
  readonly name: string
  /** Full st_mode, file type included. */
  readonly mode: number
  readonly data?: Uint8Array
  /** Major and minor of a device node. */
  readonly device?: readonly [number, number]
}

export function renderCpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = []
  const all: CpioEntry[] = [...entries, { name: 'TRAILER!!!', mode: 0 }]
  all.forEach((entry, index) => {
    const name = Buffer.from(`${entry.name}\0`)
    const data = entry.data ?? new Uint8Array()
    const [major, minor] = entry.device ?? [0, 0]
    const fields = [index + 1, entry.mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0]
    parts.push(Buffer.from(`070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`), name, padding(110 + name.length))
    parts.push(Buffer.from(data), padding(data.length))
  })
  return Buffer.concat(parts)
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4)
}
