/**
 * What pods already placed say of newcomers: their affinity and anti-affinity terms, counted by topology domain.
 *
 * Equal terms of many pods are one standing term: 5,000 pods of a Deployment that refuse their own kind on each host are
 * one term with 5,000 domains. A newcomer finds the terms that speak of it by its kind, and asks each for a domain.
 *
 *   ST1  Three roles: refuses (required anti-affinity), requires (required affinity), prefers (preferred ones, anti
 *        with negative weight).
 *   ST2  A pod counts where its node's label says; on a node without the label it says nothing.
 *   ST3  Which terms speak of a kind is remembered, and changed by terms that come and go, not asked again.
 *   ST4  A change of a namespace's labels forgets it all.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import type { AffinityTerm } from './affinity-terms.ts'
import { termMatches } from './affinity-terms.ts'
import type { PodKind } from './pod-counters.ts'
import { podFacts } from './pod-facts.ts'

type Labels = Readonly<Record<string, string>>
export type Role = 'refuses' | 'requires' | 'prefers'

export class StandingTerm {
  readonly role: Role
  readonly term: AffinityTerm
  /** Pods that have the term, those on nodes without the label included. */
  holders = 0
  readonly #domains = new Map<string, number>()

  constructor(role: Role, term: AffinityTerm) {
    this.role = role
    this.term = term
  }

  /** Sum of weights (of required terms: number of pods) in a domain. */
  get(domain: string): number {
    return this.#domains.get(domain) ?? 0
  }

  get size(): number {
    return this.#domains.size
  }

  bump(node: Node, by: number): void {
    const domain = node.metadata.labels?.[this.term.topologyKey]
    if (domain === undefined) return // ST2
    const sum = (this.#domains.get(domain) ?? 0) + by
    if (sum === 0) this.#domains.delete(domain)
    else this.#domains.set(domain, sum)
  }
}

export type TermsTowards = Readonly<Record<Role, readonly StandingTerm[]>>

interface Remembered {
  readonly kind: PodKind
  readonly terms: Record<Role, StandingTerm[]>
}

const mostRemembered = 1_024

export class StandingTerms {
  readonly #namespaceLabels: (namespace: string) => Labels | undefined
  readonly #terms = new Map<string, StandingTerm>()
  readonly #remembered = new Map<string, Remembered>()

  constructor(namespaceLabels: (namespace: string) => Labels | undefined) {
    this.#namespaceLabels = namespaceLabels
  }

  get size(): number {
    return this.#terms.size
  }

  /** The terms that speak of a pod of this kind. */
  towards(kind: PodKind): TermsTowards {
    const known = this.#remembered.get(kind.id)
    if (known !== undefined) return known.terms
    const terms: Record<Role, StandingTerm[]> = { refuses: [], requires: [], prefers: [] }
    for (const standing of this.#terms.values()) if (this.#speaksOf(standing, kind)) terms[standing.role].push(standing)
    if (this.#remembered.size >= mostRemembered) this.#remembered.delete(this.#remembered.keys().next().value!)
    this.#remembered.set(kind.id, { kind, terms })
    return terms
  }

  addPod(pod: Pod, node: Node): void {
    forEachTerm(pod, (role, term, weight) => {
      const standing = this.#terms.get(`${role} ${term.termId}`) ?? this.#stand(role, term)
      standing.holders++
      standing.bump(node, weight)
    })
  }

  removePod(pod: Pod, node: Node): void {
    forEachTerm(pod, (role, term, weight) => {
      const standing = this.#terms.get(`${role} ${term.termId}`)!
      standing.holders--
      standing.bump(node, -weight)
      if (standing.holders === 0) this.#fall(standing)
    })
  }

  /** The node's labels changed under its pods. */
  moveNode(pods: Iterable<Pod>, before: Node, after: Node): void {
    for (const pod of pods) {
      forEachTerm(pod, (role, term, weight) => {
        const standing = this.#terms.get(`${role} ${term.termId}`)!
        standing.bump(before, -weight)
        standing.bump(after, weight)
      })
    }
  }

  /** ST4 */
  namespaceChanged(): void {
    this.#remembered.clear()
  }

  #stand(role: Role, term: AffinityTerm): StandingTerm {
    const standing = new StandingTerm(role, term)
    this.#terms.set(`${role} ${term.termId}`, standing)
    for (const { kind, terms } of this.#remembered.values()) if (this.#speaksOf(standing, kind)) terms[role].push(standing) // ST3
    return standing
  }

  #fall(standing: StandingTerm): void {
    this.#terms.delete(`${standing.role} ${standing.term.termId}`)
    for (const { terms } of this.#remembered.values()) {
      const at = terms[standing.role].indexOf(standing)
      if (at >= 0) terms[standing.role].splice(at, 1)
    }
  }

  #speaksOf(standing: StandingTerm, kind: PodKind): boolean {
    return termMatches(standing.term, kind.namespace, kind.labels, this.#namespaceLabels(kind.namespace) ?? {})
  }
}

/** ST1 */
function forEachTerm(pod: Pod, visit: (role: Role, term: AffinityTerm, weight: number) => void): void {
  const { required, requiredAnti, preferred } = podFacts(pod).terms
  for (const term of requiredAnti) visit('refuses', term, 1)
  for (const term of required) visit('requires', term, 1)
  for (const { term, weight } of preferred) visit('prefers', term, weight)
}
