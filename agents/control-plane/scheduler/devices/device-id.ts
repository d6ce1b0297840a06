/** Devices by name: the driver, its pool, and the name in the pool; and who holds them. */
import type { ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import { SharedCapacity } from './capacity.ts'

export interface DeviceName {
  readonly driver: string
  readonly pool: string
  readonly device: string
}

/** None of the three may contain a space. */
export function deviceId({ driver, pool, device }: DeviceName): string {
  return `${driver} ${pool} ${device}`
}

/** What claims hold already. */
export class HeldDevices {
  /** By deviceId: devices that one claim has for itself. */
  readonly whole = new Set<string>()
  /** Devices that several may have. */
  readonly shared = new SharedCapacity()

  /** Access of administrators takes nothing. */
  add({ status }: Pick<ResourceClaim, 'status'>): void {
    for (const result of status?.allocation?.devices?.results ?? []) {
      if (result.adminAccess === true) continue
      if (result.shareID === undefined) this.whole.add(deviceId(result))
      else this.shared.add(deviceId(result), result.consumedCapacity ?? {})
    }
  }

  isInUse(id: string): boolean {
    return this.whole.has(id) || this.shared.has(id)
  }
}
