/**
 * ResourceQuota: hard limits for a namespace; scopes never change.
 *
 *   QV1  A name without a domain is one that quota knows.
 *   QV2  A scope fits every resource it is said of; Terminating and NotTerminating, BestEffort and NotBestEffort exclude
 *        each other.
 *   QV3  So it is with the scopes of a selector, whose operator wants values or none.
 */
import { defineKind } from '../../define-kind.ts'
import { invalid, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { resourceQuotas } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isQualifiedName } from '../../validation/names.ts'
import { nonNegativeQuantity } from '../../validation/numbers.ts'
import { isStandardResourceName, quotaResources } from '../../validation/resource-names.ts'
import type { ResourceQuota } from './types.ts'

export const resourceQuota = defineKind<ResourceQuota>(resourceQuotas, {
  printer: 'printResourceQuota',
  returnsDeletedObject: true,
  validate: ({ spec }) => [
    ...Object.keys(spec.hard ?? {}).sort().flatMap(name => [...validateName(name, `spec.hard[${name}]`), ...nonNegativeQuantity(spec.hard![name]!, `spec.hard[${name}]`)]),
    ...validateScopes(spec),
    ...validateScopeSelector(spec),
  ],
  validateUpdate: (object, old) => (semanticallyEqual([...(object.spec.scopes ?? [])].sort(), [...(old.spec.scopes ?? [])].sort()) ? [] : [invalid('spec.scopes', object.spec.scopes ?? [], 'field is immutable')]),
  cells({ metadata, status }, now) {
    const requests: string[] = []
    const limits: string[] = []
    for (const name of Object.keys(status.hard ?? {}).sort()) {
      const text = `${name}: ${status.used?.[name] ?? '0'}/${status.hard![name]!}`
      if (name.startsWith('limits')) limits.push(text)
      else requests.push(text)
    }
    return [metadata.name, requests.join(', '), limits.join(', '), ageCell(metadata.creationTimestamp, now)]
  },
})

const compute = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']

/** QV1 */
function validateName(name: string, path: string): FieldError[] {
  const errors = isQualifiedName(name).map(text => invalid(path, name, text))
  if (errors.length > 0 || name.includes('/')) return errors
  const isHugePage = /^(requests\.)?hugepages-/.test(name)
  if (!isStandardResourceName(name)) errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'))
  if (!isHugePage && !quotaResources.has(name)) errors.push(invalid(path, name, 'must be a standard resource for quota'))
  return errors
}

const podCompute = new Set(['pods', ...compute])
const namesOfScope: Readonly<Record<string, ReadonlySet<string> | undefined>> = {
  Terminating: podCompute, NotTerminating: podCompute, NotBestEffort: podCompute, PriorityClass: podCompute, CrossNamespacePodAffinity: podCompute,
  BestEffort: new Set(['pods']), VolumeAttributesClass: new Set(['persistentvolumeclaims', 'requests.storage']),
}

type Scopes = ResourceQuota['spec']

/** QV2 */
function validateScopes(spec: Scopes): FieldError[] {
  const { scopes = [], hard = {} } = spec
  const errors: FieldError[] = []
  const say = (text: string) => { errors.push(invalid('spec.scopes', scopes, text)) }
  for (const scope of scopes) {
    if (!isKnownScope(scope)) say('unsupported scope')
    for (const _name of unfitting(scope, hard)) say('unsupported scope applied to resource')
  }
  for (const [one, other] of opposites) if (scopes.includes(one) && scopes.includes(other)) say('conflicting scopes')
  return errors
}

const opposites = [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const
/** Scopes that a pod is in or not, so that there are no values to name. */
const valueless = new Set(['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'])
const valuelessText = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"

function isKnownScope(scope: string): boolean {
  return Object.hasOwn(namesOfScope, scope)
}

/** The limits that a scope cannot be applied to. */
function unfitting(scope: string, hard: Readonly<Record<string, string>>): string[] {
  const fits = isKnownScope(scope) ? namesOfScope[scope] : undefined
  return fits === undefined ? [] : Object.keys(hard).filter(name => quotaResources.has(name) && !fits.has(name))
}

/** QV3: as upstream, without the place in the list. */
function validateScopeSelector(spec: Scopes): FieldError[] {
  const { scopeSelector, hard = {} } = spec
  const path = 'spec.scopeSelector.matchExpressions'
  const requirements = scopeSelector?.matchExpressions ?? []
  const errors = requirements.flatMap(({ scopeName, operator, values = [] }) => {
    const found = isKnownScope(scopeName) ? [] : [invalid(`${path}.scopeName`, scopeName, 'unsupported scope')]
    for (const _name of unfitting(scopeName, hard)) found.push(invalid(path, scopeSelector, 'unsupported scope applied to resource'))
    if (valueless.has(scopeName) && operator !== 'Exists') found.push(invalid(`${path}.operator`, operator, valuelessText))
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) found.push(required(`${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) found.push(invalid(`${path}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
    } else found.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'))
    return found
  })
  const names = new Set(requirements.map(({ scopeName }) => scopeName))
  return [...errors, ...opposites.filter(([one, other]) => names.has(one) && names.has(other)).map(() => invalid(path, spec.scopes, 'conflicting scopes'))]
}
