/**
 * What the lab offers as a cloud, as the cloud controller manager asks for it: JSON over HTTP on a unix socket that only
 * the owner of the lab may open.
 *
 *   GET    /v1/instances                        every machine of the lab
 *   GET    /v1/routes                           routes of the lab's network
 *   PUT    /v1/routes/{name}                    {node, destination}
 *   DELETE /v1/routes/{name}
 *   GET    /v1/load-balancers[/{name}]
 *   PUT    /v1/load-balancers/{name}            a LoadBalancerWish; answers what became of it
 *   DELETE /v1/load-balancers/{name}
 *
 *   GET    /v1/volumes[/{id}]
 *   PUT    /v1/volumes/{id}                     {sizeBytes}; makes it, or lets it grow
 *   DELETE /v1/volumes/{id}                     refused while a machine has it
 *   PUT    /v1/volumes/{id}/machines/{node}     plugs it into a machine; refused while another has it
 *   DELETE /v1/volumes/{id}/machines/{node}     takes it out
 *
 * Every PUT may be repeated and every DELETE is answered with 204 also when nothing was there. A failure is answered with
 * a status of 400 or more and {"message"}: a sentence for the user.
 */

export const cloudProviderName = 'kubarium'

/** A machine's name in the cloud, as a Node's spec.providerID says it: kubarium://default/node-1. */
export function providerIdOf(lab: string, node: string): string {
  return `${cloudProviderName}://${lab}/${node}`
}

/** A machine of the lab. */
export interface Instance {
  /** Name of its Node. */
  readonly name: string
  readonly providerId: string
  readonly instanceType: string
  readonly region: string
  readonly zone: string
  readonly addresses: readonly { readonly type: 'InternalIP' | 'ExternalIP' | 'Hostname'; readonly address: string }[]
  /** `stopped` is a machine that is switched off and may come back. */
  readonly state: 'running' | 'stopped'
}

export interface CloudRoute {
  readonly name: string
  /** The node that carries these addresses. */
  readonly node: string
  /** "10.244.1.0/24" */
  readonly destination: string
}

export interface LoadBalancerPort {
  readonly name: string
  readonly protocol: 'TCP' | 'UDP'
  readonly port: number
  readonly nodePort: number
}

export interface LoadBalancerWish {
  /** namespace/name of the Service it is for. */
  readonly service: string
  readonly ports: readonly LoadBalancerPort[]
  /** Names of the nodes behind it. */
  readonly nodes: readonly string[]
  /** An HTTP question that each node answers with 200 while it may be sent connections. */
  readonly healthCheck: { readonly port: number; readonly path: string }
  /** Connections of one client go to one node for this long; null spreads them. */
  readonly affinitySeconds: number | null
  /** Clients that may connect, as CIDRs; empty lets everyone in. */
  readonly sourceRanges: readonly string[]
  /** The address asked for; null leaves it to the lab. */
  readonly address: string | null
}

export interface LoadBalancer extends LoadBalancerWish {
  readonly name: string
  /** Where the desktop reaches it. */
  readonly address: string
  /** What could not be opened, by port. */
  readonly problems: readonly { readonly port: number; readonly protocol: string; readonly reason: string }[]
  readonly backends: readonly { readonly node: string; readonly healthy: boolean; readonly detail: string; readonly connections: number }[]
}

/** A block volume: a raw disk that is plugged into one machine at a time. */
export interface CloudVolume {
  /** Letters, digits and hyphens, at most 63; inside the machine the disk is known by it. */
  readonly id: string
  readonly sizeBytes: number
  /** The machine that has it, or null. */
  readonly node: string | null
}

export const cloudPaths = {
  instances: '/v1/instances',
  routes: '/v1/routes',
  loadBalancers: '/v1/load-balancers',
  volumes: '/v1/volumes',
} as const
