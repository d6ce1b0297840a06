/** APIService: which server answers a group and version. */
import { allButStatus, defineKind } from '../../define-kind.ts'
import { invalid, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { apiServices } from '../../resources.ts'
import { decodeBase64 } from '../../schema/base64.ts'
import { isDns1035Label, isDns1123Subdomain, isPathSegmentName, isPortNumber } from '../../validation/names.ts'
import { inRange } from '../../validation/numbers.ts'
import type { APIService } from './types.ts'

const base = defineKind<APIService>(apiServices, {
  allowsUnconditionalUpdate: false,
  nameRuleFor: ({ spec }) => name => nameErrors(name, `${spec.version ?? ''}.${spec.group ?? ''}`),
  statusKeeps: allButStatus,
  allowsAnyFinalizer: true,
  setDefaults({ spec }) {
    if (spec.service !== undefined) spec.service.port ??= 443
  },
  prepareForCreate(object) {
    if (object.spec.service !== undefined || object.metadata.creationTimestamp === undefined) return
    object.status.conditions = [{ type: 'Available', status: 'True', lastTransitionTime: object.metadata.creationTimestamp, reason: 'Local', message: 'Local APIServices are always available' }]
  },
  validate({ spec }) {
    const { group = '', version = '', service, caBundle = '', insecureSkipTLSVerify = false } = spec
    const errors: FieldError[] = []
    if (group === '' && version !== 'v1') errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'))
    if (group !== '') errors.push(...isDns1123Subdomain(group).map(text => invalid('spec.group', group, text)))
    errors.push(...isDns1035Label(version).map(text => invalid('spec.version', version, text)))
    errors.push(...inRange(spec.groupPriorityMinimum, 1, 20_000, 'spec.groupPriorityMinimum').map(() => invalid('spec.groupPriorityMinimum', spec.groupPriorityMinimum, 'must be positive and less than 20000')))
    errors.push(...inRange(spec.versionPriority, 1, 1000, 'spec.versionPriority').map(() => invalid('spec.versionPriority', spec.versionPriority, 'must be positive and less than 1000')))
    if (service === undefined) {
      if (caBundle !== '') errors.push(invalid('spec.caBundle', `${decodeBase64(caBundle).length} bytes`, 'local APIServices may not have a caBundle'))
      if (insecureSkipTLSVerify) errors.push(invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'))
      return errors
    }
    if ((service.namespace ?? '') === '') errors.push(required('spec.service.namespace'))
    if ((service.name ?? '') === '') errors.push(required('spec.service.name'))
    errors.push(...isPortNumber(service.port ?? 0).map(text => invalid('spec.service.port', service.port ?? 0, `port is not valid: ${text}`)))
    if (insecureSkipTLSVerify && caBundle !== '') errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'))
    return errors
  },
  cells({ metadata, spec, status }, now) {
    const service = spec.service === undefined ? 'Local' : `${spec.service.namespace}/${spec.service.name}`
    const available = status.conditions?.find(condition => condition.type === 'Available')
    const text = available === undefined ? 'Unknown' : available.status === 'True' ? 'True' : `${available.status} (${available.reason ?? ''})`
    return [metadata.name, service, text, ageCell(metadata.creationTimestamp, now)]
  },
})

/** The name of the core group's ends with a dot. */
function nameErrors(name: string, wanted: string): string[] {
  const unusable = isPathSegmentName(name)
  if (unusable.length > 0) return unusable
  return name === wanted ? [] : [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`]
}

export const apiService = {
  ...base,
  columns: [
    { name: 'Name', type: 'string', format: 'name', priority: 0 },
    { name: 'Service', type: 'string', format: '', priority: 0 },
    { name: 'Available', type: 'string', format: '', priority: 0 },
    { name: 'Age', type: 'string', format: '', priority: 0 },
  ],
} as const satisfies typeof base
