/**
 * What a Service wants of the cloud, and what its status says afterwards. Pure.
 * Upstream: cloud-provider controllers/service, service/helpers.
 *
 *   SL1  The cloud serves Services of type LoadBalancer without a loadBalancerClass.
 *   SL2  Behind it are all nodes with a provider id, ready or not (its own health checks tell), except those marked
 *        node.kubernetes.io/exclude-from-external-load-balancers, being deleted, or about to be (ToBeDeletedByClusterAutoscaler).
 *   SL3  With externalTrafficPolicy Local nodes are asked at the Service's healthCheckNodePort, else at kube-proxy's own port.
 *   SL4  The address is of mode Proxy: nodes do not take its traffic themselves. A port that could not be opened has an error.
 *   SL5  Source ranges come from the spec, else from the annotation service.beta.kubernetes.io/load-balancer-source-ranges.
 *   SL6  Ports are TCP or UDP, and one number may be had for both; SCTP is refused by name.
 */
import type { LoadBalancerStatus, Node, Service } from '../../../../api/groups/core-v1/types.ts'
import { cidrContains, readCidr } from '../../../../base/ip.ts'
import type { LoadBalancer, LoadBalancerWish } from '../../../../wire/cloud/cloud-api.ts'

export const cleanupFinalizer = 'service.kubernetes.io/load-balancer-cleanup'
const excluded = 'node.kubernetes.io/exclude-from-external-load-balancers'
const aboutToGo = 'ToBeDeletedByClusterAutoscaler'
const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const kubeProxyHealthPort = 10256
const defaultAffinitySeconds = 10_800

export function wantsLoadBalancer({ spec }: Service): boolean {
  return spec.type === 'LoadBalancer' && spec.loadBalancerClass === undefined // SL1
}

export function mayBeBehind({ metadata, spec }: Node): boolean {
  return (spec.providerID ?? '') !== '' && metadata.deletionTimestamp === undefined && metadata.labels?.[excluded] === undefined && spec.taints?.some(({ key }) => key === aboutToGo) !== true // SL2
}

/** Upstream's DefaultLoadBalancerName: "a" and the uid without hyphens, 32 characters. */
export function loadBalancerName({ metadata }: Service): string {
  return `a${metadata.uid.replaceAll('-', '')}`.slice(0, 32)
}

/** Throws what cannot be had, as a sentence. */
export function wishOf(service: Service, nodes: readonly Node[]): LoadBalancerWish {
  const { metadata, spec } = service
  const ports = (spec.ports ?? []).map(({ name = '', protocol = 'TCP', port, nodePort }) => {
    if (protocol !== 'TCP' && protocol !== 'UDP') throw new Error(`port ${port}/${protocol}: the lab's load balancers carry TCP and UDP`) // SL6
    return { name, protocol, port, nodePort: nodePort ?? 0 } as const
  })
  const closed = ports.find(({ nodePort }) => nodePort === 0)
  if (closed !== undefined) throw new Error(`port ${closed.port} has no node port (allocateLoadBalancerNodePorts is false); the lab's load balancers reach nodes by their node ports`)
  return {
    service: `${metadata.namespace ?? ''}/${metadata.name}`,
    ports,
    nodes: nodes.filter(mayBeBehind).map(({ metadata: { name } }) => name).sort(),
    healthCheck: { port: spec.externalTrafficPolicy === 'Local' ? (spec.healthCheckNodePort ?? kubeProxyHealthPort) : kubeProxyHealthPort, path: '/healthz' }, // SL3
    affinitySeconds: spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds) : null,
    sourceRanges: sourceRangesOf(service),
    address: spec.loadBalancerIP === undefined || spec.loadBalancerIP === '' ? null : spec.loadBalancerIP,
  }
}

export function isAsWished(present: LoadBalancer, wish: LoadBalancerWish): boolean {
  const facts = ({ service, ports, nodes, healthCheck, affinitySeconds, sourceRanges }: LoadBalancerWish): string => JSON.stringify([service, ports.map(({ name, protocol, port, nodePort }) => [name, protocol, port, nodePort]), nodes, healthCheck.port, healthCheck.path, affinitySeconds, sourceRanges])
  return facts(present) === facts(wish) && (wish.address === null || wish.address === present.address) && present.problems.length === 0
}

/** SL4. */
export function statusOf({ address, ports, problems }: LoadBalancer): LoadBalancerStatus {
  return {
    ingress: [{
      ip: address,
      ipMode: 'Proxy',
      ...(problems.length === 0 ? {} : { ports: ports.map(({ port, protocol }) => ({ port, protocol, ...(problems.some(problem => problem.port === port && problem.protocol === protocol) ? { error: 'kubarium.dev/PortNotOpened' } : {}) })) }),
    }],
  }
}

function sourceRangesOf({ metadata, spec }: Service): readonly string[] { // SL5
  const given = spec.loadBalancerSourceRanges ?? []
  const text = metadata.annotations?.[sourceRangesAnnotation]?.trim() ?? ''
  const ranges = given.length > 0 ? given : text === '' ? [] : text.split(',')
  return ranges.map(range => {
    const trimmed = range.trim()
    const cidr = readCidr(trimmed)
    if (cidr === undefined) throw new Error(`${JSON.stringify(trimmed)} is not an IPv4 range such as 10.0.0.0/8 (loadBalancerSourceRanges)`)
    return trimmed
  }).filter((range, _index, all) => !all.some(other => other !== range && isInside(range, other)))
}

function isInside(range: string, other: string): boolean {
  const outer = readCidr(other)!
  return cidrContains(outer, range.split('/')[0]!) && outer.prefix < readCidr(range)!.prefix
}
