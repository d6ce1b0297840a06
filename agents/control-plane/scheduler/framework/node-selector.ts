/**
 * Node selectors: terms are alternatives, what stands in one term must hold together.
 * Upstream: component-helpers/scheduling/corev1/nodeaffinity.
 *
 *   NS1  A term with neither expressions nor fields matches nothing.
 *   NS2  Gt and Lt compare whole numbers; a label that is not a number does not match.
 *   NS3  matchFields knows metadata.name only.
 */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../../api/groups/core-v1/types.ts'

export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length === 0 && fields.length === 0) return false // NS1
  const labels = node.metadata.labels ?? {}
  return (
    expressions.every(requirement => matchesRequirement(requirement, labels[requirement.key])) &&
    fields.every(requirement => requirement.key === 'metadata.name' && matchesRequirement(requirement, node.metadata.name)) // NS3
  )
}

function matchesRequirement(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const values = requirement.values ?? []
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt': {
      if (value === undefined || !/^-?\d+$/.test(value) || !/^-?\d+$/.test(values[0] ?? '')) return false // NS2
      const difference = BigInt(value) - BigInt(values[0]!)
      return requirement.operator === 'Gt' ? difference > 0n : difference < 0n
    }
    default:
      return false
  }
}

/** spec.nodeSelector and the required node affinity together. */
export function matchesNodeSelection(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) if (labels[key] !== value) return false
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || required.nodeSelectorTerms.some(term => matchesTerm(term, node))
}
