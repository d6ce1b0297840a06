/** A decision as the attributes of its span: how many nodes each filter refused, and the best scores. */
import type { Attributes } from '../../../base/spans.ts'
import { nodeScores } from '../cycle/scores.ts'
import type { DecisionRecord } from './decision-log.ts'

const mostScores = 10

export function decisionAttributes({ decision, node, end }: DecisionRecord): Attributes {
  if (decision === null) return { 'scheduler.outcome': end.outcome, 'scheduler.message': end.message }
  const refused = new Map<string, number>()
  for (const { plugin, reasons } of decision.rejections.values()) {
    const text = `${plugin}: ${reasons.join(', ')}`
    refused.set(text, (refused.get(text) ?? 0) + 1)
  }
  const scores = decision.node === null || decision.scores === null ? [] : nodeScores(decision.scores).sort((a, b) => b.total - a.total)
  return {
    'scheduler.outcome': end.outcome, 'scheduler.message': end.message, 'scheduler.node': node ?? undefined,
    'scheduler.nodes': decision.totalNodes, 'scheduler.asked': decision.asked, 'scheduler.feasible': decision.feasible.length,
    'scheduler.refused': [...refused].map(([text, nodes]) => `${nodes} by ${text}`),
    'scheduler.scores': scores.slice(0, mostScores).map(({ node: scored, total, parts }) => `${scored} ${total} = ${Object.entries(parts).map(([plugin, { weighted }]) => `${plugin} ${weighted}`).join(' + ')}`),
  }
}
