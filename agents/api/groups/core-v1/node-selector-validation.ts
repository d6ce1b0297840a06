/** Rules of a selector of nodes, wherever one stands. Upstream: pkg/apis/core/validation ValidateNodeSelector. */
import { required, type FieldError } from '../../field-error.ts'
import { validateNodeSelectorTerm } from './pod-spec-validation.ts'
import type { NodeSelector } from './types.ts'

export function validateNodeSelector(selector: NodeSelector, path: string): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? []
  if (terms.length === 0) return [required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term')]
  return terms.flatMap((term, index) => validateNodeSelectorTerm(term, `${path}.nodeSelectorTerms[${index}]`))
}
