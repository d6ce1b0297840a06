/**
 * The last decisions, for people. Recording keeps what the cycle made anyway; texts are made when somebody reads them.
 *
 *   DL1  A bounded number of decisions is kept, and a bounded number of nodes over all of them: the oldest lose their
 *        details first, then go.
 *   DL2  What happens to a pod after the decision (bound, failed, waiting) is added to its record.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Decision } from '../cycle/schedule-pod.ts'
import { nodeScores } from '../cycle/scores.ts'
import { fitMessage } from '../framework/fit-message.ts'
import { instantText } from './instant.ts'

export interface DecisionEnd {
  readonly outcome: 'assumed' | 'waiting on permit' | 'bound' | 'unschedulable' | 'error'
  readonly message?: string
}

export interface DecisionRecord {
  readonly id: number
  readonly pod: Pod
  readonly profile: string
  readonly atMs: number
  readonly attempt: number
  /** What brought the pod into the active queue. */
  readonly wokenBy: { readonly event: string; readonly plugin: string | null }
  algorithmMs: number
  bindingMs: number | null
  /** Null once the details were given up (DL1), or when the cycle failed before it decided. */
  decision: Decision | null
  node: string | null
  postFilter: { readonly message: string; readonly nominated: string | null; details: (() => unknown) | null } | null
  end: DecisionEnd
}

export interface DecisionSummary {
  readonly id: number
  readonly pod: string
  readonly uid: string
  readonly profile: string
  readonly at: string
  readonly attempt: number
  readonly wokenBy: string
  readonly node: string | null
  readonly outcome: DecisionEnd['outcome']
  readonly message: string
  readonly algorithmMs: number
  readonly bindingMs: number | null
}

const mostRecords = 5_000
const mostNodes = 100_000
const mostListedNodes = 500

export class DecisionLog {
  readonly #records: DecisionRecord[] = []
  #serial = 0
  #keptNodes = 0
  /** Index of the oldest record that may still have details. */
  #detailed = 0

  add(entry: Pick<DecisionRecord, 'pod' | 'profile' | 'atMs' | 'attempt' | 'wokenBy' | 'algorithmMs' | 'decision'>): DecisionRecord {
    const record: DecisionRecord = { id: ++this.#serial, ...entry, node: entry.decision?.node ?? null, bindingMs: null, postFilter: null, end: { outcome: entry.decision === null ? 'error' : entry.decision.node === null ? 'unschedulable' : 'assumed' } }
    this.#records.push(record)
    this.#keptNodes += sizeOf(record)
    while (this.#keptNodes > mostNodes && this.#detailed < this.#records.length - 1) this.#shed(this.#records[this.#detailed++]!) // DL1
    if (this.#records.length > mostRecords) {
      const dropped = this.#records.splice(0, mostRecords / 10)
      for (const old of dropped) this.#shed(old)
      this.#detailed = Math.max(0, this.#detailed - dropped.length)
    }
    return record
  }

  /** Newest first; of one pod ("namespace/name" or uid) when it is named. */
  list(subject: string | undefined, most = 100): readonly DecisionRecord[] {
    const found: DecisionRecord[] = []
    for (let index = this.#records.length - 1; index >= 0 && found.length < most; index--) {
      const record = this.#records[index]!
      if (subject === undefined || podName(record.pod) === subject || record.pod.metadata.uid === subject) found.push(record)
    }
    return found
  }

  #shed(record: DecisionRecord): void {
    this.#keptNodes -= sizeOf(record)
    record.decision = null
    if (record.postFilter !== null) record.postFilter.details = null
  }
}

function sizeOf({ decision }: DecisionRecord): number {
  return decision === null ? 0 : decision.rejections.size + decision.feasible.length
}

export function summaryOf(record: DecisionRecord): DecisionSummary {
  const { id, pod, profile, atMs, attempt, wokenBy, node, end, algorithmMs, bindingMs } = record
  return {
    id, pod: podName(pod), uid: pod.metadata.uid, profile, at: instantText(atMs), attempt, wokenBy: wokenBy.plugin === null ? wokenBy.event : `${wokenBy.event} (${wokenBy.plugin})`,
    node, outcome: end.outcome, message: end.message ?? '', algorithmMs: rounded(algorithmMs), bindingMs: bindingMs === null ? null : rounded(bindingMs),
  }
}

/** The summary with the verdict on each node, each score and what PostFilter found. */
export function detailsOf(record: DecisionRecord) {
  return { ...summaryOf(record), ...(record.decision === null ? { details: 'no longer kept' } : decisionDetails(record.decision)), postFilter: record.postFilter === null ? null : { ...record.postFilter, details: record.postFilter.details?.() ?? null } }
}

export function decisionDetails(decision: Decision) {
  const rejections = [...decision.rejections]
  const scores = decision.node === null || decision.scores === null ? [] : nodeScores(decision.scores).sort((a, b) => b.total - a.total)
  return {
    nodes: { total: decision.totalNodes, asked: decision.asked, feasible: decision.feasible.length, rejected: rejections.length },
    rejectedForAll: decision.beforeNodes === null ? null : { plugin: decision.beforeNodes.plugin, reasons: decision.beforeNodes.reasons },
    others: decision.others === null || decision.beforeNodes !== null ? null : { plugin: decision.others.plugin, reasons: decision.others.reasons },
    reasons: decision.node === null ? fitMessage(decision.diagnosis) : null,
    verdicts: rejections.slice(0, mostListedNodes).map(([node, { plugin, reasons, curable, pending }]) => ({ node, plugin, reasons, curable, ...(pending === true ? { pending } : {}) })),
    scores: scores.slice(0, mostListedNodes),
    ...(rejections.length > mostListedNodes || scores.length > mostListedNodes ? { listed: mostListedNodes } : {}),
  }
}

export function podName(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
