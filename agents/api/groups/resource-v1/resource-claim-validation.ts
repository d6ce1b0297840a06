/**
 * What a claim for devices must say.
 *
 *   RV1  Requests have unique names; each asks exactly, or for the first available of several.
 *   RV2  Whatever asks names a class, and how many: a positive count, or all.
 *   RV3  Selectors, of classes too, are CEL expressions about one device that say yes or no, 10 KiB at most.
 *   RV4  A constraint is on one attribute, by its qualified name; constraints and configuration name requests of the claim,
 *        or an alternative as request/alternative. Configuration is opaque, for a driver.
 * Upstream: pkg/apis/resource/validation. The cost of selectors is not judged here.
 */
import { errorText } from '../../../base/log.ts'
import { compileDeviceSelector } from '../../devices/device-selector.ts'
import { duplicate, invalid, notSupported, required, tooLong, tooMany, type FieldError } from '../../field-error.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../validation/names.ts'
import { validateDriverName } from '../core-v1/volume-source-validation.ts'
import { validateQualifiedName } from './resource-slice-validation.ts'
import type { DeviceRequest, DeviceSelector, DeviceSubRequest, ExactDeviceRequest, OpaqueDeviceConfiguration, ResourceClaimSpec } from './types.ts'

const maxRequests = 32
const maxAlternatives = 8
const maxSelectors = 32
const maxConstraints = 32
const maxConfigurations = 32
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
  return [
    ...(requests.length > maxRequests ? [tooMany(at, requests.length, maxRequests)] : []), ...errors,
    ...(spec === undefined ? [] : [...validateConstraints(spec, `${path}.devices.constraints`), ...validateConfigurations(spec, `${path}.devices.config`)]),
  ]
}

/** RV4 */
function validateConstraints(spec: ResourceClaimSpec, path: string): FieldError[] {
  const constraints = spec.devices?.constraints ?? []
  const errors = constraints.flatMap(({ requests = [], matchAttribute, distinctAttribute }, index) => {
    const at = `${path}[${index}]`
    const attribute = matchAttribute ?? distinctAttribute
    return [
      ...validateRequestReferences(requests, spec, `${at}.requests`),
      ...(attribute === undefined ? [required(at, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set')] : validateAttributeName(attribute, `${at}.${matchAttribute === undefined ? 'distinctAttribute' : 'matchAttribute'}`)),
    ]
  })
  return constraints.length > maxConstraints ? [tooMany(path, constraints.length, maxConstraints), ...errors] : errors
}

/** RV4 */
function validateConfigurations(spec: ResourceClaimSpec, path: string): FieldError[] {
  const configurations = spec.devices?.config ?? []
  const errors = configurations.flatMap(({ requests = [], opaque }, index) => [...validateRequestReferences(requests, spec, `${path}[${index}].requests`), ...validateOpaque(opaque, `${path}[${index}].opaque`)])
  return configurations.length > maxConfigurations ? [tooMany(path, configurations.length, maxConfigurations), ...errors] : errors
}

/** Configuration of a class or a claim. */
export function validateOpaque(opaque: OpaqueDeviceConfiguration | undefined, path: string): FieldError[] {
  if (opaque === undefined) return [required(path)]
  const driver = validateDriverName(opaque.driver, `${path}.driver`, isDns1123Subdomain)
  if (opaque.parameters === undefined || opaque.parameters === null) return [...driver, required(`${path}.parameters`)]
  return JSON.stringify(opaque.parameters).length > maxExpressionBytes ? [...driver, tooLong(`${path}.parameters`, maxExpressionBytes)] : driver
}

function validateRequestReferences(names: readonly string[], spec: ResourceClaimSpec, path: string): FieldError[] {
  return names.flatMap((name, index) => [...validateRequestReference(name, spec, `${path}[${index}]`), ...(names.indexOf(name) < index ? [duplicate(`${path}[${index}]`, name)] : [])])
}

/** RV4: "request" or "request/alternative". */
export function validateRequestReference(name: string, { devices }: ResourceClaimSpec, path: string): FieldError[] {
  const unknown = invalid(path, name, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")
  const parts = name.split('/')
  if (parts.length > 2) return [unknown]
  const request = (devices?.requests ?? []).find(each => each.name === parts[0])
  const isKnown = request !== undefined && (parts.length === 1 || request.firstAvailable?.some(each => each.name === parts[1]) === true)
  return [...parts.flatMap(part => validateName(part, path)), ...(isKnown ? [] : [unknown])]
}

function validateAttributeName(name: string, path: string): FieldError[] {
  return [...validateQualifiedName(name, path), ...(name.includes('/') ? [] : [invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')])]
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
  return isDns1123Label(name).map(text => invalid(path, name, text))
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
