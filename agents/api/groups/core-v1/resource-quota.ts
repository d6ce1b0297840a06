/**
 * ResourceQuota: hard limits for a namespace; scopes never change.
 *
 *   QV1  A name without a domain is one that quota knows.
 *   QV2  A scope fits every resource it is said of; Terminating and NotTerminating, BestEffort and NotBestEffort exclude
 *        each other.
 */
import { defineKind } from '../../define-kind.ts'
import { invalid, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { resourceQuotas } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isQualifiedName } from '../../validation/names.ts'
import { nonNegativeQuantity } from '../../validation/numbers.ts'
import type { ResourceQuota } from './types.ts'

export const resourceQuota = defineKind<ResourceQuota>(resourceQuotas, {
  printer: 'printResourceQuota',
  returnsDeletedObject: true,
  validate: ({ spec }) => [
    ...Object.keys(spec.hard ?? {}).sort().flatMap(name => [...validateName(name, `spec.hard[${name}]`), ...nonNegativeQuantity(spec.hard![name]!, `spec.hard[${name}]`)]),
    ...validateScopes(spec),
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
const knownNames = new Set([
  ...compute, 'ephemeral-storage', 'requests.storage', 'requests.ephemeral-storage', 'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets',
  'persistentvolumeclaims', 'configmaps', 'services.nodeports', 'services.loadbalancers',
])
/** Standard resources that no quota counts. */
const uncounted = new Set(['storage'])

/** QV1 */
function validateName(name: string, path: string): FieldError[] {
  const errors = isQualifiedName(name).map(text => invalid(path, name, text))
  if (errors.length > 0 || name.includes('/')) return errors
  const isHugePage = /^(requests\.)?hugepages-/.test(name)
  if (!isHugePage && !knownNames.has(name) && !uncounted.has(name)) errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'))
  if (!isHugePage && !knownNames.has(name)) errors.push(invalid(path, name, 'must be a standard resource for quota'))
  return errors
}

const podCompute = new Set(['pods', ...compute])
const namesOfScope: Readonly<Record<string, ReadonlySet<string> | undefined>> = {
  Terminating: podCompute, NotTerminating: podCompute, NotBestEffort: podCompute, PriorityClass: podCompute, CrossNamespacePodAffinity: podCompute,
  BestEffort: new Set(['pods']), VolumeAttributesClass: new Set(['persistentvolumeclaims', 'requests.storage']),
}

/** QV2 */
function validateScopes({ scopes = [], hard = {} }: ResourceQuota['spec']): FieldError[] {
  const errors: FieldError[] = []
  const fitting = scopes.map(scope => (Object.hasOwn(namesOfScope, scope) ? namesOfScope[scope] : undefined))
  // Each is said once: every error repeats all scopes.
  if (fitting.includes(undefined)) errors.push(invalid('spec.scopes', scopes, 'unsupported scope'))
  const known = [...new Set(fitting)].filter(fits => fits !== undefined)
  if (Object.keys(hard).some(name => knownNames.has(name) && known.some(fits => !fits.has(name)))) errors.push(invalid('spec.scopes', scopes, 'unsupported scope applied to resource'))
  for (const [one, other] of [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const) {
    if (scopes.includes(one) && scopes.includes(other)) errors.push(invalid('spec.scopes', scopes, 'conflicting scopes'))
  }
  return errors
}
