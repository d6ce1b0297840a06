/**
 * The cluster as scheduling sees it, kept up to date by changes.
 *
 *   CV1  A pod counts on its node from the moment it is assumed, not from the moment the binding is seen.
 *   CV2  An assumed pod is forgotten when its binding fails; the informer's word replaces the assumption when it comes.
 *   CV3  Finished pods (Succeeded, Failed) use nothing.
 *   CV4  Pods whose node is not known yet wait for it, so order of arrival does not matter.
 */
import type { Namespace, Node, Pod, ReplicationController, Service } from '../../../api/groups/core-v1/types.ts'
import type { ReplicaSet, StatefulSet } from '../../../api/groups/apps-v1/types.ts'
import { NodeView } from './node-view.ts'

/** Objects that plugins look up besides nodes and pods. */
export interface ClusterLookups {
  services(namespace: string): readonly Service[]
  replicationControllers(namespace: string): readonly ReplicationController[]
  replicaSets(namespace: string): readonly ReplicaSet[]
  statefulSets(namespace: string): readonly StatefulSet[]
  namespace(name: string): Namespace | undefined
}

export interface ClusterView {
  readonly nodes: readonly NodeView[]
  readonly lookups: ClusterLookups
  node(name: string): NodeView | undefined
}

export const emptyLookups: ClusterLookups = {
  services: () => [],
  replicationControllers: () => [],
  replicaSets: () => [],
  statefulSets: () => [],
  namespace: () => undefined,
}

export class Cluster implements ClusterView {
  readonly lookups: ClusterLookups
  readonly #views = new Map<string, NodeView>()
  readonly #podsByUid = new Map<string, Pod>()
  readonly #waitingForNode = new Map<string, Map<string, Pod>>()
  readonly #assumed = new Set<string>()
  #list: readonly NodeView[] | undefined

  constructor(lookups: ClusterLookups = emptyLookups) {
    this.lookups = lookups
  }

  get nodes(): readonly NodeView[] {
    this.#list ??= [...this.#views.values()]
    return this.#list
  }

  get assumedPods(): number {
    return this.#assumed.size
  }

  node(name: string): NodeView | undefined {
    return this.#views.get(name)
  }

  setNode(node: Node): void {
    const view = this.#views.get(node.metadata.name)
    if (view !== undefined) {
      view.node = node
      return
    }
    const fresh = new NodeView(node)
    for (const pod of this.#waitingForNode.get(fresh.name)?.values() ?? []) fresh.add(pod) // CV4
    this.#waitingForNode.delete(fresh.name)
    this.#views.set(fresh.name, fresh)
    this.#list = undefined
  }

  removeNode(name: string): void {
    const view = this.#views.get(name)
    if (view === undefined) return
    this.#views.delete(name)
    this.#list = undefined
    if (view.pods.size > 0) this.#waitingForNode.set(name, new Map(view.pods))
  }

  /** The informer's word on a pod: adds, moves, updates, or drops it when it is finished or has no node. */
  setPod(pod: Pod): void {
    const uses = pod.spec.nodeName !== undefined && pod.spec.nodeName !== '' && !isFinished(pod) // CV3
    if (!uses) {
      if (!this.#assumed.has(pod.metadata.uid) || isFinished(pod)) this.removePod(pod.metadata.uid)
      return
    }
    this.#assumed.delete(pod.metadata.uid) // CV2
    this.#place(pod)
  }

  removePod(uid: string): void {
    const pod = this.#podsByUid.get(uid)
    if (pod === undefined) return
    this.#podsByUid.delete(uid)
    this.#assumed.delete(uid)
    const name = pod.spec.nodeName!
    this.#views.get(name)?.remove(pod)
    this.#waitingForNode.get(name)?.delete(uid)
  }

  /** CV1: counts the pod on the node before the API server knows. Returns the pod as it is counted. */
  assume(pod: Pod, nodeName: string): Pod {
    const placed: Pod = { ...pod, spec: { ...pod.spec, nodeName } }
    this.#place(placed)
    this.#assumed.add(pod.metadata.uid)
    return placed
  }

  /** CV2: the binding failed. */
  forget(uid: string): void {
    if (this.#assumed.has(uid)) this.removePod(uid)
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid)
  }

  #place(pod: Pod): void {
    this.removePod(pod.metadata.uid)
    this.#podsByUid.set(pod.metadata.uid, pod)
    const name = pod.spec.nodeName!
    const view = this.#views.get(name)
    if (view !== undefined) {
      view.add(pod)
      return
    }
    const waiting = this.#waitingForNode.get(name) ?? new Map<string, Pod>()
    waiting.set(pod.metadata.uid, pod)
    this.#waitingForNode.set(name, waiting)
  }
}

function isFinished(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}
