/** Names of resources. Upstream: pkg/apis/core/v1/helper. */
import { invalid, type FieldError } from '../field-error.ts'
import { isQualifiedName } from './names.ts'

/** What a quota counts by these names alone. */
export const quotaResources: ReadonlySet<string> = new Set([
  'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory',
  'ephemeral-storage', 'requests.storage', 'requests.ephemeral-storage', 'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets',
  'persistentvolumeclaims', 'configmaps', 'services.nodeports', 'services.loadbalancers',
])
const containerResources: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage'])

/** A name that needs no domain. */
export function isStandardResourceName(name: string): boolean {
  return quotaResources.has(name) || name === 'storage' || /^(requests\.)?hugepages-/.test(name)
}

/** What a container may ask for. */
export function validateContainerResourceName(name: string, path: string): FieldError[] {
  const errors = isQualifiedName(name).map(text => invalid(path, name, text))
  if (name.includes('/')) return isNativeResourceName(name) || isExtendedResourceName(name) ? errors : [...errors, invalid(path, name, "doesn't follow extended resource name standard")]
  if (errors.length === 0 && !isStandardResourceName(name)) errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'))
  return containerResources.has(name) || name.startsWith('hugepages-') ? errors : [...errors, invalid(path, name, 'must be a standard resource for containers')]
}

/** A name without a domain, or with one of Kubernetes' own. */
export function isNativeResourceName(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

/** A name with a domain that is not Kubernetes' own, and that a quota can limit as requests.<name>. */
export function isExtendedResourceName(name: string): boolean {
  return !isNativeResourceName(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0
}
