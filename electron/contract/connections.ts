/** The way of a connection from a pod through the rules, routes and tunnels that the nodes have now; and what passes now. */
import type { LanState } from './links.ts'

export type Protocol = 'TCP' | 'UDP'

export interface PacketEnds {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
}

export type PathEvent =
  /** A pod hands the packet to its node, through its end of the bridge. */
  | 'sent'
  /** A rule was taken: `evidence` is the rule, `command` shows it. */
  | 'rule'
  /** One of several by chance; `share` says how likely. */
  | 'chosen'
  | 'marked'
  | 'accepted'
  /** The destination became another. */
  | 'translated'
  /** The source became the node's. */
  | 'masqueraded'
  | 'routed'
  /** The packet travels inside another: `outer` says between whom. */
  | 'wrapped'
  | 'crossed'
  | 'unwrapped'
  | 'delivered'
  /** The kernel remembers the connection and undoes what was translated. */
  | 'restored'
  | 'rejected'
  | 'dropped'
  /** No route. */
  | 'stranded'

export interface PathStep {
  readonly leg: 'there' | 'back'
  /** Name of the node. */
  readonly node: string
  readonly event: PathEvent
  /** As iptables-save, ip or bridge print it; empty where nothing of the kind decides. */
  readonly evidence: string
  /** What shows the evidence on that node; null where nothing does. */
  readonly command: string | null
  /** After this step. */
  readonly packet: PacketEnds
  readonly outer: { readonly kind: string; readonly source: string; readonly destination: string; readonly detail: string } | null
  /** Of `chosen`: 0..1. */
  readonly share: number | null
  /** What the kernel counted at the rule; null where it counts nothing. */
  readonly counted: number | null
}

export interface ConnectionPath {
  readonly steps: readonly PathStep[]
  /** Where the connection could have ended, by chance. */
  readonly endpoints: readonly { readonly address: string; readonly share: number }[]
  /** Rules with a match that is not understood here; they were taken as not matching. */
  readonly unjudged: readonly string[]
}

export interface ConnectionQuestion {
  readonly namespace: string
  readonly pod: string
  readonly address: string
  readonly port: number
  readonly protocol: Protocol
  /** address:port of the endpoint that chance shall choose; null: the first. */
  readonly endpoint: string | null
}

/** One connection or several of the same ends, as a node's connection tracking has them. */
export interface Flow {
  readonly protocol: string
  readonly source: string
  /** As it was dialled. */
  readonly destination: string
  readonly port: number
  /** Where it really goes. */
  readonly target: string
  readonly targetPort: number
  readonly connections: number
  readonly packets: number
  readonly bytes: number
}

export interface NodeTraffic {
  readonly node: string
  readonly flows: readonly Flow[]
  /** Why it cannot be told; null when it can. */
  readonly problem: string | null
}

export interface Traffic {
  readonly nodes: readonly NodeTraffic[]
  /** Ports of the lab's switch and what is wrong with its links; nothing where no machine is on it. */
  readonly lan: LanState
}

export interface ConnectionCalls {
  'network/path': { arguments: { readonly lab: string; readonly question: ConnectionQuestion }; reply: ConnectionPath }
}

export interface ConnectionFeeds {
  /** What each node's connection tracking holds and the switch counted, looked at every two seconds while somebody follows. */
  'network/traffic': { arguments: { readonly lab: string }; item: Traffic }
}
