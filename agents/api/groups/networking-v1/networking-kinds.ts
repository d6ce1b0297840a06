/** Ingress, IngressClass, NetworkPolicy, IPAddress, ServiceCIDR. */
import { allButStatus, defineKind } from '../../define-kind.ts'
import { forbidden, invalid, notSupported, required, tooLong, type FieldError } from '../../field-error.ts'
import { ageCell, selectorCell } from '../../printing.ts'
import { ingressClasses, ingresses, ipAddresses, networkPolicies, serviceCidrs } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isCidr, isIpAddress, isStrictSubnet } from '../../validation/addresses.ts'
import { immutable, validateLabelSelector } from '../../validation/metadata.ts'
import { isDns1123Label, isDns1123Subdomain, isPathSegmentName, isPortName, isWildcardDns1123Subdomain } from '../../validation/names.ts'
import { inRange } from '../../validation/numbers.ts'
import type { Ingress, IngressBackend, IngressClass, IPAddress, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, ServiceCIDR } from './types.ts'

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']

export const ingress = defineKind<Ingress>(ingresses, {
  hasGeneration: true,
  printer: 'printIngress',
  validate: ({ spec }) => validateIngress(spec),
  cells({ metadata, spec, status }, now) {
    const hosts = (spec.rules ?? []).map(rule => rule.host ?? '').filter(host => host !== '')
    const shownHosts = hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',')
    const addresses = (status.loadBalancer?.ingress ?? []).map(each => each.ip ?? each.hostname ?? '').filter(text => text !== '').join(',')
    return [metadata.name, spec.ingressClassName ?? '<none>', shownHosts === '' ? '*' : shownHosts, addresses, (spec.tls?.length ?? 0) > 0 ? '80, 443' : '80', ageCell(metadata.creationTimestamp, now)]
  },
})

function validateIngress(spec: Ingress['spec']): FieldError[] {
  const errors: FieldError[] = []
  if ((spec.rules ?? []).length === 0 && spec.defaultBackend === undefined) errors.push(invalid('spec', Object.keys(spec).length === 0 ? null : spec, 'either `defaultBackend` or `rules` must be specified'))
  if (spec.defaultBackend !== undefined) errors.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'))
  for (const [index, rule] of (spec.rules ?? []).entries()) {
    const path = `spec.rules[${index}]`
    const host = rule.host ?? ''
    if (host !== '') {
      if (isIpAddress(host)) errors.push(invalid(`${path}.host`, host, 'must be a DNS name, not an IP address'))
      else errors.push(...(host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host)).map(text => invalid(`${path}.host`, host, text)))
    }
    if (rule.http === undefined) continue
    if ((rule.http.paths ?? []).length === 0) errors.push(required(`${path}.http.paths`))
    for (const [at, item] of (rule.http.paths ?? []).entries()) {
      const here = `${path}.http.paths[${at}]`
      const type = item.pathType as string | null | undefined
      if (type === undefined || type === null || type === '') errors.push(required(`${here}.pathType`, 'pathType must be specified'))
      else if (!pathTypes.includes(type)) errors.push(notSupported(`${here}.pathType`, type, pathTypes))
      else if (type !== 'ImplementationSpecific' && !(item.path ?? '').startsWith('/')) errors.push(invalid(`${here}.path`, item.path ?? '', 'must be an absolute path'))
      else if (type !== 'ImplementationSpecific') errors.push(...validateHttpPath(item.path!, `${here}.path`))
      errors.push(...validateBackend(item.backend, `${here}.backend`))
    }
  }
  for (const [index, { hosts = [], secretName = '' }] of (spec.tls ?? []).entries()) {
    const path = `spec.tls[${index}]`
    errors.push(...hosts.flatMap((host, at) => (host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host)).map(text => invalid(`${path}.hosts[${at}]`, host, text))))
    if (secretName !== '') errors.push(...isDns1123Subdomain(secretName).map(text => invalid(`${path}.secretName`, secretName, text)))
  }
  if (spec.ingressClassName !== undefined) errors.push(...isDns1123Subdomain(spec.ingressClassName).map(text => invalid('spec.ingressClassName', spec.ingressClassName, text)))
  return errors
}

const forbiddenInPaths = ['//', '/./', '/../', '%2f', '%2F'] as const
const forbiddenEndings = ['/..', '/.'] as const

function validateHttpPath(text: string, path: string): FieldError[] {
  return [
    ...forbiddenInPaths.filter(part => text.includes(part)).map(part => invalid(path, text, `must not contain '${part}'`)),
    ...forbiddenEndings.filter(part => text.endsWith(part)).map(part => invalid(path, text, `cannot end with '${part}'`)),
  ]
}

function validateBackend(backend: IngressBackend, path: string): FieldError[] {
  const { service, resource } = backend
  if (resource !== undefined && service !== undefined) return [invalid(path, '', 'cannot set both resource and service backends')]
  if (resource !== undefined) return []
  if (service === undefined) return [invalid(path, '', 'resource or service backend is required')]
  const errors: FieldError[] = service.name === '' ? [required(`${path}.service.name`)] : isDns1123Label(service.name).map(text => invalid(`${path}.service.name`, service.name, text))
  const { name = '', number = 0 } = service.port ?? {}
  if (name !== '' && number !== 0) errors.push(invalid(path, '', 'cannot set both port name & port number'))
  else if (name !== '') errors.push(...isPortName(name).map(text => invalid(`${path}.service.port.name`, name, text)))
  else if (number !== 0) errors.push(...inRange(number, 1, 65_535, `${path}.service.port.number`))
  else errors.push(required(path, 'port name or number is required'))
  return errors
}

export const ingressClass = defineKind<IngressClass>(ingressClasses, {
  hasGeneration: true,
  printer: 'printIngressClass',
  setDefaults({ spec }) {
    const parameters = spec.parameters as { scope?: string | null } | undefined
    if (parameters !== undefined) parameters.scope ??= 'Cluster'
  },
  validate: ({ spec }) => [...validateController(spec.controller ?? '', 'spec.controller'), ...validateClassParameters(spec.parameters, 'spec.parameters')],
  validateUpdate: (object, old) => immutable(object.spec.controller, old.spec.controller, 'spec.controller', semanticallyEqual),
  cells({ metadata, spec }, now) {
    const { parameters } = spec
    const text = parameters === undefined ? '<none>' : `${parameters.kind}${(parameters.apiGroup ?? '') === '' ? '' : `.${parameters.apiGroup}`}/${parameters.name}`
    return [metadata.name, spec.controller ?? '', text, ageCell(metadata.creationTimestamp, now)]
  },
})

const longestController = 250
const httpPathForm = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const httpPath = new RegExp(`^${httpPathForm}$`)

/** "acme.io/foo". */
function validateController(controller: string, path: string): FieldError[] {
  const errors = controller.length > longestController ? [tooLong(path, longestController)] : []
  if (controller === '') return [...errors, required(path)]
  const slash = controller.indexOf('/')
  const [host, rest] = [controller.slice(0, slash), controller.slice(slash + 1)]
  if (slash <= 0 || rest === '') return [...errors, invalid(path, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  errors.push(...isDns1123Subdomain(host).map(text => invalid(path, host, text)))
  return httpPath.test(rest) ? errors : [...errors, invalid(path, rest, `Invalid path (regex used for validation is '${httpPathForm}')`)]
}

function validateClassParameters(parameters: IngressClass['spec']['parameters'], path: string): FieldError[] {
  if (parameters === undefined) return []
  const { apiGroup, scope = '', namespace } = parameters
  const errors = (apiGroup ?? undefined) === undefined ? [] : isDns1123Subdomain(apiGroup!).map(text => invalid(`${path}.apiGroup`, apiGroup, text))
  for (const field of ['kind', 'name'] as const) errors.push(...requiredSegment(parameters[field], `${path}.${field}`))
  if (scope !== 'Cluster' && scope !== 'Namespace') return [...errors, notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace'])]
  if (scope === 'Cluster') return namespace === undefined ? errors : [...errors, forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'")]
  return [...errors, ...(namespace === undefined ? [required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")] : isDns1123Label(namespace).map(text => invalid(`${path}.namespace`, namespace, text)))]
}

function requiredSegment(text: string, path: string): FieldError[] {
  return text === '' ? [required(path)] : isPathSegmentName(text).map(error => invalid(path, text, error))
}

export const networkPolicy = defineKind<NetworkPolicy>(networkPolicies, {
  hasGeneration: true,
  printer: 'printNetworkPolicy',
  setDefaults({ spec }) {
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
    spec.policyTypes ??= (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  },
  validate({ spec }) {
    const errors = validateLabelSelector(spec.podSelector, 'spec.podSelector')
    for (const direction of ['ingress', 'egress'] as const) {
      for (const [index, rule] of (spec[direction] ?? []).entries()) {
        const path = `spec.${direction}[${index}]`
        const peers = ('from' in rule ? rule.from : 'to' in rule ? rule.to : undefined) as NetworkPolicyPeer[] | undefined
        errors.push(...(rule.ports ?? []).flatMap((port, at) => validatePolicyPort(port, `${path}.ports[${at}]`)))
        errors.push(...(peers ?? []).flatMap((peer, at) => validatePeer(peer, `${path}.${direction === 'ingress' ? 'from' : 'to'}[${at}]`)))
      }
    }
    const types = spec.policyTypes ?? []
    if (types.length > 2) errors.push(invalid('spec.policyTypes', types, 'may not specify more than two policyTypes'))
    else types.forEach((type, index) => { if (!['Ingress', 'Egress'].includes(type)) errors.push(notSupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress'])) })
    return errors
  },
  cells: ({ metadata, spec }, now) => [metadata.name, selectorCell(spec.podSelector), ageCell(metadata.creationTimestamp, now)],
})

function validatePolicyPort(port: NetworkPolicyPort, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!['TCP', 'UDP', 'SCTP'].includes(port.protocol ?? '')) errors.push(notSupported(`${path}.protocol`, port.protocol ?? '', ['TCP', 'UDP', 'SCTP']))
  if (typeof port.port === 'string' && port.endPort !== undefined) errors.push(invalid(`${path}.endPort`, port.endPort, 'may not be specified when `port` is non-numeric'))
  if (typeof port.port === 'number') errors.push(...inRange(port.port, 1, 65_535, `${path}.port`))
  else if (port.port !== undefined) errors.push(...isPortName(port.port).map(text => invalid(`${path}.port`, port.port, text)))
  if (port.endPort !== undefined && typeof port.port !== 'string') {
    if (port.port === undefined) errors.push(invalid(`${path}.endPort`, port.endPort, 'may not be specified when `port` is not specified'))
    else if (port.endPort < port.port) errors.push(invalid(`${path}.endPort`, port.port, 'must be greater than or equal to `port`'))
  }
  return errors
}

function validatePeer(peer: NetworkPolicyPeer, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (peer.podSelector === undefined && peer.namespaceSelector === undefined && peer.ipBlock === undefined) return [required(path, 'must specify a peer')]
  if (peer.ipBlock !== undefined && (peer.podSelector !== undefined || peer.namespaceSelector !== undefined)) errors.push(forbidden(path, 'may not specify both ipBlock and another peer'))
  errors.push(...validateLabelSelector(peer.podSelector, `${path}.podSelector`), ...validateLabelSelector(peer.namespaceSelector, `${path}.namespaceSelector`))
  if (peer.ipBlock !== undefined) {
    if (peer.ipBlock.cidr === '') errors.push(required(`${path}.ipBlock.cidr`))
    else if (!isCidr(peer.ipBlock.cidr)) errors.push(invalid(`${path}.ipBlock.cidr`, peer.ipBlock.cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'))
    else errors.push(...validateExceptions(peer.ipBlock.cidr, peer.ipBlock.except ?? [], `${path}.ipBlock.except`))
  }
  return errors
}

function validateExceptions(cidr: string, except: readonly string[], path: string): FieldError[] {
  return except.flatMap((inner, index) => {
    if (!isCidr(inner)) return [invalid(`${path}[${index}]`, inner, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
    return isStrictSubnet(inner, cidr) ? [] : [invalid(`${path}[${index}]`, inner, 'must be a strict subset of `cidr`')]
  })
}

export const ipAddress = defineKind<IPAddress>(ipAddresses, {
  validate: ({ spec }) => (spec.parentRef === undefined ? [required('spec.parentRef')] : validateParent(spec.parentRef, 'spec.parentRef')),
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => immutable(object.spec.parentRef, old.spec.parentRef, 'spec.parentRef', semanticallyEqual),
  nameRule: name => (isIpAddress(name) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']),
  printer: 'printIPAddress',
  cells({ metadata, spec }, now) {
    const { parentRef } = spec
    const age = ageCell(metadata.creationTimestamp, now)
    if (parentRef === undefined) return [metadata.name, '', age]
    return [metadata.name, [`${parentRef.resource}${(parentRef.group ?? '') === '' ? '' : `.${parentRef.group}`}`, parentRef.namespace ?? '', parentRef.name].filter(text => text !== '').join('/'), age]
  },
})

/** Services, whose group is the empty one, own most addresses. */
function validateParent({ group = '', resource, name, namespace = '' }: NonNullable<IPAddress['spec']['parentRef']>, path: string): FieldError[] {
  return [
    ...(group === '' ? [] : isDns1123Subdomain(group).map(text => invalid(`${path}.group`, group, text))),
    ...requiredSegment(resource ?? '', `${path}.resource`),
    ...requiredSegment(name ?? '', `${path}.name`),
    ...(namespace === '' ? [] : isPathSegmentName(namespace).map(text => invalid(`${path}.namespace`, namespace, text))),
  ]
}

export const serviceCidr = defineKind<ServiceCIDR>(serviceCidrs, {
  printer: 'printServiceCIDR',
  statusKeeps: allButStatus,
  validate: ({ spec }) => {
    const cidrs = spec.cidrs ?? []
    if (cidrs.length === 0) return [required('spec.cidrs', 'at least one CIDR required')]
    if (cidrs.length > 2) return [invalid('spec.cidrs', { CIDRs: cidrs }, 'may only hold up to 2 values')]
    return cidrs.flatMap((cidr, index) => (isCidr(cidr) ? [] : [invalid(`spec.cidrs[${index}]`, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]))
  },
  validateUpdate({ spec: { cidrs = [] } }, { spec: { cidrs: old = [] } }) {
    if (old.length > cidrs.length) return immutable(cidrs, old, 'spec.cidrs', semanticallyEqual)
    return old.flatMap((cidr, index) => immutable(cidrs[index], cidr, `spec.cidrs[${index}]`, semanticallyEqual))
  },
  cells: ({ metadata, spec }, now) => [metadata.name, (spec.cidrs ?? []).join(','), ageCell(metadata.creationTimestamp, now)],
})

