/** One chance in a hundred parts, where a frame may share the fate of the one before: the rate over many frames stays the same. */
import type { Random } from '../../../../agents/base/random.ts'

export class Fate {
  #last: boolean | undefined

  isDue(percent: number, correlationPercent: number, random: Random): boolean {
    if (this.#last === undefined || correlationPercent === 0 || random.next() * 100 >= correlationPercent) this.#last = random.next() * 100 < percent
    return this.#last
  }
}
