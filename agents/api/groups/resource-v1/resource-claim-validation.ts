/**
 * What a claim for devices must say.
 *
 *   RV1  Requests have unique names; each asks exactly, or for the first available of several.
 *   RV2  Whatever asks names a class, and how many: a positive count, or all.
 *   RV3  Selectors, of classes too, are CEL expressions about one device that say yes or no, 10 KiB at most.
 * Upstream: pkg/apis/resource/validation. Constraints, configuration and the cost of selectors are not judged here.
 */
import { errorText } from '../../../base/log.ts'
import { compileDeviceSelector } from '../../devices/device-selector.ts'
import { duplicate, invalid, notSupported, required, tooLong, tooMany, type FieldError } from '../../field-error.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../validation/names.ts'
import type { DeviceRequest, DeviceSelector, DeviceSubRequest, ExactDeviceRequest, ResourceClaimSpec } from './types.ts'

const maxRequests = 32
const maxAlternatives = 8
const maxSelectors = 32
const maxExpressionBytes = 10 * 1024

export function validateClaimSpec(spec: ResourceClaimSpec | undefined, path: string): FieldError[] {
  const requests = spec?.devices?.requests ?? []
  const at = `${path}.devices.requests`
  const names = new Set<string>()
  const errors = requests.flatMap((request, index) => {
    const found = validateRequest(request, `${at}[${index}]`)
    if (names.has(request.name)) found.push(duplicate(`${at}[${index}]`, request.name))
    names.add(request.name)
    return found
  })
  return requests.length > maxRequests ? [tooMany(at, requests.length, maxRequests), ...errors] : errors
}

/** RV1 */
function validateRequest(request: DeviceRequest, path: string): FieldError[] {
  const errors = validateName(request.name, `${path}.name`)
  const alternatives = request.firstAvailable ?? []
  if (request.exactly === undefined && alternatives.length === 0) return [...errors, required(path, 'exactly one of `exactly` or `firstAvailable` is required')]
  if (request.exactly !== undefined && alternatives.length > 0) return [...errors, invalid(path, null, 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set')]
  if (request.exactly !== undefined) return [...errors, ...validateAsked(request.exactly, `${path}.exactly`)]
  if (alternatives.length > maxAlternatives) errors.push(tooMany(`${path}.firstAvailable`, alternatives.length, maxAlternatives))
  const names = alternatives.map(each => each.name)
  return [...errors, ...alternatives.flatMap((each, index) => [
    ...validateName(each.name, `${path}.firstAvailable[${index}].name`),
    ...validateAsked(each, `${path}.firstAvailable[${index}]`),
    ...(names.indexOf(each.name) < index ? [duplicate(`${path}.firstAvailable[${index}]`, each.name)] : []),
  ])]
}

function validateName(name: string, path: string): FieldError[] {
  return name === '' ? [required(path)] : isDns1123Label(name).map(text => invalid(path, name, text))
}

/** RV2 */
function validateAsked(asked: ExactDeviceRequest | DeviceSubRequest, path: string): FieldError[] {
  const { deviceClassName, allocationMode, count } = asked
  const errors = deviceClassName === '' ? [required(`${path}.deviceClassName`)] : isDns1123Subdomain(deviceClassName).map(text => invalid(`${path}.deviceClassName`, deviceClassName, text))
  if (allocationMode === 'ExactCount' && (count ?? 0) <= 0) errors.push(invalid(`${path}.count`, count ?? 0, 'must be greater than zero'))
  else if (allocationMode === 'All' && (count ?? 0) !== 0) errors.push(invalid(`${path}.count`, count, 'must not be specified when allocationMode is \'All\''))
  else if (allocationMode !== 'ExactCount' && allocationMode !== 'All') errors.push(notSupported(`${path}.allocationMode`, allocationMode ?? '', ['All', 'ExactCount']))
  return [...errors, ...validateSelectors(asked.selectors, `${path}.selectors`)]
}

/** RV3 */
export function validateSelectors(selectors: readonly DeviceSelector[] = [], path: string): FieldError[] {
  const errors = selectors.flatMap(({ cel }, index) => (cel === undefined ? [required(`${path}[${index}].cel`)] : validateExpression(cel.expression, `${path}[${index}].cel.expression`)))
  return selectors.length > maxSelectors ? [tooMany(path, selectors.length, maxSelectors), ...errors] : errors
}

function validateExpression(expression: string, path: string): FieldError[] {
  if (expression.length > maxExpressionBytes) return [tooLong(path, maxExpressionBytes)]
  try {
    compileDeviceSelector(expression)
    return []
  } catch (error) {
    return [invalid(path, expression, `compilation failed: ${errorText(error)}`)]
  }
}
