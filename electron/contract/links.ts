/**
 * Links of a lab's LAN, what can be done to each while it runs, and what was counted.
 *
 * A link has a direction. `from` and `to` are node names; `*` stands for any: {from: node-1, to: *} is the cable of node-1
 * as seen by what it sends, {from: *, to: node-1} by what it gets, {from: node-1, to: node-2} what passes between the two
 * that way, {from: *, to: *} everything.
 */
export interface LinkName {
  readonly from: string
  readonly to: string
}

/** Every parameter is independent of the others; one that is absent does nothing. */
export interface LinkImpairments {
  /** Nothing passes. */
  readonly down?: boolean
  readonly flap?: { readonly upMs: number; readonly downMs: number }
  /** Frames of which this expression holds do not pass; the language is that of captures. */
  readonly block?: string
  /** Frames whose packet is larger vanish without a word: a black hole. */
  readonly mtuBytes?: number
  readonly loss?: LossModel
  readonly duplicatePercent?: number
  /** Of the frames that pass, one bit is turned over. */
  readonly corruptPercent?: number
  readonly rate?: { readonly megabitsPerSecond: number; readonly queueKiB: number }
  readonly delay?: DelayModel
  /** Of the frames of a delayed link, so many are not delayed and overtake the others. */
  readonly reorderPercent?: number
}

export type LossModel =
  | { readonly model: 'random'; readonly percent: number; /** Chance that a frame shares the fate of the one before. */ readonly correlationPercent?: number }
  | { readonly model: 'every'; readonly nth: number }
  /** Two states; per frame the chances to go from good to bad and back, and to be lost in each. */
  | { readonly model: 'gilbert-elliott'; readonly toBadPercent: number; readonly toGoodPercent: number; readonly lossInBadPercent: number; readonly lossInGoodPercent: number }

export type DelayDistribution = 'uniform' | 'normal' | 'pareto' | 'pareto-normal'

export interface DelayModel {
  readonly ms: number
  /** Half the width of a uniform distribution, the standard deviation of the others. */
  readonly jitterMs?: number
  readonly distribution?: DelayDistribution
  readonly correlationPercent?: number
}

export const dropCauses = ['down', 'flap', 'block', 'mtu', 'loss', 'queue'] as const
export type DropCause = (typeof dropCauses)[number]

export interface LinkState {
  readonly link: LinkName
  /** `user`, or the id of the fault that asked for it. */
  readonly owner: string
  readonly impairments: LinkImpairments
  readonly passed: number
  readonly dropped: Readonly<Record<DropCause, number>>
  readonly duplicated: number
  readonly corrupted: number
  readonly reordered: number
  /** On their way now. */
  readonly waiting: number
}

export interface PortState {
  /** Of the node; `bridge` is where all namespace machines are, `r1.east` where router r1 is on network east. */
  readonly name: string
  readonly network: string
  readonly connected: boolean
  readonly macs: readonly string[]
  readonly sent: TrafficState
  readonly received: TrafficState
  /** Frames for this machine that found its queue full or its line down. */
  readonly dropped: number
}

export interface TrafficState {
  readonly frames: number
  readonly bytes: number
  readonly encapsulated: Readonly<Record<'vxlan' | 'ipip' | 'geneve' | 'wireguard', number>>
}

export interface RouterState {
  readonly name: string
  readonly interfaces: readonly { readonly network: string; readonly cidr: string; readonly address: string; readonly mac: string; readonly mtuBytes: number }[]
  /** Beside the networks that it is on. */
  readonly routes: readonly { readonly to: string; readonly via: string }[]
  /** Whose MAC it knows. */
  readonly neighbours: readonly { readonly network: string; readonly address: string; readonly mac: string }[]
  readonly counts: {
    readonly forwarded: number
    /** Packets that had no hop left. */
    readonly hopsUsedUp: number
    /** No route, or a neighbour that does not answer. */
    readonly unreachable: number
    /** Packets that did not fit the next link and must not be cut. */
    readonly tooLarge: number
    /** Packets that were cut. */
    readonly fragmented: number
    readonly malformed: number
  }
}

export interface LanState {
  readonly ports: readonly PortState[]
  readonly links: readonly LinkState[]
  readonly routers: readonly RouterState[]
  /** Frames that went to more than one port. */
  readonly flooded: number
  /** How often a port was closed because a loop lay behind it. */
  readonly loopsCut: number
}

type None = Readonly<Record<string, never>>

export interface LinkCalls {
  'links/state': { arguments: { readonly lab: string }; reply: LanState }
  /** Sets what is given and leaves the rest as it was; null takes a parameter away. */
  'links/impair': { arguments: { readonly lab: string; readonly link: LinkName; readonly change: { readonly [P in keyof LinkImpairments]?: LinkImpairments[P] | null } }; reply: LanState }
  /** Takes away what `links/impair` set; without a link on every one. Faults keep theirs. */
  'links/clear': { arguments: { readonly lab: string; readonly link: LinkName | null }; reply: None }
}
