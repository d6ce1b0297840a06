/**
 * One node as scheduling sees it: its object, the pods on it (bound or assumed), and sums over them that are kept up to
 * date as pods come and go. `generation` grows with every change over all nodes, so that an answer about a node may be
 * kept for as long as its generation stays.
 *
 *   NV1  Ports clash by protocol, number and address; 0.0.0.0 clashes with every address.
 *   NV2  A node whose status alone was written again (heartbeat) has not changed.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import type { PodKind } from './pod-counters.ts'
import type { HostPort } from './pod-facts.ts'
import { anyAddress, podFacts } from './pod-facts.ts'
import { ResourceAmounts, amountOf, resourceAmounts } from './resource-amounts.ts'

export class NodeView {
  readonly name: string
  readonly pods = new Map<string, Pod>()
  readonly podsWithAffinity = new Set<Pod>()
  readonly podsWithVolumes = new Set<Pod>()
  /** How many pods of each kind; kept by PodCounters. */
  readonly kinds = new Map<PodKind, number>()
  readonly requested = new ResourceAmounts()
  nonZeroCpu = 0
  nonZeroMemory = 0
  generation: number
  /** The generation in which its labels changed last. */
  labelling: number
  /** Place in arrays with an element a node; a node that goes leaves it to the next that comes. -1 for an imagined view. */
  readonly slot: number
  readonly #nextGeneration: () => number
  #node: Node
  #allocatable: ResourceAmounts
  #allowedPods: number
  #images: ReadonlySet<string>
  readonly #ports = new Map<string, Map<string, number>>()

  /** `like` is another view of the same object. */
  constructor(node: Node, slot = -1, nextGeneration: () => number = () => 0, like?: NodeView) {
    this.slot = slot
    this.name = node.metadata.name
    this.#node = node
    this.#nextGeneration = nextGeneration
    this.generation = this.labelling = nextGeneration()
    this.#allocatable = like?.allocatable ?? resourceAmounts(node.status.allocatable)
    this.#allowedPods = like?.allowedPods ?? amountOf('pods', node.status.allocatable?.['pods'] ?? '0')
    this.#images = like?.images ?? imagesOf(node)
  }

  get node(): Node {
    return this.#node
  }

  set node(node: Node) {
    const before = this.#node
    this.#node = node
    const keepsLabels = isSame(before.metadata.labels, node.metadata.labels)
    if (!isSame(before.status.allocatable, node.status.allocatable)) {
      this.#allocatable = resourceAmounts(node.status.allocatable)
      this.#allowedPods = amountOf('pods', node.status.allocatable?.['pods'] ?? '0')
    } else if (isSame(before.status.images, node.status.images) && keepsLabels && isSame(before.metadata.annotations, node.metadata.annotations) && isSame(before.spec, node.spec) && isSame(before.status.declaredFeatures, node.status.declaredFeatures)) return // NV2
    this.#images = imagesOf(node)
    this.generation = this.#nextGeneration()
    if (!keepsLabels) this.labelling = this.generation
  }

  get allocatable(): ResourceAmounts {
    return this.#allocatable
  }

  get allowedPods(): number {
    return this.#allowedPods
  }

  /** Every name of every image the node has. */
  get images(): ReadonlySet<string> {
    return this.#images
  }

  add(pod: Pod): void {
    this.remove(pod)
    this.pods.set(pod.metadata.uid, pod)
    this.#count(pod, 1)
  }

  remove(pod: Pod): void {
    const here = this.pods.get(pod.metadata.uid)
    if (here === undefined) return
    this.pods.delete(pod.metadata.uid)
    this.#count(here, -1)
  }

  /** A newer object of a pod that counts for the same as before. */
  replace(before: Pod, pod: Pod): void {
    this.pods.set(pod.metadata.uid, pod)
    for (const pods of [this.podsWithAffinity, this.podsWithVolumes]) if (pods.delete(before)) pods.add(pod)
  }

  /** A copy that preemption may change without touching the cluster. */
  imagine(): NodeView {
    const copy = new NodeView(this.#node, -1, undefined, this)
    for (const pod of this.pods.values()) copy.add(pod)
    return copy
  }

  /** NV1 */
  hasPort({ ip, protocol, port }: HostPort): boolean {
    if (this.#ports.size === 0) return false
    const taken = this.#ports.get(`${protocol}/${port}`)
    return taken !== undefined && (ip === anyAddress || taken.has(ip) || taken.has(anyAddress))
  }

  #count(pod: Pod, sign: 1 | -1): void {
    const facts = podFacts(pod)
    this.requested.add(facts.requests, sign)
    this.nonZeroCpu += sign * facts.nonZeroCpu
    this.nonZeroMemory += sign * facts.nonZeroMemory
    for (const port of facts.hostPorts) this.#countPort(port, sign)
    if (facts.hasAffinity) keep(this.podsWithAffinity, pod, sign)
    if (pod.spec.volumes !== undefined && pod.spec.volumes.length > 0) keep(this.podsWithVolumes, pod, sign)
    this.generation = this.#nextGeneration()
  }

  #countPort({ ip, protocol, port }: HostPort, sign: 1 | -1): void {
    const key = `${protocol}/${port}`
    const addresses = this.#ports.get(key) ?? new Map<string, number>()
    const count = (addresses.get(ip) ?? 0) + sign
    if (count > 0) addresses.set(ip, count)
    else addresses.delete(ip)
    if (addresses.size > 0) this.#ports.set(key, addresses)
    else this.#ports.delete(key)
  }
}

function keep(pods: Set<Pod>, pod: Pod, sign: 1 | -1): void {
  if (sign === 1) pods.add(pod)
  else pods.delete(pod)
}

function imagesOf(node: Node): Set<string> {
  return new Set((node.status.images ?? []).flatMap(image => image.names ?? []))
}

/** By value: objects come from the wire, so equal ones are seldom the same. */
export function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
