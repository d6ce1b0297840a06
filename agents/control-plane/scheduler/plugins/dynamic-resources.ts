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
 *   DR7  Helps: one of the pod's claims that is made or whose status changed; any claim that gives devices back; the pod's own
 *        generated claims; a node that is new, relabelled or has more to give; a slice or a class that is new or changed. A pod
 *        whose claims are not all there yet is helped by none of its claims.
 *   DR9  Devices that have to be prepared first hold up PreBind until they are. A claim whose devices failed, or were not
 *        prepared in time, is of no use on any node: DR6 takes them from it, so that others are tried.
 *   DR10 On nodes that have no such resource of their own, devices serve the extended resources behind which a class stands
 *        (EX1–EX4): PreBind makes a claim for them and tells the pod. One that is left of an attempt that failed fits nowhere
 *        and is deleted by PostFilter.
 *   DR8  Nodes where alternatives can be served that were wished for more score higher.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { AllocationResult, ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import { resourceClaims } from '../../../api/resources.ts'
import { semanticallyEqual } from '../../../api/schema/clone.ts'
import { errorText } from '../../../base/log.ts'
import { randomUuid, seededRandom } from '../../../base/random.ts'
import { allocationResult } from '../devices/allocation-result.ts'
import { allocateDevices, InvalidPoolsError, OverdueSearchError, SelectorCache } from '../devices/allocator.ts'
import type { DeviceInputs } from '../devices/allocator.ts'
import { bindClaim, isReservedFor, releaseClaim } from '../devices/bind-claim.ts'
import { hasBindingConditions, preparationOf, untilPrepared } from '../devices/binding-conditions.ts'
import { claimName } from '../devices/claim-name.ts'
import { HeldDevices } from '../devices/device-id.ts'
import { createExtendedClaim, deleteExtendedClaim, tellPodOfClaim } from '../devices/extended-claim.ts'
import { asksForDevices, extendedClaimOf, extendedRequestsOn, isUnwritten } from '../devices/extended-resources.ts'
import type { ExtendedRequests } from '../devices/extended-resources.ts'
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
const leftOver = rejected('cannot schedule extended resource claim', false)
const cannotFit = rejected('cannot fit resource', false)

/** What a pod would get on a node. */
interface Allotment {
  /** Of `toAllocate`. */
  readonly allocations: readonly AllocationResult[]
  /** DR10 */
  readonly extended?: { readonly claim: ResourceClaim; readonly wanted: ExtendedRequests; readonly allocation: AllocationResult }
}

export interface ClaimState {
  readonly claims: readonly ResourceClaim[]
  /** Those without devices yet. */
  readonly toAllocate: readonly ResourceClaim[]
  /** DR10: that of a failed attempt, or one that is not written yet. */
  readonly extended: ResourceClaim | undefined
  readonly inputs: DeviceInputs
  readonly byNode: Map<string, Allotment>
  /** Allocated for other nodes than one that was asked for, or with devices that could not be prepared. */
  readonly unavailable: Set<ResourceClaim>
  /** From Reserve on. */
  chosen: Allotment | undefined
  /** DR10: written by PreBind of this attempt. */
  made: ResourceClaim | undefined
  /** Reserved by PreBind of this attempt. */
  readonly reserved: ResourceClaim[]
}

type DynamicResources = PreEnqueuePlugin & PreFilterPlugin<ClaimState> & FilterPlugin<ClaimState> & PostFilterPlugin<ClaimState> & PreScorePlugin<ClaimState, ClaimState> & ScorePlugin<ClaimState> & ReservePlugin<ClaimState> & PreBindPlugin<ClaimState>

/** A profile that only thinks has no client: nothing is reserved by it. */
export type ClaimHandle = Pick<PluginHandle, 'cluster'> & Partial<Pick<PluginHandle, 'client' | 'clock' | 'event' | 'log' | 'random' | 'signal'>>

export function newDynamicResources({ cluster: { lookups, claimsInFlight }, clock, client, event, log, random = seededRandom(1), signal: lifetime }: ClaimHandle, args: DynamicResourcesArgs = defaultPluginArgs.DynamicResources): DynamicResources {
  const { filterTimeoutMs, bindingTimeoutMs } = args
  const selectors = new SelectorCache()
  const search: Search = { selectors, shareId: () => randomUuid(random) }
  return {
    name: 'DynamicResources',
    wakeOn: [
      { resource: 'resource.k8s.io/ResourceClaim', actions: ['Add', 'Update'], hint: (pod, before, after) => (helps(pod, before as ResourceClaim | undefined, after as ResourceClaim, lookups) ? 'Queue' : 'Skip') },
      { resource: 'Pod', actions: ['UpdatePodGeneratedResourceClaim'], hint: (pod, _, after) => ((after as Pod).metadata.uid === pod.metadata.uid && typeof claimsOf(after as Pod, lookups) !== 'string' ? 'Queue' : 'Skip') },
      { resource: 'Node', actions: ['Add', 'UpdateNodeLabel', 'UpdateNodeAllocatable'] },
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
      const { lookups: seen } = cluster
      const extended = asksForDevices(pod, seen.deviceClassOf) ? extendedClaimOf(pod, seen.resourceClaims()) : undefined // DR10
      if (found.length === 0 && extended === undefined) return notInterested
      const all = extended === undefined ? found : [...found, extended]
      if (all.some(claim => claim.status?.allocation !== undefined && isFull(claim, pod))) return rejected('resourceclaim in use', false) // DR3
      const unallocated = all.filter(claim => claim.status?.allocation === undefined)
      const held = unallocated.length === 0 ? new HeldDevices() : claimsInFlight.held(seen.resourceClaims(), clock?.now() ?? 0)
      for (const claim of unallocated) {
        const refusal = claimsInFlight.has(claim) ? `resource claim ${claimName(claim)} is in the process of being allocated` : missingClass(claim, seen)
        if (refusal !== undefined) return rejected(refusal, false) // DR5
      }
      const inputs: DeviceInputs = { slices: unallocated.length === 0 ? [] : seen.resourceSlices(), deviceClass: name => seen.deviceClass(name), held }
      return interested({ claims: found, toAllocate: unallocated.filter(claim => claim !== extended), extended, inputs, byNode: new Map(), unavailable: new Set(), chosen: undefined, made: undefined, reserved: [] })
    },

    filter(state, here, pod) {
      const { claims, extended } = state
      const wanted = extended === undefined ? noExtendedRequests : isUnwritten(extended) ? extendedRequestsOn(pod, here.allocatable, lookups.deviceClassOf) : 'left over'
      if (wanted === 'left over') return leftOver // DR10
      if (wanted === undefined) return cannotFit
      const away = claims.filter(claim => isElsewhere(claim, here) || (clock !== undefined && claim.status?.allocation !== undefined && preparationOf(claim, clock.now(), bindingTimeoutMs).kind === 'failed')) // DR9
      for (const claim of away) state.unavailable.add(claim)
      if (away.length > 0) return elsewhere // DR2
      const startedAt = clock?.monotonic() ?? 0
      const isOverdue = clock === undefined || filterTimeoutMs === 0 ? undefined : () => clock.monotonic() - startedAt > filterTimeoutMs
      return findDevices(state, here, wanted, isOverdue === undefined ? search : { ...search, isOverdue }) ?? fits // DR5
    },

    async postFilter(pod, _, outcome, state, signal) {
      const idle = [...(state?.unavailable ?? [])].find(({ status }) => (status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid))
      if (idle !== undefined && client !== undefined) { // DR6
        const { allocation: _allocation, reservedFor: _reservedFor, devices: _devices, ...rest } = idle.status
        await client.update(resourceClaims, { ...idle, status: rest }, { subresource: 'status' }, signal)
        return { kind: 'rejected', message: 'deallocation of ResourceClaim completed' }
      }
      if (state?.extended !== undefined && !isUnwritten(state.extended) && client !== undefined) { // DR10
        await deleteExtendedClaim(state.extended, client, signal)
        return { kind: 'rejected', message: 'deletion of ResourceClaim completed' }
      }
      const message = claimsMessage(state !== undefined, outcome)
      return { kind: 'rejected', message, ...(message === claimsUnknown ? { ends: true } : {}) }
    },

    preScore: (_pod, _cluster, _nodes, state) => (state?.toAllocate.some(claim => requestsOf(claim).some(({ firstAvailable }) => firstAvailable !== undefined)) === true ? state : notInterested),

    score: ({ toAllocate, byNode }, here) => (byNode.get(here.name)?.allocations ?? []).reduce((sum, { devices }, index) => sum + wishScore(toAllocate[index]!, new Set(devices?.results?.map(({ request }) => request))), 0), // DR8

    normalizeScore(scores) {
      normalizeByLargest(scores, false)
    },

    reserve(state, _, nodeName) {
      if (state === undefined) return fits
      const found = state.byNode.get(nodeName)
      if (state.toAllocate.length > 0 && found === undefined) throw new Error('claim allocation not found for node')
      if (found === undefined) return fits
      state.chosen = found
      for (const [index, claim] of state.toAllocate.entries()) claimsInFlight.begin(claim, found.allocations[index]!) // DR5
      if (found.extended !== undefined) claimsInFlight.begin(found.extended.claim, found.extended.allocation, clock?.now() ?? 0)
      return fits
    },

    async unreserve(state, pod) {
      if (state === undefined) return
      const { chosen, made } = state
      if (chosen !== undefined) for (const claim of [...state.toAllocate, ...(chosen.extended === undefined ? [] : [chosen.extended.claim])]) claimsInFlight.end(claim)
      state.chosen = state.made = undefined
      if (client === undefined) return
      for (const claim of state.reserved.splice(0)) await releaseClaim(claim, pod, client, lifetime!) // DR4
      if (made === undefined) return
      claimsInFlight.end(made)
      await deleteExtendedClaim(made, client, lifetime!).catch((error: unknown) => { log?.error('claim for extended resources was not deleted', { claim: claimName(made), error: errorText(error) }) }) // DR10
    },

    preBindPreFlight: (state, pod) => state?.claims.some(claim => !isReservedFor(claim, pod) || hasBindingConditions(claim)) === true || state?.chosen?.extended !== undefined,

    async preBind(state, pod, nodeName, signal) {
      if (state === undefined) return fits
      if (client === undefined || clock === undefined) throw new Error('DynamicResources was made for thinking only: it has no client to reserve claims with')
      const live = (claim: ResourceClaim): ResourceClaim => lookups.resourceClaim(claim.metadata.namespace!, claim.metadata.name) ?? claim
      const bound: ResourceClaim[] = []
      for (const claim of state.claims) {
        const now = live(claim)
        bound.push(isReservedFor(now, pod) ? now : await bindClaim(now, state.chosen?.allocations[state.toAllocate.indexOf(claim)], pod, { client, clock }, signal)) // DR4
        if (!isReservedFor(now, pod)) state.reserved.push(bound.at(-1)!)
      }
      const { extended } = state.chosen ?? {}
      if (extended !== undefined) { // DR10
        state.made = await createExtendedClaim(extended.claim, client, signal)
        claimsInFlight.begin(state.made, extended.allocation, clock.now())
        claimsInFlight.end(extended.claim)
        bound.push(await bindClaim(state.made, extended.allocation, pod, { client, clock }, signal))
        await tellPodOfClaim(pod, state.made, extended.wanted, client, signal)
      }
      if (!bound.some(hasBindingConditions)) return fits
      event?.(pod, 'Normal', 'BindingConditionsPending', `waiting for binding conditions for device on node ${nodeName}`, { action: 'Scheduling' })
      await untilPrepared({ claims: () => bound.map(live), clock, timeoutMs: bindingTimeoutMs, signal }) // DR9
      return fits
    },

    cures: ({ toAllocate, extended }, here) => [{ kind: 'device', node: here.name, text: toAllocate.length === 0 && extended === undefined ? 'the claim was allocated for other nodes' : 'no devices that the claims ask for are free here' }],
  }
}

const noExtendedRequests: ExtendedRequests = { requests: [], mappings: [] }

interface Search {
  readonly selectors: SelectorCache
  readonly shareId: () => string
  readonly isOverdue?: () => boolean
}

/** DR5: remembers what the claims would get on the node, or tells why they cannot. */
function findDevices(state: ClaimState, { name, node }: NodeView, wanted: ExtendedRequests, { selectors, shareId, isOverdue }: Search): Rejected | undefined {
  const { toAllocate, inputs, byNode } = state
  const extended = wanted.requests.length === 0 ? undefined : { ...state.extended!, spec: { devices: { requests: [...wanted.requests] } } }
  const claims = extended === undefined ? toAllocate : [...toAllocate, extended]
  if (claims.length === 0) return undefined
  try {
    const served = allocateDevices(claims, node, isOverdue === undefined ? inputs : { ...inputs, isOverdue }, selectors)
    if (served === undefined) return cannotAllocate
    const allocations = served.map((devices, index) => allocationResult(claims[index]!, devices, name, { deviceClass: inputs.deviceClass, shareId }))
    byNode.set(name, { allocations: allocations.slice(0, toAllocate.length), ...(extended === undefined ? {} : { extended: { claim: extended, wanted, allocation: allocations.at(-1)! } }) })
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

/** DR7 */
function helps(pod: Pod, before: ResourceClaim | undefined, after: ResourceClaim, lookups: ClusterLookups): boolean {
  const found = claimsOf(pod, lookups)
  if (typeof found === 'string') return false
  return givesBack(before, after) || (found.some(({ metadata }) => metadata.uid === after.metadata.uid) && (before === undefined || !semanticallyEqual(before.status, after.status)))
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

function isFull(claim: ResourceClaim, pod: Pod): boolean {
  return (claim.status?.reservedFor?.length ?? 0) >= mostConsumers && !isReservedFor(claim, pod)
}
