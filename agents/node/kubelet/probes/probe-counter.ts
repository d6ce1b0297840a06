/**
 * A probe's verdict from the run of its outcomes. Pure.
 *
 *   PB1  Before any verdict: liveness succeeds, readiness fails, startup is unknown.
 *   PB2  The verdict changes after as many equal outcomes in a row as the threshold for that outcome.
 *   PB3  After a failed liveness or startup verdict the probe rests until the container is another one.
 */
import type { Probe } from '../../../api/groups/core-v1/types.ts'

export type ProbeKind = 'liveness' | 'readiness' | 'startup'
export type ProbeVerdict = 'unknown' | 'success' | 'failure'

export interface ProbeCounter {
  readonly verdict: ProbeVerdict
  readonly last: boolean | undefined
  readonly run: number
  readonly rests: boolean
}

export function newCounter(kind: ProbeKind): ProbeCounter {
  return { verdict: kind === 'liveness' ? 'success' : kind === 'readiness' ? 'failure' : 'unknown', last: undefined, run: 0, rests: false } // PB1
}

export function countOutcome(counter: ProbeCounter, kind: ProbeKind, probe: Pick<Probe, 'failureThreshold' | 'successThreshold'>, success: boolean): ProbeCounter {
  const run = counter.last === success ? counter.run + 1 : 1
  const threshold = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
  if (run < threshold) return { ...counter, last: success, run } // PB2
  const rests = !success && kind !== 'readiness' // PB3
  return { verdict: success ? 'success' : 'failure', last: success, run: rests ? 0 : run, rests }
}
