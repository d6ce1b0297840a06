/**
 * The LAN of a lab as a user sees it: its links by the names of nodes, what is wrong with them, and captures.
 *
 *   LK1  Links are those of link-ends.ts. Those of machines whose frames do not pass the switch are the nodes' own to spoil
 *        (node-links.ts); one that concerns both is done by both.
 *   LK2  What the user set lasts until it is cleared or the lab stops, whatever the machines do meanwhile, and is written down: the
 *        next lab host sets it again. Faults have a journal of their own.
 *   LK3  A node whose frames do not pass here captures them itself.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../agents/base/log.ts'
import type { CaptureArguments, CapturedPacket, CaptureTarget } from '../../contract/captures.ts'
import type { LanState, LinkImpairments, LinkName } from '../../contract/links.ts'
import type { LinkSpec, Provider } from '../../contract/labs.ts'
import type { RunningMachine } from '../machines/machine.ts'
import { PacketReader } from '../network/capture/packet-reader.ts'
import type { NodeOnLan } from '../network/on-node/node-rules.ts'
import type { CapturePiece, SwitchThread } from '../network/switch/switch-thread.ts'
import type { CommandResult } from '../provision/collect.ts'
import type { SshLink } from '../provision/ssh-link.ts'
import { captureOnNode } from './capture-on-node.ts'
import { LabError } from './lab-error.ts'
import { type LinkEnds, problemOfEnd, problemOfLink } from './link-ends.ts'
import { NodeLinks } from './node-links.ts'
import { changedImpairments } from './read-links.ts'

const nodeCommandMs = 20_000

const user = 'user'

export interface KeptLink {
  readonly link: LinkName
  readonly impairments: LinkImpairments
}

export interface LinkNotes {
  read(): readonly KeptLink[]
  write(links: readonly KeptLink[]): void
}

export interface NamedNode {
  readonly name: string
  readonly spec: { readonly provider: Provider; readonly network?: string }
  /** These two throw a reason for the user where there is no such thing. */
  link(): SshLink
  machine(): RunningMachine
}

export interface LabNetworkOptions {
  readonly lab: string
  readonly lanSwitch: SwitchThread
  readonly nodes: () => readonly NamedNode[]
  readonly routerPorts: () => LinkEnds['ports']
  readonly notes: LinkNotes
  readonly clock: Clock
  readonly log: Log
}

export class LabNetwork {
  readonly #clock: Clock
  readonly #log: Log
  readonly #lab: string
  readonly #switch: SwitchThread
  readonly #nodes: () => readonly NamedNode[]
  readonly #routerPorts: LabNetworkOptions['routerPorts']
  readonly #onNodes: NodeLinks
  readonly #notes: LinkNotes

  constructor({ lab, lanSwitch, nodes, routerPorts, notes, clock, log }: LabNetworkOptions) {
    this.#clock = clock
    this.#log = log
    this.#lab = lab
    this.#switch = lanSwitch
    this.#nodes = nodes
    this.#routerPorts = routerPorts
    this.#notes = notes
    this.#onNodes = new NodeLinks(() => this.#nodesOnLan, (node, argv, stdin) => this.#runOn(node, argv, stdin))
  }

  async state(): Promise<LanState> {
    const [atSwitch, onNodes] = await Promise.all([this.#switch.state(), this.#onNodes.states()])
    return { ...atSwitch, links: [...atSwitch.links, ...onNodes] }
  }

  async impair(link: LinkName, change: { readonly [P in keyof LinkImpairments]?: LinkImpairments[P] | null }): Promise<LanState> {
    const impairments = changedImpairments({ ...this.#switch.impairmentsOf(user, link), ...this.#onNodes.impairmentsOf(user, link) }, change)
    await this.impairFor(user, link, impairments)
    this.#note(link, impairments)
    return await this.state()
  }

  async clear(link: LinkName | null): Promise<void> {
    await (link === null ? this.clearFor(user) : this.impairFor(user, link, null))
    if (link === null) this.#notes.write([])
    else this.#note(link, null)
  }

  /** What the Lab file says, where the user has said nothing of that link. */
  async begin(links: readonly LinkSpec[]): Promise<void> {
    for (const { from, to, ...impairments } of links) {
      const link = { from, to }
      if (this.#notes.read().some(kept => kept.link.from === from && kept.link.to === to)) continue
      await this.impairFor(user, link, impairments)
      this.#note(link, impairments)
    }
  }

  /** LK2. A link of a node that is gone is forgotten. */
  async restore(): Promise<void> {
    await this.#onNodes.writeAll().catch((error: unknown) => { this.#log.info('rules of nodes not written anew', { error: errorText(error) }) })
    for (const { link, impairments } of this.#notes.read()) await this.impairFor(user, link, impairments).catch(() => { this.#note(link, null) })
  }

  #note(link: LinkName, impairments: LinkImpairments | null): void {
    const others = this.#notes.read().filter(kept => kept.link.from !== link.from || kept.link.to !== link.to)
    this.#notes.write(impairments === null ? others : [...others, { link, impairments }])
  }

  /** In the name of a fault; null takes away what it has set. */
  async impairFor(owner: string, link: LinkName, impairments: LinkImpairments | null): Promise<void> {
    const problem = problemOfLink(link, this.#ends)
    if (problem !== null) throw new LabError(problem.reason, `lab ${this.#lab}: ${problem.message}`) // LK1
    if (impairments !== null) for (const node of this.#nodes()) if (node.spec.provider !== 'qemu' && (node.name === link.from || node.name === link.to)) node.machine() // throws the reason where it is switched off
    const onNodes = this.#onNodes.isDone(link)
    if (onNodes) await this.#onNodes.impair(owner, link, impairments)
    if (!onNodes || this.#passesSwitch(link)) await this.#switch.impair(owner, link, impairments)
  }

  async clearFor(owner: string): Promise<void> {
    await Promise.all([this.#switch.clear(owner), this.#onNodes.clear(owner)])
  }

  /** For a machine that has started: what it does itself for its links is done again. */
  async startedAnew(node: string): Promise<void> {
    await this.#onNodes.startedAnew(node)
  }

  /** Whether frames of the link have both ends at the switch. */
  #passesSwitch({ from, to }: LinkName): boolean {
    const isOwn = (end: string): boolean => this.#nodesOnLan.some(({ name, isOwnKernel }) => name === end && isOwnKernel)
    return !isOwn(from) && !isOwn(to) && this.#nodes().some(({ spec }) => spec.provider === 'qemu')
  }

  async #runOn(node: string, argv: readonly string[], stdin: string | undefined): Promise<CommandResult> {
    const line = this.#nodes().find(({ name }) => name === node)!.link()
    await line.ready({ timeoutMs: nodeCommandMs })
    return await line.exec(argv, { timeoutMs: nodeCommandMs, ...(stdin === undefined ? {} : { stdin }) })
  }

  get #nodesOnLan(): readonly NodeOnLan[] {
    return this.#nodes().filter(({ spec }) => spec.provider !== 'simulated').flatMap(node => {
      try {
        return [{ name: node.name, mac: node.machine().machine.spec.lan.mac, isOwnKernel: node.spec.provider !== 'qemu' }]
      } catch {
        return [] // switched off: nothing is sent, and nothing received
      }
    })
  }

  /** Nothing is wrong with any link any more; what was written down stays. */
  async forgetImpairments(owners: readonly string[]): Promise<void> {
    for (const owner of [user, ...owners]) await this.clearFor(owner)
  }

  async *captureFile(wanted: CaptureArguments, signal: AbortSignal): AsyncGenerator<{ readonly base64: string; readonly dropped: number }> {
    for await (const { bytes, dropped } of this.#capture(wanted, signal)) yield { base64: bytes.toString('base64'), dropped }
  }

  async *capturePackets(wanted: CaptureArguments, signal: AbortSignal): AsyncGenerator<{ readonly packets: readonly CapturedPacket[]; readonly dropped: number }> {
    const reader = new PacketReader()
    for await (const { bytes, dropped } of this.#capture(wanted, signal)) {
      const packets = reader.read(bytes)
      if (packets.length > 0) yield { packets, dropped }
    }
  }

  async *#capture({ target, filter, snapBytes, durationMs }: CaptureArguments, signal: AbortSignal): AsyncGenerator<CapturePiece> {
    const elsewhere = target.type === 'node' ? this.#nodes().find(node => node.name === target.node && node.spec.provider !== 'qemu') : undefined
    if (elsewhere === undefined) this.#requireTarget(target)
    const over = new AbortController()
    using _timer = durationMs === null ? undefined : this.#clock.after(durationMs, () => { over.abort() })
    const options = { target, filter, snapBytes }
    const ending = AbortSignal.any([signal, over.signal])
    if (elsewhere === undefined) yield* this.#switch.capture(options, ending)
    else yield* captureOnNode(elsewhere.link(), { name: elsewhere.name, mac: elsewhere.machine().machine.spec.lan.mac }, options, this.#clock, ending) // LK3
  }

  #requireTarget(target: CaptureTarget): void {
    if (target.type === 'node') this.#requirePort(target.node)
    if (target.type === 'link') for (const end of [target.from, target.to]) this.#requirePort(end)
  }

  #requirePort(name: string): void {
    const problem = problemOfEnd(name, this.#ends)
    if (problem !== null) throw new LabError(problem.reason, `lab ${this.#lab}: ${problem.message}`)
  }

  get #ends(): LinkEnds {
    return { nodes: this.#nodes().map(({ name, spec }) => ({ name, ...spec })), ports: this.#routerPorts() }
  }
}
