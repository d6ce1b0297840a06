/**
 * Which policies, with which bindings and parameters, are about a request. Upstream: policy/generic/policy_dispatcher.go.
 *
 *   PI1  A policy must match, then a binding; a binding's matchResources only narrows what the policy matches.
 *   PI2  What is wrong with the set-up is a failure, with failurePolicy, of the policy or the binding; nothing else is stopped by it.
 */
import { ApiError } from '../../http/api-error.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import type { AdmissionRequest } from '../admission.ts'
import { ConfigurationError, collectParams, paramResource } from './policy-params.ts'
import type { ParamsDeps } from './policy-params.ts'
import type { PolicyBinding, PolicyCommon, PolicyHook } from './policy-hooks.ts'
import type { KindResource } from './object-forms.ts'
import type { RequestMatcher, ShownAs } from './request-matcher.ts'

export interface Invocation<P extends PolicyCommon> {
  readonly policy: P
  readonly binding: PolicyBinding
  readonly as: ShownAs
  readonly param: KubeObject | null
}

/** PI2 */
export interface SetupFailure {
  readonly policy: PolicyCommon
  readonly binding: PolicyBinding | undefined
  readonly message: string
}

export interface Invocations<P extends PolicyCommon> {
  readonly invocations: readonly Invocation<P>[]
  readonly failures: readonly SetupFailure[]
}

export async function invocationsOf<P extends PolicyCommon>(hooks: readonly PolicyHook<P>[], request: AdmissionRequest, deps: ParamsDeps): Promise<Invocations<P>> {
  const invocations: Invocation<P>[] = []
  const failures: SetupFailure[] = []
  for (const { policy, bindings } of hooks) {
    const fail = (error: unknown, binding?: PolicyBinding) => {
      failures.push({ policy, binding, message: `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${setupText(error)}` })
    }
    let as: ShownAs | undefined
    let resource: KindResource | undefined
    try {
      as = await matched(policy.matcher, request, deps)
      if (as === undefined) continue
      resource = policy.paramKind === undefined ? undefined : paramResource(policy.paramKind, deps.forms)
    } catch (error) {
      fail(error)
      continue
    }
    for (const binding of bindings) {
      try {
        if (binding.matcher !== undefined && (await matched(binding.matcher, request, deps)) === undefined) continue // PI1
        for (const param of await collectParams(resource, binding.paramRef, request.namespace, deps)) invocations.push({ policy, binding, as, param })
      } catch (error) {
        fail(error, binding)
      }
    }
  }
  return { invocations, failures }
}

async function matched(matcher: RequestMatcher, request: AdmissionRequest, deps: ParamsDeps): Promise<ShownAs | undefined> {
  const found = matcher.match(request, deps.forms)
  return found instanceof Promise ? await found : found
}

/** Anything but a mistake of the set-up is not this room's to swallow. */
function setupText(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof ApiError) return error.message
  throw error
}

/** The namespace of a request, for namespaceObject: null for cluster-scoped objects and for namespaces themselves. */
export function namespaceReader(request: AdmissionRequest, deps: ParamsDeps): () => KubeObject | null {
  const isNamespace = request.kind.group === '' && request.kind.kind === 'Namespace'
  if (request.namespace === '' || isNamespace) return () => null
  return () => deps.reader.get({ group: '', resource: 'namespaces' }, '', request.namespace) ?? null
}
