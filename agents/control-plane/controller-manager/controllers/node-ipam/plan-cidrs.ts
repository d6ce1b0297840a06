/**
 * Shares a cluster's Pod addresses out to its nodes in equal blocks. Pure, but it remembers.
 *
 *   NI1  Blocks that overlap the Service range are never given out.
 *   NI2  Search starts after the block given out last, so that a freed block is not used again at once.
 *   NI3  A block given out stays reserved until the node's own podCIDR is seen, or the reservation is returned.
 */
import { addressAt, cidrContains, readCidr } from '../../../../base/ip.ts'
import type { Ipv4Range } from '../../../../base/ip.ts'

export class CidrAllocator {
  readonly #range: Ipv4Range
  readonly #blockSize: number
  readonly #prefix: number
  readonly #reserved = new Map<string, number>()
  readonly #forbidden: (index: number) => boolean
  #next = 0

  constructor(clusterCidr: string, blockPrefix: number, serviceCidr?: string) {
    const range = readCidr(clusterCidr)
    if (range === undefined) throw new Error(`--cluster-cidr: ${JSON.stringify(clusterCidr)} is not an IPv4 CIDR`)
    if (blockPrefix < range.prefix || blockPrefix > 32) throw new Error(`--node-cidr-mask-size: /${blockPrefix} does not fit into ${clusterCidr}`)
    this.#range = range
    this.#prefix = blockPrefix
    this.#blockSize = 2 ** (32 - blockPrefix)
    const service = serviceCidr === undefined ? undefined : readCidr(serviceCidr)
    this.#forbidden = index => service !== undefined && overlaps(service, { first: range.first + index * this.#blockSize, prefix: blockPrefix, size: this.#blockSize }) // NI1
  }

  /** The node's block, reserved for it; undefined if none is free. `taken` are the podCIDRs seen on nodes. */
  reserve(node: string, taken: ReadonlySet<string>): string | undefined {
    const blocks = this.#range.size / this.#blockSize
    const held = new Set(this.#reserved.values())
    const before = this.#reserved.get(node)
    if (before !== undefined && !taken.has(this.#text(before))) return this.#text(before)
    for (let step = 0; step < blocks; step++) { // NI2
      const index = (this.#next + step) % blocks
      if (held.has(index) || taken.has(this.#text(index)) || this.#forbidden(index)) continue
      this.#next = index + 1
      this.#reserved.set(node, index)
      return this.#text(index)
    }
    return undefined
  }

  release(node: string): void {
    this.#reserved.delete(node) // NI3
  }

  #text(index: number): string {
    return `${addressAt(this.#range, index * this.#blockSize)}/${this.#prefix}`
  }
}

function overlaps(a: Ipv4Range, b: Ipv4Range): boolean {
  return cidrContains(a, addressAt(b, 0)) || cidrContains(b, addressAt(a, 0))
}
