/**
 * Leases: promises to keep keys for as long as somebody renews them.
 *
 *   LE1  A lease lives at least minTtlSeconds (2, as etcd's own with default timings), whatever was asked for.
 *   LE2  A key belongs to at most one lease: the one of its last put.
 *   LE3  After a restart every lease gets its whole TTL again: time without a store counts for nobody.
 *   LE4  A lease past its time is not renewed; it only waits to be revoked.
 *
 * The lessor decides nothing about keys: it names the leases that ran out, and whoever owns the keys deletes them.
 */
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import { refused } from '../mvcc/refusals.ts'

export const minTtlSeconds = 2
const maxTtlSeconds = 9_000_000_000n

export interface Lease {
  readonly id: bigint
  readonly ttlSeconds: number
  readonly keys: ReadonlySet<string>
}

interface HeldLease extends Lease {
  readonly keys: Set<string>
  /** On the monotonic clock. */
  expiresAtMs: number
}

export class Lessor {
  readonly #clock: Clock
  readonly #random: Random
  readonly #leases = new Map<bigint, HeldLease>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  get size(): number {
    return this.#leases.size
  }

  /** Checks a request and chooses what it leaves open, without granting yet. */
  plan(id: bigint, ttlSeconds: bigint): { id: bigint; ttlSeconds: number } {
    if (ttlSeconds > maxTtlSeconds) throw refused('leaseTtlTooLarge')
    if (this.#leases.has(id)) throw refused('leaseExists')
    return { id: id === 0n ? this.#freeId() : id, ttlSeconds: Math.max(minTtlSeconds, Number(ttlSeconds)) } // LE1
  }

  grant(id: bigint, ttlSeconds: number): void {
    this.#leases.set(id, { id, ttlSeconds, keys: new Set(), expiresAtMs: this.#clock.monotonic() + ttlSeconds * 1000 })
  }

  remove(id: bigint): void {
    this.#leases.delete(id)
  }

  get(id: bigint): Lease | undefined {
    return this.#leases.get(id)
  }

  all(): Lease[] {
    return [...this.#leases.values()]
  }

  /** Starts the lease's time anew; the TTL in seconds, or 0 when there is nothing to renew. */
  renew(id: bigint): number {
    const lease = this.#leases.get(id)
    if (lease === undefined || lease.expiresAtMs <= this.#clock.monotonic()) return 0 // LE4
    lease.expiresAtMs = this.#clock.monotonic() + lease.ttlSeconds * 1000
    return lease.ttlSeconds
  }

  remainingMs(id: bigint): number {
    const lease = this.#leases.get(id)
    return lease === undefined ? 0 : Math.max(0, lease.expiresAtMs - this.#clock.monotonic())
  }

  move(key: string, from: bigint, to: bigint): void {
    if (from === to) return
    this.#leases.get(from)?.keys.delete(key)
    this.#leases.get(to)?.keys.add(key) // LE2
  }

  expired(): Lease[] {
    const now = this.#clock.monotonic()
    return [...this.#leases.values()].filter(lease => lease.expiresAtMs <= now)
  }

  #freeId(): bigint {
    for (;;) {
      const high = BigInt(Math.floor(this.#random.next() * 0x7fff_ffff))
      const low = BigInt(Math.floor(this.#random.next() * 0x1_0000_0000))
      const id = (high << 32n) | low
      if (id !== 0n && !this.#leases.has(id)) return id
    }
  }
}
