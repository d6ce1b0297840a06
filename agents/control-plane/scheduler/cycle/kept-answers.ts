/**
 * Answers about nodes that are still good. Pods made from one template ask the same of every node, and between two of them
 * only the node that got the last one has changed.
 *
 *   KA1  Kept are verdicts and raw scores of plugins that sign: what they answer depends on the text they signed with and
 *        on the node's view, and on nothing else.
 *   KA2  An answer is good as long as the node's generation is the one it was given at. Generations are never used twice,
 *        so a new node in an old one's place finds no answer of that one.
 *   KA3  The verdict kept is that of the first filters, up to the first that does not sign: the rest are asked every time.
 *   KA4  Kept for the texts asked for last; imagined nodes are always asked.
 *
 * Nothing is left out by this: an answer that is taken from here is the one that would be given.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { FilterPlugin } from '../framework/plugin.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'

/** Of all nodes, to one question. */
export class AnswersByNode<A extends NonNullable<unknown> | null> {
  readonly #generations: number[] = []
  readonly #answers: A[] = []

  /** KA2: undefined when the question has to be asked. */
  of({ slot, generation }: NodeView): A | undefined {
    return slot >= 0 && this.#generations[slot] === generation ? this.#answers[slot] : undefined
  }

  /** KA4 */
  keep({ slot, generation }: NodeView, answer: A): A {
    if (slot < 0) return answer
    this.#fillUpTo(slot)
    this.#generations[slot] = generation
    this.#answers[slot] = answer
    return answer
  }

  /** Arrays without holes are read fastest. */
  #fillUpTo(slot: number): void {
    while (this.#generations.length < slot) {
      this.#generations.push(-1)
      this.#answers.push(null as A)
    }
  }
}

const mostTexts = 64

export class KeptAnswers {
  readonly #byText = new Map<string, AnswersByNode<NonNullable<unknown> | null>>()

  to<A extends NonNullable<unknown> | null>(text: string): AnswersByNode<A> {
    const known = this.#byText.get(text)
    if (known !== undefined) {
      this.#byText.delete(text)
      this.#byText.set(text, known)
      return known as unknown as AnswersByNode<A>
    }
    if (this.#byText.size >= mostTexts) this.#byText.delete(this.#byText.keys().next().value!)
    const fresh = new AnswersByNode<A>()
    this.#byText.set(text, fresh as unknown as AnswersByNode<NonNullable<unknown> | null>)
    return fresh
  }
}

const known = new WeakMap<ClusterView, WeakMap<PluginSet, KeptAnswers>>()

/** What the plugins of a profile answered about the nodes of a cluster. */
export function keptAnswers(cluster: ClusterView, plugins: PluginSet): KeptAnswers {
  const ofCluster = known.get(cluster) ?? new WeakMap<PluginSet, KeptAnswers>()
  known.set(cluster, ofCluster)
  const kept = ofCluster.get(plugins) ?? new KeptAnswers()
  ofCluster.set(plugins, kept)
  return kept
}

/** The filters up to the first that does not sign, and the text they sign with (KA3). */
export function signedFilters(pod: Pod, active: readonly FilterPlugin[]): { readonly count: number; readonly text: string } {
  let text = 'filter'
  for (const [index, plugin] of active.entries()) {
    if (plugin.sign === undefined) return { count: index, text }
    text += `\n${plugin.name} ${plugin.sign(pod)}`
  }
  return { count: active.length, text }
}
