/** What the places cost at which faults can be injected: while nothing is wrong there, and while something is wrong elsewhere. */
import { FaultPoints } from '../../agents/base/fault-points.ts'
import { systemClock, systemRandom } from '../../agents/runtime/system.ts'
import { median } from './figures.ts'

const rounds = 15
const passes = 5_000_000

export function benchFaults(): Promise<void> {
  const points = new FaultPoints()
  const point = points.define({ name: 'bench.place', help: 'What passes.', attributes: ['name'], effects: ['drop'] })
  points.define({ name: 'bench.elsewhere', help: 'What passes elsewhere.', attributes: [], effects: ['drop'] })
  const bare = () => {
    let sum = 0
    for (let index = 0; index < passes; index++) sum = (sum * 31 + index) | 0
    return sum
  }
  const hooked = () => {
    let sum = 0
    for (let index = 0; index < passes; index++) {
      if (point.rules !== undefined && point.refuses({ name: String(index) })) continue
      sum = (sum * 31 + index) | 0
    }
    return sum
  }
  const nanos = (work: () => number) => median(Array.from({ length: rounds }, () => {
    const startedAt = systemClock.monotonic()
    work()
    return ((systemClock.monotonic() - startedAt) * 1e6) / passes
  }))
  const line = (what: string, value: number) => process.stdout.write(`  ${what.padEnd(58)}${value.toFixed(2).padStart(8)} ns\n`)
  process.stdout.write(`fault points, a pass, median of ${rounds} rounds of ${passes.toLocaleString('en')}\n`)
  bare()
  hooked()
  line('the work alone', nanos(bare))
  line('with a point, faults not enabled', nanos(hooked))
  using _begun = points.begin({ clock: systemClock, random: systemRandom, crash() {} })
  line('with a point, faults enabled, none injected', nanos(hooked))
  points.set({ id: 'a', point: 'bench.elsewhere', effect: 'drop', match: {}, percent: 100, parameters: {} }, 60_000)
  line('with a point, a fault elsewhere', nanos(hooked))
  points.set({ id: 'b', point: 'bench.place', effect: 'drop', match: { name: 'other' }, percent: 100, parameters: {} }, 60_000)
  line('with a point, a fault there that fits nobody', nanos(hooked))
  process.stdout.write('\n')
  return Promise.resolve()
}
