/**
 * Brings what the API server tells into the cluster view and the queue. Upstream: pkg/scheduler/eventhandlers.go.
 *
 *   CL1  A pod without a node belongs to the profile it names; a name that no profile has is left to another scheduler.
 *   CL2  A pod with a node counts in the cluster whoever placed it; finished pods are not followed at all.
 *   CL3  An assumed pod is ours until its binding is seen or fails: its updates change nothing, its deletion frees the node.
 *   CL4  A pod that loses the node it was promised, or goes, is to pods of its priority and below as if a pod had gone there.
 *   CL5  Every change is offered to the waiting pods as the events that upstream names.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import type { KubernetesObject } from '../../../api/resources.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Informer } from '../../../machinery/informer.ts'
import type { WaitingPods } from '../binding/waiting-pods.ts'
import type { ClusterEvent, ClusterResource } from '../framework/cluster-event.ts'
import { eventLabel } from '../framework/cluster-event.ts'
import type { SchedulerMetrics } from '../framework/metrics.ts'
import { assignedPodAdd, assignedPodDelete, nodeChanges, podChanges } from '../framework/object-changes.ts'
import type { SchedulingQueue } from '../queue/scheduling-queue.ts'
import type { Cluster } from '../snapshot/cluster.ts'
import { podFacts } from '../snapshot/pod-facts.ts'

export interface FeedOptions {
  readonly cluster: Cluster
  readonly queue: SchedulingQueue
  readonly waitingPods: WaitingPods
  readonly clock: Clock
  readonly metrics: SchedulerMetrics
  /** CL1 */
  readonly isOurs: (pod: Pod) => boolean
}

interface Change<T> {
  readonly type: 'added' | 'updated' | 'deleted'
  readonly object: T
  readonly previous?: T
}

export class ClusterFeed {
  readonly #options: FeedOptions

  constructor(options: FeedOptions) {
    this.#options = options
  }

  followNodes(nodes: Informer<Node>): Disposable {
    return nodes.onChange(change => { this.node(change) })
  }

  followPods(pods: Informer<Pod>): Disposable {
    return pods.onChange(change => { this.pod(change) })
  }

  /** CL5: for objects of which only plugins' hints know more. */
  follow<T extends KubernetesObject>(resource: ClusterResource, objects: Informer<T>): Disposable {
    return objects.onChange(({ type, object, previous }) => {
      const action = type === 'added' ? 'Add' : type === 'deleted' ? 'Delete' : 'Update'
      this.#tell({ resource, action }, type === 'deleted' ? object : previous, type === 'deleted' ? undefined : object)
    })
  }

  node({ type, object, previous }: Change<Node>): void {
    const { cluster } = this.#options
    if (type === 'deleted') {
      this.#tell({ resource: 'Node', action: 'Delete' }, object, undefined)
      cluster.removeNode(object.metadata.name)
      return
    }
    cluster.setNode(object)
    const events: readonly ClusterEvent[] = previous === undefined ? [{ resource: 'Node', action: 'Add' }] : nodeChanges(previous, object)
    for (const event of events) this.#tell(event, previous, object)
  }

  pod({ type, object, previous }: Change<Pod>): void {
    if (type === 'deleted') {
      if (hasNode(object)) this.#assignedGone(object)
      else if (this.#options.isOurs(object)) this.#waitingGone(object)
    } else if (hasNode(object)) this.#assigned(object, previous)
    else if (this.#options.isOurs(object)) this.#waiting(object, previous)
  }

  #assigned(pod: Pod, previous: Pod | undefined): void {
    const { cluster, queue } = this.#options
    cluster.setPod(pod) // CL2
    if (previous !== undefined && hasNode(previous)) {
      for (const event of podChanges(previous, pod)) this.#tell(event, previous, pod)
      return
    }
    queue.delete(pod.metadata.uid)
    this.#tell(assignedPodAdd, undefined, pod)
  }

  #assignedGone(pod: Pod): void {
    this.#options.cluster.removePod(pod.metadata.uid)
    this.#options.queue.delete(pod.metadata.uid)
    this.#tell(assignedPodDelete, pod, undefined)
  }

  #waiting(pod: Pod, previous: Pod | undefined): void {
    const { cluster, queue } = this.#options
    if (cluster.isAssumed(pod.metadata.uid)) { // CL3
      if (pod.metadata.deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined) this.#assumedGone(pod)
      return
    }
    if (previous === undefined) {
      queue.add(pod)
      return
    }
    if (previous.metadata.resourceVersion === pod.metadata.resourceVersion) return
    queue.update(previous, pod)
    const promised = previous.status.nominatedNodeName ?? ''
    if (promised !== '' && promised !== (pod.status.nominatedNodeName ?? '')) this.#promiseGone(previous)
  }

  #waitingGone(pod: Pod): void {
    const { cluster, queue } = this.#options
    queue.delete(pod.metadata.uid)
    if (cluster.isAssumed(pod.metadata.uid)) this.#assumedGone(pod)
    else if ((pod.status.nominatedNodeName ?? '') !== '') this.#promiseGone(pod)
  }

  /** CL3 */
  #assumedGone(pod: Pod): void {
    const { cluster, waitingPods } = this.#options
    const rejected = waitingPods.get(pod.metadata.uid)?.reject('', 'removed') ?? false
    if (!rejected) cluster.forget(pod.metadata.uid)
    this.#tell(assignedPodDelete, pod, undefined)
  }

  /** CL4 */
  #promiseGone(pod: Pod): void {
    const { priority } = podFacts(pod)
    this.#options.queue.changed(assignedPodDelete, pod, undefined, { only: waiting => podFacts(waiting).priority <= priority && waiting.metadata.uid !== pod.metadata.uid })
  }

  #tell(event: ClusterEvent, before: unknown, after: unknown): void {
    const { queue, clock, metrics } = this.#options
    const startedAt = clock.monotonic()
    queue.changed(event, before, after)
    metrics.eventTook(eventLabel(event), (clock.monotonic() - startedAt) / 1_000)
  }
}

function hasNode(pod: Pod): boolean {
  return (pod.spec.nodeName ?? '') !== ''
}
