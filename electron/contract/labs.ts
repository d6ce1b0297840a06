/** Labs, their machines and nodes, and what bringing one up reports. */
import type { LinkImpairments, LinkName } from './links.ts'

export type Provider = 'qemu' | 'namespace' | 'multipass' | 'ssh' | 'simulated'
export type Overlay = 'vxlan' | 'ipip' | 'wireguard' | 'host-gw'
export type ProxyMode = 'iptables' | 'ipvs' | 'nftables'

/** Components whose place another program may take: it is given the same flags, by their upstream names. */
export const swappableComponents = ['kube-apiserver', 'kube-scheduler', 'kube-controller-manager'] as const
export type SwappableComponent = (typeof swappableComponents)[number]

/** A program of the desktop, such as upstream's. */
export interface ComponentProgram {
  /** Absolute path. */
  readonly binary: string
  /** Beside the lab's own, or instead of one of the same name. */
  readonly flags?: Readonly<Record<string, string>>
}

/** What the user asked for; the plain form of a Lab file (kubarium.dev/v1) after defaults. */
export interface LabSpec {
  readonly name: string
  readonly nodes: readonly NodeSpec[]
  readonly overlay: Overlay
  readonly proxyMode: ProxyMode
  readonly apiServers: 1 | 3
  readonly etcd: 'embedded' | 1 | 3 | 5
  readonly networks: {
    readonly podCidr: string
    readonly serviceCidr: string
    /** Of the network that every lab has, `lan`. */
    readonly lanCidr: string
    /** Beside it. */
    readonly lans?: readonly LanSpec[]
    readonly routers?: readonly RouterSpec[]
  }
  /** What is wrong with links when the lab starts. */
  readonly links?: readonly LinkSpec[]
  /** False: its components do not have /debug/faults, and faults inside them cannot be had. */
  readonly faultInjection?: false
  /** Once it is made and has settled it becomes what new labs like it start from. */
  readonly golden?: true
  /** How pods of simulated nodes behave, as the Lab file has it. */
  readonly simulation?: unknown
  /** Who takes the place of our own programs. */
  readonly components?: Readonly<Partial<Record<SwappableComponent, ComponentProgram>>>
}

export interface LanSpec {
  readonly name: string
  readonly cidr: string
}

/** A router of the lab host's: its addresses are the first of each network. */
export interface RouterSpec {
  readonly name: string
  /** mtuBytes: the largest packet that it sends there. */
  readonly joins: readonly { readonly network: string; readonly mtuBytes: number }[]
  /** Beside the networks that it is on and those that other routers lead to. */
  readonly routes?: readonly { readonly to: string; readonly via: string }[]
}

export type LinkSpec = LinkName & LinkImpairments

/** What is wrong with a Lab file, and where. */
export interface LabFileProblem {
  /** The field that it is about, from the top of the document; empty: the text as a whole. */
  readonly path: readonly (string | number)[]
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly message: string
}

export interface LabFileReading {
  /** null while there are problems. */
  readonly spec: LabSpec | null
  readonly problems: readonly LabFileProblem[]
}

export type LabFileWord = 'provider' | 'overlay' | 'proxyMode' | 'apiServers' | 'etcd'

/** What the fields of a Lab file may say. */
export interface LabFileChoices {
  /** Every word of the design, and those that this version can do. */
  readonly words: Readonly<Record<LabFileWord, { readonly all: readonly (string | number)[]; readonly supported: readonly (string | number)[] }>>
  readonly defaults: { readonly name: string; readonly nodes: number; readonly memoryMiB: number; readonly networks: LabSpec['networks'] } & Readonly<Record<LabFileWord, string | number>>
  /** Those whose place another program may take. */
  readonly components: readonly SwappableComponent[]
}

export interface NodeSpec {
  readonly name: string
  readonly provider: Provider
  /** Absent: `lan`. */
  readonly network?: string
  readonly cpus: number
  readonly memoryMiB: number
  /** Of simulated nodes only. */
  readonly simulated?: SimulatedNodeSpec
}

export interface SimulatedNodeSpec {
  readonly pods: number
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  /** Extended resources by name. */
  readonly resources: Readonly<Record<string, string>>
}

/** In the order a lab lives through them. */
export type LabPhase = 'absent' | 'starting' | 'running' | 'degraded' | 'stopping' | 'stopped' | 'deleting'
export type MachinePhase = 'absent' | 'creating' | 'booting' | 'provisioning' | 'running' | 'stopping' | 'stopped' | 'failed'
export type ComponentPhase = 'stopped' | 'starting' | 'ready' | 'unready' | 'paused' | 'crashed'

export interface LabState {
  readonly spec: LabSpec
  readonly phase: LabPhase
  readonly apiServerUrl: string | null
  readonly kubeconfigPath: string
  readonly components: readonly ComponentState[]
  readonly nodes: readonly NodeState[]
  /** Last thing that went wrong and has not been mended, as a paragraph for the user. */
  readonly problem: string | null
}

export interface ComponentState {
  /** kube-apiserver, etcd, kube-scheduler, kube-controller-manager, cloud-controller-manager, metrics-server; on a node kubelet@node-1, kube-proxy@node-1, overlay@node-1, containerd@node-1. */
  readonly name: string
  /** Name of the node it runs on, null for the desktop machine. */
  readonly node: string | null
  readonly phase: ComponentPhase
  readonly pid: number | null
  readonly restarts: number
  readonly startedAt: string | null
  /** Share of one core over the last seconds, 1 = a whole core. */
  readonly cpuCores: number | null
  readonly memoryBytes: number | null
  readonly address: string | null
  readonly lastError: string | null
  /** The program that took its place; absent: our own. */
  readonly binary?: string
}

export interface NodeState {
  readonly name: string
  readonly provider: Provider
  readonly machine: MachinePhase
  /** kvm, tcg, hvf, whpx; null where no virtual machine is involved. */
  readonly acceleration: string | null
  readonly address: string | null
  readonly sshPort: number | null
  readonly controlLink: 'up' | 'down' | 'connecting'
  /** The Ready condition as the cluster reports it; null while there is no Node object. */
  readonly ready: 'True' | 'False' | 'Unknown' | null
  readonly cpuCores: number | null
  readonly memoryBytes: number | null
  readonly lastError: string | null
}

/** One line of the story of a long action. `ratio` is 0..1 where it can be known. */
export interface ProgressItem {
  readonly step: string
  /** Catalogue key and values of the text; `text` is the English rendering. */
  readonly key: string
  readonly values: Readonly<Record<string, string | number>>
  readonly text: string
  readonly state: 'started' | 'running' | 'done' | 'failed'
  readonly ratio: number | null
  readonly elapsedMs: number
  /** When the step began, since the action did; absent of what is told by itself. */
  readonly startedMs?: number
}

export interface DoctorFinding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'missing'
  readonly text: string
  /** The exact command that mends it, where there is one. */
  readonly remedy: string | null
}

export interface ForwardState {
  readonly id: string
  readonly node: string
  /** As seen from the node; null: the node itself. */
  readonly address: string | null
  readonly port: number
  readonly localPort: number
}

export interface HostInfo {
  readonly version: string
  readonly pid: number
  readonly home: string
  readonly startedAt: string
}

type LabArguments = { readonly lab: string }
type NodeArguments = { readonly lab: string; readonly node: string }
type None = Readonly<Record<string, never>>

export interface LabCalls {
  'host/info': { arguments: None; reply: HostInfo }
  /** The lab host ends; labs go on running and the next lab host finds them. */
  'host/stop': { arguments: None; reply: None }
  /** An address that opens the GUI in a browser, once and within ten minutes. */
  'host/page': { arguments: None; reply: { readonly address: string } }
  'host/doctor': { arguments: { readonly fix: boolean }; reply: readonly DoctorFinding[] }
  'labs/list': { arguments: None; reply: readonly LabState[] }
  /** Returns when the action has been accepted; follow labs/progress with the returned action for its course and end. */
  'labs/up': { arguments: { readonly spec: LabSpec }; reply: { readonly action: string } }
  /** Reads a Lab file without making anything of it: as `kubarium up -f` reads it. */
  'labs/read-file': { arguments: { readonly text: string }; reply: LabFileReading }
  'labs/file-choices': { arguments: None; reply: LabFileChoices }
  'labs/down': { arguments: LabArguments; reply: { readonly action: string } }
  'labs/delete': { arguments: LabArguments; reply: { readonly action: string } }
  'labs/status': { arguments: LabArguments; reply: LabState }
  'labs/kubeconfig': { arguments: LabArguments; reply: { readonly path: string; readonly text: string } }
  'nodes/add': { arguments: { readonly lab: string; readonly node: NodeSpec }; reply: { readonly action: string } }
  'nodes/remove': { arguments: NodeArguments; reply: { readonly action: string } }
  'nodes/start': { arguments: NodeArguments; reply: { readonly action: string } }
  /** Clean shutdown of the guest. */
  'nodes/stop': { arguments: NodeArguments; reply: { readonly action: string } }
  /** The plug is pulled. */
  'nodes/power-off': { arguments: NodeArguments; reply: { readonly action: string } }
  'nodes/reset': { arguments: NodeArguments; reply: { readonly action: string } }
  /** Everything the ssh program needs to log in to a node. */
  'nodes/ssh-target': { arguments: NodeArguments; reply: SshTarget }
  /** Of the lab: those that are open now. */
  'forwards/list': { arguments: LabArguments; reply: readonly ForwardState[] }
  /** Publishes a TCP port of a node (or pod or Service address reached through it) on 127.0.0.1. */
  'forwards/open': { arguments: { readonly lab: string; readonly node: string; readonly address: string | null; readonly port: number; readonly localPort: number | null }; reply: { readonly id: string; readonly localPort: number } }
  'forwards/close': { arguments: { readonly id: string }; reply: None }
}

export interface SshTarget {
  readonly user: string
  readonly host: string
  readonly port: number | null
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Arguments for -o ProxyCommand, where the node has no port of its own. */
  readonly proxyCommand: readonly string[] | null
}

export interface LabFeeds {
  /** Whole state at once, then again whenever anything in it changed (at most five times a second). */
  'labs/state': { arguments: { readonly lab: string | null }; item: readonly LabState[] }
  /** Items of one action from its beginning; ends with the action. The last item of a failed one has state failed and the reason in text. */
  'labs/progress': { arguments: { readonly action: string }; item: ProgressItem }
  /** Lines of a component's or node's log (serial console for a node name). */
  'logs/follow': { arguments: { readonly lab: string; readonly source: string; readonly follow: boolean; readonly tail: number }; item: { readonly line: string } }
}
