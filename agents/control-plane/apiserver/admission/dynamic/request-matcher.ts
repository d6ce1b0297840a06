/**
 * Which requests a webhook or policy is about, compiled once for a configuration.
 * Upstream: webhook/generic ShouldCallHook, policy/matching.
 *
 *   RM1  Rules are asked first, being cheapest; then namespaceSelector, then objectSelector.
 *   RM2  matchPolicy Equivalent: a rule for another version of the same objects matches too, and the object is then shown
 *        in that version. A rule for the request's own version goes before.
 *   RM3  Excluding rules are asked in every version the resource is served in, unless matchPolicy is Exact.
 *   RM4  namespaceSelector: cluster-scoped objects always pass; a Namespace passes by its own labels; a namespace that does
 *        not exist is a 404. objectSelector: the labels of the object or of the old object.
 */
import { matches, selectorOf } from '../../../../api/selectors/label-selector.ts'
import type { Selector } from '../../../../api/selectors/label-selector.ts'
import type { NamedRuleWithOperations } from '../../../../api/groups/admissionregistration-v1/types.ts'
import type { LabelSelector } from '../../../../api/groups/meta-v1/types.ts'
import { notFound } from '../../http/api-error.ts'
import type { AdmissionRequest } from '../admission.ts'
import { ruleMatches } from './resource-rules.ts'
import type { EquivalentResource, ObjectForms } from './object-forms.ts'

export interface MatchCriteria {
  readonly rules?: readonly NamedRuleWithOperations[]
  readonly excludeRules?: readonly NamedRuleWithOperations[]
  readonly matchPolicy?: string
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  /** Of bindings: no rules at all means everything that the policy is about. */
  readonly matchesWithoutRules?: boolean
}

/** The version in which a matching request is shown. */
export type ShownAs = EquivalentResource & { readonly isOwn: boolean }

export class RequestMatcher {
  readonly #rules: readonly NamedRuleWithOperations[]
  readonly #excluding: readonly NamedRuleWithOperations[]
  readonly #isEquivalent: boolean
  readonly #isOpen: boolean
  readonly #namespaces: Selector | undefined
  readonly #objects: Selector | undefined

  constructor(criteria: MatchCriteria) {
    this.#rules = criteria.rules ?? []
    this.#excluding = criteria.excludeRules ?? []
    this.#isEquivalent = criteria.matchPolicy !== 'Exact'
    this.#isOpen = criteria.matchesWithoutRules === true && this.#rules.length === 0
    this.#namespaces = selecting(criteria.namespaceSelector)
    this.#objects = selecting(criteria.objectSelector)
  }

  /** Resolves at once where nothing must be read. */
  match(request: AdmissionRequest, forms: ObjectForms): ShownAs | undefined | Promise<ShownAs | undefined> {
    const shown = this.#byRule(request, forms)
    if (shown === undefined || !this.#objectPasses(request)) return undefined // RM1
    if (this.#namespaces === undefined) return shown
    if (request.namespace === '' && request.resource !== 'namespaces') return shown // RM4
    const labels = ownLabels(request) ?? forms.namespaceLabels(request.namespace)
    if (!(labels instanceof Promise)) return this.#namespacePasses(labels, request) ? shown : undefined
    return labels.then(found => (this.#namespacePasses(found, request) ? shown : undefined))
  }

  #byRule(request: AdmissionRequest, forms: ObjectForms): ShownAs | undefined {
    if (this.#isExcluded(request, forms)) return undefined
    if (this.#isOpen || this.#rules.some(rule => ruleMatches(rule, request))) return { group: request.group, version: request.version, resource: request.resource, kind: request.kind.kind, isOwn: true }
    if (!this.#isEquivalent) return undefined
    const others = forms.equivalents(request) // RM2
    if (others.length === 0) return undefined
    for (const rule of this.#rules) {
      const other = others.find(candidate => ruleMatches(rule, request, candidate))
      if (other !== undefined) return { ...other, isOwn: request.subresource !== '' && request.kind.kind !== other.kind } // a Scale is a Scale in any version
    }
    return undefined
  }

  /** RM3 */
  #isExcluded(request: AdmissionRequest, forms: ObjectForms): boolean {
    if (this.#excluding.length === 0) return false
    if (this.#excluding.some(rule => ruleMatches(rule, request))) return true
    return this.#isEquivalent && forms.equivalents(request).some(other => this.#excluding.some(rule => ruleMatches(rule, request, other)))
  }

  #objectPasses({ object, oldObject }: AdmissionRequest): boolean {
    const selector = this.#objects
    if (selector === undefined) return true
    return [object, oldObject].some(each => each?.metadata !== undefined && matches(selector, each.metadata.labels))
  }

  #namespacePasses(labels: Readonly<Record<string, string>> | undefined, request: AdmissionRequest): boolean {
    if (labels === undefined) throw notFound({ group: '', resource: 'namespaces' }, request.namespace)
    return matches(this.#namespaces!, labels)
  }
}

function selecting(selector: LabelSelector | undefined): Selector | undefined {
  const compiled = selector === undefined ? undefined : selectorOf(selector)
  return compiled === undefined || compiled.requirements.length === 0 ? undefined : compiled
}

/** A Namespace being made or changed is judged by what it will be. */
function ownLabels({ group, resource, subresource, operation, object }: AdmissionRequest): Readonly<Record<string, string>> | undefined {
  if (group !== '' || resource !== 'namespaces' || subresource !== '') return undefined
  return operation === 'CREATE' || operation === 'UPDATE' ? (object?.metadata.labels ?? {}) : undefined
}
