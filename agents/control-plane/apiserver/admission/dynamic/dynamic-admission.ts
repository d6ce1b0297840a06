/** The four plugins whose rules come from the API: webhooks and policies, each following its configuration objects. */
import type { Authorizer } from '../../access/authorizer.ts'
import type { GroupResource } from '../../http/api-error.ts'
import type { WebhookClients } from '../../webhooks/webhook-client.ts'
import type { AdmissionPlugin, ObjectReader } from '../admission.ts'
import type { AdmissionMetrics } from '../admission-metrics.ts'
import { FollowedConfigurations } from './followed-configurations.ts'
import { mutatingPolicies } from './mutating-policies.ts'
import type { ObjectForms } from './object-forms.ts'
import { compileBinding, compileValidatingPolicy, PolicyHooks } from './policy-hooks.ts'
import { compileMutatingPolicy } from './policy-mutation.ts'
import { validatingPolicies } from './validating-policies.ts'
import { hooksOf } from './webhook-hook.ts'
import { mutatingWebhooks, validatingWebhooks } from './webhook-plugins.ts'

export interface DynamicDeps {
  readonly reader: ObjectReader
  readonly forms: ObjectForms
  /** The client of a plugin's webhooks. */
  readonly clientsOf: (plugin: string) => WebhookClients
  readonly authorizer: Authorizer
  readonly metrics: AdmissionMetrics
  readonly monotonic: () => number
  /** Calls back whenever anything of the resource has changed or been read anew. */
  follow(of: GroupResource, onChange: () => void): void
}

const group = 'admissionregistration.k8s.io'

export interface DynamicAdmission {
  readonly mutatingWebhooks: AdmissionPlugin
  readonly validatingWebhooks: AdmissionPlugin
  readonly mutatingPolicies: AdmissionPlugin
  readonly validatingPolicies: AdmissionPlugin
}

export function createDynamicAdmission(deps: DynamicDeps): DynamicAdmission {
  const followed = <T>(resource: string, compile: ConstructorParameters<typeof FollowedConfigurations<T>>[1]) => {
    const of = { group, resource }
    const configurations = new FollowedConfigurations<T>(() => deps.reader.list(of), compile)
    deps.follow(of, () => {
      configurations.forget()
    })
    return configurations
  }
  return {
    mutatingWebhooks: mutatingWebhooks(followed('mutatingwebhookconfigurations', hooksOf), { ...deps, clients: deps.clientsOf('MutatingAdmissionWebhook') }),
    validatingWebhooks: validatingWebhooks(followed('validatingwebhookconfigurations', hooksOf), { ...deps, clients: deps.clientsOf('ValidatingAdmissionWebhook') }),
    mutatingPolicies: mutatingPolicies(new PolicyHooks(followed('mutatingadmissionpolicies', compileMutatingPolicy), followed('mutatingadmissionpolicybindings', compileBinding)), deps),
    validatingPolicies: validatingPolicies(new PolicyHooks(followed('validatingadmissionpolicies', compileValidatingPolicy), followed('validatingadmissionpolicybindings', compileBinding)), deps),
  }
}
