/** What the overlay answers at /debug/inspect, as this room reads it. */
export interface KernelNetwork {
  readonly devices: readonly { readonly name: string; readonly kind: string; readonly mac: string; readonly mtu: number; readonly isUp: boolean; readonly addresses: readonly string[]; readonly facts: Readonly<Record<string, string>> }[]
  readonly neighbours: readonly { readonly address: string; readonly mac: string; readonly device: string }[]
  readonly forwarding: readonly { readonly mac: string; readonly destination: string; readonly device: string }[]
  readonly routes: readonly { readonly to: string; readonly via: string | null; readonly device: string; readonly source: string | null }[]
}

interface Peer {
  readonly name: string
  readonly address: string
  readonly podCidr: string
}

export interface Peers {
  readonly me?: Peer
  readonly peers: readonly Peer[]
  readonly conflicts: readonly string[]
}

export interface GivenCommand {
  readonly at: string
  readonly command: string
  readonly error: string | null
}
