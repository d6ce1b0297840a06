/**
 * A drill as it was read: everything that its file says, defaults filled in, and nothing of any lab.
 *
 *   DR1  Names that begin with $ stand for what is chosen when the drill runs (`choose`), and `$namespace` for its namespace;
 *        they may stand in targets, probes, repairs and objects, alone or within a text (`kube-proxy@$victim`).
 *   DR2  All of it happens in a namespace of its own, drill-NAME, that is made before and taken away after.
 */
import type { DrillText } from '../../contract/drills.ts'
import type { FaultValues } from '../../contract/faults.ts'

export interface Drill {
  readonly name: string
  readonly title: DrillText
  readonly hypothesis: DrillText
  readonly explanation: DrillText
  readonly needs: { readonly nodes: number; readonly providers: readonly string[] | null }
  /** From the first fault to the verdict over what must hold meanwhile. */
  readonly durationMs: number
  /** How long the lab is watched when the faults are healed. */
  readonly recoveryMs: number
  /** All probes hold for so long before anything is broken, within the other time. */
  readonly steadyMs: number
  readonly readyWithinMs: number
  readonly objects: readonly PlainManifest[]
  readonly choices: readonly Choice[]
  readonly probes: readonly Probe[]
  readonly faults: readonly FaultStep[]
  /** What happens on the time line besides, as it would on any day: a roll-out, pods that are replaced. */
  readonly acts: readonly TimedAct[]
  readonly aborts: readonly Abort[]
  readonly musts: readonly Must[]
  readonly repair: { readonly commands: readonly string[]; readonly steps: readonly TimedAct[] }
  /** Done at the end however it ends, for what was changed outside its namespace. */
  readonly revert: readonly Act[]
}

export interface PlainManifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

export type Choice = { readonly name: string } & (
  /** A node on which a pod with the labels runs; one on which none does; or any, in each case not one of `not`. */
  | { readonly from: 'node'; readonly running: string | null; readonly not: readonly string[] }
  | { readonly from: 'pod'; readonly selector: string; readonly on: string | null }
)

export interface Probe {
  readonly name: string
  readonly everyMs: number
  readonly timeoutMs: number
  /** Steadiness before the start does not ask for it. */
  readonly beforeToo: boolean
  readonly look: Look
  readonly expect: Expectation
}

export type Look =
  /** One HTTP request on a connection of its own, from a node to a Service. */
  | { readonly kind: 'http'; readonly service: string; readonly namespace: string; readonly port: number; readonly path: string; readonly from: string | null }
  /** A GET of the API server. */
  | { readonly kind: 'object'; readonly get: string; readonly field: string }
  | { readonly kind: 'metric'; readonly component: string; readonly query: string }
  | { readonly kind: 'command'; readonly node: string; readonly argv: readonly string[] }

/** About the value that was looked at: a status, a field, a number, what a program printed. */
export type Expectation =
  | { readonly is: string | number | boolean }
  | { readonly atLeast: number }
  | { readonly atMost: number }
  | { readonly matches: string }
  /** About how many values there are. */
  | { readonly count: { readonly atLeast?: number; readonly atMost?: number } }

export interface FaultOrderText {
  readonly kind: string
  /** As on the command line: a component, a node, NAMESPACE/NAME or FROM:TO; of the drill's namespace where none is said. */
  readonly target: string
  readonly bothWays: boolean
  readonly parameters: FaultValues
  readonly durationMs: number | null
}

export type FaultStep =
  | { readonly step: 'inject'; readonly atMs: number; readonly order: FaultOrderText; readonly times: number; readonly everyMs: number }
  | { readonly step: 'serial'; readonly atMs: number; readonly pauseMs: number; readonly orders: readonly FaultOrderText[] }
  | { readonly step: 'parallel'; readonly atMs: number; readonly orders: readonly FaultOrderText[] }
  | { readonly step: 'random'; readonly fromMs: number; readonly toMs: number; readonly times: number; readonly orders: readonly FaultOrderText[] }

export interface Abort {
  readonly probe: string
  readonly failingForMs: number
}

export type Must = { readonly probe: string; readonly weight: number } & (
  /** Of its samples in the time so many hold. */
  | { readonly rule: 'holds'; readonly fromMs: number; readonly toMs: number; readonly sharePercent: number }
  /** It fails at least once while the lab is broken: the fault shows. */
  | { readonly rule: 'fails'; readonly withinMs: number }
  /** It holds at the end of the breaking, and has from so long after its first failure on. */
  | { readonly rule: 'recovers'; readonly withinMs: number }
  /** When the faults are healed it holds from so long after on. */
  | { readonly rule: 'holds-after'; readonly withinMs: number }
)

export type Act =
  | { readonly act: 'merge'; readonly path: string; readonly body: unknown }
  | { readonly act: 'apply'; readonly object: PlainManifest }
  | { readonly act: 'delete'; readonly path: string; readonly body: unknown }
  | { readonly act: 'restart'; readonly component: string }
  | { readonly act: 'machine'; readonly node: string; readonly verb: 'start' | 'reset' }
  | { readonly act: 'run'; readonly node: string; readonly argv: readonly string[] }

/** null: before anything is broken, as one hardens what is going to be tried. */
export type TimedAct = Act & { readonly atMs: number | null }
