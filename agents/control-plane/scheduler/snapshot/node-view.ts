/**
 * One node as scheduling sees it: its object, the pods on it (bound or assumed), and sums over them that are kept up to
 * date as pods come and go. `generation` grows with every change, so that who copies views copies only changed ones.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import type { HostPort } from './pod-facts.ts'
import { amountOf, podFacts } from './pod-facts.ts'

const anyAddress = '0.0.0.0'

export class NodeView {
  readonly name: string
  readonly pods = new Map<string, Pod>()
  readonly podsWithAffinity = new Set<Pod>()
  readonly requested = new Map<string, number>()
  nonZeroCpu = 0
  nonZeroMemory = 0
  generation = 0
  #node: Node
  #allocatable: ReadonlyMap<string, number>
  #imageSizes: ReadonlyMap<string, number>
  readonly #ports = new Map<string, number>()

  constructor(node: Node) {
    this.name = node.metadata.name
    this.#node = node
    this.#allocatable = readAllocatable(node)
    this.#imageSizes = readImages(node)
  }

  get node(): Node {
    return this.#node
  }

  set node(node: Node) {
    this.#node = node
    this.#allocatable = readAllocatable(node)
    this.#imageSizes = readImages(node)
    this.generation++
  }

  get allocatable(): ReadonlyMap<string, number> {
    return this.#allocatable
  }

  /** Bytes of each image the node already has, by every name it goes by. */
  get imageSizes(): ReadonlyMap<string, number> {
    return this.#imageSizes
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

  /** A copy that preemption may change without touching the cluster. */
  imagine(): NodeView {
    const copy = new NodeView(this.#node)
    for (const pod of this.pods.values()) copy.add(pod)
    return copy
  }

  hasPort(wanted: HostPort): boolean {
    const { ip, protocol, port } = wanted
    if (ip !== anyAddress) return this.#ports.has(`${protocol}/${port}/${ip}`) || this.#ports.has(`${protocol}/${port}/${anyAddress}`)
    const prefix = `${protocol}/${port}/`
    for (const taken of this.#ports.keys()) if (taken.startsWith(prefix)) return true
    return false
  }

  #count(pod: Pod, sign: 1 | -1): void {
    const facts = podFacts(pod)
    for (const [resource, amount] of facts.requests) this.requested.set(resource, (this.requested.get(resource) ?? 0) + sign * amount)
    this.nonZeroCpu += sign * facts.nonZeroCpu
    this.nonZeroMemory += sign * facts.nonZeroMemory
    for (const { protocol, port, ip } of facts.hostPorts) {
      const key = `${protocol}/${port}/${ip}`
      const count = (this.#ports.get(key) ?? 0) + sign
      if (count > 0) this.#ports.set(key, count)
      else this.#ports.delete(key)
    }
    if (facts.hasAffinity) {
      if (sign === 1) this.podsWithAffinity.add(pod)
      else this.podsWithAffinity.delete(pod)
    }
    this.generation++
  }
}

function readAllocatable(node: Node): Map<string, number> {
  return new Map(Object.entries(node.status.allocatable ?? {}).map(([resource, quantity]) => [resource, amountOf(resource, quantity)]))
}

function readImages(node: Node): Map<string, number> {
  return new Map((node.status.images ?? []).flatMap(image => (image.names ?? []).map(name => [name, image.sizeBytes ?? 0] as const)))
}
