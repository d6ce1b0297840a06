/**
 * --authorization-config: which authorizers are asked in which order, several webhooks among them.
 * Upstream: apiserver/pkg/apis/apiserver/validation.
 *
 *   ZC1  Types may stand once, except Webhook; names are unique and DNS names.
 *   ZC2  Match conditions are expressions over `request`, the spec of the review that would be sent: all true, and the
 *        webhook is asked; one false, and it is not.
 */
import { statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { readDuration } from '../../../base/duration.ts'
import { boolType, CelBudget, celLimits, compileCel, listType, mapType, objectType, stringType } from '../../../api/cel/cel.ts'
import type { CelEnvironment, CelProgram } from '../../../api/cel/cel.ts'
import { duplicate, invalid, notSupported, required } from '../../../api/field-error.ts'
import type { FieldError } from '../../../api/field-error.ts'
import { isDns1123Subdomain } from '../../../api/validation/names.ts'
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields } from '../registry/kube-object.ts'
import { readConfiguration, refuseConfiguration } from './configuration-file.ts'
import type { Shape } from './configuration-file.ts'

export type ConfiguredAuthorizer =
  | { readonly type: 'AlwaysAllow' | 'AlwaysDeny' | 'RBAC' | 'Node' | 'ABAC'; readonly name: string }
  | { readonly type: 'Webhook'; readonly name: string; readonly webhook: WebhookSettings }

export interface WebhookSettings {
  readonly kubeconfig: string
  readonly version: string
  readonly timeoutMs: number
  readonly authorizedMs: number
  readonly unauthorizedMs: number
  readonly onFailure: 'deny' | 'no-opinion'
  readonly matches: ((spec: Fields) => boolean) | undefined
}

const types = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook']
const shape: Shape = {
  fields: {
    authorizers: {
      list: {
        fields: {
          type: 'text', name: 'text',
          webhook: {
            fields: {
              authorizedTTL: 'text', unauthorizedTTL: 'text', cacheAuthorizedRequests: 'boolean', cacheUnauthorizedRequests: 'boolean', timeout: 'text', subjectAccessReviewVersion: 'text', matchConditionSubjectAccessReviewVersion: 'text', failurePolicy: 'text',
              connectionInfo: { fields: { type: 'text', kubeConfigFile: 'text' } }, matchConditions: { list: { fields: { expression: 'text' } } },
            },
          },
        },
      },
    },
  },
}

export function readAuthorizationConfig(text: string, file: string): ConfiguredAuthorizer[] {
  const config = readConfiguration(text, file, 'AuthorizationConfiguration', shape)
  const entries = listAt(config, 'authorizers')
  const errors: FieldError[] = entries.length === 0 ? [required('authorizers', 'at least one authorization mode must be defined')] : []
  const authorizers = entries.flatMap((entry, index) => readAuthorizer(entry, `authorizers[${index}]`, entries.slice(0, index), errors))
  refuseConfiguration(file, errors)
  return authorizers
}

function readAuthorizer(entry: unknown, path: string, before: readonly unknown[], errors: FieldError[]): ConfiguredAuthorizer[] {
  const type = textAt(entry, 'type')
  const name = textAt(entry, 'name')
  const fail = (error: FieldError): ConfiguredAuthorizer[] => {
    errors.push(error)
    return []
  }
  if (type === '') return fail(required(`${path}.type`))
  if (!types.includes(type)) return fail(notSupported(`${path}.type`, type, types))
  if (type !== 'Webhook' && before.some(other => textAt(other, 'type') === type)) return fail(duplicate(`${path}.type`, type)) // ZC1
  if (name === '') errors.push(required(`${path}.name`))
  else if (before.some(other => textAt(other, 'name') === name)) errors.push(duplicate(`${path}.name`, name))
  else errors.push(...isDns1123Subdomain(name).map(text => invalid(`${path}.name`, name, `authorizer name is invalid: ${text}`)))
  const webhook = fieldAt(entry, 'webhook')
  if (type !== 'Webhook') {
    if (isFields(webhook)) errors.push(invalid(`${path}.webhook`, 'non-null', 'may only be specified when type=Webhook'))
    return [{ type: type as 'RBAC', name }]
  }
  if (!isFields(webhook)) return fail(required(`${path}.webhook`, 'required when type=Webhook'))
  return [{ type, name, webhook: readWebhook(webhook, path, errors) }]
}

function readWebhook(webhook: Fields, path: string, errors: FieldError[]): WebhookSettings {
  const text = (...fields: readonly string[]) => textAt(webhook, ...fields)
  const duration = (field: string, fallback: string) => readDuration(text(field) === '' ? fallback : text(field)) ?? -1
  const timeoutMs = duration('timeout', '')
  if (text('timeout') === '') errors.push(required(`${path}.timeout`))
  else if (timeoutMs <= 0 || timeoutMs > 30_000) errors.push(invalid(`${path}.timeout`, text('timeout'), 'must be > 0s and <= 30s'))
  const authorizedMs = duration('authorizedTTL', '5m')
  const unauthorizedMs = duration('unauthorizedTTL', '30s')
  if (authorizedMs <= 0) errors.push(invalid(`${path}.authorizedTTL`, text('authorizedTTL'), 'must be > 0s'))
  if (unauthorizedMs <= 0) errors.push(invalid(`${path}.unauthorizedTTL`, text('unauthorizedTTL'), 'must be > 0s'))
  choose(text('subjectAccessReviewVersion'), ['v1', 'v1beta1'], `${path}.subjectAccessReviewVersion`, errors)
  const policy = text('failurePolicy')
  choose(policy, ['NoOpinion', 'Deny'], `${path}.failurePolicy`, errors)
  const conditions = listAt(webhook, 'matchConditions')
  const conditionVersion = text('matchConditionSubjectAccessReviewVersion')
  if (conditionVersion !== '') choose(conditionVersion, ['v1'], `${path}.matchConditionSubjectAccessReviewVersion`, errors)
  else if (conditions.length > 0) errors.push(required(`${path}.matchConditionSubjectAccessReviewVersion`, 'required if match conditions are specified'))
  return {
    kubeconfig: readConnection(webhook, path, errors),
    version: text('subjectAccessReviewVersion'),
    timeoutMs,
    authorizedMs: webhook['cacheAuthorizedRequests'] === false ? 0 : authorizedMs,
    unauthorizedMs: webhook['cacheUnauthorizedRequests'] === false ? 0 : unauthorizedMs,
    onFailure: policy === 'Deny' ? 'deny' : 'no-opinion',
    matches: readConditions(conditions, path, errors),
  }
}

function choose(value: string, known: readonly string[], path: string, errors: FieldError[]): void {
  if (value === '') errors.push(required(path))
  else if (!known.includes(value)) errors.push(notSupported(path, value, known))
}

function readConnection(webhook: Fields, path: string, errors: FieldError[]): string {
  const type = textAt(webhook, 'connectionInfo', 'type')
  const file = textAt(webhook, 'connectionInfo', 'kubeConfigFile')
  const at = `${path}.connectionInfo.kubeConfigFile`
  if (type === '') errors.push(required(`${path}.connectionInfo.type`))
  else if (type === 'InClusterConfig') errors.push(notSupported(`${path}.connectionInfo.type`, type, ['KubeConfigFile'])) // a server has no cluster to be in
  else if (type !== 'KubeConfigFile') errors.push(notSupported(`${path}.connectionInfo.type`, type, ['InClusterConfig', 'KubeConfigFile']))
  else if (file === '') errors.push(required(at))
  else if (!isAbsolute(file)) errors.push(invalid(at, file, 'must be an absolute path'))
  else {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found === undefined) errors.push(invalid(at, file, `error loading file: stat ${file}: no such file or directory`))
    else if (!found.isFile()) errors.push(invalid(at, file, 'must be a regular file'))
  }
  return file
}

const selectorType = (name: string) => objectType(`kubernetes.${name}`, { rawSelector: stringType, requirements: listType(objectType(`kubernetes.${name}Requirement`, { key: stringType, operator: stringType, values: listType(stringType) })) })
const requestEnvironment: CelEnvironment = {
  variables: {
    request: objectType('kubernetes.SubjectAccessReviewSpec', {
      user: stringType, groups: listType(stringType), extra: mapType(stringType, listType(stringType)), uid: stringType,
      resourceAttributes: objectType('kubernetes.ResourceAttributes', { namespace: stringType, verb: stringType, group: stringType, version: stringType, resource: stringType, subresource: stringType, name: stringType, fieldSelector: selectorType('FieldSelectorAttributes'), labelSelector: selectorType('LabelSelectorAttributes') }),
      nonResourceAttributes: objectType('kubernetes.NonResourceAttributes', { path: stringType, verb: stringType }),
    }),
  },
}

/** ZC2 */
function readConditions(conditions: readonly unknown[], path: string, errors: FieldError[]): WebhookSettings['matches'] {
  if (conditions.length > 64) errors.push({ path: `${path}.matchConditions`, reason: 'FieldValueTooMany', message: `Too many: ${conditions.length}: must have at most 64 items` })
  const programs = conditions.flatMap((condition, index) => {
    const at = `${path}.matchConditions[${index}].expression`
    const expression = textAt(condition, 'expression').trim()
    if (expression === '') errors.push(required(at))
    else if (conditions.findIndex(other => textAt(other, 'expression').trim() === expression) < index) errors.push(duplicate(at, expression))
    else {
      try {
        return [compileCel(expression, requestEnvironment, [boolType])]
      } catch (error) {
        errors.push(invalid(at, expression, `compilation failed: ${error instanceof Error ? error.message : String(error)}`))
      }
    }
    return []
  })
  return programs.length === 0 ? undefined : spec => allHold(programs, completed(spec))
}

/** Conditions see every text and list, even those a review leaves out. */
function completed(spec: Fields): Fields {
  const { resourceAttributes, nonResourceAttributes } = spec
  const noTexts = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, '']))
  return {
    user: '', uid: '', groups: [], extra: {}, ...spec,
    ...(isFields(resourceAttributes) ? { resourceAttributes: { ...noTexts(['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name']), ...resourceAttributes } } : {}),
    ...(isFields(nonResourceAttributes) ? { nonResourceAttributes: { ...noTexts(['path', 'verb']), ...nonResourceAttributes } } : {}),
  }
}

function allHold(programs: readonly CelProgram[], spec: Fields): boolean {
  const failures: string[] = []
  const budget = new CelBudget(celLimits.matchConditions)
  for (const program of programs) {
    try {
      if (program.evaluate({ request: spec }, budget) === false) return false
    } catch (error) {
      failures.push(`cel evaluation error: expression '${program.source}' resulted in error: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0]! : `[${failures.join(', ')}]`)
  return true
}
