/**
 * Figures over time, kept as they came and drawn as they are asked for.
 *
 *   SE1  At most `most` samples are kept; the oldest go.
 *   SE2  Of a counter what is drawn is its growth a second. One that has become smaller began anew: no figure for that step.
 *   SE3  Where no sample came for long (nobody looked) the line is broken, not drawn straight across.
 */
export interface Sample {
  /** Epoch milliseconds. */
  readonly at: number
  readonly values: Readonly<Record<string, number>>
}

export interface Line {
  readonly label: string
  /** One a time; null: no figure. */
  readonly values: readonly (number | null)[]
}

export interface Drawn {
  /** Epoch seconds. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
}

export type Reading = 'value' | 'growth'

export const keptSamples = 1_200
const gapMs = 20_000

export function withSample(samples: readonly Sample[], sample: Sample, most = keptSamples): readonly Sample[] {
  const last = samples.at(-1)
  return last !== undefined && last.at >= sample.at ? samples : [...samples.slice(Math.max(0, samples.length + 1 - most)), sample] // SE1
}

export function drawn(samples: readonly Sample[], lines: readonly { readonly name: string; readonly label: string }[], reading: Reading): Drawn {
  const times: number[] = []
  const before: (Sample | null)[] = []
  samples.forEach((sample, index) => {
    const last = samples[index - 1]
    if (last !== undefined && sample.at - last.at > gapMs) { // SE3
      times.push((last.at + 1) / 1_000)
      before.push(null)
    }
    times.push(sample.at / 1_000)
    before.push(sample)
  })
  const figure = (index: number, name: string): number | null => {
    const value = before[index]?.values[name]
    if (value === undefined) return null
    if (reading === 'value') return value
    const last = before[index - 1]
    const earlier = last?.values[name]
    return earlier === undefined || value < earlier ? null : (value - earlier) / ((before[index]!.at - last!.at) / 1_000) // SE2
  }
  return { times, lines: lines.map(({ name, label }) => ({ label, values: times.map((_, index) => figure(index, name)) })) }
}

/** The newest figure of a line. */
export function latest(line: Line): number | null {
  return line.values.findLast(value => value !== null) ?? null
}
