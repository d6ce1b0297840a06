/**
 * OwnerReferencesPermissionEnforcement. Upstream: plugin/pkg/admission/gc.
 *
 *   OR1  Whoever changes the owners of an existing object must be allowed to delete it: a new owner may do just that.
 *   OR2  Whoever makes an owner wait for its dependents (blockOwnerDeletion) must be allowed to set finalizers on the owner.
 */
import type { OwnerReference } from '../../../api/groups/meta-v1/types.ts'
import type { Attributes, Authorizer } from '../access/authorizer.ts'
import { forbidden } from '../http/api-error.ts'
import { sameValue } from '../registry/object-equality.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import type { ObjectForms } from './dynamic/object-forms.ts'

export function ownerReferencesPermissionEnforcement(authorizer: Authorizer, forms: () => ObjectForms): AdmissionPlugin {
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    concerns: request => (request.operation === 'CREATE' || request.operation === 'UPDATE') && request.object?.metadata !== undefined && !(request.group === '' && request.resource === 'pods' && request.subresource === 'status') && changesOwners(request),
    async validate(request) {
      if (request.operation !== 'CREATE') { // OR1
        const verdict = await authorizer.authorize(attributesOf(request, { verb: 'delete', group: request.group, version: request.version, resource: request.resource, subresource: request.subresource, namespace: request.namespace, name: request.name }))
        if (verdict.decision !== 'allow') throw forbidden(request, shownName(request), `cannot set an ownerRef on a resource you can't delete: ${verdict.reason}, <nil>`)
      }
      const blocking = newlyBlocking(request)
      if (blocking.length === 0) return
      const anything = await authorizer.authorize(attributesOf(request, { verb: 'update', group: '*', version: '*', resource: '*', subresource: 'finalizers', namespace: '', name: '*' }))
      if (anything.decision === 'allow') return
      for (const owner of blocking) await requireFinalizers(owner, request, authorizer, forms()) // OR2
    },
  }
}

function changesOwners({ object, oldObject }: AdmissionRequest): boolean {
  const now = object?.metadata.ownerReferences ?? []
  const was = oldObject?.metadata.ownerReferences ?? []
  return now.length !== was.length || now.some((owner, index) => !sameValue(owner, was[index]))
}

function newlyBlocking({ object, oldObject }: AdmissionRequest): OwnerReference[] {
  const blocked = new Set((oldObject?.metadata.ownerReferences ?? []).filter(owner => owner.blockOwnerDeletion === true).map(owner => owner.uid))
  return (object?.metadata.ownerReferences ?? []).filter(owner => owner.blockOwnerDeletion === true && !blocked.has(owner.uid))
}

async function requireFinalizers(owner: OwnerReference, request: AdmissionRequest, authorizer: Authorizer, forms: ObjectForms): Promise<void> {
  const resource = forms.resourceOfKind(owner.apiVersion, owner.kind)
  if (resource === undefined) {
    throw forbidden(request, shownName(request), `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${owner.apiVersion} Kind ${owner.kind}: no matches for kind ${JSON.stringify(owner.kind)} in version ${JSON.stringify(owner.apiVersion)}`)
  }
  const verdict = await authorizer.authorize(attributesOf(request, { verb: 'update', group: resource.group, version: resource.version, resource: resource.resource, subresource: 'finalizers', namespace: resource.namespaced ? request.namespace : '', name: owner.name }))
  if (verdict.decision !== 'allow') throw forbidden(request, shownName(request), `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${verdict.reason}, <nil>`)
}

function attributesOf(request: AdmissionRequest, asked: Pick<Attributes, 'verb' | 'group' | 'version' | 'resource' | 'subresource' | 'namespace' | 'name'>): Attributes {
  return { user: request.user, isResourceRequest: true, path: '', fieldSelector: '', labelSelector: '', ...asked }
}
