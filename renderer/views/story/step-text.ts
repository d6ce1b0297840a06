import type { StoryStep } from '../../../electron/contract/stories.ts'

export function whereOf({ component, node }: StoryStep): string {
  return node === null ? component : `${component}@${node}`
}

/** Steps are often shorter than a millisecond. */
export function shortDuration(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1_000)} µs`
  return ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(2)} s`
}
