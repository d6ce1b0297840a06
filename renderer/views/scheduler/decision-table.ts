/**
 * A decision as a table of nodes and plugins.
 *
 *   DT1  A column for each plugin that rejected a node or gave it a score: filters first.
 *   DT2  A rejected node shows the verdict of the plugin that rejected it; the plugins after it were not asked.
 *   DT3  Nodes that passed come first, best total first. The one node that fits is taken without scores.
 */
import type { DecisionDetails, ScorePart } from './inspection.ts'

export type Cell =
  | { readonly type: 'rejected'; readonly reasons: readonly string[]; readonly isCurable: boolean }
  | { readonly type: 'score'; readonly part: ScorePart }
  | { readonly type: 'passed' }
  /** Not asked, or nothing to say. */
  | { readonly type: 'none' }

export interface DecisionRow {
  readonly node: string
  readonly total: number | null
  readonly cells: readonly Cell[]
}

export interface DecisionTable {
  readonly filters: readonly string[]
  readonly scorers: readonly string[]
  readonly rows: readonly DecisionRow[]
}

const none: Cell = { type: 'none' }
const hasPassed: Cell = { type: 'passed' }

export function decisionTable({ verdicts = [], scores = [] }: DecisionDetails, chosen: string | null = null): DecisionTable {
  const filters = [...new Set(verdicts.map(({ plugin }) => plugin))] // DT1
  const scorers = [...new Set(scores.flatMap(({ parts }) => Object.keys(parts)))]
  const passed = [...scores].sort((a, b) => b.total - a.total).map(({ node, total, parts }): DecisionRow => ({ // DT3
    node, total,
    cells: [...filters.map(() => hasPassed), ...scorers.map((plugin): Cell => (parts[plugin] === undefined ? none : { type: 'score', part: parts[plugin] }))],
  }))
  if (chosen !== null && passed.length === 0) passed.push({ node: chosen, total: null, cells: filters.map(() => hasPassed) })
  const rejected = verdicts.map(({ node, plugin, reasons, curable }): DecisionRow => ({ // DT2
    node, total: null,
    cells: [...filters.map((filter): Cell => (filter === plugin ? { type: 'rejected', reasons, isCurable: curable } : none)), ...scorers.map(() => none)],
  }))
  return { filters, scorers, rows: [...passed, ...rejected] }
}
