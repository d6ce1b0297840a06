/**
 * Claiming: which objects belong to an owner, by controller reference and selector.
 *
 *   CL1  An object whose controller is this owner (same uid) is kept while it matches, and released when it no longer does.
 *   CL2  An object with another controller is left alone, whatever its labels.
 *   CL3  An orphan that matches is adopted, unless it or the owner is being deleted.
 *   CL4  Before the first adoption the owner is read live: a cached owner may be gone, and its successor of the same name
 *        must not lose its Pods to a ghost.
 */
import type { LabelSelector } from '../../../api/groups/meta-v1/types.ts'
import type { KubernetesObject, ResourceType } from '../../../api/resources.ts'
import type { Client } from '../../../machinery/client.ts'
import { matches, selectorOf } from '../../../api/selectors/label-selector.ts'
import { keyOf } from '../../../machinery/object-key.ts'
import { controllerOf, controllerReference } from '../../../machinery/owner.ts'
import { isInvalid, isNotFound } from '../../../machinery/status-error.ts'

export interface ClaimPlan<T> {
  readonly keep: readonly T[]
  readonly adopt: readonly T[]
  readonly release: readonly T[]
}

export function planClaim<T extends KubernetesObject>(owner: KubernetesObject, selector: LabelSelector, candidates: readonly T[], mayAdopt: (object: T) => boolean = () => true): ClaimPlan<T> {
  const wanted = selectorOf(selector)
  const plan = { keep: [] as T[], adopt: [] as T[], release: [] as T[] }
  for (const object of candidates) {
    const controller = controllerOf(object)
    const isWanted = matches(wanted, object.metadata.labels)
    if (controller !== undefined && controller.uid !== owner.metadata.uid) continue // CL2
    if (controller !== undefined) {
      if (isWanted) plan.keep.push(object)
      else if (owner.metadata.deletionTimestamp === undefined) plan.release.push(object) // CL1
    } else if (isWanted && object.metadata.deletionTimestamp === undefined && owner.metadata.deletionTimestamp === undefined && mayAdopt(object)) {
      plan.adopt.push(object) // CL3
    }
  }
  return plan
}

export interface Claimer<O extends KubernetesObject, T extends KubernetesObject> {
  readonly client: Client
  readonly ownerType: ResourceType<O>
  readonly owner: O
  readonly type: ResourceType<T>
}

/** Does what the plan says and returns what the owner has afterwards. */
export async function applyClaim<O extends KubernetesObject, T extends KubernetesObject>(plan: ClaimPlan<T>, claimer: Claimer<O, T>, signal: AbortSignal): Promise<T[]> {
  const owned = [...plan.keep]
  for (const object of plan.release) await release(object, claimer, signal)
  if (plan.adopt.length === 0) return owned
  const live = await claimer.client.get(claimer.ownerType, keyOf(claimer.owner), signal) // CL4
  if (live.metadata.uid !== claimer.owner.metadata.uid) throw new Error(`the owner ${claimer.owner.metadata.name} was replaced by another of the same name`)
  if (live.metadata.deletionTimestamp !== undefined) return owned
  for (const object of plan.adopt) {
    const adopted = await adopt(object, claimer, signal)
    if (adopted !== undefined) owned.push(adopted)
  }
  return owned
}

async function adopt<O extends KubernetesObject, T extends KubernetesObject>(object: T, { client, type, ownerType, owner }: Claimer<O, T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    const patch = { metadata: { uid: object.metadata.uid, ownerReferences: [controllerReference(ownerType, owner)] } }
    return await client.patch(type, keyOf(object), patch, { patchType: 'strategic' }, signal)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function release<O extends KubernetesObject, T extends KubernetesObject>(object: T, { client, type, owner }: Claimer<O, T>, signal: AbortSignal): Promise<void> {
  try {
    const patch = { metadata: { uid: object.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }] } }
    await client.patch(type, keyOf(object), patch, { patchType: 'strategic' }, signal)
  } catch (error) {
    // Gone, or a successor of the same name: nothing to release.
    if (!isNotFound(error) && !isInvalid(error)) throw error
  }
}
