/**
 * The last two points of everything that is measured, and what they say of the time between. Pure.
 * Upstream: metrics-server/pkg/storage.
 *
 *   UH1  Usage of cpu is the growth between two points divided by their distance; memory is that of the later one.
 *   UH2  A container that has run for less than the resolution, but for 10 s at least, is measured from its start: it need not wait for a second point.
 *   UH3  A pod is known only when all its containers are; its time and window are those of the earliest of them.
 *   UH4  A counter that went back (a restart) forgets the point before.
 *   UH5  A node that could not be asked for three resolutions is forgotten with its pods; a pod that its node no longer
 *        names is forgotten at once.
 */
import type { ResourceSample, UsagePoint } from './read-resource-metrics.ts'

export interface Usage {
  readonly cpuNanos: bigint
  readonly memoryBytes: bigint
  readonly atMs: number
  readonly windowMs: number
}

export interface PodUsage {
  readonly atMs: number
  readonly windowMs: number
  readonly containers: ReadonlyMap<string, Usage>
}

interface Pair {
  readonly before: UsagePoint | undefined
  readonly last: UsagePoint
}

interface NodeHistory {
  readonly seenAtMs: number
  readonly node: Pair | undefined
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Pair>>
}

const freshMs = 10_000
const forgottenAfter = 3

export class UsageHistory {
  readonly #resolutionMs: number
  readonly #nodes = new Map<string, NodeHistory>()
  /** Which node told of a pod last. */
  readonly #homes = new Map<string, string>()

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs
  }

  put(name: string, sample: ResourceSample, nowMs: number): void {
    const known = this.#nodes.get(name)
    this.#forgetPods(name)
    for (const pod of sample.pods.keys()) this.#homes.set(pod, name)
    this.#nodes.set(name, {
      seenAtMs: nowMs,
      node: sample.node === undefined ? undefined : this.#next(known?.node, sample.node),
      pods: new Map([...sample.pods].map(([pod, containers]) => {
        const before = known?.pods.get(pod)
        return [pod, new Map([...containers].map(([container, point]) => [container, this.#next(before?.get(container), point)]))]
      })),
    })
  }

  /** UH5 */
  forgetOld(nowMs: number): void {
    for (const [name, { seenAtMs }] of this.#nodes) {
      if (nowMs - seenAtMs <= forgottenAfter * this.#resolutionMs) continue
      this.#forgetPods(name)
      this.#nodes.delete(name)
    }
  }

  node(name: string): Usage | undefined {
    const pair = this.#nodes.get(name)?.node
    return pair === undefined ? undefined : usageOf(pair)
  }

  pod(namespace: string, name: string): PodUsage | undefined {
    const key = `${namespace}/${name}`
    const pairs = this.#nodes.get(this.#homes.get(key) ?? '')?.pods.get(key)
    if (pairs === undefined || pairs.size === 0) return undefined
    const containers = new Map<string, Usage>()
    for (const [container, pair] of pairs) {
      const usage = usageOf(pair)
      if (usage === undefined) return undefined // UH3
      containers.set(container, usage)
    }
    const earliest = [...containers.values()].reduce((first, usage) => (usage.atMs < first.atMs ? usage : first))
    return { atMs: earliest.atMs, windowMs: earliest.windowMs, containers }
  }

  get size(): { readonly nodes: number; readonly pods: number } {
    return { nodes: this.#nodes.size, pods: this.#homes.size }
  }

  #next(known: Pair | undefined, point: UsagePoint): Pair {
    const ageMs = point.atMs - point.startedAtMs
    if (point.startedAtMs > 0 && ageMs >= freshMs && ageMs < this.#resolutionMs) return { before: { ...point, cpuSeconds: 0, atMs: point.startedAtMs }, last: point } // UH2
    if (known === undefined || point.cpuSeconds < known.last.cpuSeconds || point.startedAtMs > known.last.atMs) return { before: undefined, last: point } // UH4
    return point.atMs > known.last.atMs ? { before: known.last, last: point } : known
  }

  #forgetPods(node: string): void {
    for (const pod of this.#nodes.get(node)?.pods.keys() ?? []) if (this.#homes.get(pod) === node) this.#homes.delete(pod)
  }
}

/** UH1 */
function usageOf({ before, last }: Pair): Usage | undefined {
  if (before === undefined) return undefined
  const windowMs = last.atMs - before.atMs
  return { cpuNanos: BigInt(Math.round(((last.cpuSeconds - before.cpuSeconds) * 1e12) / windowMs)), memoryBytes: BigInt(Math.round(last.memoryBytes)), atMs: last.atMs, windowMs }
}
