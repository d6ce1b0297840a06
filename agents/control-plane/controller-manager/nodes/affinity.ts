/**
 * Whether a node satisfies a Pod's nodeSelector and required node affinity.
 *
 *   AF1  Terms are alternatives, the requirements of a term all hold. A term without requirements matches nothing.
 *   AF2  Gt and Lt compare whole numbers; a label that is missing or no number does not match.
 *   AF3  matchFields knows metadata.name only.
 */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../../../api/groups/core-v1/types.ts'

export function satisfiesNodeAffinity(spec: PodSpec, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || required.nodeSelectorTerms.some(term => matchesTerm(term, node)) // AF1
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  return matchExpressions.every(requirement => matches(requirement, node.metadata.labels?.[requirement.key]))
    && matchFields.every(requirement => requirement.key === 'metadata.name' && matches(requirement, node.metadata.name)) // AF3
}

function matches({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In': return value !== undefined && values.includes(value)
    case 'NotIn': return value === undefined || !values.includes(value)
    case 'Exists': return value !== undefined
    case 'DoesNotExist': return value === undefined
    case 'Gt': return isWhole(value) && isWhole(values[0]) && Number(value) > Number(values[0]) // AF2
    case 'Lt': return isWhole(value) && isWhole(values[0]) && Number(value) < Number(values[0])
    default: return false
  }
}

function isWhole(text: string | undefined): boolean {
  return text !== undefined && /^-?\d+$/.test(text)
}
