import { apiVersionOf } from '../api/kubernetes-object.ts'
import type { KubernetesObject, ResourceType } from '../api/resources.ts'
import type { OwnerReference } from '../api/groups/meta-v1/types.ts'

/** The reference to the object's managing controller, if it has one. */
export function controllerOf(object: { readonly metadata: Partial<KubernetesObject['metadata']> }): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(reference => reference.controller === true)
}

export function isControlledBy(object: KubernetesObject, owner: KubernetesObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid
}

export function controllerReference<T extends KubernetesObject>(type: ResourceType<T>, owner: T): OwnerReference {
  return { apiVersion: apiVersionOf(type), kind: type.kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true }
}

/** Group and kind agree; the version may differ. */
export function refersTo(reference: OwnerReference, type: ResourceType): boolean {
  const group = reference.apiVersion.includes('/') ? reference.apiVersion.slice(0, reference.apiVersion.indexOf('/')) : ''
  return reference.kind === type.kind && group === type.group
}
