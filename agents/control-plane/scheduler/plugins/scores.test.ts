/** Scores of single plugins by hand, as a reader would reckon them. */
import { describe, expect, test } from 'vitest'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { defaultPluginArgs } from '../framework/plugin-args.ts'
import { notInterested } from '../framework/verdict.ts'
import { shortNode, shortPod } from '../parity/short-objects.ts'
import { Cluster } from '../snapshot/cluster.ts'
import { newNodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { allocationStrategy } from './node-resources-fit/allocation-strategies.ts'
import { newNodeResourcesFit } from './node-resources-fit/node-resources-fit.ts'
import { prioritySort } from './priority-sort.ts'

function clusterOf(node: string, ...pods: string[]): Cluster {
  const cluster = new Cluster()
  cluster.setNode(shortNode(node))
  for (const pod of pods) cluster.setPod(shortPod(`${pod} on a`))
  return cluster
}

describe('NodeResourcesBalancedAllocation', () => {
  const scoreOf = (pod: Pod, cluster: Cluster, resources = defaultPluginArgs.NodeResourcesBalancedAllocation.resources) => {
    const plugin = newNodeResourcesBalancedAllocation({ resources }, { cluster: new Cluster() })
    const wanted = plugin.preScore(pod, cluster, cluster.nodes, undefined)
    return wanted === notInterested ? 'not scored' : plugin.score(wanted, cluster.node('a')!, pod)
  }

  test('BA1 BA2 around 75 when the pod changes no balance, more when it mends one, less when it breaks one', () => {
    const lopsided = clusterOf('a cpu=10 memory=10Gi', 'x cpu=5 memory=0')
    expect(scoreOf(shortPod('p cpu=1 memory=1Gi'), clusterOf('a cpu=10 memory=10Gi'))).toBe(75)
    expect(scoreOf(shortPod('p memory=4Gi'), lopsided)).toBe(85) // shares 0.5 and 0.0, then 0.5 and 0.4: balance 75 becomes 95
    expect(scoreOf(shortPod('p cpu=4'), lopsided)).toBe(65) // shares 0.5 and 0.0, then 0.9 and 0.0: balance 75 becomes 55
  })

  test('BA3 a pod that requests none of the resources is not scored', () => {
    expect(scoreOf(shortPod('p'), clusterOf('a cpu=10 memory=10Gi'))).toBe('not scored')
  })

  test('BA4 what the node does not have is left out', () => {
    const resources = [...defaultPluginArgs.NodeResourcesBalancedAllocation.resources, { name: 'example.com/gpu', weight: 1 }]
    expect(scoreOf(shortPod('p cpu=1 memory=1Gi gpu=1'), clusterOf('a cpu=10 memory=10Gi'), resources)).toBe(75)
    expect(scoreOf(shortPod('p cpu=1 memory=1Gi gpu=1'), clusterOf('a cpu=10 memory=10Gi gpu=1'), resources)).toBeLessThan(75)
  })
})

describe('scoring strategies of NodeResourcesFit', () => {
  test('AS1 the free share or the used one, and an end for what is overfull', () => {
    const least = allocationStrategy({ type: 'LeastAllocated', resources: [] })
    const most = allocationStrategy({ type: 'MostAllocated', resources: [] })
    expect([least.score(25, 100), most.score(25, 100)]).toEqual([75, 25])
    expect([least.score(120, 100), most.score(120, 100)]).toEqual([0, 100])
  })

  test('AS2 a broken line from utilization to score', () => {
    const bend = allocationStrategy({ type: 'RequestedToCapacityRatio', resources: [], requestedToCapacityRatio: { shape: [{ utilization: 20, score: 0 }, { utilization: 60, score: 8 }, { utilization: 100, score: 10 }] } })
    expect([10, 20, 40, 60, 80, 100, 150].map(used => bend.score(used, 100))).toEqual([0, 0, 40, 80, 90, 100, 100])
  })

  test('AS3 the mean over the resources of the node, by weight', () => {
    const pod = shortPod('p cpu=5 memory=1Gi')
    const scoreOf = (cluster: Cluster, resources: readonly { readonly name: string; readonly weight: number }[]) => {
      const plugin = newNodeResourcesFit({ ignoredResources: [], ignoredResourceGroups: [], scoringStrategy: { type: 'LeastAllocated', resources } }, { cluster: new Cluster() })
      const learnt = plugin.preScore(pod, cluster, cluster.nodes, undefined)
      return learnt === notInterested ? 'not scored' : plugin.score(learnt, cluster.node('a')!, pod)
    }
    const node = clusterOf('a cpu=10 memory=10Gi')
    expect(scoreOf(node, [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }])).toBe(70) // 50 and 90
    expect(scoreOf(node, [{ name: 'cpu', weight: 3 }, { name: 'memory', weight: 1 }])).toBe(60)
    expect(scoreOf(node, [{ name: 'example.com/gpu', weight: 1 }])).toBe(0)
  })
})

test('PO1 the more important pod is tried first, among equals the one that came first', () => {
  const entry = (pod: string, queuedAt: number) => ({ pod: shortPod(pod), queuedAt })
  expect(prioritySort.less(entry('a priority=5', 9), entry('b priority=1', 1))).toBe(true)
  expect(prioritySort.less(entry('a', 1), entry('b', 2))).toBe(true)
  expect(prioritySort.less(entry('a', 2), entry('b', 1))).toBe(false)
})
