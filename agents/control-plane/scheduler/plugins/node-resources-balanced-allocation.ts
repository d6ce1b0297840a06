/**
 * NodeResourcesBalancedAllocation: prefers nodes whose CPU and memory would be used in equal shares.
 *
 *   BA1  Score is (1 - |cpu share - memory share| / 2) × 100, shares of requested over allocatable, each at most 1.
 *   BA2  A pod that requests nothing is not scored.
 */
import { podFacts } from '../snapshot/pod-facts.ts'
import { notInterested } from '../framework/verdict.ts'
import type { PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'

const balanced = ['cpu', 'memory']

export const nodeResourcesBalancedAllocation: PreScorePlugin<ReadonlyMap<string, number>> & ScorePlugin<ReadonlyMap<string, number>> = {
  name: 'NodeResourcesBalancedAllocation',
  preScore(pod) {
    const requests = podFacts(pod).requests
    return balanced.some(resource => (requests.get(resource) ?? 0) > 0) ? requests : notInterested // BA2
  },
  score(requests, here) {
    const shares = balanced
      .filter(resource => (here.allocatable.get(resource) ?? 0) > 0)
      .map(resource => Math.min(1, ((here.requested.get(resource) ?? 0) + (requests.get(resource) ?? 0)) / here.allocatable.get(resource)!))
    const deviation = shares.length === 2 ? Math.abs(shares[0]! - shares[1]!) / 2 : 0
    return Math.floor((1 - deviation) * 100) // BA1
  },
}
