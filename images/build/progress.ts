/** One report of a running build: which step, and how much of the whole is done (0 to 1). */
export interface BuildProgress {
  readonly step: string
  readonly ratio: number
}

export type ReportProgress = (progress: BuildProgress) => void

/** Maps a part's own 0..1 into a slice of the whole. */
export function slice(report: ReportProgress, from: number, to: number): ReportProgress {
  return ({ step, ratio }) => { report({ step, ratio: from + (to - from) * Math.min(1, Math.max(0, ratio)) }) }
}
