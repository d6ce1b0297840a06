/**
 * How much of a device's capacity a request consumes, and whether that is left. Pure.
 * Upstream: structured/internal/incubating consumable_capacity.go (KEP-5075).
 *
 *   CC1  A request that names a capacity that the device does not have is not served by it.
 *   CC2  What is not asked for is consumed as the device's policy says by default, or else all of it.
 *   CC3  What is asked for is rounded up: to the least of a range, to its next step, to the next valid value.
 *   CC4  More than the most of a range, or than the largest valid value, is not served.
 *   CC5  A device that allows several allocations is theirs together as long as they consume no more than it has; of others
 *        only the sizes are compared.
 */
import type { CapacityRequestPolicy, Device, DeviceCapacity } from '../../../api/groups/resource-v1/types.ts'
import { canonicalQuantity, compareQuantities, quantityMillis, quantityText, quantityValue } from '../../../api/schema/quantity.ts'

/** Quantities by capacity. */
export type ConsumedCapacity = Readonly<Record<string, string>>

/** Thousandths by capacity. */
type Amounts = Map<string, bigint>

/** Undefined for a request that the device does not serve, whatever is left of it (CC1 CC4). */
export function consumedCapacity(asked: ConsumedCapacity, { capacity = {} }: Pick<Device, 'capacity'>): ConsumedCapacity | undefined {
  if (Object.keys(asked).some(name => capacity[name] === undefined)) return undefined // CC1
  const consumed: Record<string, string> = {}
  for (const [name, offered] of Object.entries(capacity)) {
    const amount = roundedUp(asked[name], offered)
    if (isAgainst(amount, offered.requestPolicy) || compareQuantities(amount, offered.value) > 0) return undefined // CC4
    consumed[name] = canonicalQuantity(amount)
  }
  return consumed
}

function roundedUp(asked: string | undefined, { value, requestPolicy }: DeviceCapacity): string {
  if (asked === undefined) return String(requestPolicy?.default ?? value) // CC2
  const { validRange, validValues } = requestPolicy ?? {}
  if (validRange?.min !== undefined) return upToStep(asked, validRange.min, validRange.step) // CC3
  return String(validValues?.find(valid => compareQuantities(asked, valid) <= 0) ?? asked)
}

function upToStep(asked: string, min: string, step: string | undefined): string {
  if (compareQuantities(asked, min) < 0) return min
  if (step === undefined) return asked
  const [least, each] = [quantityValue(min), quantityValue(step)]
  const above = quantityValue(asked) - least
  return quantityText({ nanos: (least + ((above + each - 1n) / each) * each) * 1_000_000_000n, format: 'BinarySI' })
}

/** CC4 */
function isAgainst(amount: string, policy: CapacityRequestPolicy | undefined): boolean {
  if (policy === undefined || (policy.default !== undefined && compareQuantities(amount, policy.default) === 0)) return false
  const { validRange, validValues = [] } = policy
  if (validRange === undefined) return validValues.length > 0 && !validValues.some(valid => compareQuantities(amount, valid) === 0)
  const { min, max, step } = validRange
  return (max !== undefined && compareQuantities(amount, max) > 0) || (step !== undefined && min !== undefined && (quantityValue(amount) - quantityValue(min)) % quantityValue(step) !== 0n)
}

/** CC5: what allocations hold of devices that several may have, by deviceId. */
export class SharedCapacity {
  readonly #byDevice = new Map<string, { allocations: number; readonly amounts: Amounts }>()

  has(id: string): boolean {
    return this.#byDevice.has(id)
  }

  /** Thousandths. */
  of(id: string, capacity: string): bigint {
    return this.#byDevice.get(id)?.amounts.get(capacity) ?? 0n
  }

  add(id: string, consumed: ConsumedCapacity): void {
    const held = this.#byDevice.get(id) ?? { allocations: 0, amounts: new Map<string, bigint>() }
    this.#byDevice.set(id, held)
    held.allocations += 1
    for (const [name, amount] of Object.entries(consumed)) held.amounts.set(name, (held.amounts.get(name) ?? 0n) + quantityMillis(amount))
  }

  remove(id: string, consumed: ConsumedCapacity): void {
    const held = this.#byDevice.get(id)!
    held.allocations -= 1
    if (held.allocations === 0) this.#byDevice.delete(id)
    else for (const [name, amount] of Object.entries(consumed)) held.amounts.set(name, held.amounts.get(name)! - quantityMillis(amount))
  }
}

/** Whether the device has this much besides what `shares` hold of it (CC5). */
export function hasRoom(id: string, consumed: ConsumedCapacity, { capacity = {} }: Pick<Device, 'capacity'>, shares: readonly SharedCapacity[]): boolean {
  return Object.entries(consumed).every(([name, amount]) => shares.reduce((sum, share) => sum + share.of(id, name), quantityMillis(amount)) <= quantityMillis(capacity[name]!.value))
}
