/**
 * The pools of devices that a node can reach, from the slices that drivers publish. Pure.
 * Upstream: structured/internal pools.go.
 *
 *   PL1  Of the slices of a pool only those of its newest generation count.
 *   PL2  A pool is incomplete while fewer slices are there than it says it has: its driver is changing it.
 *   PL3  A pool in which two devices have one name is invalid.
 *   PL4  Slices are for one node, for nodes that a selector takes, for all, or leave it to each device.
 *   PL5  Pools come in the order of driver and name, slices in the order of their names.
 *   PL6  A device takes from the counters of its pool what it consumes, so that parts of one chip are not given away twice.
 */
import type { Node, NodeSelector } from '../../../api/groups/core-v1/types.ts'
import type { CounterSet, Device, ResourceSlice } from '../../../api/groups/resource-v1/types.ts'
import { matchesTerm } from '../framework/node-selector.ts'

/** A device, and where its slice says that it can be used. */
export interface PooledDevice {
  readonly device: Device
  readonly slice: ResourceSlice
  readonly pool: Pool
}

export interface Pool {
  readonly driver: string
  readonly name: string
  readonly isIncomplete: boolean
  readonly isInvalid: boolean
  /** That the node can use. */
  readonly devices: readonly PooledDevice[]
  /** PL6: also those of devices that other nodes use. */
  readonly counters: readonly CounterSet[]
  /** By name, wherever they can be used. */
  readonly allDevices: ReadonlyMap<string, Device>
}

export function poolsFor(node: Node, slices: readonly ResourceSlice[]): readonly Pool[] {
  const groups = new Map<string, ResourceSlice[]>()
  for (const slice of slices) {
    const { driver, pool } = slice.spec
    const group = groups.get(`${driver} ${pool.name}`) ?? []
    groups.set(`${driver} ${pool.name}`, group)
    group.push(slice)
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, group]) => poolOf(node, group) ?? []) // PL5
}

/** Undefined: nothing of it concerns the node. */
function poolOf(node: Node, slices: readonly ResourceSlice[]): Pool | undefined {
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation))
  const current = slices.filter(({ spec }) => spec.pool.generation === newest).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)) // PL1
  const all = current.flatMap(({ spec }) => spec.devices ?? [])
  const pool = {
    driver: current[0]!.spec.driver, name: current[0]!.spec.pool.name,
    isIncomplete: current.length !== current[0]!.spec.pool.resourceSliceCount, // PL2
    isInvalid: new Set(all.map(({ name }) => name)).size < all.length, // PL3
    counters: current.flatMap(({ spec }) => spec.sharedCounters ?? []),
    allDevices: new Map(all.map(device => [device.name, device])),
    devices: [] as PooledDevice[],
  }
  for (const slice of current) for (const device of devicesFor(node, slice)) pool.devices.push({ device, slice, pool })
  return pool.devices.length > 0 ? pool : undefined
}

/** PL4: those of the slice that the node can use. */
export function devicesFor(node: Node, { spec }: ResourceSlice): readonly Device[] {
  const { devices = [] } = spec
  if (spec.perDeviceNodeSelection === true) return devices.filter(device => isFor(device, node))
  return isFor(spec, node) ? devices : []
}

function isFor({ nodeName, nodeSelector, allNodes }: { readonly nodeName?: string; readonly nodeSelector?: NodeSelector; readonly allNodes?: boolean }, node: Node): boolean {
  if ((nodeName ?? '') !== '') return nodeName === node.metadata.name
  return allNodes === true || nodeSelector?.nodeSelectorTerms.some(term => matchesTerm(term, node)) === true
}
