/**
 * Where everything of a run stands on its one axis, in hundredths of the width.
 *
 *   PR1  A row a fault, a row a probe, then acts, repairs and events, where there are any.
 *   PR2  A fault that is not due yet is drawn as due; what lasts for no time is drawn as wide as can be seen.
 *   PR3  A stretch of a probe goes on to the next one: between two looks the last that was seen counts.
 *   PR4  Times on the axis are round, and at most ten.
 */
import { axisOf, endOfFault, stretches } from '../../../electron/contract/drill-course.ts'
import type { DrillInjection, DrillMark, DrillPhase, DrillRun } from '../../../electron/contract/drills.ts'

export interface PlacedBar {
  readonly left: number
  readonly width: number
  readonly tone: 'fault' | 'due' | 'held' | 'failed'
  readonly text: string
}

export interface PlacedMark {
  readonly left: number
  readonly text: string
}

export type PlacedRow =
  | { readonly type: 'fault'; readonly injection: DrillInjection; readonly bars: readonly PlacedBar[] }
  | { readonly type: 'probe'; readonly probe: string; readonly bars: readonly PlacedBar[] }
  | { readonly type: 'marks'; readonly kind: 'act' | 'repair' | 'event'; readonly marks: readonly PlacedMark[] }

export interface PlacedRun {
  readonly rows: readonly PlacedRow[]
  readonly times: readonly { readonly left: number; readonly atMs: number }[]
  readonly phases: readonly { readonly left: number; readonly phase: DrillPhase }[]
}

const leastWidth = 0.4
const mostTimes = 10
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_200, 3_600].map(seconds => seconds * 1_000)

/** Null: nothing was seen yet. */
export function placeRun(run: DrillRun): PlacedRun | null {
  const axis = axisOf(run)
  if (axis === null) return null
  const { firstMs, lastMs } = axis
  const whole = Math.max(1, lastMs - firstMs)
  const left = (atMs: number): number => ((Math.max(firstMs, Math.min(lastMs, atMs)) - firstMs) / whole) * 100
  const bar = (fromMs: number, toMs: number, tone: PlacedBar['tone'], text: string): PlacedBar => ({ left: left(fromMs), width: Math.max(leastWidth, left(toMs) - left(fromMs)), tone, text })
  const marksOf = (kind: DrillMark['kind']): readonly PlacedMark[] => run.marks.filter(mark => mark.kind === kind).map(({ atMs, text }) => ({ left: left(atMs), text }))
  const broken = run.marks.filter(({ kind }) => kind === 'fault').length
  const inOrder = run.injections.toSorted((a, b) => a.atMs - b.atMs)

  const faults = run.injections.map((injection): PlacedRow => ({ type: 'fault', injection, bars: [bar(injection.atMs, endOfFault(injection, run, lastMs), inOrder.indexOf(injection) < broken ? 'fault' : 'due', injection.kind)] })) // PR2
  const probes = Object.entries(run.samples).map(([probe, samples]): PlacedRow => {
    const found = stretches(samples)
    return { type: 'probe', probe, bars: found.map(({ fromMs, toMs, ok, seen }, index) => bar(fromMs, found[index + 1]?.fromMs ?? toMs, ok ? 'held' : 'failed', seen)) } // PR3
  })
  const others = (['act', 'repair', 'event'] as const).map((kind): PlacedRow => ({ type: 'marks', kind, marks: marksOf(kind) })).filter(row => row.type !== 'marks' || row.marks.length > 0)
  return {
    rows: [...faults, ...probes, ...others], // PR1
    times: timesOf(firstMs, lastMs).map(atMs => ({ left: left(atMs), atMs })),
    phases: run.marks.filter(({ kind }) => kind === 'phase').map(({ atMs, text }) => ({ left: left(atMs), phase: text as DrillPhase })),
  }
}

/** PR4 */
function timesOf(firstMs: number, lastMs: number): readonly number[] {
  const step = steps.find(one => (lastMs - firstMs) / one <= mostTimes - 1) ?? steps.at(-1)!
  const from = Math.ceil(firstMs / step)
  return Array.from({ length: Math.floor(lastMs / step) - from + 1 }, (_, index) => (from + index) * step)
}
