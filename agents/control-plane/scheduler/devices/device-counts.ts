/**
 * How many devices of the class behind an extended resource a node can reach, and how many of them are in use; for scores.
 * Upstream: noderesources calculateDRAResourceTotals.
 *
 *   DC1  All slices that concern the node count, whatever state their pools are in.
 *   DC2  A device that several may have is in use as soon as one has a share of it.
 *   DC3  A class whose selectors cannot be evaluated has no devices.
 */
import { selectsDevice } from '../../../api/devices/device-selector.ts'
import type { Node } from '../../../api/groups/core-v1/types.ts'
import type { DeviceClass, ResourceSlice } from '../../../api/groups/resource-v1/types.ts'
import type { DeviceCounter, DevicesOnNode } from '../snapshot/resource-use.ts'
import type { ClusterLookups } from '../snapshot/cluster-lookups.ts'
import { SelectorCache } from './allocator.ts'
import type { ClaimsInFlight } from './claims-in-flight.ts'
import type { HeldDevices } from './device-id.ts'
import { deviceId } from './device-id.ts'
import { devicesFor } from './pools.ts'

export interface DeviceCountsOptions {
  readonly lookups: ClusterLookups
  readonly claimsInFlight: ClaimsInFlight
}

export class DeviceCounts implements DeviceCounter {
  readonly #options: DeviceCountsOptions
  readonly #selectors = new SelectorCache()

  constructor(options: DeviceCountsOptions) {
    this.#options = options
  }

  /** Good for one cycle. */
  countsOf(resource: string): DevicesOnNode | undefined {
    const { lookups, claimsInFlight } = this.#options
    const deviceClass = lookups.deviceClassOf(resource)
    if (deviceClass === undefined) return undefined
    const slices = lookups.resourceSlices()
    const held = claimsInFlight.held(lookups.resourceClaims())
    const known = new Map<Node, ReturnType<DevicesOnNode>>()
    return node => {
      const counts = known.get(node) ?? this.#count(deviceClass, node, slices, held)
      known.set(node, counts)
      return counts
    }
  }

  #count({ spec: { selectors = [] } }: DeviceClass, node: Node, slices: readonly ResourceSlice[], held: HeldDevices): ReturnType<DevicesOnNode> {
    try {
      const programs = selectors.flatMap(({ cel }) => (cel === undefined ? [] : [this.#selectors.get(cel.expression)]))
      const ids = slices.flatMap(slice => devicesFor(node, slice) // DC1
        .filter(device => programs.every(program => selectsDevice(program, device, slice.spec.driver)))
        .map(({ name }) => deviceId({ driver: slice.spec.driver, pool: slice.spec.pool.name, device: name })))
      return { capacity: ids.length, used: ids.filter(id => held.isInUse(id)).length } // DC2
    } catch {
      return { capacity: 0, used: 0 } // DC3
    }
  }
}
