/**
 * The LAN of a lab as a user sees it: its links by the names of nodes, what is wrong with them, and captures.
 *
 *   LK1  Links have names of nodes with a virtual machine. Namespace machines share one kernel bridge, whose frames do not pass
 *        here: a link of theirs is refused by name.
 *   LK2  What the user set lasts until it is cleared or the lab stops, whatever the machines do meanwhile, and is written down: the
 *        next lab host sets it again. Faults have a journal of their own.
 *   LK3  A node whose frames do not pass here captures them itself.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import type { CaptureArguments, CapturedPacket, CaptureTarget } from '../../contract/captures.ts'
import type { LanState, LinkImpairments, LinkName } from '../../contract/links.ts'
import type { Provider } from '../../contract/labs.ts'
import type { RunningMachine } from '../machines/machine.ts'
import { PacketReader } from '../network/capture/packet-reader.ts'
import { anyPort } from '../network/impairments/impaired-lan.ts'
import type { CapturePiece, SwitchThread } from '../network/switch/switch-thread.ts'
import type { SshLink } from '../provision/ssh-link.ts'
import { captureOnNode } from './capture-on-node.ts'
import { LabError } from './lab-error.ts'
import { changedImpairments } from './read-links.ts'

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
  readonly spec: { readonly provider: Provider }
  /** These two throw a reason for the user where there is no such thing. */
  link(): SshLink
  machine(): RunningMachine
}

export class LabNetwork {
  readonly #clock: Clock
  readonly #lab: string
  readonly #switch: SwitchThread
  readonly #nodes: () => readonly NamedNode[]
  readonly #notes: LinkNotes

  constructor(lab: string, lanSwitch: SwitchThread, nodes: () => readonly NamedNode[], notes: LinkNotes, clock: Clock) {
    this.#clock = clock
    this.#lab = lab
    this.#switch = lanSwitch
    this.#nodes = nodes
    this.#notes = notes
  }

  state(): Promise<LanState> {
    return this.#switch.state()
  }

  async impair(link: LinkName, change: { readonly [P in keyof LinkImpairments]?: LinkImpairments[P] | null }): Promise<LanState> {
    const impairments = changedImpairments(this.#switch.impairmentsOf(user, link), change)
    await this.impairFor(user, link, impairments)
    this.#note(link, impairments)
    return await this.state()
  }

  async clear(link: LinkName | null): Promise<void> {
    await (link === null ? this.#switch.clear(user) : this.#switch.impair(user, link, null))
    if (link === null) this.#notes.write([])
    else this.#note(link, null)
  }

  /** LK2. A link of a node that is gone is forgotten. */
  async restore(): Promise<void> {
    for (const { link, impairments } of this.#notes.read()) await this.impairFor(user, link, impairments).catch(() => { this.#note(link, null) })
  }

  #note(link: LinkName, impairments: LinkImpairments | null): void {
    const others = this.#notes.read().filter(kept => kept.link.from !== link.from || kept.link.to !== link.to)
    this.#notes.write(impairments === null ? others : [...others, { link, impairments }])
  }

  /** In the name of a fault; null takes away what it has set. */
  async impairFor(owner: string, link: LinkName, impairments: LinkImpairments | null): Promise<void> {
    for (const end of [link.from, link.to]) if (end !== anyPort) this.#requirePort(end) // LK1
    if (link.from === link.to && link.from !== anyPort) throw new LabError('invalid-argument', 'a link has two different ends')
    await this.#switch.impair(owner, link, impairments)
  }

  async clearFor(owner: string): Promise<void> {
    await this.#switch.clear(owner)
  }

  /** Nothing is wrong with any link any more; what was written down stays. */
  async forgetImpairments(owners: readonly string[]): Promise<void> {
    for (const owner of [user, ...owners]) await this.#switch.clear(owner)
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
    const node = this.#nodes().find(candidate => candidate.name === name)
    if (node === undefined) throw new LabError('not-found', `lab ${this.#lab} has no node "${name}"; its nodes are ${this.#nodes().map(other => other.name).join(', ') || 'none'}`)
    if (node.spec.provider !== 'qemu') throw new LabError('unsupported', `frames of ${name} do not pass the lab's switch, because it is a ${node.spec.provider} ${node.spec.provider === 'simulated' ? 'node' : 'machine'}; links of virtual machines (provider qemu) can be captured and impaired`)
  }
}
