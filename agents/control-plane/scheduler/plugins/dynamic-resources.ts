/**
 * DynamicResources: a pod goes where the devices of its resource claims are. Upstream: plugins/dynamicresources.
 *
 *   DR1  A pod is held outside the queue until each of its claims exists; the claim of a template is made by its
 *        controller and has to be owned by the pod.
 *   DR2  An allocated claim asks for a node that its node selector accepts; no eviction changes that.
 *   DR3  A claim that is reserved for as many consumers as it can have rejects the pod, unless the pod is one of them.
 *   DR4  PreBind reserves the claim for the pod; whoever fails after that takes its reservation back.
 *   DR5  Claims that nobody has allocated yet are refused by name: free devices are not allocated here.
 *   DR6  PostFilter frees nothing, and says so in upstream's words.
 *   DR7  Helps: one of the pod's claims that is made or changed; the pod's own generated claims; a node that is new or
 *        relabelled.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { ResourceClaim, ResourceClaimConsumerReference } from '../../../api/groups/resource-v1/types.ts'
import { resourceClaims } from '../../../api/resources.ts'
import { claimsMessage, claimsUnknown } from '../framework/fit-message.ts'
import { matchesTerm } from '../framework/node-selector.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import type { FilterPlugin, PostFilterPlugin, PreBindPlugin, PreEnqueuePlugin, PreFilterPlugin, ReservePlugin } from '../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'
import type { ClusterLookups } from '../snapshot/cluster.ts'

const mostConsumers = 256
const elsewhere = rejected('resourceclaim not available on the node', false)

export interface ClaimState {
  readonly claims: readonly ResourceClaim[]
  /** Reserved by PreBind of this attempt. */
  readonly reserved: ResourceClaim[]
}

type DynamicResources = PreEnqueuePlugin & PreFilterPlugin<ClaimState> & FilterPlugin<ClaimState> & PostFilterPlugin<ClaimState> & ReservePlugin<ClaimState> & PreBindPlugin<ClaimState>

/** A profile that only thinks has no client: nothing is reserved by it. */
export type ClaimHandle = Pick<PluginHandle, 'cluster'> & Partial<Pick<PluginHandle, 'client' | 'signal'>>

export function newDynamicResources({ cluster: { lookups }, client, signal: lifetime }: ClaimHandle): DynamicResources {
  return {
    name: 'DynamicResources',
    wakeOn: [
      { resource: 'resource.k8s.io/ResourceClaim', actions: ['Add', 'Update'], hint: (pod, _, after) => (usesClaim(pod, after as ResourceClaim) ? 'Queue' : 'Skip') },
      { resource: 'Pod', actions: ['UpdatePodGeneratedResourceClaim'], hint: (pod, _, after) => ((after as Pod).metadata.uid === pod.metadata.uid ? 'Queue' : 'Skip') },
      { resource: 'Node', actions: ['Add', 'UpdateNodeLabel'] },
    ], // DR7

    preEnqueue(pod) {
      const found = claimsOf(pod, lookups)
      return typeof found === 'string' ? rejected(found, false) : fits // DR1
    },

    preFilter(pod, cluster) {
      const found = claimsOf(pod, cluster.lookups)
      if (typeof found === 'string') return rejected(found, false)
      if (found.length === 0) return notInterested
      const unallocated = found.filter(claim => claim.status?.allocation === undefined).map(claim => JSON.stringify(claim.metadata.name))
      if (unallocated.length > 0) return rejected(`resourceclaim ${unallocated.join(', ')} not allocated: allocating devices is not supported`, false) // DR5
      if (found.some(claim => isFull(claim, pod))) return rejected('resourceclaim in use', false) // DR3
      return interested({ claims: found, reserved: [] })
    },

    filter({ claims }, here) {
      const isHere = claims.every(({ status }) => status?.allocation?.nodeSelector?.nodeSelectorTerms.some(term => matchesTerm(term, here.node)) ?? true)
      return isHere ? fits : elsewhere // DR2
    },

    postFilter(pod, _, outcome) {
      const message = claimsMessage(pod, outcome)
      return { kind: 'rejected', message, ...(message === claimsUnknown ? { ends: true } : {}) } // DR6
    },

    reserve: () => fits,

    async unreserve(state, pod) {
      if (client === undefined) return
      for (const claim of state?.reserved.splice(0) ?? []) await client.update(resourceClaims, withConsumers(claim, (claim.status?.reservedFor ?? []).filter(({ uid }) => uid !== pod.metadata.uid)), { subresource: 'status' }, lifetime) // DR4
    },

    preBindPreFlight: (state, pod) => state?.claims.some(claim => !isReservedFor(claim, pod)) === true,

    async preBind(state, pod, _, signal) {
      if (state === undefined) return fits
      if (client === undefined) throw new Error('DynamicResources was made for thinking only: it has no client to reserve claims with')
      for (const claim of state.claims) {
        const live = lookups.resourceClaim(claim.metadata.namespace!, claim.metadata.name) ?? claim
        if (isReservedFor(live, pod)) continue
        const consumer: ResourceClaimConsumerReference = { resource: 'pods', name: pod.metadata.name, uid: pod.metadata.uid }
        state.reserved.push(await client.update(resourceClaims, withConsumers(live, [...(live.status?.reservedFor ?? []), consumer]), { subresource: 'status' }, signal)) // DR4
      }
      return fits
    },

    cures: (_, here) => [{ kind: 'device', node: here.name, text: 'the claim was allocated for other nodes' }],
  }
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

function isReservedFor({ status }: ResourceClaim, pod: Pod): boolean {
  return status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) === true
}

function isFull(claim: ResourceClaim, pod: Pod): boolean {
  return (claim.status?.reservedFor?.length ?? 0) >= mostConsumers && !isReservedFor(claim, pod)
}

function withConsumers(claim: ResourceClaim, reservedFor: readonly ResourceClaimConsumerReference[]): ResourceClaim {
  return { ...claim, status: { ...claim.status, reservedFor: [...reservedFor] } }
}
