/**
 * Resource claim controllers: make the claims for devices that pods ask for by template, and take back what pods reserved.
 *
 * Reads   Pods, ResourceClaims, ResourceClaimTemplates
 * Writes  ResourceClaims (create, delete, finalizer, status), Pod status (resourceClaimStatuses)
 * Woken   pods by themselves, by their claims and by templates; claims by themselves and by pods that end or go
 *
 *   RL4  A claim is found again by its owner and its annotation, not by its name, which is drawn: a crash after it was made
 *        makes no second one.
 *   RL5  A pod that has a node already, put there by somebody else than the scheduler, gets its reservation here.
 *   RL6  The claim that the scheduler made for a pod's extended resources ends with the pod like one that was made of a template.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import type { ResourceClaim } from '../../../../api/groups/resource-v1/types.ts'
import { pods, resourceClaims, resourceClaimTemplates } from '../../../../api/resources.ts'
import { errorText } from '../../../../base/log.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isControlledBy } from '../../../../machinery/owner.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { canReserve, claimFinalizer, isPodDone, planClaim, podClaimAnnotation } from './plan-resource-claim.ts'

const hasClaims = (pod: Pod): boolean => (pod.spec.resourceClaims ?? []).length > 0
/** RL6 */
const usesClaims = (pod: Pod): boolean => hasClaims(pod) || pod.status?.extendedResourceClaimStatus !== undefined

export const podClaimsController: Controller = {
  name: 'resourceclaim-controller',
  reconciles: pods,
  ignores: ({ object }) => !hasClaims(object as Pod),
  alsoWokenBy: [
    resourceClaims,
    wokenBy(resourceClaimTemplates, ({ type, object }, caches) => (type === 'deleted' ? [] : caches.list(pods, object.metadata.namespace).filter(({ spec }) => spec.resourceClaims?.some(claim => claim.resourceClaimTemplateName === object.metadata.name) === true).map(keyOf))),
  ],
  reconcile: reconcilePod,
}

export const claimReservationsController: Controller = {
  name: 'resourceclaim-controller-claims',
  reconciles: resourceClaims,
  alsoWokenBy: [wokenBy(pods, ({ type, object }, caches) => {
    if (!usesClaims(object) || (type !== 'deleted' && !isPodDone(object))) return []
    return caches.list(resourceClaims, object.metadata.namespace).filter(claim => isControlledBy(claim, object) || claim.status?.reservedFor?.some(({ uid }) => uid === object.metadata.uid) === true).map(keyOf)
  })],
  reconcile: reconcileClaim,
}

async function reconcilePod(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const pod = deps.cache.get(pods, key)
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || isPodDone(pod)) return done
  const statuses: { name: string; resourceClaimName?: string }[] = []
  const claims: ResourceClaim[] = []
  for (const { name, resourceClaimName, resourceClaimTemplateName } of pod.spec.resourceClaims ?? []) {
    const known = resourceClaimTemplateName === undefined ? deps.cache.get(resourceClaims, { namespace: key.namespace!, name: resourceClaimName! }) : await claimFor(pod, name, resourceClaimTemplateName, deps, signal)
    if (known !== undefined) claims.push(known)
    if (resourceClaimTemplateName !== undefined && known !== undefined) statuses.push({ name, resourceClaimName: known.metadata.name })
  }
  if (!isEqualJson(statuses, pod.status.resourceClaimStatuses ?? [])) {
    await deps.client.patch(pods, key, { metadata: { uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion }, status: { resourceClaimStatuses: statuses } }, { patchType: 'merge', subresource: 'status' }, signal)
  }
  if ((pod.spec.nodeName ?? '') !== '') for (const claim of claims) await reserve(claim, pod, deps, signal) // RL5
  return done
}

/** RL4 */
async function claimFor(pod: Pod, name: string, templateName: string, { cache, client, events }: ReconcileDeps, signal: AbortSignal): Promise<ResourceClaim | undefined> {
  const namespace = pod.metadata.namespace!
  const isOurs = (claim: ResourceClaim): boolean => isControlledBy(claim, pod) && claim.metadata.annotations?.[podClaimAnnotation] === name
  const known = cache.list(resourceClaims, namespace).find(isOurs)
  if (known !== undefined) return known
  const template = cache.get(resourceClaimTemplates, { namespace, name: templateName })
  try {
    if (template === undefined) throw new Error(`resource claim template ${JSON.stringify(templateName)}: resourceclaimtemplate.resource.k8s.io ${JSON.stringify(templateName)} not found`)
    const { items } = await client.list(resourceClaims, { namespace }, signal) // the cache may not know yet what we made before
    const live = items.find(isOurs)
    if (live !== undefined) return live
    const { labels, annotations } = template.spec.metadata ?? {}
    return await client.create(resourceClaims, {
      metadata: { namespace, generateName: `${pod.metadata.name}-${name}-`, ...(labels === undefined ? {} : { labels }), annotations: { ...annotations, [podClaimAnnotation]: name }, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid, controller: true }] },
      spec: structuredClone(template.spec.spec),
    }, {}, signal)
  } catch (error) {
    if (signal.aborted) throw error
    events.event(pod, 'Warning', 'FailedResourceClaimCreation', `PodResourceClaim ${name}: ${errorText(error)}`)
    if (template !== undefined) throw error
    return undefined
  }
}

async function reserve(claim: ResourceClaim, { metadata: { name, uid } }: Pod, { client }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const reservedFor = claim.status?.reservedFor ?? []
  if (claim.status?.allocation === undefined || reservedFor.some(each => each.uid === uid) || !canReserve(claim)) return
  await client.update(resourceClaims, { ...claim, status: { ...claim.status, reservedFor: [...reservedFor, { resource: 'pods', name, uid }] } }, { subresource: 'status' }, signal)
}

async function reconcileClaim(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const claim = deps.cache.get(resourceClaims, key)
  if (claim === undefined) return done
  const live = await missingPods(claim, deps, signal)
  const plan = planClaim(claim, name => deps.cache.get(pods, { namespace: key.namespace!, name }) ?? live.get(name))
  try {
    let current = claim
    if (plan.status !== undefined) current = await deps.client.update(resourceClaims, { ...claim, status: plan.status }, { subresource: 'status' }, signal)
    if (plan.dropsFinalizer) {
      const finalizers = (current.metadata.finalizers ?? []).filter(finalizer => finalizer !== claimFinalizer)
      current = await deps.client.update(resourceClaims, { ...current, metadata: { ...current.metadata, finalizers } }, {}, signal)
    }
    if (plan.deletes) await deps.client.delete(resourceClaims, key, { preconditions: { uid: claim.metadata.uid } }, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return done
}

/** A pod that the cache does not know may have just been made: it is asked for before its reservation is taken away. */
async function missingPods({ metadata: { namespace }, status }: ResourceClaim, { cache, client }: ReconcileDeps, signal: AbortSignal): Promise<ReadonlyMap<string, Pod>> {
  const names = (status?.reservedFor ?? []).filter(({ apiGroup = '', resource, name }) => apiGroup === '' && resource === 'pods' && cache.get(pods, { namespace: namespace!, name }) === undefined).map(({ name }) => name)
  const found = await Promise.all(names.map(name => client.get(pods, { namespace: namespace!, name }, signal).catch((error: unknown) => {
    if (isNotFound(error)) return undefined
    throw error
  })))
  return new Map(found.flatMap(pod => (pod === undefined ? [] : [[pod.metadata.name, pod] as const])))
}
