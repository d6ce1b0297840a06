/** Turns over one bit behind the addresses, so that the frame still arrives and only its content is wrong. */
import type { Random } from '../../../../agents/base/random.ts'

const addressBytes = 12

export function corrupt(frame: Buffer, random: Random): void {
  if (frame.length <= addressBytes) return
  const bit = Math.floor(random.next() * (frame.length - addressBytes) * 8)
  frame[addressBytes + (bit >> 3)]! ^= 1 << (bit & 7)
}
