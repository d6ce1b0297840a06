/**
 * Which pod of a node has which address of its pod CIDR.
 *
 *   PA1  The first two addresses belong to the network and its gateway, the last to broadcast.
 *   PA2  An address is given out again only when all others have been, so that a name just gone is not met under it.
 *   PA3  A full range is told by undefined: the pod waits as it does on a real node.
 */
import { ipv4ToNumber, numberToIpv4, readCidr } from '../../../base/ip.ts'

export class PodAddresses {
  readonly #first: number
  readonly #count: number
  readonly #byPod = new Map<string, number>()
  readonly #taken = new Set<number>()
  #next = 0

  constructor(cidr: string) {
    const range = readCidr(cidr)
    this.#first = (range?.first ?? 0) + 2
    this.#count = Math.max(0, (range?.size ?? 0) - 3)
  }

  of(uid: string): string | undefined {
    const known = this.#byPod.get(uid)
    if (known !== undefined) return numberToIpv4(known)
    for (let tried = 0; tried < this.#count; tried++) {
      const address = this.#first + this.#next
      this.#next = (this.#next + 1) % this.#count
      if (!this.#taken.has(address)) return this.#give(uid, address)
    }
    return undefined
  }

  /** Of a pod that had it before we came. */
  keep(uid: string, address: string): void {
    const value = ipv4ToNumber(address)
    if (value !== undefined) this.#give(uid, value)
  }

  release(uid: string): void {
    const address = this.#byPod.get(uid)
    if (address === undefined) return
    this.#byPod.delete(uid)
    this.#taken.delete(address)
  }

  #give(uid: string, address: number): string {
    this.#byPod.set(uid, address)
    this.#taken.add(address)
    return numberToIpv4(address)
  }
}
