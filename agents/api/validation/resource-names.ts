/** Names of resources. Upstream: pkg/apis/core/v1/helper. */
import { isQualifiedName } from './names.ts'

/** A name without a domain, or with one of Kubernetes' own. */
export function isNativeResourceName(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

/** A name with a domain that is not Kubernetes' own, and that a quota can limit as requests.<name>. */
export function isExtendedResourceName(name: string): boolean {
  return !isNativeResourceName(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0
}
