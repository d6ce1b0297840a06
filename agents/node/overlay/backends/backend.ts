/** What a backend is: this node and its peers in, the wanted state of the kernel's network out. Pure. */

export interface OverlayNode {
  readonly name: string
  /** Address on the underlay. */
  readonly address: string
  /** "10.244.1.0/24" */
  readonly podCidr: string
}

export interface OverlayInput {
  readonly me: OverlayNode
  readonly peers: readonly OverlayNode[]
  /** Underlay interface. */
  readonly parent: string
  readonly parentMtu: number
}

export interface Device {
  readonly name: string
  readonly kind: 'vxlan' | 'ipip'
  /** Arguments after `ip link add NAME type KIND`, in ip's own words. */
  readonly options: readonly string[]
  readonly mac: string | null
  readonly mtu: number
  /** address/prefix, or null. */
  readonly address: string | null
}

export interface Neighbour {
  readonly address: string
  readonly mac: string
  readonly device: string
}

export interface ForwardingEntry {
  readonly mac: string
  /** Underlay address behind which the MAC lives. */
  readonly destination: string
  readonly device: string
}

export interface Route {
  readonly to: string
  readonly via: string | null
  readonly device: string
  readonly onlink: boolean
  readonly source: string | null
}

export interface WantedNetwork {
  readonly devices: readonly Device[]
  readonly neighbours: readonly Neighbour[]
  readonly forwarding: readonly ForwardingEntry[]
  readonly routes: readonly Route[]
  /** MTU that pods must use. */
  readonly podMtu: number
}

export interface Backend {
  readonly name: 'vxlan' | 'ipip' | 'host-gw'
  want(input: OverlayInput): WantedNetwork
}

/** First address of a pod CIDR: the tunnel's own address on that node. */
export function networkAddress(podCidr: string): string {
  return podCidr.slice(0, podCidr.indexOf('/'))
}

/** 10.244.1.1 of 10.244.1.0/24: the bridge on that node has the first host address. */
export function gatewayAddress(podCidr: string): string {
  const parts = networkAddress(podCidr).split('.')
  return [...parts.slice(0, 3), String(Number(parts[3]) + 1)].join('.')
}
