/** Chance is handed to whoever needs it. `next` is uniform in [0, 1). */
export interface Random {
  next(): number
}

/** Same seed, same sequence (mulberry32). For tests, drills and simulations, never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = state
      mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    },
  }
}

/** The letters of Kubernetes' generated names: no vowels, no look-alikes. Upstream: apimachinery/pkg/util/rand. */
const nameLetters = 'bcdfghjklmnpqrstvwxz2456789'

export function randomSuffix(random: Random, length = 5): string {
  return Array.from({ length }, () => nameLetters[Math.floor(random.next() * nameLetters.length)]).join('')
}

/** A UUID of version 4. */
export function randomUuid(random: Random): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replaceAll(/[xy]/g, place => (place === 'x' ? Math.floor(random.next() * 16) : 8 + Math.floor(random.next() * 4)).toString(16))
}

export function pick<T>(random: Random, items: readonly T[]): T | undefined {
  return items[Math.floor(random.next() * items.length)]
}
