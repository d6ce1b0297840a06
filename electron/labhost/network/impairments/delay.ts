/**
 * How long a frame is held.
 *
 * Deviations have mean 0; that of `uniform` lies between -1 and 1, the others have standard deviation 1. Pareto has shape 3
 * (few frames are very late, most a little early); pareto-normal is a quarter normal and three quarters Pareto, as tc-netem(8) has it.
 */
import type { Random } from '../../../../agents/base/random.ts'
import type { DelayDistribution, DelayModel } from '../../../contract/links.ts'

export class Delay {
  #deviation: number | undefined

  next({ ms, jitterMs = 0, distribution = 'uniform', correlationPercent = 0 }: DelayModel, random: Random): number {
    if (jitterMs === 0) return ms
    if (this.#deviation === undefined || correlationPercent === 0 || random.next() * 100 >= correlationPercent) this.#deviation = deviations[distribution](random)
    return Math.max(0, ms + jitterMs * this.#deviation)
  }
}

const paretoShape = 3
const paretoMean = paretoShape / (paretoShape - 1)
const paretoDeviation = Math.sqrt(paretoShape / (paretoShape - 2)) / (paretoShape - 1)

const deviations: Readonly<Record<DelayDistribution, (random: Random) => number>> = {
  'uniform': random => 2 * random.next() - 1,
  'normal': normal,
  'pareto': pareto,
  'pareto-normal': random => 0.25 * normal(random) + 0.75 * pareto(random),
}

/** Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

function pareto(random: Random): number {
  return ((1 - random.next()) ** (-1 / paretoShape) - paretoMean) / paretoDeviation
}
