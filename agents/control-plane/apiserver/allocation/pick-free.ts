import type { Random } from '../../../base/random.ts'

/** A free number between first and last (both included): from a place drawn by chance on, once around. */
export function pickFree(random: Random, first: number, last: number, isFree: (candidate: number) => boolean): number | undefined {
  if (last < first) return undefined
  const span = last - first + 1
  const start = Math.floor(random.next() * span)
  for (let step = 0; step < span; step++) {
    const candidate = first + ((start + step) % span)
    if (isFree(candidate)) return candidate
  }
  return undefined
}
