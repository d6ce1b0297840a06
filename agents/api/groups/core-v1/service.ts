/**
 * Service.
 *
 *   SV1  Defaults: ClusterIP, no affinity, TCP, targetPort = port, internalTrafficPolicy Cluster; for NodePort and
 *        LoadBalancer externalTrafficPolicy Cluster and allocateLoadBalancerNodePorts.
 *   SV2  clusterIP and clusterIPs[0] are the same; clusterIP is immutable except on the way from or to ExternalName.
 *   SV3  Several ports need names, unique ones; (port, protocol) pairs and node ports are unique.
 *   SV5  What is for load balancers stands in no other service.
 *   SV4  Families are IPv4 and IPv6, each once; the addresses are of the families that stand at their places.
 */
import { defineKind } from '../../define-kind.ts'
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell, labelsCell } from '../../printing.ts'
import { services } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isCidr, isIpAddress } from '../../validation/addresses.ts'
import { validateLabels } from '../../validation/metadata.ts'
import { isDns1123Label, isDns1123Subdomain, isPortName, isQualifiedName } from '../../validation/names.ts'
import { inRange } from '../../validation/numbers.ts'
import type { Service, ServicePort } from './types.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const reachesOutside = (type: string | undefined) => type === 'NodePort' || type === 'LoadBalancer'

export const service = defineKind<Service>(services, {
  nameRule: isDns1123Label,
  printer: 'printService',
  allowsCreateOnUpdate: true,
  returnsDeletedObject: true,
  setDefaults({ spec, status }) {
    for (const ingress of status.loadBalancer?.ingress ?? []) if (ingress.ip !== undefined) ingress.ipMode ??= 'VIP'
    spec.sessionAffinity ??= 'None'
    if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
    if (spec.sessionAffinity === 'ClientIP') {
      const config = (spec.sessionAffinityConfig ??= {})
      const client = (config.clientIP ??= {})
      client.timeoutSeconds ??= 10_800
    }
    spec.type ??= 'ClusterIP'
    for (const port of spec.ports ?? []) {
      port.protocol ??= 'TCP'
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port
    }
    if (reachesOutside(spec.type)) spec.externalTrafficPolicy ??= 'Cluster'
    if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster'
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
    copyClusterIps(spec)
  },
  warnings: serviceWarnings,
  prepareForUpdate(object, old) {
    alignClusterIps(object.spec, old.spec)
    patchAllocated(object, old)
    dropUnused(object, old)
  },
  validate: object => validateService(object),
  validateUpdate(object, old) {
    const now = object.spec
    const before = old.spec
    const kept = before.type !== 'ExternalName' && now.type !== 'ExternalName' && (before.clusterIP ?? '') !== ''
    return kept && now.clusterIP !== before.clusterIP
      ? [invalid('spec.clusterIPs[0]', now.clusterIPs ?? [now.clusterIP ?? ''], 'may not change once set')]
      : []
  },
  selectableFields: { 'spec.clusterIP': object => object.spec.clusterIP ?? '', 'spec.type': object => object.spec.type ?? '' },
  cells({ metadata, spec, status }, now) {
    const clusterIp = spec.clusterIPs?.[0] ?? ((spec.clusterIP ?? '') === '' ? '<none>' : spec.clusterIP!)
    return [metadata.name, spec.type ?? '', clusterIp, externalIpCell(spec, status), portsCell(spec.ports ?? []), ageCell(metadata.creationTimestamp, now), labelsCell(spec.selector)]
  },
})

/** SV2 */
function copyClusterIps(spec: Service['spec']): void {
  if (spec.clusterIP !== undefined && spec.clusterIPs === undefined) spec.clusterIPs = [spec.clusterIP]
}

/** Who changes or clears only clusterIP means clusterIPs too. Upstream: normalizeClusterIPs. */
function alignClusterIps(now: Service['spec'], before: Service['spec']): void {
  if ((now.clusterIP ?? '') === (before.clusterIP ?? '') || !semanticallyEqual(now.clusterIPs, before.clusterIPs)) return
  if ((now.clusterIP ?? '') === '') delete now.clusterIPs
  else now.clusterIPs = [now.clusterIP!]
}

/** An update that leaves out what the server had allocated keeps it. Upstream: patchAllocatedValues. */
function patchAllocated(object: Service, old: Service): void {
  const now = object.spec
  const before = old.spec
  if (before.type !== 'ExternalName' && now.type !== 'ExternalName') {
    if (now.clusterIP === undefined && before.clusterIP !== undefined) {
      now.clusterIP = before.clusterIP
      if (before.clusterIPs !== undefined) now.clusterIPs ??= [...before.clusterIPs]
    }
    if (before.ipFamilies !== undefined) now.ipFamilies ??= [...before.ipFamilies]
    if (before.ipFamilyPolicy !== undefined) now.ipFamilyPolicy ??= before.ipFamilyPolicy
  }
  if (reachesOutside(before.type) && reachesOutside(now.type)) {
    const held = new Map((before.ports ?? []).map(port => [`${port.protocol}/${port.port}`, port.nodePort]))
    const used = new Set((now.ports ?? []).map(port => port.nodePort))
    for (const port of now.ports ?? []) {
      const nodePort = held.get(`${port.protocol}/${port.port}`)
      if (port.nodePort === undefined && nodePort !== undefined && !used.has(nodePort)) port.nodePort = nodePort
    }
    if (now.externalTrafficPolicy === 'Local' && now.type === 'LoadBalancer' && before.healthCheckNodePort !== undefined) now.healthCheckNodePort ??= before.healthCheckNodePort
  }
}

/** What belongs to another type goes with it. Upstream: dropTypeDependentFields. */
function dropUnused({ spec }: Service, old: Service): void {
  const before = old.spec
  if (spec.type === 'ExternalName') {
    delete spec.clusterIP
    delete spec.clusterIPs
    delete spec.ipFamilies
    delete spec.ipFamilyPolicy
    delete spec.internalTrafficPolicy
  }
  if (!reachesOutside(spec.type)) {
    if (reachesOutside(before.type)) {
      for (const port of spec.ports ?? []) delete port.nodePort
      if (spec.externalTrafficPolicy === before.externalTrafficPolicy && (spec.externalIPs ?? []).length === 0) delete spec.externalTrafficPolicy
    }
  }
  if (spec.type !== 'LoadBalancer') {
    delete spec.allocateLoadBalancerNodePorts
    delete spec.loadBalancerClass
    delete spec.healthCheckNodePort
  } else if (spec.externalTrafficPolicy !== 'Local') delete spec.healthCheckNodePort
}

/** In upstream's order. */
function validateService({ spec }: Service): FieldError[] {
  const ports = spec.ports ?? []
  return [
    ...validateType(spec),
    ...ports.flatMap((port, index) => validatePort(port, ports, index)),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec),
    ...(spec.type === 'ExternalName' ? [] : validateClusterIps(spec)),
    ...validateExternalIps(spec),
    ...(types.includes(spec.type ?? '') ? [] : [notSupported('spec.type', spec.type ?? '', types)]),
    ...ports.flatMap((port, index) => (port.nodePort !== undefined && spec.type === 'ClusterIP' ? [forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")] : [])),
    ...duplicatePorts(ports),
    ...validateBalancer(spec),
    ...validatePolicies(spec),
  ]
}

/** What a type needs and what it excludes. */
function validateType(spec: Service['spec']): FieldError[] {
  const isHeadless = spec.clusterIP === 'None'
  const errors = (spec.ports ?? []).length === 0 && !isHeadless && spec.type !== 'ExternalName' ? [required('spec.ports')] : []
  if (isHeadless && reachesOutside(spec.type)) errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`))
  if (spec.type !== 'ExternalName') return errors
  for (const field of ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) if ((spec[field] ?? []).length > 0) errors.push(forbidden(`spec.${field}`, 'may not be set for ExternalName services'))
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  return [...errors, ...(name === '' ? [required('spec.externalName')] : isDns1123Subdomain(name).map(text => invalid('spec.externalName', name, text)))]
}

function validatePort(port: ServicePort, all: readonly ServicePort[], index: number): FieldError[] {
  const path = `spec.ports[${index}]`
  const { name = '' } = port
  const errors: FieldError[] = []
  if (name !== '') {
    errors.push(...isDns1123Label(name).map(text => invalid(`${path}.name`, name, text)))
    if (all.findIndex(other => other.name === name) < index) errors.push(duplicate(`${path}.name`, name))
  } else if (all.length > 1) errors.push(required(`${path}.name`)) // SV3
  errors.push(...inRange(port.port, 1, 65_535, `${path}.port`))
  if (!['TCP', 'UDP', 'SCTP'].includes(port.protocol ?? '')) errors.push(notSupported(`${path}.protocol`, port.protocol ?? '', ['SCTP', 'TCP', 'UDP']))
  if (typeof port.targetPort === 'number') errors.push(...inRange(port.targetPort, 1, 65_535, `${path}.targetPort`))
  else if (port.targetPort !== undefined) errors.push(...isPortName(port.targetPort).map(text => invalid(`${path}.targetPort`, port.targetPort, text)))
  if (port.appProtocol !== undefined) errors.push(...isQualifiedName(port.appProtocol).map(text => invalid(`${path}.appProtocol`, port.appProtocol, text)))
  return errors
}

function validateAffinity(spec: Service['spec']): FieldError[] {
  const errors = ['None', 'ClientIP'].includes(spec.sessionAffinity ?? '') ? [] : [notSupported('spec.sessionAffinity', spec.sessionAffinity ?? '', ['ClientIP', 'None'])]
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (timeout !== undefined && (timeout <= 0 || timeout > 86_400)) errors.push(invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', timeout, 'must be greater than 0 and less than 86400'))
  return errors
}

function duplicatePorts(ports: readonly ServicePort[]): FieldError[] {
  const nodePorts = ports.map(({ protocol, nodePort }) => (nodePort === undefined ? undefined : `${protocol}/${nodePort}`))
  const pairs = ports.map(({ protocol, port }) => `${protocol}/${port}`)
  return [
    ...nodePorts.flatMap((pair, index) => (pair !== undefined && nodePorts.indexOf(pair) < index ? [duplicate(`spec.ports[${index}].nodePort`, ports[index]!.nodePort)] : [])),
    ...pairs.flatMap((pair, index) => (pairs.indexOf(pair) < index ? [duplicate(`spec.ports[${index}]`, { protocol: ports[index]!.protocol, port: ports[index]!.port })] : [])),
  ]
}

/** SV5 */
function validateBalancer(spec: Service['spec']): FieldError[] {
  const errors: FieldError[] = []
  const isBalancer = spec.type === 'LoadBalancer'
  const elsewhere = "may only be used when `type` is 'LoadBalancer'"
  const ranges = spec.loadBalancerSourceRanges ?? []
  if (ranges.length > 0 && !isBalancer) errors.push(forbidden('spec.LoadBalancerSourceRanges', elsewhere))
  for (const [index, range] of ranges.entries()) {
    if (!isCidr(range.trim())) errors.push(invalid(`spec.LoadBalancerSourceRanges[${index}]`, range.trim(), 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'))
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && !isBalancer) errors.push(forbidden('spec.allocateLoadBalancerNodePorts', elsewhere))
  if (spec.loadBalancerClass === undefined) return errors
  return [...errors, ...(isBalancer ? isQualifiedName(spec.loadBalancerClass).map(text => invalid('spec.loadBalancerClass', spec.loadBalancerClass, text)) : [forbidden('spec.loadBalancerClass', elsewhere)])]
}

function validatePolicies(spec: Service['spec']): FieldError[] {
  const errors: FieldError[] = []
  const external = spec.externalTrafficPolicy
  if (external !== undefined) {
    if (!reachesOutside(spec.type) && (spec.externalIPs ?? []).length === 0) errors.push(invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'))
    else if (!['Cluster', 'Local'].includes(external)) errors.push(notSupported('spec.externalTrafficPolicy', external, ['Cluster', 'Local']))
  }
  if (spec.healthCheckNodePort !== undefined && spec.healthCheckNodePort !== 0 && !(spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local')) {
    errors.push(invalid('spec.healthCheckNodePort', spec.healthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
  }
  const internal = spec.internalTrafficPolicy
  if (internal !== undefined && !['Cluster', 'Local'].includes(internal)) errors.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']))
  if (spec.trafficDistribution !== undefined && !distributions.includes(spec.trafficDistribution)) errors.push(notSupported('spec.trafficDistribution', spec.trafficDistribution, distributions))
  return errors
}

const invalidIp = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'

/** SV2, SV4 */
export function validateClusterIps(spec: Service['spec']): FieldError[] {
  const families = spec.ipFamilies ?? []
  const addresses = spec.clusterIPs ?? []
  const errors: FieldError[] = []
  if (spec.clusterIP === undefined) {
    if (addresses.length > 0) errors.push(invalid('spec.clusterIPs', addresses, 'must be empty when `clusterIP` is not specified'))
  } else if (addresses.length === 0) errors.push(required('spec.clusterIPs'))
  else if (addresses[0] !== spec.clusterIP) errors.push(invalid('spec.clusterIPs', addresses, 'first value must match `clusterIP`'))
  errors.push(...families.flatMap((family, index) => [
    ...(family === 'IPv4' || family === 'IPv6' ? [] : [notSupported(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6'])]),
    ...(families.indexOf(family) < index ? [duplicate(`spec.ipFamilies[${index}]`, family)] : []),
  ]))
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
  if (spec.ipFamilyPolicy !== undefined && !policies.includes(spec.ipFamilyPolicy)) errors.push(notSupported('spec.ipFamilyPolicy', spec.ipFamilyPolicy, policies))
  const isHeadless = addresses[0] === 'None'
  if (isHeadless && addresses.length > 1) errors.push(invalid('spec.clusterIPs', addresses, "'None' must be the first and only value"))
  const strange = addresses.flatMap((ip, index) => ((isHeadless && index === 0) || isIpAddress(ip) ? [] : [invalid(`spec.clusterIPs[${index}]`, ip, invalidIp)]))
  errors.push(...strange)
  if (addresses.length > 2) errors.push(invalid('spec.clusterIPs', addresses, 'may only hold up to 2 values'))
  if (strange.length > 0 || isHeadless) return errors
  const areTwoFamilies = addresses.length === 2 && addresses[0]!.includes(':') !== addresses[1]!.includes(':')
  if (addresses.length > 1 && !areTwoFamilies) errors.push(invalid('spec.clusterIPs', addresses, 'may specify no more than one IP for each IP family'))
  for (const [index, family] of families.entries()) {
    const ip = addresses[index]
    if (ip !== undefined && (family === 'IPv6') !== ip.includes(':')) errors.push(invalid(`spec.clusterIPs[${index}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``))
  }
  return errors
}

function validateExternalIps(spec: Service['spec']): FieldError[] {
  return (spec.externalIPs ?? []).flatMap((ip, index) => {
    if (!isIpAddress(ip)) return [invalid(`spec.externalIPs[${index}]`, ip, invalidIp)]
    return /^127\.|^::1$/.test(ip) ? [invalid(`spec.externalIPs[${index}]`, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')] : []
  })
}

const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']

function serviceWarnings({ spec, metadata }: Service): string[] {
  const warnings: string[] = []
  const hint = 'service.kubernetes.io/topology-aware-hints'
  const isHeadless = spec.type === 'ClusterIP' && spec.clusterIP === 'None'
  const outside = (spec.externalIPs ?? []).length > 0
  if (metadata.annotations?.[hint] !== undefined) warnings.push(`annotation ${hint} is deprecated, please use service.kubernetes.io/topology-mode instead`)
  if (isHeadless) {
    if ((spec.loadBalancerIP ?? '') !== '') warnings.push('spec.loadBalancerIP is ignored for headless services')
    if (outside) warnings.push('spec.externalIPs is ignored for headless services')
    if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services')
  }
  if (outside && !isHeadless && spec.type !== 'ExternalName') warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  if (outside && spec.type === 'ExternalName') warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  if (spec.type !== 'ExternalName' && (spec.externalName ?? '') !== '') warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  if (spec.trafficDistribution === 'PreferClose') warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  return warnings
}

function externalIpCell(spec: Service['spec'], status: Service['status']): string {
  const external = spec.externalIPs ?? []
  if (spec.type === 'ExternalName') return spec.externalName ?? ''
  if (spec.type === 'LoadBalancer') {
    const ingress = (status.loadBalancer?.ingress ?? []).map(each => each.ip ?? each.hostname ?? '').filter(text => text !== '')
    const all = [...ingress, ...external]
    return all.length > 0 ? all.join(',') : '<pending>'
  }
  return external.length > 0 ? external.join(',') : '<none>'
}

function portsCell(ports: readonly ServicePort[]): string {
  if (ports.length === 0) return '<none>'
  return ports.map(port => `${port.port}${(port.nodePort ?? 0) > 0 ? `:${port.nodePort}` : ''}/${port.protocol}`).join(',')
}
