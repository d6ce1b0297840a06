/** Devices by name: the driver, its pool, and the name in the pool. */
import type { ResourceClaim } from '../../../api/groups/resource-v1/types.ts'

export interface DeviceName {
  readonly driver: string
  readonly pool: string
  readonly device: string
}

/** None of the three may contain a space. */
export function deviceId({ driver, pool, device }: DeviceName): string {
  return `${driver} ${pool} ${device}`
}

/** Devices that nobody else may have. Access of administrators takes none. */
export function devicesHeldBy({ status }: Pick<ResourceClaim, 'status'>): readonly string[] {
  return (status?.allocation?.devices?.results ?? []).filter(({ adminAccess }) => adminAccess !== true).map(deviceId)
}
