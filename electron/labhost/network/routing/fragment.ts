/**
 * Cuts a packet that is too large for the next link into fragments (RFC 791, 3.2).
 *
 *   FG1  Every fragment but the last carries a multiple of eight bytes, as many as fit.
 *   FG2  A fragment may be cut again: offsets go on from its own, and "more follow" stays set on its last piece.
 *   FG3  Options without the copied flag are in the first fragment alone; in the others no-operations stand in their place.
 */
import { type Ipv4Header, writeHeaderChecksum } from './ipv4-packet.ts'

const moreFollow = 0x2000
const options = { end: 0, none: 1, copied: 0x80 } as const

export function fragmentPacket(packet: Buffer, header: Ipv4Header, mtuBytes: number): readonly Buffer[] {
  const { headerBytes, totalBytes } = header
  const each = (mtuBytes - headerBytes) & ~7 // FG1
  const fragments: Buffer[] = []
  for (let from = headerBytes; from < totalBytes; from += each) {
    const end = Math.min(totalBytes, from + each)
    const fragment = Buffer.concat([packet.subarray(0, headerBytes), packet.subarray(from, end)])
    if (from > headerBytes) blankOptions(fragment, headerBytes)
    const isLast = end === totalBytes && !header.moreFragments // FG2
    fragment.writeUInt16BE(fragment.length, 2)
    fragment.writeUInt16BE((isLast ? 0 : moreFollow) | (header.fragmentOffset + (from - headerBytes) / 8), 6)
    writeHeaderChecksum(fragment, headerBytes)
    fragments.push(fragment)
  }
  return fragments
}

/** FG3 */
function blankOptions(fragment: Buffer, headerBytes: number): void {
  let at = 20
  while (at < headerBytes && fragment[at] !== options.end) {
    const length = fragment[at] === options.none ? 1 : (fragment[at + 1] ?? 0)
    if (length < 1) return // not an option: what is left means nothing to anybody
    if ((fragment[at]! & options.copied) === 0) fragment.fill(options.none, at, Math.min(headerBytes, at + length))
    at += length
  }
}
