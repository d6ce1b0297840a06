/** Drills: a hypothesis about a lab, faults on a time line, what is looked at meanwhile, and a verdict. */
import type { FaultReach, FaultTarget, FaultValues } from './faults.ts'

/** In every language of the page. */
export interface DrillText {
  readonly 'en': string
  readonly 'zh-Hant': string
  readonly 'zh-Hans': string
}

export interface DrillSummary {
  readonly name: string
  readonly title: DrillText
  readonly hypothesis: DrillText
  /** What happens inside, for who has looked long enough. */
  readonly explanation: DrillText
  /** What an expert would do, as commands to type. */
  readonly repair: readonly string[]
  readonly needs: { readonly nodes: number; readonly providers: readonly string[] | null }
  readonly durationMs: number
  readonly probes: readonly string[]
}

/**
 * In the order a run lives through them: objects are made and the lab becomes steady; faults come on their time line while
 * somebody repairs; faults are healed and the lab is watched; all that was made is taken away.
 */
export type DrillPhase = 'preparing' | 'breaking' | 'recovering' | 'reverting' | 'over'

/** passed and failed are about what must hold; aborted: an abort condition; stopped: asked to; problem: it could not be run. */
export type DrillVerdict = 'passed' | 'failed' | 'aborted' | 'stopped' | 'problem'

/** Who repairs: nobody, the steps of the drill, or whoever sits before it. The first and last differ only in what is said. */
export type DrillRepair = 'none' | 'expert'

export interface DrillSample {
  /** Milliseconds since the first fault was due; before it below zero. */
  readonly atMs: number
  readonly ok: boolean
  /** What was seen. */
  readonly seen: string
}

export interface DrillMark {
  readonly atMs: number
  readonly kind: 'phase' | 'fault' | 'heal' | 'act' | 'repair' | 'event' | 'note'
  readonly text: string
}

export interface DrillCheck {
  readonly probe: string
  /** What must hold, in words. */
  readonly rule: string
  readonly weight: number
  /** null: not known yet. */
  readonly met: boolean | null
  readonly evidence: string
}

export interface DrillInjection {
  readonly atMs: number
  readonly kind: string
  /** With names of this lab, where they are chosen already. */
  readonly target: FaultTarget
  readonly parameters: FaultValues
  readonly durationMs: number | null
}

/** The lab as it was before the drill, to go back to; or why there is none, by the name of what cannot be saved. */
export type BeforeDrill = { readonly checkpoint: string } | { readonly reason: string }

export interface DrillRun {
  readonly id: string
  readonly drill: string
  readonly title: DrillText
  readonly seed: number
  readonly repair: DrillRepair
  readonly phase: DrillPhase
  readonly startedAt: string
  /** When the first fault was due; null: not yet. */
  readonly brokenAt: string | null
  readonly endedAt: string | null
  readonly durationMs: number
  /** What the names beginning with $ stand for. */
  readonly chosen: Readonly<Record<string, string>>
  readonly injections: readonly DrillInjection[]
  readonly samples: Readonly<Record<string, readonly DrillSample[]>>
  readonly marks: readonly DrillMark[]
  readonly checks: readonly DrillCheck[]
  /** Of the checks that are met, by weight; 0 to 100. */
  readonly score: number | null
  readonly verdict: DrillVerdict | null
  readonly problem: string | null
  /** Absent of runs from before it was noted. */
  readonly before?: BeforeDrill
}

/** What the faults of a drill would select now. */
export interface DrillImpact extends FaultReach {
  readonly injections: readonly DrillInjection[]
  /** What is chosen or made only when the drill runs. */
  readonly later: readonly string[]
}

type None = Readonly<Record<string, never>>
/** By name one of those that come with Kubarium; `file` the text of one that does not, and its name for messages. */
export type DrillChoice = { readonly name: string } | { readonly file: string; readonly text: string }

export interface DrillCalls {
  'drills/list': { arguments: None; reply: readonly DrillSummary[] }
  'drills/read': { arguments: { readonly drill: DrillChoice }; reply: DrillSummary }
  'drills/preview': { arguments: { readonly lab: string; readonly drill: DrillChoice; readonly seed: number | null }; reply: DrillImpact }
  /** Returns once it is begun; a lab runs one drill at a time. */
  'drills/run': { arguments: { readonly lab: string; readonly drill: DrillChoice; readonly seed: number | null; readonly repair: DrillRepair }; reply: DrillRun }
  /** Ends it as it would end by itself: everything is reverted. */
  'drills/stop': { arguments: { readonly lab: string }; reply: DrillRun }
  /** The last runs, newest first, without their samples. */
  'drills/runs': { arguments: { readonly lab: string }; reply: readonly DrillRun[] }
  'drills/report': { arguments: { readonly lab: string; readonly id: string; readonly form: 'json' | 'html' }; reply: { readonly text: string } }
}

export interface DrillFeeds {
  /** The run under way or else the last one, at once and after every change; null: there was none. */
  'drills/state': { arguments: { readonly lab: string }; item: DrillRun | null }
}
