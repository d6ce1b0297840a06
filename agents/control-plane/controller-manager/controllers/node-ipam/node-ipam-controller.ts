/**
 * Node IPAM controller: gives each node a Pod CIDR of its own.
 *
 * Reads   Nodes          Writes   Nodes (spec.podCIDR, spec.podCIDRs)
 * Woken   by nodes
 *
 *   NM1  A node's podCIDR is written once and never changed.
 *   NM2  One node at a time: two writes in flight can never carry the same block.
 *   NM3  When no block is left, the node is told by an event and tried again every 10 s.
 */
import { nodes } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import type { ControllerConfig } from '../../controller-config.ts'
import { CidrAllocator } from './plan-cidrs.ts'

export function createNodeIpamController(config: ControllerConfig): Controller | undefined {
  if (!config.allocateNodeCidrs) return undefined
  if (config.clusterCidr === undefined) throw new Error('--allocate-node-cidrs needs --cluster-cidr')
  const allocator = new CidrAllocator(config.clusterCidr, config.nodeCidrMaskSize, config.serviceClusterIpRange)
  return {
    name: 'node-ipam-controller',
    reconciles: nodes,
    ignores: ({ type, object }) => type === 'updated' && hasCidr(object as { spec?: { podCIDR?: string } }),
    workers: 1, // NM2
    reconcile: (key, deps, signal) => reconcile(allocator, key, deps, signal),
  }
}

const hasCidr = ({ spec }: { readonly spec?: { readonly podCIDR?: string } }): boolean => (spec?.podCIDR ?? '') !== ''

async function reconcile(allocator: CidrAllocator, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const node = deps.cache.get(nodes, key)
  if (node === undefined || hasCidr(node)) { // NM1
    allocator.release(key.name)
    return done
  }
  if (node.metadata.deletionTimestamp !== undefined) return done
  const cidr = allocator.reserve(key.name, new Set(deps.cache.list(nodes).map(({ spec }) => spec.podCIDR ?? '')))
  if (cidr === undefined) { // NM3
    deps.events.event(node, 'Normal', 'CIDRNotAvailable', `Node ${key.name} status is now: CIDRNotAvailable`)
    return again(10_000)
  }
  await deps.client.patch(nodes, key, { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { podCIDR: cidr, podCIDRs: [cidr] } }, { patchType: 'merge' }, signal)
  deps.log.info('pod addresses given to node', { node: key.name, podCidr: cidr })
  return done
}
