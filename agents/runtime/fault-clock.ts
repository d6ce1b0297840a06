/**
 * The wall clock of a process as faults may set it: off by some time, or standing still. Durations and timers are the machine's.
 */
import type { Clock } from '../base/clock.ts'
import { faultPoints } from '../base/fault-points.ts'

const clockFault = faultPoints.define({ name: 'process.clock', help: 'The wall time that the process believes in. change: so many milliseconds ahead, or behind with a minus; hold: it stands still.', attributes: [], effects: ['change', 'hold'] })

export function faultyClock(inner: Clock): Clock {
  let stoodAt: number | undefined
  return {
    now() {
      const now = inner.now()
      const rule = clockFault.rules === undefined ? undefined : clockFault.find({})
      if (rule?.effect === 'hold') return (stoodAt ??= now)
      stoodAt = undefined
      return rule === undefined ? now : now + Number(rule.parameters['value'])
    },
    monotonic: () => inner.monotonic(),
    after: (delayMs, callback) => inner.after(delayMs, callback),
  }
}
