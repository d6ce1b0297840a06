/**
 * The parameters that a binding hands to its policy. Upstream: policy/generic/policy_dispatcher.go CollectParams.
 *
 *   PP1  Without paramKind or paramRef the policy is evaluated once, with null.
 *   PP2  With a selector it is evaluated once for each object selected, in the order of their names.
 *   PP3  Namespaced parameters come from paramRef.namespace, or from the request's own namespace.
 *   PP4  Nothing found: parameterNotFoundAction Deny is a failure of the binding, Allow leaves the policy out.
 */
import { matches, selectorOf } from '../../../../api/selectors/label-selector.ts'
import type { ParamKind, ParamRef } from '../../../../api/groups/admissionregistration-v1/types.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import type { ObjectReader } from '../admission.ts'
import type { KindResource, ObjectForms } from './object-forms.ts'

export interface ParamsDeps {
  readonly reader: ObjectReader
  readonly forms: ObjectForms
}

/** What is wrong with how a policy or binding is set up. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/** Throws ConfigurationError when the kind is not served. */
export function paramResource({ apiVersion = '', kind = '' }: ParamKind, forms: ObjectForms): KindResource {
  const found = forms.resourceOfKind(apiVersion, kind)
  if (found !== undefined) return found
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  throw new ConfigurationError(`failed to find resource referenced by paramKind: '${groupVersion}, Kind=${kind}'`)
}

export async function collectParams(resource: KindResource | undefined, ref: ParamRef | undefined, requestNamespace: string, deps: ParamsDeps): Promise<readonly (KubeObject | null)[]> {
  if (resource === undefined || ref === undefined) return [null] // PP1
  const namespace = namespaceOf(resource, ref, requestNamespace)
  const found = select(resource, ref, namespace, deps.reader)
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny') throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction') // PP4
  return await Promise.all(found.map(object => shownAs(object, resource, deps.forms)))
}

/** PP3 */
function namespaceOf(resource: KindResource, { namespace = '' }: ParamRef, requestNamespace: string): string {
  if (!resource.namespaced) {
    if (namespace !== '') throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
    return ''
  }
  const chosen = namespace === '' ? requestNamespace : namespace
  if (chosen === '') throw new ConfigurationError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  return chosen
}

function select(resource: KindResource, { name = '', selector }: ParamRef, namespace: string, reader: ObjectReader): readonly KubeObject[] {
  if (name !== '') {
    const found = reader.get(resource, namespace, name)
    return found === undefined ? [] : [found]
  }
  if (selector === undefined) throw new ConfigurationError('one of name or selector must be provided')
  const compiled = selectorOf(selector)
  return reader.list(resource, namespace).filter(object => matches(compiled, object.metadata.labels)) // PP2
}

/** Objects are stored in one version and asked for in another. */
async function shownAs(object: KubeObject, resource: KindResource, forms: ObjectForms): Promise<KubeObject> {
  const stored = forms.resourceOfKind(object.apiVersion, object.kind)
  return stored === undefined ? object : await forms.convert(object, stored, resource)
}
