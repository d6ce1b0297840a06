/** Validation of webhook configurations. Upstream: pkg/apis/admissionregistration/validation, apiserver/pkg/util/webhook. */
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { validateLabelSelector } from '../../validation/metadata.ts'
import { isDns1035Label, isDns1123Subdomain, isPortNumber } from '../../validation/names.ts'
import { failurePolicies, matchPolicies, reinvocationPolicies, validateMatchConditions, validateRule } from './match-validation.ts'
import type { MutatingWebhook, ServiceReference, ValidatingWebhook, WebhookClientConfig } from './types.ts'

type Webhook = ValidatingWebhook | MutatingWebhook

const reviewVersions = ['v1', 'v1beta1']
const sideEffects = ['None', 'NoneOnDryRun']

export function validateWebhooks(webhooks: readonly Webhook[]): FieldError[] {
  const seen = new Set<string>()
  return webhooks.flatMap((webhook, index) => {
    const path = `webhooks[${index}]`
    const errors = validateWebhook(webhook, path)
    if (seen.has(webhook.name)) errors.push(duplicate(`${path}.name`, webhook.name))
    seen.add(webhook.name)
    return errors
  })
}

/** Conditions that a configuration has already been accepted with are not looked at again while nothing changes in it. */
export function validateWebhooksUpdate(webhooks: readonly Webhook[], old: readonly Webhook[]): FieldError[] {
  const isUnchanged = webhooks.length === old.length && webhooks.every((webhook, index) => JSON.stringify(webhook.matchConditions) === JSON.stringify(old[index]!.matchConditions))
  return validateWebhooks(isUnchanged ? webhooks.map(({ matchConditions: _known, ...rest }) => rest as Webhook) : webhooks)
}

function validateWebhook(webhook: Webhook, path: string): FieldError[] {
  const errors = [
    ...validateName(webhook.name, `${path}.name`),
    ...(webhook.rules ?? []).flatMap((rule, index) => validateRule(rule, `${path}.rules[${index}]`)),
    ...supported(webhook.failurePolicy, failurePolicies, `${path}.failurePolicy`),
    ...supported(webhook.matchPolicy, matchPolicies, `${path}.matchPolicy`),
    ...validateSideEffects(webhook.sideEffects as string | null | undefined, `${path}.sideEffects`),
  ]
  const timeout = webhook.timeoutSeconds ?? 10
  if (timeout < 1 || timeout > 30) errors.push(invalid(`${path}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds'))
  if (webhook.namespaceSelector !== undefined) errors.push(...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`))
  if (webhook.objectSelector !== undefined) errors.push(...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`))
  if ('reinvocationPolicy' in webhook) errors.push(...supported(webhook.reinvocationPolicy, reinvocationPolicies, `${path}.reinvocationPolicy`))
  errors.push(
    ...validateClientConfig(webhook.clientConfig, `${path}.clientConfig`),
    ...validateMatchConditions(webhook.matchConditions, false, `${path}.matchConditions`),
    ...validateReviewVersions(webhook.admissionReviewVersions ?? [], `${path}.admissionReviewVersions`),
  )
  return errors
}

function supported(value: string | undefined, allowed: readonly string[], path: string): FieldError[] {
  return value === undefined || allowed.includes(value) ? [] : [notSupported(path, value, allowed)]
}

function validateName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const errors = isDns1123Subdomain(name)
  if (errors.length > 0) return [invalid(path, name, errors.join(','))]
  return name.split('.').length < 3 ? [invalid(path, name, 'should be a domain with at least three segments separated by dots')] : []
}

function validateSideEffects(value: string | null | undefined, path: string): FieldError[] {
  if (value === undefined || value === null) return [required(path, `must specify one of ${sideEffects.join(', ')}`)]
  return sideEffects.includes(value) ? [] : [notSupported(path, value, sideEffects)]
}

function validateReviewVersions(versions: readonly string[], path: string): FieldError[] {
  if (versions.length === 0) return [required(path, `must specify one of ${reviewVersions.join(', ')}`)]
  const errors: FieldError[] = []
  const seen = new Set<string>()
  versions.forEach((version, index) => {
    if (seen.has(version)) errors.push(invalid(`${path}[${index}]`, version, 'duplicate version'))
    else errors.push(...isDns1035Label(version).map(text => invalid(`${path}[${index}]`, version, text)))
    seen.add(version)
  })
  if (!versions.some(version => reviewVersions.includes(version))) errors.push(invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`))
  return errors
}

/** Of CRD conversion too. */
export function validateClientConfig({ url, service }: WebhookClientConfig, path: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')]
  return url === undefined ? validateService(service!, `${path}.service`) : validateUrl(url, `${path}.url`)
}

function validateUrl(text: string, path: string): FieldError[] {
  const form = '; desired format: https://host[/path]'
  const errors: FieldError[] = []
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1] ?? ''
  if (scheme !== 'https') errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme${form}`))
  const rest = text.slice(scheme === '' ? 0 : scheme.length + 1)
  const authority = rest.startsWith('//') ? /^\/\/([^/?#]*)/.exec(rest)![1]! : ''
  const user = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : undefined
  const host = user === undefined ? authority : authority.slice(user.length + 1)
  if (host === '') errors.push(invalid(path, host, `host must be specified${form}`))
  if (user !== undefined) errors.push(invalid(path, user, 'user information is not permitted in the URL'))
  const fragment = /#(.+)$/.exec(text)?.[1]
  if (fragment !== undefined) errors.push(invalid(path, fragment, 'fragments are not permitted in the URL'))
  const query = /\?([^#]+)/.exec(text)?.[1]
  if (query !== undefined) errors.push(invalid(path, query, 'query parameters are not permitted in the URL'))
  return errors
}

function validateService(service: ServiceReference, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (service.name === '') errors.push(required(`${path}.name`))
  if (service.namespace === '') errors.push(required(`${path}.namespace`))
  const port = service.port ?? 443
  const wrong = isPortNumber(port)
  if (wrong.length > 0) errors.push(invalid(`${path}.port`, port, `port is not valid: ${wrong.join(', ')}`))
  return [...errors, ...validateServicePath(service.path ?? '', `${path}.path`)]
}

function validateServicePath(text: string, path: string): FieldError[] {
  if (text === '' || text === '/') return []
  if (text === '//') return [invalid(path, text, 'segment[0] may not be empty')]
  const errors = text.startsWith('/') ? [] : [invalid(path, text, "must start with a '/'")]
  const steps = text.slice(1).replace(/\/$/, '').split('/')
  steps.forEach((step, index) => {
    if (step === '') errors.push(invalid(path, text, `segment[${index}] may not be empty`))
    else errors.push(...isDns1123Subdomain(step).map(failure => invalid(path, text, `segment[${index}]: ${failure}`)))
  })
  return errors
}
