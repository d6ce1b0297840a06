/**
 * The course of a run as it is told and drawn, by the command line, the report and the page.
 *
 *   DC1  Samples that follow each other with the same outcome are one stretch.
 *   DC2  A fault without a time of its own lasts until the drill heals, or is there yet.
 *   DC3  The axis goes from what was seen first, or the first fault, to the end of the drill or what was seen last.
 */
import type { DrillInjection, DrillRun, DrillSample } from './drills.ts'

export interface Stretch {
  readonly fromMs: number
  readonly toMs: number
  readonly ok: boolean
  /** The last thing that was seen in it. */
  readonly seen: string
  readonly count: number
}

/** DC1 */
export function stretches(samples: readonly DrillSample[]): readonly Stretch[] {
  const found: Stretch[] = []
  for (const { atMs, ok, seen } of samples) {
    const last = found.at(-1)
    if (last?.ok === ok) found[found.length - 1] = { ...last, toMs: atMs, seen, count: last.count + 1 }
    else found.push({ fromMs: atMs, toMs: atMs, ok, seen, count: 1 })
  }
  return found
}

/** DC3. Null: nothing was seen yet. */
export function axisOf({ marks, samples, durationMs }: Pick<DrillRun, 'marks' | 'samples' | 'durationMs'>): { readonly firstMs: number; readonly lastMs: number } | null {
  const times = [...marks, ...Object.values(samples).flat()].map(({ atMs }) => atMs)
  if (times.length === 0) return null
  return { firstMs: times.reduce((least, atMs) => Math.min(least, atMs), 0), lastMs: times.reduce((most, atMs) => Math.max(most, atMs), durationMs) }
}

/** DC2. `lastMs`: where the axis ends. */
export function endOfFault({ atMs, durationMs }: DrillInjection, { marks }: Pick<DrillRun, 'marks'>, lastMs: number): number {
  return durationMs === null ? (marks.find(({ kind }) => kind === 'heal')?.atMs ?? lastMs) : atMs + durationMs
}

export function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(ms % 1_000 === 0 ? 0 : 1)} s`
}
