/** Webhook configurations and admission policies with their bindings. None may be overwritten without a resourceVersion. */
import { allButStatus, defineKind } from '../../define-kind.ts'
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import {
  mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings, mutatingWebhookConfigurations,
  validatingAdmissionPolicies, validatingAdmissionPolicyBindings, validatingWebhookConfigurations,
} from '../../resources.ts'
import { isFullyQualifiedDomainName } from '../../validation/names.ts'
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

function validateWebhooks(webhooks: readonly (ValidatingWebhook | MutatingWebhook)[]): FieldError[] {
  const seen = new Set<string>()
  return webhooks.flatMap((webhook, index) => {
    const path = `webhooks[${index}]`
    const errors = isFullyQualified(webhook.name, `${path}.name`)
    if (seen.has(webhook.name)) errors.push(duplicate(`${path}.name`, webhook.name))
    seen.add(webhook.name)
    if (!['Fail', 'Ignore'].includes(webhook.failurePolicy ?? '')) errors.push(notSupported(`${path}.failurePolicy`, webhook.failurePolicy ?? '', ['Fail', 'Ignore']))
    if (!['Equivalent', 'Exact'].includes(webhook.matchPolicy ?? '')) errors.push(notSupported(`${path}.matchPolicy`, webhook.matchPolicy ?? '', ['Equivalent', 'Exact']))
    const sideEffects = webhook.sideEffects as string | null | undefined
    if (sideEffects === undefined || sideEffects === null) errors.push(required(`${path}.sideEffects`, 'must specify one of None, NoneOnDryRun'))
    else if (!['None', 'NoneOnDryRun'].includes(sideEffects)) errors.push(notSupported(`${path}.sideEffects`, sideEffects, ['None', 'NoneOnDryRun']))
    const timeout = webhook.timeoutSeconds ?? 10
    if (timeout < 1 || timeout > 30) errors.push(invalid(`${path}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds'))
    if ((webhook.admissionReviewVersions ?? []).length === 0) errors.push(required(`${path}.admissionReviewVersions`, 'must specify one of v1, v1beta1'))
    else if (!webhook.admissionReviewVersions.some(version => version === 'v1' || version === 'v1beta1')) errors.push(invalid(`${path}.admissionReviewVersions`, webhook.admissionReviewVersions, 'must include at least one of v1, v1beta1'))
    const { url, service } = webhook.clientConfig
    if ((url === undefined) === (service === undefined)) errors.push(required(`${path}.clientConfig`, 'exactly one of url or service is required'))
    if (url !== undefined && !url.startsWith('https://')) errors.push(invalid(`${path}.clientConfig.url`, url, "'https' is the only allowed URL scheme; desired format: https://host[/path]"))
    return errors
  })
}

function isFullyQualified(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const errors = isFullyQualifiedDomainName(name)
  if (errors.length > 0) return errors.map(text => invalid(path, name, text))
  return name.split('.').length < 3 ? [invalid(path, name, 'should be a domain with at least three segments separated by dots')] : []
}

export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>(validatingWebhookConfigurations, {
  ...shared,
  printer: 'printValidatingWebhook',
  setDefaults(object) { object.webhooks?.forEach(setWebhookDefaults) },
  validate: object => validateWebhooks(object.webhooks ?? []),
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
  validate({ spec }) {
    const errors: FieldError[] = []
    if (spec.matchConstraints === undefined) errors.push(required('spec.matchConstraints'))
    else if ((spec.matchConstraints.resourceRules ?? []).length === 0) errors.push(required('spec.matchConstraints.resourceRules'))
    if ((spec.validations ?? []).length === 0 && (spec.auditAnnotations ?? []).length === 0) errors.push(required('spec.validations', 'validations or auditAnnotations must contain at least one item'), required('spec.auditAnnotations', 'validations or auditAnnotations must contain at least one item'))
    spec.validations?.forEach((each, index) => { if (each.expression.trim() === '') errors.push(required(`spec.validations[${index}].expression`, 'expression is not specified')) })
    return errors
  },
  cells: ({ metadata, spec }, now) => [metadata.name, spec.validations?.length ?? 0, paramKindCell(spec.paramKind), ageCell(metadata.creationTimestamp, now)],
})

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>(validatingAdmissionPolicyBindings, {
  ...shared,
  printer: 'printValidatingAdmissionPolicyBinding',
  setDefaults({ spec }) { setMatchDefaults(spec.matchResources) },
  validate({ spec }) {
    const errors: FieldError[] = (spec.policyName ?? '') === '' ? [required('spec.policyName')] : []
    const actions = spec.validationActions ?? []
    if (actions.length === 0) errors.push(required('spec.validationActions', 'at least one validation action is required'))
    if (actions.includes('Deny') && actions.includes('Warn')) errors.push(invalid('spec.validationActions', actions, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'))
    return errors
  },
  cells: ({ metadata, spec }, now) => [metadata.name, spec.policyName ?? '', paramRefCell(spec.paramRef), ageCell(metadata.creationTimestamp, now)],
})

export const mutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicy>(mutatingAdmissionPolicies, {
  ...shared,
  printer: 'printMutatingAdmissionPolicy',
  setDefaults({ spec }) {
    spec.failurePolicy ??= 'Fail'
    setMatchDefaults(spec.matchConstraints)
  },
  validate({ spec }) {
    const errors: FieldError[] = []
    if (spec.matchConstraints === undefined) errors.push(required('spec.matchConstraints'))
    if ((spec.mutations ?? []).length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'))
    if ((spec.reinvocationPolicy ?? '') === '') errors.push(required('spec.reinvocationPolicy'))
    return errors
  },
  cells: ({ metadata, spec }, now) => [metadata.name, spec.mutations?.length ?? 0, paramKindCell(spec.paramKind), ageCell(metadata.creationTimestamp, now)],
})

export const mutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBinding>(mutatingAdmissionPolicyBindings, {
  ...shared,
  printer: 'printMutatingAdmissionPolicyBinding',
  setDefaults({ spec }) { setMatchDefaults(spec.matchResources) },
  validate: ({ spec }) => ((spec.policyName ?? '') === '' ? [required('spec.policyName')] : []),
  cells: ({ metadata, spec }, now) => [metadata.name, spec.policyName ?? '', paramRefCell(spec.paramRef), ageCell(metadata.creationTimestamp, now)],
})

