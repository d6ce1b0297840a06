/** Webhook configurations and admission policies with their bindings. None may be overwritten without a resourceVersion. */
import { allButStatus, defineKind } from '../../define-kind.ts'
import { ageCell } from '../../printing.ts'
import {
  mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings, mutatingWebhookConfigurations,
  validatingAdmissionPolicies, validatingAdmissionPolicyBindings, validatingWebhookConfigurations,
} from '../../resources.ts'
import { validateMutatingBinding, validateMutatingPolicy, validateValidatingBinding, validateValidatingPolicy, withoutKnown } from './policy-validation.ts'
import { validateWebhooks, validateWebhooksUpdate } from './webhook-validation.ts'
import type {
  MatchResources, MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingWebhook, MutatingWebhookConfiguration, ParamKind, ParamRef,
  ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingWebhook, ValidatingWebhookConfiguration,
} from './types.ts'

const shared = { hasGeneration: true, allowsUnconditionalUpdate: false } as const

function setWebhookDefaults(webhook: ValidatingWebhook | MutatingWebhook): void {
  webhook.failurePolicy ??= 'Fail'
  webhook.matchPolicy ??= 'Equivalent'
  webhook.namespaceSelector ??= {}
  webhook.objectSelector ??= {}
  webhook.timeoutSeconds ??= 10
  for (const rule of webhook.rules ?? []) rule.scope ??= '*'
  if (webhook.clientConfig.service !== undefined) webhook.clientConfig.service.port ??= 443
}

export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>(validatingWebhookConfigurations, {
  ...shared,
  printer: 'printValidatingWebhook',
  setDefaults(object) { object.webhooks?.forEach(setWebhookDefaults) },
  validate: object => validateWebhooks(object.webhooks ?? []),
  validateUpdate: (object, old) => validateWebhooksUpdate(object.webhooks ?? [], old.webhooks ?? []),
  validateUpdateIsComplete: true,
  cells: ({ metadata, webhooks }, now) => [metadata.name, webhooks?.length ?? 0, ageCell(metadata.creationTimestamp, now)],
})

export const mutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>(mutatingWebhookConfigurations, {
  ...shared,
  printer: 'printMutatingWebhook',
  setDefaults(object) {
    for (const webhook of object.webhooks ?? []) {
      setWebhookDefaults(webhook)
      webhook.reinvocationPolicy ??= 'Never'
    }
  },
  validate: object => validateWebhooks(object.webhooks ?? []),
  validateUpdate: (object, old) => validateWebhooksUpdate(object.webhooks ?? [], old.webhooks ?? []),
  validateUpdateIsComplete: true,
  cells: ({ metadata, webhooks }, now) => [metadata.name, webhooks?.length ?? 0, ageCell(metadata.creationTimestamp, now)],
})

function setMatchDefaults(match: MatchResources | undefined): void {
  if (match === undefined) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= '*'
}

function paramKindCell(kind: ParamKind | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion}/${kind.kind}`
}

function paramRefCell(ref: ParamRef | undefined): string {
  if (ref === undefined) return '<unset>'
  if (ref.name !== undefined) return ref.namespace !== undefined ? `${ref.namespace}/${ref.name}` : `*/${ref.name}`
  return '<unset>'
}

export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>(validatingAdmissionPolicies, {
  ...shared,
  printer: 'printValidatingAdmissionPolicy',
  statusKeeps: allButStatus,
  setDefaults({ spec }) {
    spec.failurePolicy ??= 'Fail'
    setMatchDefaults(spec.matchConstraints)
  },
  validate: ({ metadata, spec }) => validateValidatingPolicy(metadata.name ?? '', spec),
  validateUpdate: ({ metadata, spec }, old) => withoutKnown(validateValidatingPolicy(metadata.name, spec), old.spec),
  validateUpdateIsComplete: true,
  cells: ({ metadata, spec }, now) => [metadata.name, spec.validations?.length ?? 0, paramKindCell(spec.paramKind), ageCell(metadata.creationTimestamp, now)],
})

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>(validatingAdmissionPolicyBindings, {
  ...shared,
  printer: 'printValidatingAdmissionPolicyBinding',
  setDefaults({ spec }) { setMatchDefaults(spec.matchResources) },
  validate: ({ spec }) => validateValidatingBinding(spec),
  cells: ({ metadata, spec }, now) => [metadata.name, spec.policyName ?? '', paramRefCell(spec.paramRef), ageCell(metadata.creationTimestamp, now)],
})

export const mutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicy>(mutatingAdmissionPolicies, {
  ...shared,
  printer: 'printMutatingAdmissionPolicy',
  setDefaults({ spec }) {
    spec.failurePolicy ??= 'Fail'
    setMatchDefaults(spec.matchConstraints)
  },
  validate: ({ spec }) => validateMutatingPolicy(spec),
  validateUpdate: ({ spec }, old) => withoutKnown(validateMutatingPolicy(spec), old.spec),
  validateUpdateIsComplete: true,
  cells: ({ metadata, spec }, now) => [metadata.name, spec.mutations?.length ?? 0, paramKindCell(spec.paramKind), ageCell(metadata.creationTimestamp, now)],
})

export const mutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBinding>(mutatingAdmissionPolicyBindings, {
  ...shared,
  printer: 'printMutatingAdmissionPolicyBinding',
  setDefaults({ spec }) { setMatchDefaults(spec.matchResources) },
  validate: ({ spec }) => validateMutatingBinding(spec),
  cells: ({ metadata, spec }, now) => [metadata.name, spec.policyName ?? '', paramRefCell(spec.paramRef), ageCell(metadata.creationTimestamp, now)],
})

