/**
 * DynamicResources: a pod goes where the devices of its resource claims are, or can be had. Upstream: plugins/dynamicresources.
 *
 *   DR1  A pod is held outside the queue until each of its claims exists; the claim of a template is made by its
 *        controller and has to be owned by the pod.
 *   DR2  An allocated claim asks for a node that its node selector accepts; no eviction changes that.
 *   DR3  A claim that is reserved for as many consumers as it can have rejects the pod, unless the pod is one of them.
 *   DR4  PreBind reserves the claim for the pod, with the devices found for it and the finalizer that keeps it until they are
 *        given back; whoever fails after that takes its reservation back.
 *   DR5  Claims that nobody has allocated yet ask for a node on which devices for all of them are free. From Reserve on they
 *        are held; another pod with the same claim waits until that is written.
 *   DR6  PostFilter takes the devices from a claim that keeps the pod from every node and that nobody uses, or frees nothing,
 *        and says so in upstream's words.
 *   DR7  Helps: one of the pod's claims that is made or changed; any claim that gives devices back; the pod's own generated
 *        claims; a node that is new or relabelled; a slice or a class that is new or changed.
 *   DR9  Devices that have to be prepared first hold up PreBind until they are. A claim whose devices failed, or were not
 *        prepared in time, is of no use on any node: DR6 takes them from it, so that others are tried.
 *   DR8  Nodes where alternatives can be served that were wished for more score higher.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { AllocationResult, ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import { resourceClaims } from '../../../api/resources.ts'
import { allocationResult } from '../devices/allocation-result.ts'
import { allocateDevices, InvalidPoolsError, OverdueSearchError, SelectorCache } from '../devices/allocator.ts'
import type { DeviceInputs } from '../devices/allocator.ts'
import { bindClaim, isReservedFor, releaseClaim } from '../devices/bind-claim.ts'
import { hasBindingConditions, preparationOf, untilPrepared } from '../devices/binding-conditions.ts'
import { claimName } from '../devices/claim-name.ts'
import { alternativesOf, requestsOf, wishScore } from '../devices/requests.ts'
import { claimsMessage, claimsUnknown } from '../framework/fit-message.ts'
import { matchesTerm } from '../framework/node-selector.ts'
import { defaultPluginArgs } from '../framework/plugin-args.ts'
import type { DynamicResourcesArgs } from '../framework/plugin-args.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import { normalizeByLargest } from '../framework/plugin.ts'
import type { FilterPlugin, PostFilterPlugin, PreBindPlugin, PreEnqueuePlugin, PreFilterPlugin, PreScorePlugin, ReservePlugin, ScorePlugin } from '../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'
import type { Rejected } from '../framework/verdict.ts'
import type { ClusterLookups } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'

const mostConsumers = 256
const elsewhere = rejected('resourceclaim not available on the node', false)
const cannotAllocate = rejected('cannot allocate all claims', false)

export interface ClaimState {
  readonly claims: readonly ResourceClaim[]
  /** Those without devices yet. */
  readonly toAllocate: readonly ResourceClaim[]
  readonly inputs: DeviceInputs
  /** What `toAllocate` would get, by node. */
  readonly byNode: Map<string, readonly AllocationResult[]>
  /** Allocated for other nodes than one that was asked for, or with devices that could not be prepared. */
  readonly unavailable: Set<ResourceClaim>
  /** What `toAllocate` gets, from Reserve on. */
  chosen: readonly AllocationResult[]
  /** Reserved by PreBind of this attempt. */
  readonly reserved: ResourceClaim[]
}

type DynamicResources = PreEnqueuePlugin & PreFilterPlugin<ClaimState> & FilterPlugin<ClaimState> & PostFilterPlugin<ClaimState> & PreScorePlugin<ClaimState, ClaimState> & ScorePlugin<ClaimState> & ReservePlugin<ClaimState> & PreBindPlugin<ClaimState>

/** A profile that only thinks has no client: nothing is reserved by it. */
export type ClaimHandle = Pick<PluginHandle, 'cluster'> & Partial<Pick<PluginHandle, 'client' | 'clock' | 'event' | 'signal'>>

export function newDynamicResources({ cluster: { lookups, claimsInFlight }, clock, client, event, signal: lifetime }: ClaimHandle, args: DynamicResourcesArgs = defaultPluginArgs.DynamicResources): DynamicResources {
  const { filterTimeoutMs, bindingTimeoutMs } = args
  const selectors = new SelectorCache()
  return {
    name: 'DynamicResources',
    wakeOn: [
      { resource: 'resource.k8s.io/ResourceClaim', actions: ['Add', 'Update'], hint: (pod, before, after) => (usesClaim(pod, after as ResourceClaim) || givesBack(before as ResourceClaim | undefined, after as ResourceClaim) ? 'Queue' : 'Skip') },
      { resource: 'Pod', actions: ['UpdatePodGeneratedResourceClaim'], hint: (pod, _, after) => ((after as Pod).metadata.uid === pod.metadata.uid ? 'Queue' : 'Skip') },
      { resource: 'Node', actions: ['Add', 'UpdateNodeLabel'] },
      { resource: 'resource.k8s.io/ResourceSlice', actions: ['Add', 'Update'] },
      { resource: 'resource.k8s.io/DeviceClass', actions: ['Add', 'Update'] },
    ], // DR7

    preEnqueue(pod) {
      const found = claimsOf(pod, lookups)
      return typeof found === 'string' ? rejected(found, false) : fits // DR1
    },

    preFilter(pod, cluster) {
      const found = claimsOf(pod, cluster.lookups)
      if (typeof found === 'string') return rejected(found, false)
      if (found.length === 0) return notInterested
      if (found.some(claim => claim.status?.allocation !== undefined && isFull(claim, pod))) return rejected('resourceclaim in use', false) // DR3
      const toAllocate = found.filter(claim => claim.status?.allocation === undefined)
      const held = toAllocate.length === 0 ? new Set<string>() : claimsInFlight.held(cluster.lookups.resourceClaims())
      for (const claim of toAllocate) {
        const refusal = claimsInFlight.has(claim) ? `resource claim ${claimName(claim)} is in the process of being allocated` : missingClass(claim, cluster.lookups)
        if (refusal !== undefined) return rejected(refusal, false) // DR5
      }
      const inputs: DeviceInputs = { slices: toAllocate.length === 0 ? [] : cluster.lookups.resourceSlices(), deviceClass: name => cluster.lookups.deviceClass(name), held }
      return interested({ claims: found, toAllocate, inputs, byNode: new Map(), unavailable: new Set(), chosen: [], reserved: [] })
    },

    filter(state, here) {
      const away = state.claims.filter(claim => isElsewhere(claim, here) || (clock !== undefined && claim.status?.allocation !== undefined && preparationOf(claim, clock.now(), bindingTimeoutMs).kind === 'failed')) // DR9
      for (const claim of away) state.unavailable.add(claim)
      if (away.length > 0) return elsewhere // DR2
      const startedAt = clock?.monotonic() ?? 0
      const isOverdue = clock === undefined || filterTimeoutMs === 0 ? undefined : () => clock.monotonic() - startedAt > filterTimeoutMs
      return findDevices(state, here, selectors, isOverdue) ?? fits // DR5
    },

    async postFilter(pod, _, outcome, state, signal) {
      const idle = [...(state?.unavailable ?? [])].find(({ status }) => (status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid))
      if (idle !== undefined && client !== undefined) { // DR6
        const { allocation: _allocation, reservedFor: _reservedFor, devices: _devices, ...rest } = idle.status
        await client.update(resourceClaims, { ...idle, status: rest }, { subresource: 'status' }, signal)
        return { kind: 'rejected', message: 'deallocation of ResourceClaim completed' }
      }
      const message = claimsMessage(pod, outcome)
      return { kind: 'rejected', message, ...(message === claimsUnknown ? { ends: true } : {}) }
    },

    preScore: (_pod, _cluster, _nodes, state) => (state?.toAllocate.some(claim => requestsOf(claim).some(({ firstAvailable }) => firstAvailable !== undefined)) === true ? state : notInterested),

    score: ({ toAllocate, byNode }, here) => (byNode.get(here.name) ?? []).reduce((sum, { devices }, index) => sum + wishScore(toAllocate[index]!, new Set(devices?.results?.map(({ request }) => request))), 0), // DR8

    normalizeScore(scores) {
      normalizeByLargest(scores, false)
    },

    reserve(state, _, nodeName) {
      if (state === undefined || state.toAllocate.length === 0) return fits
      const found = state.byNode.get(nodeName)
      if (found === undefined) throw new Error('claim allocation not found for node')
      state.chosen = found
      for (const [index, claim] of state.toAllocate.entries()) claimsInFlight.begin(claim, found[index]!) // DR5
      return fits
    },

    async unreserve(state, pod) {
      if (state === undefined) return
      if (state.chosen.length > 0) for (const claim of state.toAllocate) claimsInFlight.end(claim)
      state.chosen = []
      if (client === undefined) return
      for (const claim of state.reserved.splice(0)) await releaseClaim(claim, pod, client, lifetime!) // DR4
    },

    preBindPreFlight: (state, pod) => state?.claims.some(claim => !isReservedFor(claim, pod) || hasBindingConditions(claim)) === true,

    async preBind(state, pod, nodeName, signal) {
      if (state === undefined) return fits
      if (client === undefined || clock === undefined) throw new Error('DynamicResources was made for thinking only: it has no client to reserve claims with')
      const live = (claim: ResourceClaim): ResourceClaim => lookups.resourceClaim(claim.metadata.namespace!, claim.metadata.name) ?? claim
      const bound: ResourceClaim[] = []
      for (const claim of state.claims) {
        const now = live(claim)
        bound.push(isReservedFor(now, pod) ? now : await bindClaim(now, state.chosen[state.toAllocate.indexOf(claim)], pod, { client, clock }, signal)) // DR4
        if (!isReservedFor(now, pod)) state.reserved.push(bound.at(-1)!)
      }
      if (!bound.some(hasBindingConditions)) return fits
      event?.(pod, 'Normal', 'BindingConditionsPending', `waiting for binding conditions for device on node ${nodeName}`, { action: 'Scheduling' })
      await untilPrepared({ claims: () => bound.map(live), clock, timeoutMs: bindingTimeoutMs, signal }) // DR9
      return fits
    },

    cures: ({ toAllocate }, here) => [{ kind: 'device', node: here.name, text: toAllocate.length === 0 ? 'the claim was allocated for other nodes' : 'no devices that the claims ask for are free here' }],
  }
}

/** DR5: remembers what the claims would get on the node, or tells why they cannot. */
function findDevices(state: ClaimState, { name, node }: NodeView, selectors: SelectorCache, isOverdue: (() => boolean) | undefined): Rejected | undefined {
  const { toAllocate, inputs, byNode } = state
  if (toAllocate.length === 0) return undefined
  try {
    const served = allocateDevices(toAllocate, node, isOverdue === undefined ? inputs : { ...inputs, isOverdue }, selectors)
    if (served === undefined) return cannotAllocate
    byNode.set(name, served.map((devices, index) => allocationResult(toAllocate[index]!, devices, name, inputs.deviceClass)))
    return undefined
  } catch (error) {
    if (error instanceof InvalidPoolsError) return rejected(error.message, false)
    if (error instanceof OverdueSearchError) throw new Error(`node ${name}: ${error.message}`, { cause: error })
    throw error
  }
}

function isElsewhere({ status }: ResourceClaim, { node }: NodeView): boolean {
  return status?.allocation?.nodeSelector?.nodeSelectorTerms.some(term => matchesTerm(term, node)) === false
}

function missingClass(claim: ResourceClaim, lookups: ClusterLookups): string | undefined {
  for (const request of requestsOf(claim)) {
    const alternatives = alternativesOf(request)
    if (alternatives.length === 0) return `resource claim ${claimName(claim)}, request ${request.name}: unknown request type`
    for (const { name, className } of alternatives) if (lookups.deviceClass(className) === undefined) return `request ${name}: device class ${className} does not exist`
  }
  return undefined
}

function givesBack(before: ResourceClaim | undefined, after: ResourceClaim): boolean {
  return before?.status?.allocation !== undefined && after.status?.allocation === undefined
}

/** DR1: the pod's claims, or what keeps it from having them. */
function claimsOf(pod: Pod, lookups: ClusterLookups): readonly ResourceClaim[] | string {
  const claims: ResourceClaim[] = []
  for (const { name: entry, resourceClaimName, resourceClaimTemplateName } of pod.spec.resourceClaims ?? []) {
    const generated = (pod.status.resourceClaimStatuses ?? []).find(status => status.name === entry)
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) return `pod "${pod.metadata.namespace}/${pod.metadata.name}", spec.resourceClaim ${JSON.stringify(entry)}: none of the supported fields are set`
    if (resourceClaimName === undefined && generated === undefined) return `pod "${pod.metadata.namespace}/${pod.metadata.name}": ResourceClaim not created yet`
    const name = resourceClaimName ?? generated?.resourceClaimName
    if (name === undefined) continue
    const claim = lookups.resourceClaim(pod.metadata.namespace ?? '', name)
    if (claim === undefined) return `resourceclaim.resource.k8s.io ${JSON.stringify(name)} not found`
    if (claim.metadata.deletionTimestamp !== undefined) return `resourceclaim ${JSON.stringify(name)} is being deleted`
    if (resourceClaimName === undefined && !isOwnedBy(claim, pod)) return `ResourceClaim ${pod.metadata.namespace}/${name} was not created for Pod ${pod.metadata.namespace}/${pod.metadata.name} (Pod is not owner)`
    claims.push(claim)
  }
  return claims
}

function isOwnedBy(claim: ResourceClaim, pod: Pod): boolean {
  return (claim.metadata.ownerReferences ?? []).some(owner => owner.controller === true && owner.uid === pod.metadata.uid)
}

function usesClaim(pod: Pod, { metadata }: ResourceClaim): boolean {
  if (metadata.namespace !== pod.metadata.namespace) return false
  const generated = (pod.status.resourceClaimStatuses ?? []).map(status => status.resourceClaimName)
  return [...(pod.spec.resourceClaims ?? []).map(entry => entry.resourceClaimName), ...generated].includes(metadata.name)
}

function isFull(claim: ResourceClaim, pod: Pod): boolean {
  return (claim.status?.reservedFor?.length ?? 0) >= mostConsumers && !isReservedFor(claim, pod)
}
