/** Which frames are lost. */
import type { Random } from '../../../../agents/base/random.ts'
import type { LossModel } from '../../../contract/links.ts'
import { Fate } from './fate.ts'

export class Loss {
  readonly #fate = new Fate()
  #count = 0
  #isBad = false

  takes(model: LossModel, random: Random): boolean {
    switch (model.model) {
      case 'random':
        return this.#fate.isDue(model.percent, model.correlationPercent ?? 0, random)
      case 'every':
        this.#count = (this.#count + 1) % model.nth
        return this.#count === 0
      case 'gilbert-elliott': {
        const change = this.#isBad ? model.toGoodPercent : model.toBadPercent
        if (random.next() * 100 < change) this.#isBad = !this.#isBad
        return random.next() * 100 < (this.#isBad ? model.lossInBadPercent : model.lossInGoodPercent)
      }
    }
  }
}
