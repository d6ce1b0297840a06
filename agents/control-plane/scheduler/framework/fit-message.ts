/**
 * The text of a FailedScheduling event, word for word as upstream's FitError prints it.
 *
 *   FM1  Reasons are counted over nodes and sorted as text: "2 Insufficient cpu, 1 node(s) were unschedulable".
 *   FM2  A pod that no node was asked about carries the plugin's own message after the count.
 *   FM3  What PostFilter found is appended.
 *   FM4  Without any node there is nothing to count.
 *   FM6  DynamicResources says what it did about claims before preemption says what it found; of a pod that it rejected before
 *        any node was asked it knows no claims.
 *   FM7  When PreFilter rejected the pod for good before the claims were looked at, upstream's plugin finds no state of its
 *        own, says "not found", and nobody after it says anything.
 *   FM5  Nodes that PreFilter left out count with the one reason for all of them.
 */
import type { FilterOutcome, Plugin } from './plugin.ts'
import type { PluginSet } from './plugin-set.ts'
import { type Rejected, tallied } from './verdict.ts'

export interface Diagnosis {
  readonly totalNodes: number
  /** Rejections by node name. */
  readonly byNode: ReadonlyMap<string, Rejected>
  /** FM5: the rejection of every node that is not in `byNode`. */
  readonly others: Rejected | null
  /** Set when a plugin rejected the pod before any node was asked. */
  readonly beforeNodes: string | null
}

export function fitMessage(diagnosis: Diagnosis, postFilter = ''): string {
  if (diagnosis.totalNodes === 0) return 'no nodes available to schedule pods' // FM4
  const head = `0/${diagnosis.totalNodes} nodes are available:`
  const reasons = diagnosis.beforeNodes ?? countedReasons(diagnosis.byNode.values(), diagnosis.others, diagnosis.totalNodes - diagnosis.byNode.size) // FM2
  const body = reasons === '' ? head : `${head} ${reasons}.`
  return postFilter === '' ? body : `${body} ${postFilter}` // FM3
}

/** What PostFilter would say of a pod that nothing helps, when nothing is to be done but to tell. */
export function postFilterMessage(plugins: PluginSet, outcome: Told, preemption: string): string {
  const claims = plugins.postFilter.find(({ name }) => name === claimsPlugin)
  const aboutClaims = claims === undefined ? '' : claimsMessage(outcome.filters.stateOf(claims) !== undefined, outcome)
  return aboutClaims === claimsUnknown ? claimsUnknown : [aboutClaims, preemption === '' ? '' : `preemption: ${preemption}`].filter(part => part !== '').join(', ')
}

interface Told extends Pick<FilterOutcome, 'beforeNodes'> {
  readonly filters: { stateOf(plugin: Plugin): unknown }
}

const claimsPlugin = 'DynamicResources'
/** FM7 */
export const claimsUnknown = 'not found'

/** FM6 */
export function claimsMessage(hasClaims: boolean, { beforeNodes }: Pick<FilterOutcome, 'beforeNodes'>): string {
  if (beforeNodes !== null && !beforeNodes.curable && beforeNodes.plugin !== claimsPlugin) return claimsUnknown
  return hasClaims ? 'still not schedulable' : 'no new claims to deallocate'
}

export function countedReasons(rejections: Iterable<Rejected>, others: Rejected | null = null, otherNodes = 0): string {
  const counts = new Map<string, number>()
  const count = (rejection: Rejected, nodes: number) => { for (const reason of rejection.reasons) counts.set(reason, (counts.get(reason) ?? 0) + nodes) }
  for (const [rejection, nodes] of tallied(rejections)) count(rejection, nodes)
  if (others !== null && otherNodes > 0) count(others, otherNodes) // FM5
  return [...counts].map(([reason, nodes]) => `${nodes} ${reason}`).sort().join(', ') // FM1
}
