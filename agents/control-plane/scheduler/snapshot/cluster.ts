/**
 * The cluster as scheduling sees it, kept up to date by changes. A change touches the node it concerns, the kinds, terms
 * and counters that speak of it, and nothing else; a cycle copies nothing.
 *
 *   CV1  A pod counts on its node from the moment it is assumed, not from the moment the binding is seen.
 *   CV2  An assumed pod is forgotten when its binding fails; the informer's word replaces the assumption when it comes.
 *   CV3  Finished pods (Succeeded, Failed) use nothing.
 *   CV4  Pods whose node is not known yet wait for it, so order of arrival does not matter.
 *   CV5  Nodes are listed zone by zone in turn, in the order in which they came.
 *   CV6  The last pod set for a uid is the one that counts: setting an equal pod again changes nothing.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import { ClaimsInFlight } from '../devices/claims-in-flight.ts'
import { ClaimUsers } from './claim-users.ts'
import type { ClusterLookups } from './cluster-lookups.ts'
import { emptyLookups } from './cluster-lookups.ts'
import { ImageIndex } from './image-index.ts'
import { NodeDomains } from './node-domains.ts'
import { NodeOrder, zoneOf } from './node-order.ts'
import { NodeView, isSame } from './node-view.ts'
import type { PodKind } from './pod-counters.ts'
import { PodCounters } from './pod-counters.ts'
import { podFacts, sharesFacts } from './pod-facts.ts'
import { StandingTerms } from './standing-terms.ts'

export type { ClusterLookups } from './cluster-lookups.ts'
export { emptyLookups } from './cluster-lookups.ts'

export interface ClusterView {
  readonly nodes: readonly NodeView[]
  readonly lookups: ClusterLookups
  readonly counters: PodCounters
  readonly standingTerms: StandingTerms
  readonly domains: NodeDomains
  readonly images: ImageIndex
  readonly claimUsers: ClaimUsers
  readonly claimsInFlight: ClaimsInFlight
  node(name: string): NodeView | undefined
  /** The pod as it counts here, undefined when it uses nothing. */
  pod(uid: string): Pod | undefined
}

export class Cluster implements ClusterView {
  readonly lookups: ClusterLookups
  readonly counters: PodCounters
  readonly standingTerms: StandingTerms
  readonly domains = new NodeDomains()
  readonly images = new ImageIndex()
  readonly claimUsers = new ClaimUsers()
  readonly claimsInFlight = new ClaimsInFlight()
  readonly #views = new Map<string, NodeView>()
  readonly #order = new NodeOrder<NodeView>()
  readonly #podsByUid = new Map<string, Pod>()
  readonly #waitingForNode = new Map<string, Map<string, Pod>>()
  readonly #assumed = new Set<string>()
  readonly #freeSlots: number[] = []
  #generation = 0

  constructor(lookups: ClusterLookups = emptyLookups) {
    this.lookups = lookups
    const namespaceLabels = (name: string) => {
      const namespace = lookups.namespace(name)
      return namespace === undefined ? undefined : (namespace.metadata.labels ?? {})
    }
    this.counters = new PodCounters(() => this.#views.values(), namespaceLabels)
    this.standingTerms = new StandingTerms(namespaceLabels)
  }

  /** CV5. The same array as long as no node came or went. */
  get nodes(): readonly NodeView[] {
    return this.#order.list
  }

  get assumedPods(): number {
    return this.#assumed.size
  }

  node(name: string): NodeView | undefined {
    return this.#views.get(name)
  }

  pod(uid: string): Pod | undefined {
    return this.#podsByUid.get(uid)
  }

  setNode(node: Node): void {
    const view = this.#views.get(node.metadata.name)
    if (view === undefined) this.#addNode(node)
    else this.#updateNode(view, node)
  }

  removeNode(name: string): void {
    const view = this.#views.get(name)
    if (view === undefined) return
    const left = new Map(view.pods)
    for (const pod of left.values()) this.#leave(view, pod)
    this.counters.moveNode(view, view.node, undefined)
    this.images.remove(view.node)
    this.#order.remove(zoneOf(view.node), view)
    this.#views.delete(name)
    this.#freeSlots.push(view.slot)
    if (left.size > 0) this.#waitingForNode.set(name, left) // CV4
  }

  /** The informer's word on a pod: adds, moves, updates, or drops it when it is finished or has no node. */
  setPod(pod: Pod): void {
    const { uid } = pod.metadata
    const uses = pod.spec.nodeName !== undefined && pod.spec.nodeName !== '' && !isFinished(pod) // CV3
    if (!uses) {
      if (!this.#assumed.has(uid) || isFinished(pod)) this.removePod(uid)
      return
    }
    this.#assumed.delete(uid) // CV2
    this.#place(pod)
  }

  removePod(uid: string): void {
    const pod = this.#podsByUid.get(uid)
    if (pod === undefined) return
    this.#podsByUid.delete(uid)
    this.#assumed.delete(uid)
    const name = pod.spec.nodeName!
    const view = this.#views.get(name)
    if (view !== undefined) {
      this.#leave(view, pod)
      return
    }
    const waiting = this.#waitingForNode.get(name)
    waiting?.delete(uid)
    if (waiting?.size === 0) this.#waitingForNode.delete(name)
  }

  /** CV1: counts the pod on the node before the API server knows. Returns the pod as it is counted. */
  assume(pod: Pod, nodeName: string): Pod {
    const placed: Pod = { ...pod, spec: { ...pod.spec, nodeName } }
    sharesFacts(placed, pod)
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

  /** A namespace came, went or got other labels: whoever selects namespaces asks anew. */
  namespaceChanged(): void {
    this.counters.namespaceChanged()
    this.standingTerms.namespaceChanged()
  }

  #addNode(node: Node): void {
    const view = new NodeView(node, this.#freeSlots.pop() ?? this.#views.size, () => ++this.#generation)
    this.#views.set(view.name, view)
    this.#order.add(zoneOf(node), view)
    this.images.add(node)
    this.counters.moveNode(view, undefined, node)
    for (const pod of this.#waitingForNode.get(view.name)?.values() ?? []) this.#come(view, pod) // CV4
    this.#waitingForNode.delete(view.name)
  }

  #updateNode(view: NodeView, node: Node): void {
    const before = view.node
    const isRelabelled = !isSame(before.metadata.labels, node.metadata.labels)
    view.node = node
    if (isRelabelled) {
      this.standingTerms.moveNode(view.podsWithAffinity, before, node)
      if (zoneOf(before) !== zoneOf(node)) {
        this.#order.remove(zoneOf(before), view)
        this.#order.add(zoneOf(node), view)
      }
    }
    if (isRelabelled || !isSame(before.spec.taints, node.spec.taints)) this.counters.moveNode(view, before, node)
    if (isSame(before.status.images, node.status.images)) return
    this.images.remove(before)
    this.images.add(node)
  }

  #place(pod: Pod): void {
    const { uid } = pod.metadata
    const name = pod.spec.nodeName!
    const view = this.#views.get(name)
    const before = this.#podsByUid.get(uid)
    if (before !== undefined && view !== undefined && before.spec.nodeName === name && view.pods.has(uid)) {
      this.#podsByUid.set(uid, pod)
      this.#replace(view, before, pod)
      return
    }
    this.removePod(uid)
    this.#podsByUid.set(uid, pod)
    if (view !== undefined) {
      this.#come(view, pod)
      return
    }
    const waiting = this.#waitingForNode.get(name) ?? new Map<string, Pod>()
    waiting.set(uid, pod)
    this.#waitingForNode.set(name, waiting)
  }

  /** CV6: a pod that only reports its status differs in nothing that counts. */
  #replace(view: NodeView, before: Pod, pod: Pod): void {
    if (isSame(unplaced(before), unplaced(pod)) && isSame(before.metadata.labels, pod.metadata.labels) && before.metadata.deletionTimestamp === pod.metadata.deletionTimestamp && isSame(resizeOf(before), resizeOf(pod))) {
      sharesFacts(pod, before)
      view.replace(before, pod)
      return
    }
    this.#leave(view, before)
    this.#come(view, pod)
  }

  #come(view: NodeView, pod: Pod): void {
    view.add(pod)
    this.counters.addPod(kindOf(pod), view)
    this.standingTerms.addPod(pod, view.node)
    this.claimUsers.change(pod, 1)
  }

  #leave(view: NodeView, pod: Pod): void {
    this.standingTerms.removePod(pod, view.node)
    this.counters.removePod(kindOf(pod), view)
    view.remove(pod)
    this.claimUsers.change(pod, -1)
  }
}

export function kindOf(pod: Pod): PodKind {
  return { id: podFacts(pod).kindId, namespace: pod.metadata.namespace ?? '', labels: pod.metadata.labels ?? {}, isTerminating: pod.metadata.deletionTimestamp !== undefined }
}

function isFinished(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}

/** An assumed pod has its node elsewhere in the order of its fields than the same pod from the server. */
function unplaced(pod: Pod): unknown {
  return { ...pod.spec, nodeName: undefined }
}

/** What of a pod's status changes what it is counted for. */
function resizeOf({ status }: Pod): unknown {
  const containers = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
  return [status.resources, status.allocatedResources, containers.map(container => [container.name, container.resources, container.allocatedResources]), (status.conditions ?? []).find(condition => condition.type === 'PodResizePending')?.reason]
}
