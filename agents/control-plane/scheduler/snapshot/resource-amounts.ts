/**
 * Amounts of resources as scheduling counts them: thousandths of a core, bytes, and whole units of everything else.
 * The three that every pod asks for are plain fields, because they are compared for every node of every cycle.
 *
 *   RA1  Memory and storage are bytes, CPU is thousandths of a core, everything else is whole units, rounded up.
 *   RA2  Resources that are neither native nor scalar names (no domain, no hugepages-) are not counted.
 */
import { quantityMillis, quantityValue } from '../../../api/schema/quantity.ts'

export class ResourceAmounts {
  milliCpu = 0
  memory = 0
  ephemeralStorage = 0
  /** Extended resources, huge pages and attachable volumes. */
  readonly scalars = new Map<string, number>()

  get(resource: string): number {
    switch (resource) {
      case 'cpu': return this.milliCpu
      case 'memory': return this.memory
      case 'ephemeral-storage': return this.ephemeralStorage
      default: return this.scalars.get(resource) ?? 0
    }
  }

  set(resource: string, amount: number): void {
    switch (resource) {
      case 'cpu': this.milliCpu = amount; break
      case 'memory': this.memory = amount; break
      case 'ephemeral-storage': this.ephemeralStorage = amount; break
      default: if (isScalarResource(resource)) this.scalars.set(resource, amount) // RA2
    }
  }

  add(other: ResourceAmounts, sign: 1 | -1): void {
    this.milliCpu += sign * other.milliCpu
    this.memory += sign * other.memory
    this.ephemeralStorage += sign * other.ephemeralStorage
    if (other.scalars.size === 0) return
    for (const [resource, amount] of other.scalars) this.scalars.set(resource, (this.scalars.get(resource) ?? 0) + sign * amount)
  }

  /** For people: every resource with an amount, by name. */
  *[Symbol.iterator](): IterableIterator<[string, number]> {
    for (const resource of ['cpu', 'memory', 'ephemeral-storage']) if (this.get(resource) !== 0) yield [resource, this.get(resource)]
    yield* this.scalars
  }
}

export function resourceAmounts(list: Readonly<Record<string, string>> | undefined): ResourceAmounts {
  const amounts = new ResourceAmounts()
  for (const [resource, quantity] of Object.entries(list ?? {})) amounts.set(resource, amountOf(resource, quantity))
  return amounts
}

/** Amount of a resource in the unit scheduling counts in (RA1). */
export function amountOf(resource: string, quantity: string): number {
  return Number(resource === 'cpu' ? quantityMillis(quantity) : quantityValue(quantity))
}

/** Upstream: v1helper.IsScalarResourceName. */
export function isScalarResource(resource: string): boolean {
  return isExtendedResource(resource) || resource.startsWith('hugepages-') || resource.startsWith('attachable-volumes-') || resource.includes('kubernetes.io/')
}

/** A name with a domain that is not Kubernetes' own. Upstream: v1helper.IsExtendedResourceName. */
export function isExtendedResource(resource: string): boolean {
  return resource.includes('/') && !resource.includes('kubernetes.io/') && !resource.startsWith('requests.')
}
