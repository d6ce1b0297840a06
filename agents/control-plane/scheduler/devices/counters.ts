/**
 * Counters that the devices of a pool share: what is left of them while devices are given away. Pure.
 * Upstream: KEP-4815, structured/internal counters.
 */
import { quantityMillis } from '../../../api/schema/quantity.ts'
import type { Device } from '../../../api/groups/resource-v1/types.ts'
import type { Pool } from './pools.ts'

export class CounterState {
  /** Thousandths by pool, set and counter. */
  readonly #left = new Map<Pool, Map<string, bigint>>()
  readonly #isHeld: (pool: Pool, device: string) => boolean

  /** `isHeld` tells of devices that were given away before. */
  constructor(isHeld: (pool: Pool, device: string) => boolean) {
    this.#isHeld = isHeld
  }

  /** Whether enough is left; it is taken then, until it is given back. */
  take(pool: Pool, device: Device): boolean {
    const wanted = consumed(device)
    const left = this.#of(pool)
    if (wanted.some(([name, amount]) => (left.get(name) ?? -1n) < amount)) return false
    for (const [name, amount] of wanted) left.set(name, left.get(name)! - amount)
    return true
  }

  giveBack(pool: Pool, device: Device): void {
    const left = this.#of(pool)
    for (const [name, amount] of consumed(device)) left.set(name, left.get(name)! + amount)
  }

  #of(pool: Pool): Map<string, bigint> {
    const known = this.#left.get(pool)
    if (known !== undefined) return known
    const left = new Map<string, bigint>(pool.counters.flatMap(set => Object.entries(set.counters).map(([name, { value }]) => [`${set.name} ${name}`, quantityMillis(value)] as const)))
    this.#left.set(pool, left)
    for (const device of pool.allDevices.values()) if (this.#isHeld(pool, device.name)) for (const [name, amount] of consumed(device)) left.set(name, (left.get(name) ?? 0n) - amount)
    return left
  }
}

function consumed({ consumesCounters = [] }: Device): readonly (readonly [string, bigint])[] {
  return consumesCounters.flatMap(({ counterSet, counters }) => Object.entries(counters).map(([name, { value }]) => [`${counterSet} ${name}`, quantityMillis(value)] as const))
}
