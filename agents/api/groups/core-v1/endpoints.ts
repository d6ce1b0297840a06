/** Endpoints: addresses of a Service in the old form. */
import { defineKind } from '../../define-kind.ts'
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { endpoints as type } from '../../resources.ts'
import { inRange } from '../../validation/numbers.ts'
import { isIpAddress } from '../../validation/addresses.ts'
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../../validation/names.ts'
import type { EndpointAddress, Endpoints } from './types.ts'

const shown = 3

export const endpoints = defineKind<Endpoints>(type, {
  printer: 'printEndpoints',
  deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  allowsCreateOnUpdate: true,
  setDefaults(object) {
    for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ??= 'TCP'
  },
  validate: object => (object.subsets ?? []).flatMap((subset, index) => {
    const path = `subsets[${index}]`
    const none = (subset.addresses ?? []).length + (subset.notReadyAddresses ?? []).length === 0
    return [
      ...(none ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...(['addresses', 'notReadyAddresses'] as const).flatMap(list => (subset[list] ?? []).flatMap((address, at) =>
        validateAddress(address, `${path}.${list}[${at}]`))),
      ...(subset.ports ?? []).flatMap((port, at) => [
        ...((port.name ?? '') !== '' ? isDns1123Label(port.name!).map(text => invalid(`${path}.ports[${at}].name`, port.name, text)) : (subset.ports ?? []).length > 1 ? [required(`${path}.ports[${at}].name`)] : []),
        ...inRange(port.port, 1, 65_535, `${path}.ports[${at}].port`),
        ...(['TCP', 'UDP', 'SCTP'].includes(port.protocol ?? '') ? [] : [notSupported(`${path}.ports[${at}].protocol`, port.protocol ?? '', ['SCTP', 'TCP', 'UDP'])]),
        ...(port.appProtocol === undefined ? [] : isQualifiedName(port.appProtocol).map(text => invalid(`${path}.ports[${at}].appProtocol`, port.appProtocol, text))),
      ]),
    ]
  }),
  cells: (object, now) => [object.metadata.name, endpointsCell(object), ageCell(object.metadata.creationTimestamp, now)],
})

function validateAddress({ ip, hostname = '', nodeName }: EndpointAddress, path: string): FieldError[] {
  return [
    ...(isIpAddress(ip) ? [] : [invalid(`${path}.ip`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]),
    ...(hostname === '' ? [] : isDns1123Label(hostname).map(text => invalid(`${path}.hostname`, hostname, text))),
    ...(nodeName === undefined ? [] : isDns1123Subdomain(nodeName).map(text => invalid(`${path}.nodeName`, nodeName, text))),
    ...(isIpAddress(ip) ? [] : [invalid(`${path}.ip`, ip, 'must be a valid IP address')]), // upstream looks again, for loopback and the like
  ]
}

function endpointsCell(object: Endpoints): string {
  if ((object.subsets ?? []).length === 0) return '<none>'
  const texts = (object.subsets ?? []).flatMap(({ addresses = [], ports = [] }) => (ports.length === 0
    ? addresses.map(address => address.ip)
    : ports.flatMap(port => addresses.map(address => `${address.ip.includes(':') ? `[${address.ip}]` : address.ip}:${port.port}`))))
  const more = texts.length - shown
  return texts.slice(0, shown).join(',') + (more > 0 ? ` + ${more} more...` : '')
}
