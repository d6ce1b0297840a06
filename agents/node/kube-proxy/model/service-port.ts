/**
 * What a backend needs to know of one port of one Service.
 *
 *   SP1  The name is namespace/service, or namespace/service:port for a named port; chains are named after it.
 *   SP2  Headless Services, ExternalName and Services labelled service.kubernetes.io/service-proxy-name are none of ours.
 *   SP3  Traffic goes to ready endpoints; when there is none, to those that still serve while terminating.
 *   SP4  The Local policies count only endpoints on this node.
 *   SP5  Topology: when every ready endpoint has node hints and some name this node, only those are used for cluster traffic;
 *        else the same with zone hints and this node's zone. What still serves while terminating knows no topology.
 *   SP6  A load balancer's address counts if its traffic comes to the nodes as it is: ipMode VIP, or none said. One of mode
 *        Proxy belongs to something that sends on to node ports: nodes and pods go there like everybody else.
 *   SP7  `hasEndpoints` is about the cluster: there is an endpoint for some node, even if none for this one.
 */
export type Protocol = 'TCP' | 'UDP' | 'SCTP'

export interface EndpointAddress {
  readonly ip: string
  readonly port: number
  readonly isLocal: boolean
}

export interface ServicePort {
  readonly name: string
  readonly namespace: string
  readonly service: string
  readonly protocol: Protocol
  readonly clusterIp: string
  readonly port: number
  readonly nodePort: number | null
  readonly externalIps: readonly string[]
  readonly loadBalancerIps: readonly string[]
  readonly loadBalancerSourceRanges: readonly string[]
  readonly internalPolicyLocal: boolean
  readonly externalPolicyLocal: boolean
  /** Seconds a client stays with its endpoint, null without affinity. */
  readonly affinitySeconds: number | null
  readonly healthCheckNodePort: number | null
  readonly hasEndpoints: boolean
  /** Endpoints for the Cluster policy. */
  readonly endpoints: readonly EndpointAddress[]
  /** Endpoints on this node, for the Local policies. */
  readonly localEndpoints: readonly EndpointAddress[]
}

export function endpointText({ ip, port }: EndpointAddress): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}
