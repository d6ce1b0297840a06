/** All service ports of the cluster as this node sees them. Rules: service-port.ts. */
import type { Service, ServicePort as ApiServicePort } from '../../../api/groups/core-v1/types.ts'
import type { Endpoint, EndpointSlice } from '../../../api/groups/discovery-v1/types.ts'
import { readCidr } from '../../../base/ip.ts'
import type { EndpointAddress, Protocol, ServicePort } from './service-port.ts'

export interface ServiceMapInput {
  readonly services: readonly Service[]
  /** Slices of a Service, by "namespace/name". */
  readonly slicesOf: (service: string) => readonly EndpointSlice[]
  readonly nodeName: string
  readonly zone: string | undefined
}

const proxyNameLabel = 'service.kubernetes.io/service-proxy-name'
const defaultAffinitySeconds = 10_800

interface Candidate extends EndpointAddress {
  readonly isReady: boolean
  readonly isServing: boolean
  readonly isTerminating: boolean
  readonly nodeHints: readonly string[]
  readonly zoneHints: readonly string[]
}

export function servicePorts(input: ServiceMapInput): ServicePort[] {
  return input.services.filter(isProxied).flatMap(service => (service.spec.ports ?? []).map(port => servicePort(service, port, input)))
}

/** SP2 */
function isProxied({ metadata, spec }: Service): boolean {
  return spec.type !== 'ExternalName' && spec.clusterIP !== undefined && spec.clusterIP !== 'None' && spec.clusterIP !== '' && metadata.labels?.[proxyNameLabel] === undefined
}

function servicePort(service: Service, port: ApiServicePort, input: ServiceMapInput): ServicePort {
  const { metadata, spec, status } = service
  const namespace = metadata.namespace!
  const candidates = candidatesOf(input.slicesOf(`${namespace}/${metadata.name}`), port, input.nodeName)
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  const isBalancer = spec.type === 'LoadBalancer'
  const everywhere = usable(candidates)
  return {
    name: port.name === undefined || port.name === '' ? `${namespace}/${metadata.name}` : `${namespace}/${metadata.name}:${port.name}`, // SP1
    namespace,
    service: metadata.name,
    protocol: (port.protocol ?? 'TCP') as Protocol,
    clusterIp: spec.clusterIP!,
    port: port.port,
    nodePort: isExternal && (port.nodePort ?? 0) > 0 ? port.nodePort! : null,
    externalIps: spec.externalIPs ?? [],
    loadBalancerIps: isBalancer ? (status.loadBalancer?.ingress ?? []).filter(({ ip, ipMode }) => ipMode !== 'Proxy' && ip !== undefined && !ip.includes(':')).map(({ ip }) => ip!) : [], // SP6
    loadBalancerSourceRanges: isBalancer ? (spec.loadBalancerSourceRanges ?? []).map(range => range.trim()).filter(range => readCidr(range) !== undefined) : [],
    internalPolicyLocal: spec.internalTrafficPolicy === 'Local',
    externalPolicyLocal: spec.externalTrafficPolicy === 'Local' && (isExternal || (spec.externalIPs ?? []).length > 0),
    affinitySeconds: spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds) : null,
    healthCheckNodePort: isBalancer && spec.externalTrafficPolicy === 'Local' && (spec.healthCheckNodePort ?? 0) > 0 ? spec.healthCheckNodePort! : null,
    hasEndpoints: everywhere.length > 0, // SP7
    endpoints: plain(nearby(everywhere, input)),
    localEndpoints: plain(usable(candidates.filter(candidate => candidate.isLocal))), // SP4
  }
}

function candidatesOf(slices: readonly EndpointSlice[], port: ApiServicePort, nodeName: string): Candidate[] {
  const byAddress = new Map<string, Candidate>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const slicePort = (slice.ports ?? []).find(entry => (entry.name ?? '') === (port.name ?? '') && (entry.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
    if (slicePort?.port === undefined) continue
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0]
      if (ip !== undefined) byAddress.set(`${ip}:${slicePort.port}`, candidateOf(ip, slicePort.port, endpoint, nodeName))
    }
  }
  return [...byAddress.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate)
}

function candidateOf(ip: string, port: number, endpoint: Endpoint, nodeName: string): Candidate {
  const isReady = endpoint.conditions?.ready !== false
  return {
    ip, port, isReady,
    isLocal: endpoint.nodeName === nodeName,
    isServing: endpoint.conditions?.serving ?? isReady,
    isTerminating: endpoint.conditions?.terminating === true,
    nodeHints: endpoint.hints?.forNodes?.map(({ name }) => name) ?? [],
    zoneHints: endpoint.hints?.forZones?.map(({ name }) => name) ?? [],
  }
}

/** SP3 */
function usable(candidates: readonly Candidate[]): readonly Candidate[] {
  const ready = candidates.filter(candidate => candidate.isReady)
  return ready.length > 0 ? ready : candidates.filter(candidate => candidate.isServing && candidate.isTerminating)
}

/** SP5 */
function nearby(candidates: readonly Candidate[], { nodeName, zone }: ServiceMapInput): readonly Candidate[] {
  for (const [hint, here] of [['nodeHints', nodeName], ['zoneHints', zone]] as const) {
    if (here === undefined || candidates.some(candidate => !candidate.isReady || candidate[hint].length === 0)) continue
    const near = candidates.filter(candidate => candidate[hint].includes(here))
    if (near.length > 0) return near
  }
  return candidates
}

function plain(candidates: readonly Candidate[]): EndpointAddress[] {
  return candidates.map(({ ip, port, isLocal }) => ({ ip, port, isLocal }))
}
