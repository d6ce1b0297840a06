/**
 * Extenders: programs of the user's own that are asked over HTTP about nodes. Upstream: pkg/scheduler/extender.go.
 *
 *   XT1  An extender is asked about a pod that requests one of its managedResources; about every pod when it names none.
 *   XT2  Filter extenders are asked one after the other, each about the nodes the one before it left.
 *   XT3  An extender that fails fails the attempt, unless it is ignorable; one that fails to prioritize is passed over.
 *   XT4  Scores are 0..10 and count ten times their value times the extender's weight.
 *   XT5  With nodeCacheCapable names are sent, without it whole nodes.
 *   XT6  A binder binds instead of the Bind plugins.
 *   XT7  Fields of an answer are found whatever their case, as Go reads JSON.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import type { VictimsOnNode } from '../framework/plugin-handle.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'

/** POSTs JSON to a path below the extender's prefix and resolves to the JSON of a 200 answer; anything else is thrown. */
export type ExtenderPost = (verb: string, body: unknown) => Promise<unknown>

export interface ExtenderOptions {
  readonly urlPrefix: string
  readonly filterVerb: string
  readonly prioritizeVerb: string
  readonly preemptVerb: string
  readonly bindVerb: string
  readonly weight: number
  readonly nodeCacheCapable: boolean
  readonly ignorable: boolean
  readonly managedResources: readonly { readonly name: string; readonly ignoredByScheduler: boolean }[]
}

export interface ExtenderFilterAnswer {
  readonly feasible: readonly NodeView[]
  readonly failed: ReadonlyMap<string, string>
  readonly unresolvable: ReadonlyMap<string, string>
}

export class Extender {
  readonly options: ExtenderOptions
  readonly #post: ExtenderPost

  constructor(options: ExtenderOptions, post: ExtenderPost) {
    this.options = options
    this.#post = post
  }

  get name(): string {
    return this.options.urlPrefix
  }

  /** XT1 */
  isInterestedIn(pod: Pod): boolean {
    const managed = new Set(this.options.managedResources.map(({ name }) => name))
    if (managed.size === 0) return true
    return [...pod.spec.containers, ...pod.spec.initContainers ?? []].some(({ resources }) =>
      [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})].some(resource => managed.has(resource)))
  }

  async filter(pod: Pod, nodes: readonly NodeView[]): Promise<ExtenderFilterAnswer> {
    const answer = objectOf(await this.#post(this.options.filterVerb, this.#args(pod, nodes)))
    const error = textOf(answer['error'])
    if (error !== '') throw new Error(error)
    return { feasible: this.#named(nodes, answer), failed: textsOf(answer['failednodes']), unresolvable: textsOf(answer['failedandunresolvablenodes']) }
  }

  /** Score by node name, not yet weighed. */
  async prioritize(pod: Pod, nodes: readonly NodeView[]): Promise<ReadonlyMap<string, number>> {
    const answer = await this.#post(this.options.prioritizeVerb, this.#args(pod, nodes))
    if (!Array.isArray(answer)) throw new Error(`extender ${this.name} answered ${this.options.prioritizeVerb} with something that is no list`)
    return new Map(answer.map(entry => {
      const { host, score } = objectOf(entry)
      return [textOf(host), Number(score ?? 0)]
    }))
  }

  async bind(pod: Pod, node: string): Promise<void> {
    const { name, namespace, uid } = pod.metadata
    const answer = objectOf(await this.#post(this.options.bindVerb, { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node }))
    const error = textOf(answer['error'])
    if (error !== '') throw new Error(error)
  }

  async processPreemption(pod: Pod, candidates: readonly VictimsOnNode[], cluster: ClusterView): Promise<readonly VictimsOnNode[]> {
    const { nodeCacheCapable, preemptVerb } = this.options
    const byNode = (victims: (pods: readonly Pod[]) => unknown[]) => Object.fromEntries(candidates.map(candidate => [candidate.node, { Pods: victims(candidate.victims), NumPDBViolations: candidate.budgetViolations }]))
    const body = nodeCacheCapable
      ? { Pod: pod, NodeNameToMetaVictims: byNode(pods => pods.map(victim => ({ UID: victim.metadata.uid }))) } // XT5
      : { Pod: pod, NodeNameToVictims: byNode(pods => [...pods]) }
    const answer = objectOf(await this.#post(preemptVerb, body))
    return Object.entries(rawObjectOf(answer['nodenametometavictims'])).flatMap(([node, value]) => this.#victimsOn(node, objectOf(value), cluster))
  }

  #victimsOn(node: string, value: Record<string, unknown>, cluster: ClusterView): VictimsOnNode[] {
    const view = cluster.node(node)
    if (view === undefined) throw new Error(`nodeinfo not found for node name "${node}"`)
    const uids = (Array.isArray(value['pods']) ? value['pods'] as unknown[] : []).map(entry => textOf(objectOf(entry)['uid']))
    const victims = uids.map(uid => {
      const victim = view.pods.get(uid)
      if (victim === undefined) throw new Error(`extender: ${this.name} claims to preempt pod (UID: ${uid}) on node: ${node}, but the pod is not found on that node`)
      return victim
    })
    if (victims.length > 0) return [{ node, victims, budgetViolations: Number(value['numpdbviolations'] ?? 0) }]
    if (this.options.ignorable) return []
    throw new Error(`expected at least one victim pod on node "${node}"`)
  }

  #args(pod: Pod, nodes: readonly NodeView[]) {
    if (this.options.nodeCacheCapable) return { Pod: pod, Nodes: null, NodeNames: nodes.map(node => node.name) } // XT5
    return { Pod: pod, Nodes: { metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: null }
  }

  #named(nodes: readonly NodeView[], answer: Record<string, unknown>): readonly NodeView[] {
    const byName = new Map(nodes.map(node => [node.name, node]))
    const listed = (objectOf(answer['nodes'])['items'] ?? []) as readonly Node[]
    const names = this.options.nodeCacheCapable && Array.isArray(answer['nodenames']) ? answer['nodenames'] as string[] : listed.map(node => node.metadata.name)
    return names.map(name => {
      const node = byName.get(name)
      if (node === undefined) throw new Error(`extender "${this.name}" claims a filtered node "${name}" which is not found in the input node list`)
      return node
    })
  }
}

/** XT7 */
function objectOf(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(rawObjectOf(value)).map(([key, entry]) => [key.toLowerCase(), entry]))
}

function rawObjectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function textsOf(value: unknown): ReadonlyMap<string, string> {
  return new Map(Object.entries(rawObjectOf(value)).map(([key, text]) => [key, textOf(text)]))
}
