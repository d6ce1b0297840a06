/**
 * What a fault is, and the world that it acts on.
 *
 *   FA1  `prepare` looks and gives what healing will need (the replicas that there were); it changes nothing. What it gives
 *        is written down before `inject` is called.
 *   FA2  `heal` may be called at any time after that, in whatever state inject was left, also by another lab host that
 *        knows nothing but the order; calling it again changes nothing.
 *   FA4  `keep` is called every few seconds while the fault lasts: what it is made of may end by itself, or with a process.
 *   FA5  What is in effect only in processes of the desktop (not in a machine, not in an object) is marked, and its `inject` may be
 *        repeated: a lab that is rewound into the time of the fault has new processes.
 *   FA3  `claims` names what no other fault may hold at the same time.
 */
import type { FaultEnd, FaultKind, FaultTarget, FaultTargetType, FaultValues } from '../../contract/faults.ts'
import type { LinkImpairments, LinkName } from '../../contract/links.ts'

export type TargetOf<T extends FaultTargetType> = Extract<FaultTarget, { readonly type: T }>

export interface FaultOrder<T extends FaultTargetType = FaultTargetType> {
  readonly id: string
  readonly target: TargetOf<T>
  readonly parameters: FaultValues
  /** What prepare gave. */
  readonly memory: unknown
  /** Until it ends by itself; null where it does not. */
  readonly leftMs: number | null
}

/** As a fault's file has it: in English, the rest is added (fault-texts.ts). */
export type WrittenKind = Omit<FaultKind, 'texts' | 'components'> & { readonly title: string; readonly components?: readonly string[] }

export interface Fault<T extends FaultTargetType = FaultTargetType> {
  readonly kind: WrittenKind & { readonly target: T }
  claims(target: TargetOf<T>): readonly string[]
  prepare?(world: FaultWorld, target: TargetOf<T>): Promise<unknown>
  inject(world: FaultWorld, order: FaultOrder<T>): Promise<void>
  /** FA4 */
  keep?(world: FaultWorld, order: FaultOrder<T>): Promise<void>
  /** FA5 */
  readonly isOfDesktop?: true
  /** Not for faults that happen once. */
  heal?(world: FaultWorld, order: FaultOrder<T>, why: FaultEnd): Promise<void>
}

export interface FaultWorld {
  readonly nodes: readonly { readonly name: string; readonly provider: string }[]
  /** Of the desktop and of the nodes. */
  readonly components: readonly string[]
  component(name: string, verb: 'kill' | 'pause' | 'resume' | 'restart'): Promise<void>
  service(node: string, service: string, verb: 'start' | 'stop'): Promise<void>
  machine(node: string, verb: 'pause' | 'resume' | 'power-off' | 'reset' | 'start'): Promise<void>
  /** The SSH connection that carries all API traffic of the node. */
  controlLink(node: string, verb: 'cut' | 'mend'): Promise<void>
  /** Both ways; null makes it as fast as it is. Nothing of it is left in a new lab host. */
  slowControlLink(node: string, slowness: { readonly delayMs: number; readonly kilobitsPerSecond: number } | null): Promise<void>
  /** A program on a node, over the control link; gives what it printed and throws when it fails. */
  run(node: string, argv: readonly string[], stdin?: string): Promise<string>
  impair(owner: string, link: LinkName, impairments: LinkImpairments): Promise<void>
  /** Everything that the owner has set. */
  clearImpairments(owner: string): Promise<void>
  /** A rule at a point inside a component (`etcd`, `kubelet@node-1`, `dns`), in the name of a fault; it lapses unless it is set again. */
  hook(component: string, id: string, rule: HookRule, leftMs: number | null): Promise<void>
  clearHook(component: string, id: string): Promise<void>
  /** Clients of the desktop that ask the API server for a lot, until they are called back or the lab host ends. */
  load(owner: string, load: ApiLoad): Promise<void>
  clearLoad(owner: string): Promise<void>
  /** Gives the API server another certificate to show, or its own again. */
  serveCertificate(which: 'own' | 'expired' | 'unknown-authority' | 'wrong-name'): Promise<void>
  /** Where the API server listens on the desktop. */
  readonly apiUrl: string
  /** The right time, epoch milliseconds. */
  now(): number
  readonly api: {
    post(path: string, body: unknown): Promise<unknown>
    get(path: string): Promise<unknown>
    /** A JSON merge patch. */
    merge(path: string, body: unknown): Promise<unknown>
    delete(path: string, body?: unknown): Promise<unknown>
  }
}

/** As agents/base/fault-points.ts has them; what is left out is anything, always, and none. */
export interface HookRule {
  readonly point: string
  readonly effect: 'delay' | 'hold' | 'error' | 'drop' | 'change' | 'crash'
  readonly match?: Readonly<Record<string, string>>
  readonly percent?: number
  readonly parameters?: Readonly<Record<string, string | number>>
}

export interface ApiLoad {
  readonly what: 'watches' | 'lists' | 'events' | 'retries'
  readonly clients: number
  /** Of each client. */
  readonly perSecond: number
}

/** A parameter that is a number, by its name. */
export function numberOf(order: { readonly parameters: FaultValues }, name: string): number {
  return Number(order.parameters[name])
}

export function textOf(order: { readonly parameters: FaultValues }, name: string): string {
  return String(order.parameters[name])
}
