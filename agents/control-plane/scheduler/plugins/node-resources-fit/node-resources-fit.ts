/**
 * NodeResourcesFit: what the pods on a node request may not exceed what the node can give.
 *
 *   RF1  Every requested resource must fit into allocatable minus requested; each lack is named.
 *   RF2  More pods than allocatable "pods" is "Too many pods".
 *   RF3  A request larger than the whole node is not curable; otherwise eviction cures it.
 *   RF4  The score follows the configured strategy over the configured resources; pods without requests count with
 *        their defaults (PQ4).
 *   RF5  ignoredResources and ignoredResourceGroups (the part before the slash) are left to an extender.
 *   RF6  A placed pod that goes helps; one that shrinks helps if it gives what is asked for; a node helps on which the
 *        pod would fit if it were empty, and that is new or has grown in something the pod asks for.
 */
import type { Node, Pod } from '../../../../api/groups/core-v1/types.ts'
import type { NodeResourcesFitArgs } from '../../framework/plugin-args.ts'
import type { FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from '../../framework/plugin.ts'
import type { Rejected } from '../../framework/verdict.ts'
import { fits, interested, rejected } from '../../framework/verdict.ts'
import { NodeView } from '../../snapshot/node-view.ts'
import { podFacts } from '../../snapshot/pod-facts.ts'
import { hasPlace } from '../../snapshot/pod-place.ts'
import type { ResourceAmounts } from '../../snapshot/resource-amounts.ts'
import { isExtendedResource } from '../../snapshot/resource-amounts.ts'
import type { CountedResource } from '../../snapshot/resource-use.ts'
import { capacityOf, countedResources, usedOf } from '../../snapshot/resource-use.ts'
import { allocationStrategy } from './allocation-strategies.ts'

interface Lack {
  readonly resource: string
  readonly missing: number
  readonly isLargerThanNode: boolean
}

const mostRejections = 256

type Wanted = readonly CountedResource[]

export function newNodeResourcesFit(args: NodeResourcesFitArgs): PreFilterPlugin<ResourceAmounts> & FilterPlugin<ResourceAmounts> & PreScorePlugin<Wanted> & ScorePlugin<Wanted> {
  const strategy = allocationStrategy(args.scoringStrategy)
  const rejections = new Map<string, Rejected>()
  /** Thousands of nodes lack the same: one object for all of them is counted at a glance. */
  const rejectionFor = (reasons: readonly string[], curable: boolean): Rejected => {
    const text = `${curable} ${reasons.join(',')}`
    const known = rejections.get(text) ?? rejected(reasons, curable)
    if (rejections.size >= mostRejections) rejections.clear()
    rejections.set(text, known)
    return known
  }
  const isIgnored = (resource: string) => isExtendedResource(resource) && (args.ignoredResources.includes(resource) || args.ignoredResourceGroups.includes(resource.split('/')[0]!)) // RF5
  return {
    name: 'NodeResourcesFit',
    wakeOn: [
      { resource: 'Pod', actions: ['Delete'], hint: (_, before) => (hasPlace(before as Pod) ? 'Queue' : 'Skip') },
      { resource: 'Pod', actions: ['UpdatePodScaleDown'], hint: (pod, before, after) => (gives(pod, before as Pod, after as Pod) ? 'Queue' : 'Skip') },
      { resource: 'Node', actions: ['Add', 'UpdateNodeAllocatable'], hint: (pod, before, after) => (wouldFit(pod, before as Node | undefined, after as Node) ? 'Queue' : 'Skip') },
    ], // RF6

    preFilter: pod => interested(podFacts(pod).requests),

    filter(wanted, here) {
      const isFull = here.pods.size + 1 > here.allowedPods
      if (!isFull && fitsNatively(wanted, here) && wanted.scalars.size === 0) return fits
      const lacks = lacksOf(wanted, here).filter(lack => !isIgnored(lack.resource))
      if (!isFull && lacks.length === 0) return fits
      const reasons = lacks.map(lack => `Insufficient ${lack.resource}`) // RF1
      return rejectionFor(isFull ? ['Too many pods', ...reasons] : reasons, !lacks.some(lack => lack.isLargerThanNode)) // RF2 RF3
    },

    preScore: pod => countedResources(args.scoringStrategy.resources, podFacts(pod).scoringRequests),

    score(wanted, here) {
      let sum = 0
      let weights = 0
      for (const resource of wanted) {
        const capacity = capacityOf(resource, here)
        if (capacity === 0) continue
        const score = strategy.score(usedOf(resource, here, true) + resource.request, capacity)
        if (strategy.skipsZero && score <= 0) continue
        sum += score * resource.weight
        weights += resource.weight
      }
      return weights === 0 ? 0 : strategy.round(sum / weights) // RF4
    },

    sign: pod => `${[...podFacts(pod).requests].join(' ')};${[...podFacts(pod).scoringRequests].join(' ')}`,

    cures: (wanted, here) => lacksOf(wanted, here).map(({ resource, missing, isLargerThanNode }) => ({ kind: isLargerThanNode ? 'larger-node' : 'free-resource', node: here.name, resource, amount: resource === 'cpu' ? `${missing}m` : String(missing) })),
  }
}

function fitsNatively(wanted: ResourceAmounts, here: NodeView): boolean {
  const { allocatable, requested } = here
  return (
    (wanted.milliCpu === 0 || wanted.milliCpu <= allocatable.milliCpu - requested.milliCpu) &&
    (wanted.memory === 0 || wanted.memory <= allocatable.memory - requested.memory) &&
    (wanted.ephemeralStorage === 0 || wanted.ephemeralStorage <= allocatable.ephemeralStorage - requested.ephemeralStorage)
  )
}

function lacksOf(wanted: ResourceAmounts, here: NodeView): Lack[] {
  const lacks: Lack[] = []
  for (const [resource, amount] of wanted) {
    const allocatable = here.allocatable.get(resource)
    const missing = amount - (allocatable - here.requested.get(resource))
    if (amount > 0 && missing > 0) lacks.push({ resource, missing, isLargerThanNode: amount > allocatable })
  }
  return lacks
}

function gives(pod: Pod, before: Pod, after: Pod): boolean {
  if (after.metadata.uid === pod.metadata.uid) return true
  if ((after.spec.nodeName ?? '') === '') return false
  return [...podFacts(pod).requests].some(([resource, amount]) => amount > 0 && podFacts(before).requests.get(resource) > podFacts(after).requests.get(resource))
}

function wouldFit(pod: Pod, before: Node | undefined, after: Node): boolean {
  const wanted = podFacts(pod).requests
  const empty = new NodeView(after)
  if (empty.allowedPods < 1 || lacksOf(wanted, empty).length > 0) return false
  if (before === undefined) return true
  const smaller = new NodeView(before)
  return empty.allowedPods > smaller.allowedPods || [...wanted].some(([resource, amount]) => amount > 0 && empty.allocatable.get(resource) > smaller.allocatable.get(resource))
}
