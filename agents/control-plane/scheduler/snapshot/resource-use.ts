/**
 * How much of a resource of a node is and would be used, as the scoring of resources counts it.
 * Upstream: noderesources.resourceAllocationScorer.
 *
 *   RU1  An extended resource that the pod does not ask for is left out, as is a resource the node does not have.
 *   RU2  Where emptier nodes are looked for, CPU and memory count with defaults for containers that name none (PQ4).
 */
import type { NodeView } from './node-view.ts'
import { isScalarResource } from './resource-amounts.ts'

export interface CountedResource {
  readonly name: string
  readonly weight: number
  readonly isScalar: boolean
  /** What the newcomer asks for. */
  readonly request: number
}

export function countedResources(resources: readonly { readonly name: string; readonly weight: number }[], requests: { get(resource: string): number | undefined }): CountedResource[] {
  return resources.map(({ name, weight }) => ({ name, weight, isScalar: isScalarResource(name), request: requests.get(name) ?? 0 }))
}

/** What the node has of it; 0 when it is not to be counted (RU1). */
export function capacityOf({ name, isScalar, request }: CountedResource, here: NodeView): number {
  return isScalar && request === 0 ? 0 : here.allocatable.get(name)
}

/** RU2 */
export function usedOf({ name }: CountedResource, here: NodeView, withDefaults: boolean): number {
  if (withDefaults && name === 'cpu') return here.nonZeroCpu
  if (withDefaults && name === 'memory') return here.nonZeroMemory
  return here.requested.get(name)
}
