/**
 * IPAddress objects as the allocator of Service addresses makes them, and what is read from ServiceCIDRs.
 * Upstream: pkg/registry/core/service/ipallocator/ipallocator.go, pkg/api/servicecidr.
 */
import { ipv4ToNumber, readCidr } from '../../../base/ip.ts'
import type { Ipv4Range } from '../../../base/ip.ts'
import { fieldAt, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'

export const addressesResource = { group: 'networking.k8s.io', resource: 'ipaddresses' }
export const rangesResource = { group: 'networking.k8s.io', resource: 'servicecidrs' }
export const servicesResource = { group: '', resource: 'services' }
export const defaultRangeName = 'kubernetes'

const managedBy = 'ipaddress.kubernetes.io/managed-by'
const familyLabel = 'ipaddress.kubernetes.io/ip-family'
const controllerName = 'ipallocator.k8s.io'

export interface ServiceName {
  readonly namespace: string
  readonly name: string
}

export function addressObject(address: string, { namespace, name }: ServiceName): KubeObject {
  return {
    kind: 'IPAddress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: { name: address, labels: { [familyLabel]: familyOf(address), [managedBy]: controllerName } },
    spec: { parentRef: { group: '', resource: 'services', namespace, name } },
  } as unknown as KubeObject
}

export function familyOf(address: string): 'IPv4' | 'IPv6' {
  return address.includes(':') ? 'IPv6' : 'IPv4'
}

export function isManaged(address: KubeObject): boolean {
  return address.metadata.labels?.[managedBy] === controllerName
}

export function hasRightLabels(address: KubeObject): boolean {
  return isManaged(address) && address.metadata.labels?.[familyLabel] === familyOf(address.metadata.name!)
}

/** The Service an IPAddress is for; undefined when it is for something else. */
export function serviceOf(address: KubeObject): ServiceName | undefined {
  const parent = fieldAt(address, 'spec', 'parentRef') as Fields | undefined
  if ((parent?.['group'] ?? '') !== '' || parent?.['resource'] !== 'services') return undefined
  return { namespace: textAt(parent, 'namespace'), name: textAt(parent, 'name') }
}

export function parentText(address: KubeObject): string {
  const parent = fieldAt(address, 'spec', 'parentRef')
  return ['group', 'resource', 'namespace', 'name'].map(field => textAt(parent, field)).join(' ')
}

/** Addresses a Service has; none for a headless one. */
export function clusterAddressesOf(service: KubeObject): string[] {
  return (listAt(service, 'spec', 'clusterIPs') as string[]).filter(address => address !== 'None' && address !== '')
}

export interface NamedRange {
  readonly text: string
  readonly range: Ipv4Range
}

/** IPv4 ranges of a ServiceCIDR. */
export function rangesOf(serviceRange: KubeObject): NamedRange[] {
  return (listAt(serviceRange, 'spec', 'cidrs') as string[]).flatMap(text => {
    const range = readCidr(text)
    return range === undefined ? [] : [{ text, range }]
  })
}

/** New addresses may come from it: it is not said to be unready, and stays. */
export function isOpen(serviceRange: KubeObject): boolean {
  if (serviceRange.metadata.deletionTimestamp !== undefined) return false
  const ready = (listAt(serviceRange, 'status', 'conditions') as Fields[]).find(condition => condition['type'] === 'Ready')
  return ready === undefined || ready['status'] === 'True'
}

/** Its own address and the one for all of it are nobody's. */
export function givesOut({ first, size }: Ipv4Range, address: string): boolean {
  const value = ipv4ToNumber(address)
  return value !== undefined && value > first && value < first + size - 1
}
