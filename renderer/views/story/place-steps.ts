/**
 * Where the steps of a story stand on the time line.
 *
 *   PL1  By order every step has the same width, so that the shortest can be read; by time a step is as long as it took,
 *        but never too small to be hit.
 *   PL2  Lanes without a step are left out.
 */
import { type StoryLane, type StoryStep, storyLanes } from '../../../electron/contract/stories.ts'

export type TimelineScale = 'order' | 'time'

export interface PlacedStep {
  readonly step: StoryStep
  readonly lane: number
  readonly x: number
  readonly width: number
}

export interface Timeline {
  readonly lanes: readonly StoryLane[]
  readonly steps: readonly PlacedStep[]
  readonly width: number
}

const columnWidth = 16
const gap = 3
const leastWidth = 5

export function placeSteps(steps: readonly StoryStep[], scale: TimelineScale, pixelsPerMs: number): Timeline {
  const present = new Set(steps.map(({ lane }) => lane))
  const lanes = storyLanes.filter(lane => present.has(lane)) // PL2
  const place = new Map(lanes.map((lane, index) => [lane, index]))
  const beginMs = Math.min(...steps.map(({ startMs }) => startMs))
  const placed = steps.map((step, index): PlacedStep => ({
    step, lane: place.get(step.lane)!,
    x: scale === 'order' ? index * columnWidth : (step.startMs - beginMs) * pixelsPerMs,
    width: scale === 'order' ? columnWidth - gap : Math.max(leastWidth, step.durationMs * pixelsPerMs), // PL1
  }))
  return { lanes, steps: placed, width: Math.max(0, ...placed.map(({ x, width }) => x + width)) }
}

/** The step and everything that led to it, back to where it began. */
export function chainOf(steps: readonly StoryStep[], id: string | null): ReadonlySet<string> {
  const byId = new Map(steps.map(step => [step.id, step]))
  const chain = new Set<string>()
  const open = id === null ? [] : [id]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (chain.has(next) || !byId.has(next)) continue
    chain.add(next)
    open.push(...byId.get(next)!.causes)
  }
  return chain
}
