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
import type { DeviceClass } from '../../../../api/groups/resource-v1/types.ts'
import { DeviceCounts } from '../../devices/device-counts.ts'
import { isServedByDevices, resourcesOf } from '../../devices/extended-resources.ts'
import type { NodeResourcesFitArgs } from '../../framework/plugin-args.ts'
import type { PluginHandle } from '../../framework/plugin-handle.ts'
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

export function newNodeResourcesFit(args: NodeResourcesFitArgs, { cluster: { lookups, claimsInFlight } }: Pick<PluginHandle, 'cluster'>): PreFilterPlugin<ResourceAmounts> & FilterPlugin<ResourceAmounts> & PreScorePlugin<Wanted> & ScorePlugin<Wanted> {
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
  const isServedElsewhere: LeftOut = (resource, { allocatable }) => isServedByDevices(resource, allocatable, lookups.deviceClassOf) // RF7
  const devices = new DeviceCounts({ lookups, claimsInFlight })
  const usesDevices = (wanted: ResourceAmounts): boolean => [...wanted.scalars].some(([resource, amount]) => amount > 0 && lookups.deviceClassOf(resource) !== undefined)
  let asked = 0
  return {
    name: 'NodeResourcesFit',
    wakeOn: [
      { resource: 'Pod', actions: ['Delete'], hint: (_, before) => (hasPlace(before as Pod) ? 'Queue' : 'Skip') },
      { resource: 'Pod', actions: ['UpdatePodScaleDown'], hint: (pod, before, after) => (gives(pod, before as Pod, after as Pod) ? 'Queue' : 'Skip') },
      { resource: 'Node', actions: ['Add', 'UpdateNodeAllocatable'], hint: (pod, before, after) => (wouldFit(pod, before as Node | undefined, after as Node, isServedElsewhere) ? 'Queue' : 'Skip') },
      { resource: 'resource.k8s.io/DeviceClass', actions: ['Add', 'Update'], hint: (pod, before, after) => (beginsToServe(pod, before as DeviceClass | undefined, after as DeviceClass) ? 'Queue' : 'Skip') },
    ], // RF6

    preFilter: pod => interested(podFacts(pod).requests),

    filter(wanted, here) {
      const isFull = here.pods.size + 1 > here.allowedPods
      if (!isFull && fitsNatively(wanted, here) && wanted.scalars.size === 0) return fits
      const lacks = lacksOf(wanted, here, isServedElsewhere).filter(lack => !isIgnored(lack.resource))
      if (!isFull && lacks.length === 0) return fits
      const reasons = lacks.map(lack => `Insufficient ${lack.resource}`) // RF1
      return rejectionFor(isFull ? ['Too many pods', ...reasons] : reasons, !lacks.some(lack => lack.isLargerThanNode)) // RF2 RF3
    },

    preScore: pod => countedResources(args.scoringStrategy.resources, podFacts(pod).scoringRequests, devices),

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

    sign(pod) {
      const { requests, scoringRequests } = podFacts(pod)
      return usesDevices(requests) ? `asked every time ${asked++}` : `${[...requests].join(' ')};${[...scoringRequests].join(' ')}` // RF7: classes and devices change while nodes do not
    },

    cures: (wanted, here) => lacksOf(wanted, here, isServedElsewhere).map(({ resource, missing, isLargerThanNode }) => ({ kind: isLargerThanNode ? 'larger-node' : 'free-resource', node: here.name, resource, amount: resource === 'cpu' ? `${missing}m` : String(missing) })),
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

type LeftOut = (resource: string, here: NodeView) => boolean

function lacksOf(wanted: ResourceAmounts, here: NodeView, isLeftOut: LeftOut): Lack[] {
  const lacks: Lack[] = []
  for (const [resource, amount] of wanted) {
    const allocatable = here.allocatable.get(resource)
    const missing = amount - (allocatable - here.requested.get(resource))
    if (amount > 0 && missing > 0 && !isLeftOut(resource, here)) lacks.push({ resource, missing, isLargerThanNode: amount > allocatable })
  }
  return lacks
}

function gives(pod: Pod, before: Pod, after: Pod): boolean {
  if (after.metadata.uid === pod.metadata.uid) return true
  if ((after.spec.nodeName ?? '') === '') return false
  return [...podFacts(pod).requests].some(([resource, amount]) => amount > 0 && podFacts(before).requests.get(resource) > podFacts(after).requests.get(resource))
}

function beginsToServe(pod: Pod, before: DeviceClass | undefined, after: DeviceClass): boolean {
  const known = before === undefined ? [] : resourcesOf(before)
  const { requests } = podFacts(pod)
  return resourcesOf(after).some(resource => !known.includes(resource) && requests.scalars.has(resource))
}

function wouldFit(pod: Pod, before: Node | undefined, after: Node, isLeftOut: LeftOut): boolean {
  const wanted = podFacts(pod).requests
  const empty = new NodeView(after)
  if (empty.allowedPods < 1 || lacksOf(wanted, empty, isLeftOut).length > 0) return false
  if (before === undefined) return true
  const smaller = new NodeView(before)
  return empty.allowedPods > smaller.allowedPods || [...wanted].some(([resource, amount]) => amount > 0 && (empty.allocatable.get(resource) > smaller.allocatable.get(resource) || isLeftOut(resource, empty)))
}
