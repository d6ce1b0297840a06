/**
 * Writes the claim for the extended resources of a pod, tells the pod of it, and takes it back.
 * Upstream: plugins/dynamicresources createExtendedResourceClaimInAPI, patchPodExtendedResourceClaimStatus, deleteClaim.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import { pods, resourceClaims } from '../../../api/resources.ts'
import type { Client } from '../../../machinery/client.ts'
import { isNotFound } from '../../../machinery/status-error.ts'
import { claimFinalizer, onFreshClaim } from './bind-claim.ts'
import type { ExtendedRequests } from './extended-resources.ts'

export async function createExtendedClaim({ metadata, spec }: ResourceClaim, client: Client, signal: AbortSignal): Promise<ResourceClaim> {
  const { namespace, generateName, ownerReferences, annotations } = metadata
  return client.create(resourceClaims, { metadata: { namespace: namespace!, generateName: generateName!, ownerReferences: ownerReferences!, annotations: annotations! }, spec }, {}, signal)
}

export async function tellPodOfClaim(pod: Pod, claim: ResourceClaim, { mappings }: ExtendedRequests, client: Client, signal: AbortSignal): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  await client.patch(pods, { namespace: namespace!, name }, { metadata: { uid }, status: { extendedResourceClaimStatus: { requestMappings: mappings, resourceClaimName: claim.metadata.name } } }, { patchType: 'merge', subresource: 'status' }, signal)
}

/** A claim that is gone already is as good as deleted. */
export async function deleteExtendedClaim(known: ResourceClaim, client: Client, signal: AbortSignal): Promise<void> {
  try {
    await onFreshClaim(known, client, signal, claim => client.update(resourceClaims, { ...claim, metadata: { ...claim.metadata, finalizers: (claim.metadata.finalizers ?? []).filter(finalizer => finalizer !== claimFinalizer) } }, {}, signal))
    await client.delete(resourceClaims, { namespace: known.metadata.namespace!, name: known.metadata.name }, {}, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
