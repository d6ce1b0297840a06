/** EndpointSlice: up to 1,000 endpoints of one address type. Its addressType never changes. */
import { defineKind } from '../../define-kind.ts'
import { duplicate, invalid, notSupported, required, tooMany, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { endpointSlices } from '../../resources.ts'
import { isIpv4Address, isIpv6Address } from '../../validation/addresses.ts'
import { immutable } from '../../validation/metadata.ts'
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName, type NameRule } from '../../validation/names.ts'
import type { EndpointSlice } from './types.ts'

const shown = 3

export const endpointSlice = defineKind<EndpointSlice>(endpointSlices, {
  hasGeneration: true,
  countsInMetadata: 'labels',
  printer: 'printEndpointSlice',
  setDefaults(object) {
    for (const port of object.ports ?? []) {
      port.name ??= ''
      port.protocol ??= 'TCP'
    }
  },
  prepareForCreate: object => { dropTopology(object) },
  prepareForUpdate: object => { dropTopology(object) },
  validate: object => validateSlice(object),
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => [...immutable(object.addressType, old.addressType, 'addressType', (a, b) => a === b), ...validateSlice({ ...object, addressType: old.addressType })],
  cells: (object, now) => [object.metadata.name, object.addressType, portsCell(object), endpointsCell(object), ageCell(object.metadata.creationTimestamp, now)],
})

/** It is of older versions of the API, which this one is not written in. */
function dropTopology(object: EndpointSlice): void {
  for (const endpoint of object.endpoints ?? []) delete endpoint.deprecatedTopology
}

function portsCell({ ports }: EndpointSlice): string {
  if (ports === undefined || ports === null || ports.length === 0) return '<unset>'
  return listed(ports.map(port => (port.port === undefined ? '*' : String(port.port))))
}

function endpointsCell({ endpoints }: EndpointSlice): string {
  const addresses = (endpoints ?? []).flatMap(endpoint => endpoint.addresses ?? [])
  return addresses.length === 0 ? '<unset>' : listed(addresses)
}

function listed(texts: readonly string[]): string {
  const more = texts.length - shown
  return texts.slice(0, shown).join(',') + (more > 0 ? ` + ${more} more...` : '')
}

function validateSlice(object: EndpointSlice): FieldError[] {
  const errors: FieldError[] = []
  const endpoints = object.endpoints ?? []
  if (!['IPv4', 'IPv6', 'FQDN'].includes(object.addressType)) {
    errors.push((object.addressType ?? '') === '' ? required('addressType') : notSupported('addressType', object.addressType, ['FQDN', 'IPv4', 'IPv6']))
  }
  const names = new Set<string>()
  for (const [index, port] of (object.ports ?? []).entries()) {
    const path = `ports[${index}]`
    const name = port.name ?? ''
    if (name !== '') errors.push(...isDns1123Label(name).map(text => invalid(`${path}.name`, name, text)))
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
    names.add(name)
    if (!['TCP', 'UDP', 'SCTP'].includes(port.protocol ?? '')) errors.push(notSupported(`${path}.protocol`, port.protocol ?? '', ['SCTP', 'TCP', 'UDP']))
    if (port.appProtocol !== undefined) errors.push(...isQualifiedName(port.appProtocol).map(text => invalid(`${path}.appProtocol`, port.appProtocol, text)))
  }
  if (endpoints.length > 1000) errors.push(tooMany('endpoints', endpoints.length, 1000))
  for (const [index, endpoint] of endpoints.entries()) {
    const path = `endpoints[${index}]`
    if ((endpoint.addresses ?? []).length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'))
    for (const [at, address] of (endpoint.addresses ?? []).entries()) errors.push(...validateAddress(object.addressType, address, `${path}.addresses[${at}]`))
    if (endpoint.nodeName !== undefined) errors.push(...isDns1123Subdomain(endpoint.nodeName).map(text => invalid(`${path}.nodeName`, endpoint.nodeName, text)))
    if (endpoint.hostname !== undefined) errors.push(...isDns1123Label(endpoint.hostname).map(text => invalid(`${path}.hostname`, endpoint.hostname, text)))
    if (endpoint.hints !== undefined) errors.push(...validateHints(endpoint.hints.forZones ?? [], isLabelValue, `${path}.hints.forZones`), ...validateHints(endpoint.hints.forNodes ?? [], isDns1123Subdomain, `${path}.hints.forNodes`))
  }
  return errors
}

const mostHints = 8

function validateHints(hints: readonly { readonly name: string }[], rule: NameRule, path: string): FieldError[] {
  if (hints.length > mostHints) return [tooMany(path, hints.length, mostHints)]
  return hints.flatMap(({ name }, index) => [
    ...(hints.findIndex(other => other.name === name) < index ? [duplicate(`${path}[${index}].name`, name)] : []),
    ...rule(name).map(text => invalid(`${path}[${index}].name`, name, text)),
  ])
}

function validateAddress(type: string, address: string, path: string): FieldError[] {
  if (type === 'IPv4') return isIpv4Address(address) ? [] : [invalid(path, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  if (type === 'IPv6') return isIpv6Address(address) ? [] : [invalid(path, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  return isDns1123Subdomain(address).map(text => invalid(path, address, text))
}
