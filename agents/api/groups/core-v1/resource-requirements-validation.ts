/**
 * Rules of requests and limits.
 *
 *   RR1  Names are cpu, memory, ephemeral-storage, hugepages-*, or qualified extended resources.
 *   RR2  Quantities are not negative; a request is not above its limit; extended resources and huge pages are equal.
 *   RR3  A claim that is used is one of the pod's, whole or by one of its requests, each once.
 */
import { duplicate, forbidden, invalid, notFound, required, type FieldError } from '../../field-error.ts'
import { compareQuantities, parseQuantity } from '../../schema/quantity.ts'
import { isDns1123Label, isQualifiedName } from '../../validation/names.ts'
import type { PodSpec, ResourceClaim, ResourceRequirements } from './types.ts'

const standard = new Set(['cpu', 'memory', 'ephemeral-storage'])

function isHugePage(name: string): boolean {
  return name.startsWith('hugepages-')
}

function isExtended(name: string): boolean {
  return name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name) && !name.startsWith('requests.')
}

export function validateResources(resources: ResourceRequirements | undefined, path: string): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {}
  const errors: FieldError[] = []
  for (const [name, quantity] of Object.entries(limits)) errors.push(...validateOne(name, quantity, `${path}.limits`))
  for (const [name, quantity] of Object.entries(requests)) {
    const at = `${path}.requests`
    errors.push(...validateOne(name, quantity, at))
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined
    if (limit !== undefined) {
      if (isExtended(name) || isHugePage(name)) {
        if (compareQuantities(quantity, limit) !== 0) errors.push(invalid(at, quantity, `must be equal to ${name} limit of ${limit}`))
      } else if (compareQuantities(quantity, limit) > 0) {
        errors.push(invalid(at, quantity, `must be less than or equal to ${name} limit of ${limit}`))
      }
    } else if (isExtended(name) || isHugePage(name)) {
      errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'))
    }
  }
  return errors
}

function validateOne(name: string, quantity: string, path: string): FieldError[] {
  const at = `${path}[${name}]`
  const errors = isQualifiedName(name).map(text => invalid(at, name, text))
  if (errors.length === 0 && !name.includes('/') && !standard.has(name) && !isHugePage(name)) {
    errors.push(invalid(at, name, 'must be a standard resource type or fully qualified'), invalid(at, name, 'must be a standard resource for containers'))
  }
  const { nanos } = parseQuantity(quantity)
  if (nanos < 0n) errors.push(invalid(at, quantity, 'must be greater than or equal to 0'))
  if ((isExtended(name) || isHugePage(name)) && nanos % 1_000_000_000n !== 0n) errors.push(invalid(at, quantity, 'must be an integer'))
  return errors
}

/** What a pod asks for as a whole. Upstream: validatePodResources. */
export function validatePodResources(spec: PodSpec, path: string): FieldError[] {
  const { resources } = spec
  if (resources === undefined) return []
  if (spec.os?.name === 'windows') return [forbidden(path, 'may not be set for a windows pod')]
  return [
    ...(resources.claims === undefined ? [] : [forbidden(`${path}.claims`, 'claims may not be set for Resources at pod-level')]),
    ...validateResources(resources, path),
    ...validateClaimNames(resources.claims ?? [], new Set((spec.resourceClaims ?? []).map(({ name }) => name)), `${path}.claims`),
  ]
}

/** RR3 */
export function validateClaimNames(claims: readonly ResourceClaim[], known: ReadonlySet<string>, path: string): FieldError[] {
  const seen = new Set<string>()
  return claims.flatMap(({ name, request = '' }, index) => {
    const at = `${path}[${index}]`
    if (name === '') return [required(at)]
    const key = request === '' ? name : `${name}/${request}`
    const errors = seen.has(name) || request === '' ? [] : isDns1123Label(request).map(text => invalid(`${at}.request`, request, text))
    if (seen.has(name)) errors.push(duplicate(at, name))
    else if (seen.has(key)) errors.push(duplicate(at, key))
    else if (request === '' && [...seen].some(other => other.startsWith(`${name}/`))) errors.push(duplicate(at, name))
    seen.add(key)
    if (!known.has(name)) errors.push({ ...notFound(at, name), message: `${notFound(at, name).message}: must be one of the names in pod.spec.resourceClaims${known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`}` })
    return errors
  })
}
