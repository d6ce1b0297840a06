import { expect, test } from 'vitest'
import { validateExtendedClaimStatus } from './extended-claim-status.ts'
import type { Pod } from './types.ts'

const errorsOf = (resourceClaimName: string, ...mappings: [containerName: string, resourceName: string, requestName: string][]) => validateExtendedClaimStatus({
  spec: { containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '1' } } }] },
  status: { extendedResourceClaimStatus: { resourceClaimName, requestMappings: mappings.map(([containerName, resourceName, requestName]) => ({ containerName, resourceName, requestName })) } },
} as unknown as Pod).map(({ path, message }) => `${path.replace('status.extendedResourceClaimStatus', '')}: ${message}`)

test('the claim is named, and which container gets which of its requests', () => {
  expect(errorsOf('claim', ['c', 'example.com/gpu', 'container-0-request-0'])).toEqual([])
  expect(errorsOf('')).toEqual(['.requestMappings: Required value: at least one request mapping is required', '.resourceClaimName: Required value'])
  expect(errorsOf('claim', ['d', 'example.com/gpu', 'r'])).toEqual(['.requestMappings[0].containerName: Invalid value: "d": must match the name of an entry in spec.initContainers.name or spec.containers.name'])
  expect(errorsOf('claim', ['c', 'cpu', 'r'])).toEqual(['.requestMappings[0].resourceName: Invalid value: "cpu": must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests'])
  expect(errorsOf('claim', ['c', 'example.com/gpu', 'r'], ['c', 'example.com/gpu', 'r'])).toHaveLength(3)
})
