/**
 * How much of a resource of a node is and would be used, as the scoring of resources counts it.
 * Upstream: noderesources.resourceAllocationScorer.
 *
 *   RU1  An extended resource that the pod does not ask for is left out, as is a resource the node does not have.
 *   RU2  Where emptier nodes are looked for, CPU and memory count with defaults for containers that name none (PQ4).
 *   RU3  Of an extended resource that the node has none of, the devices that stand behind it are counted instead.
 */
import type { Node } from '../../../api/groups/core-v1/types.ts'
import type { NodeView } from './node-view.ts'
import { isScalarResource } from './resource-amounts.ts'

export interface CountedResource {
  readonly name: string
  readonly weight: number
  readonly isScalar: boolean
  /** What the newcomer asks for. */
  readonly request: number
  /** RU3 */
  readonly devices?: DevicesOnNode
}

export type DevicesOnNode = (node: Node) => { readonly capacity: number; readonly used: number }

/** RU3: undefined for a resource behind which no devices stand. */
export interface DeviceCounter {
  countsOf(resource: string): DevicesOnNode | undefined
}

export function countedResources(resources: readonly { readonly name: string; readonly weight: number }[], requests: { get(resource: string): number | undefined }, counter: DeviceCounter): CountedResource[] {
  return resources.map(({ name, weight }) => {
    const counted = { name, weight, isScalar: isScalarResource(name), request: requests.get(name) ?? 0 }
    const devices = counted.isScalar && counted.request > 0 ? counter.countsOf(name) : undefined
    return devices === undefined ? counted : { ...counted, devices }
  })
}

/** What the node has of it; 0 when it is not to be counted (RU1). */
export function capacityOf({ name, isScalar, request, devices }: CountedResource, here: NodeView): number {
  if (isScalar && request === 0) return 0
  const own = here.allocatable.get(name)
  return own === 0 && devices !== undefined ? devices(here.node).capacity : own
}

/** RU2 */
export function usedOf({ name, devices }: CountedResource, here: NodeView, withDefaults: boolean): number {
  if (devices !== undefined && here.allocatable.get(name) === 0) return devices(here.node).used
  if (withDefaults && name === 'cpu') return here.nonZeroCpu
  if (withDefaults && name === 'memory') return here.nonZeroMemory
  return here.requested.get(name)
}
