/**
 * NodeResourcesBalancedAllocation: prefers nodes whose resources the pod would bring into balance.
 *
 *   BA1  Balance is (1 - deviation) × 100, where deviation is the standard deviation of the used shares, each at most 1.
 *   BA2  The score is 50 + (50 + balance with the pod - balance without it) / 2: around 75 when little changes.
 *   BA3  A pod that requests none of the resources is not scored.
 *   BA4  Resources the node does not have, and extended ones the pod does not ask for, are left out. Devices that stand behind
 *        an extended resource count like it (RU3).
 */
import { DeviceCounts } from '../devices/device-counts.ts'
import type { NodeResourcesBalancedAllocationArgs } from '../framework/plugin-args.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import type { PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'
import { notInterested } from '../framework/verdict.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import { podFacts } from '../snapshot/pod-facts.ts'
import type { CountedResource } from '../snapshot/resource-use.ts'
import { capacityOf, countedResources, usedOf } from '../snapshot/resource-use.ts'

type Wanted = readonly CountedResource[]

export function newNodeResourcesBalancedAllocation({ resources }: NodeResourcesBalancedAllocationArgs, { cluster: { lookups, claimsInFlight } }: Pick<PluginHandle, 'cluster'>): PreScorePlugin<Wanted> & ScorePlugin<Wanted> {
  const devices = new DeviceCounts({ lookups, claimsInFlight })
  let asked = 0
  return {
    name: 'NodeResourcesBalancedAllocation',
    preScore(pod) {
      const wanted = countedResources(resources, podFacts(pod).requests, devices)
      return wanted.every(({ request }) => request === 0) ? notInterested : wanted // BA3
    },
    score: (wanted, here) => 50 + Math.floor((50 + balance(wanted, here, true) - balance(wanted, here, false)) / 2), // BA2
    sign(pod) {
      const wanted = countedResources(resources, podFacts(pod).requests, devices)
      return wanted.some(resource => resource.devices !== undefined) ? `asked every time ${asked++}` : wanted.map(({ request }) => request).join()
    },
  }
}

/** BA1. Two resources are the usual case and need no roots. */
function balance(wanted: Wanted, here: NodeView, withPod: boolean): number {
  let count = 0
  let first = 0
  let last = 0
  let total = 0
  for (const resource of wanted) {
    const share = shareOf(resource, here, withPod)
    if (share === undefined) continue
    if (count++ === 0) first = share
    last = share
    total += share
  }
  const deviation = count < 2 ? 0 : count === 2 ? Math.abs((first - last) / 2) : standardDeviation(wanted.map(resource => shareOf(resource, here, withPod)).filter(share => share !== undefined), total / count)
  return Math.trunc((1 - deviation) * 100)
}

/** BA4 */
function shareOf(resource: CountedResource, here: NodeView, withPod: boolean): number | undefined {
  const capacity = capacityOf(resource, here)
  return capacity === 0 ? undefined : Math.min(1, (usedOf(resource, here, false) + (withPod ? resource.request : 0)) / capacity)
}

function standardDeviation(shares: readonly number[], mean: number): number {
  let sum = 0
  for (const share of shares) sum += (share - mean) * (share - mean)
  return Math.sqrt(sum / shares.length)
}
