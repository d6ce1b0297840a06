/**
 * Pods counted by topology domain, kept up to date as pods and nodes change, so that a cycle that asks "how many pods
 * like these are in each zone?" reads a number instead of walking over all pods.
 *
 * Three registries meet here:
 *
 *     kind      namespace + labels of placed pods; pods made from one template are one kind. Knows how many of it stand
 *               on which node.
 *     matcher   a question about kinds: selector and namespaces. Is asked once for each kind, not for each pod.
 *     counter   matcher × topology key × node filter: DomainCounts.
 *
 * Worked example: 3,000 pods of one Deployment are one kind. The first of them with a spreading constraint makes one
 * matcher and one counter, at the price of one walk over the nodes that hold the kind. Each of the others finds the
 * counter by its text and, when placed, adds one to one number.
 *
 *   PC1  A counter is made when it is first asked for and from then on changes only by what changes.
 *   PC2  A node counts where its label says, if the filter accepts it; a change of labels or taints moves what it has.
 *   PC3  A change of a namespace's labels drops the matchers that select namespaces; they are counted anew when asked.
 *   PC4  Counters nobody asked for lately are dropped when there are too many.
 */
import type { Node } from '../../../api/groups/core-v1/types.ts'
import { matches } from '../../../api/selectors/label-selector.ts'
import type { Selector } from '../../../api/selectors/label-selector.ts'
import type { PodMatch } from './affinity-terms.ts'
import { termMatches } from './affinity-terms.ts'
import { DomainCounts } from './domain-counts.ts'
import type { NodeFilter } from './node-filter.ts'
import type { NodeView } from './node-view.ts'

type Labels = Readonly<Record<string, string>>

/** Pods that look the same to every selector. */
export interface PodKind {
  readonly id: string
  readonly namespace: string
  readonly labels: Labels
  readonly isTerminating: boolean
}

interface PlacedKind extends PodKind {
  readonly onNodes: Map<NodeView, number>
  matchers: Matcher[]
}

export interface Matcher {
  readonly id: string
  readonly selectsNamespaces: boolean
  matches(kind: PodKind): boolean
  readonly counters: Map<string, PodCounter>
}

/** Stands for the node itself where a topology key is asked for. */
export const theNodeItself = ''

export class PodCounter {
  readonly matcher: Matcher
  readonly counts = new DomainCounts()
  readonly #topologyKey: string
  readonly #filter: NodeFilter
  usedAt = 0

  constructor(matcher: Matcher, topologyKey: string, filter: NodeFilter) {
    this.matcher = matcher
    this.#topologyKey = topologyKey
    this.#filter = filter
  }

  /** The domain in which pods on this node count, undefined for none (PC2). */
  domainOf(node: Node): string | undefined {
    const domain = this.#topologyKey === theNodeItself ? node.metadata.name : node.metadata.labels?.[this.#topologyKey]
    return domain !== undefined && this.#filter.accepts(node) ? domain : undefined
  }
}

const mostCounters = 4_096

export class PodCounters {
  readonly #namespaceLabels: (namespace: string) => Labels | undefined
  readonly #views: () => Iterable<NodeView>
  readonly #kinds = new Map<string, PlacedKind>()
  readonly #matchers = new Map<string, Matcher>()
  #counters = 0
  #questions = 0

  constructor(views: () => Iterable<NodeView>, namespaceLabels: (namespace: string) => Labels | undefined) {
    this.#views = views
    this.#namespaceLabels = namespaceLabels
  }

  /** For inspection and tests. */
  get size(): { readonly kinds: number; readonly matchers: number; readonly counters: number } {
    return { kinds: this.#kinds.size, matchers: this.#matchers.size, counters: this.#counters }
  }

  /** Pods that match every one of these terms, the terminating ones included. */
  matchingAll(terms: readonly PodMatch[]): Matcher {
    const id = terms.length === 1 ? terms[0]!.id : terms.map(term => term.id).sort().join('&')
    return this.#matcher(id, terms.some(term => term.namespaceSelector !== undefined), kind => {
      const namespaceLabels = this.#namespaceLabels(kind.namespace)
      return terms.every(term => termMatches(term, kind.namespace, kind.labels, namespaceLabels))
    })
  }

  /** Pods of one namespace that match a selector and are not on their way out; a selector of everything counts nothing. */
  staying(namespace: string, selector: Selector, selectorId: string): Matcher {
    const isEmpty = selector.requirements.length === 0
    return this.#matcher(`staying ${namespace} ${selectorId}`, false, kind => !isEmpty && !kind.isTerminating && kind.namespace === namespace && matches(selector, kind.labels))
  }

  counter(matcher: Matcher, topologyKey: string, filter: NodeFilter): PodCounter {
    const id = `${topologyKey}\n${filter.id}`
    let counter = matcher.counters.get(id)
    if (counter === undefined) {
      this.#dropOldest()
      counter = new PodCounter(matcher, topologyKey, filter)
      matcher.counters.set(id, counter)
      this.#matchers.set(matcher.id, matcher)
      this.#counters++
      this.#fill(counter)
    }
    counter.usedAt = ++this.#questions
    return counter
  }

  addPod(kind: PodKind, view: NodeView): void {
    const placed = this.#kinds.get(kind.id) ?? this.#learn(kind)
    placed.onNodes.set(view, (placed.onNodes.get(view) ?? 0) + 1)
    view.kinds.set(placed, (view.kinds.get(placed) ?? 0) + 1)
    this.#bump(placed, view, 1)
  }

  removePod(kind: PodKind, view: NodeView): void {
    const placed = this.#kinds.get(kind.id)!
    lower(placed.onNodes, view)
    lower(view.kinds, placed)
    this.#bump(placed, view, -1)
    if (placed.onNodes.size === 0) this.#kinds.delete(kind.id)
  }

  /** PC2: `before` or `after` is undefined for a node that comes or goes; its pods come after it and go before it. */
  moveNode(view: NodeView, before: Node | undefined, after: Node | undefined): void {
    for (const matcher of this.#matchers.values()) {
      let pods: number | undefined
      for (const counter of matcher.counters.values()) {
        const from = before === undefined ? undefined : counter.domainOf(before)
        const to = after === undefined ? undefined : counter.domainOf(after)
        if (from === to) continue
        pods ??= podsOn(view, matcher)
        if (from !== undefined) counter.counts.removeNode(from, pods)
        if (to !== undefined) counter.counts.addNode(to, pods)
      }
    }
  }

  /** PC3 */
  namespaceChanged(): void {
    for (const matcher of [...this.#matchers.values()]) if (matcher.selectsNamespaces) this.#drop(matcher)
  }

  #matcher(id: string, selectsNamespaces: boolean, matchesKind: (kind: PodKind) => boolean): Matcher {
    const known = this.#matchers.get(id)
    if (known !== undefined) return known
    const matcher: Matcher = { id, selectsNamespaces, matches: matchesKind, counters: new Map() }
    this.#matchers.set(id, matcher)
    for (const kind of this.#kinds.values()) if (matchesKind(kind)) kind.matchers.push(matcher)
    return matcher
  }

  #learn(kind: PodKind): PlacedKind {
    const placed: PlacedKind = { id: kind.id, namespace: kind.namespace, labels: kind.labels, isTerminating: kind.isTerminating, onNodes: new Map(), matchers: [] }
    for (const matcher of this.#matchers.values()) if (matcher.matches(placed)) placed.matchers.push(matcher)
    this.#kinds.set(kind.id, placed)
    return placed
  }

  #fill(counter: PodCounter): void {
    for (const view of this.#views()) {
      const domain = counter.domainOf(view.node)
      if (domain !== undefined) counter.counts.addNode(domain, 0)
    }
    for (const kind of this.#kinds.values()) {
      if (!kind.matchers.includes(counter.matcher)) continue
      for (const [view, pods] of kind.onNodes) {
        const domain = counter.domainOf(view.node)
        if (domain !== undefined) counter.counts.add(domain, pods)
      }
    }
  }

  #bump(kind: PlacedKind, view: NodeView, by: 1 | -1): void {
    for (const matcher of kind.matchers) {
      for (const counter of matcher.counters.values()) {
        const domain = counter.domainOf(view.node)
        if (domain !== undefined) counter.counts.add(domain, by)
      }
    }
  }

  /** PC4: the least recently asked quarter goes. */
  #dropOldest(): void {
    if (this.#counters < mostCounters) return
    const ages = [...this.#matchers.values()].flatMap(matcher => [...matcher.counters.values()].map(counter => counter.usedAt)).sort((a, b) => a - b)
    const limit = ages[Math.floor(ages.length / 4)]!
    for (const matcher of [...this.#matchers.values()]) {
      for (const [id, counter] of matcher.counters) {
        if (counter.usedAt > limit) continue
        matcher.counters.delete(id)
        this.#counters--
      }
      if (matcher.counters.size === 0) this.#drop(matcher)
    }
  }

  #drop(matcher: Matcher): void {
    this.#matchers.delete(matcher.id)
    this.#counters -= matcher.counters.size
    matcher.counters.clear()
    for (const kind of this.#kinds.values()) {
      const at = kind.matchers.indexOf(matcher)
      if (at >= 0) kind.matchers.splice(at, 1)
    }
  }
}

function podsOn(view: NodeView, matcher: Matcher): number {
  let pods = 0
  for (const [kind, count] of view.kinds) if (matcher.matches(kind)) pods += count
  return pods
}

function lower<K>(counts: Map<K, number>, key: K): void {
  const left = counts.get(key)! - 1
  if (left === 0) counts.delete(key)
  else counts.set(key, left)
}
