/**
 * What the samples of the probes say about what must hold. Times are milliseconds since the first fault was due.
 *
 *   VE1  A rule is decided only when its time is over, except that one which can no longer be met is failed at once.
 *   VE2  A rule without a single sample in its time is not met: what was not looked at is not known to be well.
 *   VE3  `recovers` is about the breaking alone: what holds only because the faults were healed has not recovered by itself.
 *   VE4  The score is the share of the weights that are met; a drill passes when all are.
 */
import { secondsText } from '../../../contract/drill-course.ts'
import type { DrillCheck, DrillSample } from '../../../contract/drills.ts'
import type { Must } from '../drill.ts'

export interface Course {
  readonly durationMs: number
  readonly recoveryMs: number
  /** When the faults were healed at the end of the breaking; null: not yet. */
  readonly healedMs: number | null
  readonly nowMs: number
}

export function check(must: Must, samples: readonly DrillSample[], course: Course): DrillCheck {
  const { met, evidence } = outcome(must, samples, course)
  return { probe: must.probe, rule: ruleText(must), weight: must.weight, met, evidence }
}

interface Outcome {
  readonly met: boolean | null
  readonly evidence: string
}

function outcome(must: Must, samples: readonly DrillSample[], course: Course): Outcome {
  const breakingEnds = course.healedMs ?? course.durationMs
  const broken = samples.filter(({ atMs }) => atMs >= 0 && atMs <= breakingEnds)
  switch (must.rule) {
    case 'holds': {
      const until = Math.min(must.toMs, breakingEnds)
      return share(broken.filter(({ atMs }) => atMs >= must.fromMs && atMs <= until), must.sharePercent, course.nowMs >= until || course.healedMs !== null)
    }
    case 'fails': {
      const failure = broken.find(({ ok, atMs }) => !ok && atMs <= must.withinMs)
      if (failure !== undefined) return { met: true, evidence: `failed ${secondsText(failure.atMs)} after the first fault: ${failure.seen}` }
      return { met: course.nowMs >= must.withinMs || course.healedMs !== null ? false : null, evidence: `has not failed in ${broken.length} samples` }
    }
    case 'recovers': {
      const first = broken.find(({ ok }) => !ok)
      if (first === undefined) return { met: course.healedMs === null ? null : broken.length > 0, evidence: `has not failed in ${broken.length} samples` } // VE2
      return since(broken, first.atMs + must.withinMs, course.healedMs !== null || course.nowMs >= course.durationMs, 'its first failure', first.atMs) // VE3
    }
    case 'holds-after':
      if (course.healedMs === null) return { met: null, evidence: 'the faults are not healed yet' }
      return since(samples.filter(({ atMs }) => atMs > course.healedMs!), course.healedMs + must.withinMs, course.nowMs >= course.healedMs + course.recoveryMs, 'healing', course.healedMs)
  }
}

function share(samples: readonly DrillSample[], wanted: number, isOver: boolean): Outcome {
  const failures = samples.filter(({ ok }) => !ok)
  const percent = samples.length === 0 ? 0 : (100 * (samples.length - failures.length)) / samples.length
  const last = failures.at(-1)
  const evidence = `${samples.length - failures.length} of ${samples.length} samples held (${percent.toFixed(1)} %)${last === undefined ? '' : `; at ${secondsText(last.atMs)} it was ${last.seen}`}`
  if (wanted === 100 && failures.length > 0) return { met: false, evidence } // VE1
  return { met: isOver ? samples.length > 0 && percent >= wanted : null, evidence } // VE2
}

/** Everything from a time on held, and there is something from then on. */
function since(samples: readonly DrillSample[], fromMs: number, isOver: boolean, what: string, zeroMs: number): Outcome {
  const late = samples.filter(({ atMs }) => atMs >= fromMs)
  const failure = late.findLast(({ ok }) => !ok)
  const lastFailure = samples.findLast(({ ok }) => !ok)
  const held = samples.find(({ ok, atMs }) => ok && atMs > (lastFailure?.atMs ?? Number.NEGATIVE_INFINITY))
  if (failure !== undefined) return { met: false, evidence: `still ${failure.seen} ${secondsText(failure.atMs - zeroMs)} after ${what}` } // VE1
  const evidence = held === undefined ? `has not held since ${what}` : `held ${secondsText(Math.max(0, held.atMs - zeroMs))} after ${what} and from then on`
  return { met: isOver ? late.length > 0 : null, evidence: isOver && late.length === 0 ? 'was not looked at any more' : evidence } // VE2
}

export function scoreOf(checks: readonly DrillCheck[]): number {
  const total = checks.reduce((sum, { weight }) => sum + weight, 0)
  return total === 0 ? 0 : Math.round((100 * checks.reduce((sum, { weight, met }) => sum + (met === true ? weight : 0), 0)) / total)
}

function ruleText(must: Must): string {
  switch (must.rule) {
    case 'holds':
      return `holds in ${must.sharePercent} % of the samples${must.fromMs === 0 ? '' : ` from ${secondsText(must.fromMs)} on`}`
    case 'fails':
      return `fails within ${secondsText(must.withinMs)}`
    case 'recovers':
      return `holds again within ${secondsText(must.withinMs)} of its first failure, while the fault is there`
    case 'holds-after':
      return `holds within ${secondsText(must.withinMs)} of healing`
  }
}
