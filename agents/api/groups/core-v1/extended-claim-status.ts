/**
 * Which claim serves the extended resources of a pod, as the scheduler tells in its status.
 * Upstream: pkg/apis/core/validation validatePodExtendedResourceClaimStatus.
 */
import { duplicate, invalid, required, type FieldError } from '../../field-error.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../validation/names.ts'
import type { Pod } from './types.ts'

export function validateExtendedClaimStatus({ spec, status }: Pod): FieldError[] {
  const told = status.extendedResourceClaimStatus
  if (told === undefined) return []
  const path = 'status.extendedResourceClaimStatus'
  const { requestMappings: mappings, resourceClaimName } = told
  const containers = [...(spec.initContainers ?? []), ...spec.containers]
  const errors = mappings.length === 0 ? [required(`${path}.requestMappings`, 'at least one request mapping is required')] : []
  for (const [index, { containerName, resourceName, requestName }] of mappings.entries()) {
    const at = `${path}.requestMappings[${index}]`
    const container = containers.find(({ name }) => name === containerName)
    if (container === undefined) errors.push(invalid(`${at}.containerName`, containerName, 'must match the name of an entry in spec.initContainers.name or spec.containers.name'))
    else if (container.resources?.requests?.[resourceName] === undefined) errors.push(invalid(`${at}.resourceName`, resourceName, 'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests'))
    errors.push(...isDns1123Label(requestName).map(text => invalid(`${path}.requestName`, requestName, text)))
    const isRepeated = mappings.slice(0, index).some(other => other.containerName === containerName && other.resourceName === resourceName && other.requestName === requestName)
    if (isRepeated) errors.push(duplicate(`${at}.containerName`, containerName), duplicate(`${at}.resourceName`, resourceName), duplicate(`${at}.requestName`, requestName))
  }
  return [...errors, ...(resourceClaimName === '' ? [required(`${path}.resourceClaimName`)] : isDns1123Subdomain(resourceClaimName).map(text => invalid(`${path}.resourceClaimName`, resourceClaimName, text)))]
}
