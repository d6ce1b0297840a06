/**
 * The underlay of a lab: an ethernet switch in user space, one port a virtual machine, and the routers between its networks.
 *
 *   VS1  A port that loses its line keeps its name and its counts; its MACs are forgotten at once.
 *   VS2  Observers see a frame as the machine sent it, before anything that is wrong with the LAN, and as another machine gets
 *        it, behind all of it. They must copy what they keep.
 *   VS4  Frames that were read at once have one time: atMs, monotonic milliseconds.
 *   VS5  A port is on one network; frames of one network never reach ports of another, but through a router.
 *   VS3  `lan` says what is wrong between the ports (delay, loss, partition). The switch itself only forwards.
 */
import type { Clock } from '../../../../agents/base/clock.ts'
import type { Log } from '../../../../agents/base/log.ts'
import type { Random } from '../../../../agents/base/random.ts'
import type { LanState } from '../../../contract/links.ts'
import { ImpairedLan } from '../impairments/impaired-lan.ts'
import { NetworkError } from '../network-error.ts'
import { macText } from '../packets/ethernet.ts'
import { type RouterPlan, usualNetwork } from '../routing/router-plan.ts'
import { type ForwardingState, forwardFrame } from './forwarding.ts'
import { LoopGuard, type LoopGuardOptions } from './loop-guard.ts'
import { MacTable, type MacTableOptions } from './mac-table.ts'
import type { LanPort } from './lan-port.ts'
import { RouterPorts } from './router-ports.ts'
import { SwitchPort } from './switch-port.ts'

export interface VirtualSwitchOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly macTable?: MacTableOptions
  readonly loopGuard?: LoopGuardOptions
  readonly queueBytes?: number
}

export interface FrameObserver {
  /** A frame in bytes from at to end that a machine has sent. */
  sent?(from: string, bytes: Buffer, at: number, end: number, atMs: number): void
  /** A frame that a machine is given. */
  received?(from: string, to: string, bytes: Buffer, at: number, end: number): void
}

type Network = ForwardingState<LanPort> & { readonly table: MacTable<LanPort>; readonly guard: LoopGuard<LanPort> }

export class VirtualSwitch {
  readonly lan: ImpairedLan<LanPort>
  readonly #options: VirtualSwitchOptions
  readonly #ports = new Map<string, SwitchPort>()
  readonly #networks = new Map<string, Network>()
  #routers: readonly RouterPorts[] = []
  #observers: readonly FrameObserver[] = []
  /** Of these, those that look at what is sent, and at what is received: the way of a frame past nobody is the short one. */
  #onSent: readonly FrameObserver[] = []
  #onReceived: readonly FrameObserver[] = []
  #flooded = 0

  constructor(options: VirtualSwitchOptions) {
    this.#options = options
    this.lan = new ImpairedLan(options.clock, options.random)
  }

  attach(name: string, socketPath: string, network = usualNetwork): Disposable {
    const present = this.#ports.get(name)
    if (present !== undefined && present.socketPath !== socketPath) throw new NetworkError('PortAttached', `switch port "${name}" is attached to another socket`)
    const port = present ?? new SwitchPort({
      name,
      network,
      socketPath,
      clock: this.#options.clock,
      random: this.#options.random,
      log: this.#options.log,
      ...(this.#options.queueBytes === undefined ? {} : { queueBytes: this.#options.queueBytes }),
      onFrame: this.#take,
      onDown: from => { this.#networkOf(from).table.forgetPort(from) }, // VS1
    })
    this.#ports.set(name, port)
    return { [Symbol.dispose]: () => { if (this.#ports.get(name) === port) this.detach(name) } }
  }

  detach(name: string): void {
    const port = this.#ports.get(name)
    if (port === undefined) return
    this.#ports.delete(name)
    this.#forget(port)
    port.close()
  }

  /** These and no others; one that is planned as before goes on with what it knows. */
  route(plans: readonly RouterPlan[]): void {
    const before = new Map(this.#routers.map(router => [JSON.stringify(router.plan), router]))
    const routers = plans.map(plan => before.get(JSON.stringify(plan)) ?? new RouterPorts(plan, this.#options.clock, this.#take))
    for (const router of this.#routers) {
      if (routers.includes(router)) continue
      router.close()
      for (const port of router.ports) this.#forget(port)
    }
    this.#routers = routers
  }

  observe(observer: FrameObserver): Disposable {
    this.#become([...this.#observers, observer])
    return { [Symbol.dispose]: () => { this.#become(this.#observers.filter(other => other !== observer)) } }
  }

  state(): LanState {
    return {
      ports: [...this.#allPorts()].map(port => ({ ...port.state(), macs: this.#networkOf(port).table.macsOf(port).map(macText) })),
      links: this.lan.states,
      routers: this.#routers.map(router => router.state()),
      flooded: this.#flooded,
      loopsCut: [...this.#networks.values()].reduce((sum, { guard }) => sum + guard.closings, 0),
    }
  }

  close(): void {
    for (const name of [...this.#ports.keys()]) this.detach(name)
    this.route([])
    this.lan.close()
    this.#become([])
  }

  #become(observers: readonly FrameObserver[]): void {
    this.#observers = observers
    this.#onSent = observers.filter(({ sent }) => sent !== undefined)
    this.#onReceived = observers.filter(({ received }) => received !== undefined)
  }

  *#allPorts(): Generator<LanPort> {
    yield* this.#ports.values()
    for (const router of this.#routers) yield* router.ports
  }

  #networkOf({ network }: LanPort): Network {
    const known = this.#networks.get(network)
    if (known !== undefined) return known
    const made: Network = { table: new MacTable(this.#options.macTable), guard: new LoopGuard(this.#options.loopGuard), ports: () => this.#portsOn(network) }
    this.#networks.set(network, made)
    return made
  }

  /** VS5 */
  *#portsOn(network: string): Generator<LanPort> {
    for (const port of this.#allPorts()) if (port.network === network) yield port
  }

  #forget(port: LanPort): void {
    this.#networkOf(port).table.forgetPort(port)
    this.#networkOf(port).guard.forgetPort(port)
  }

  readonly #take = (from: LanPort, bytes: Buffer, at: number, end: number): void => {
    for (const observer of this.#onSent) observer.sent!(from.name, bytes, at, end, from.readAtMs) // VS2 VS4
    if (this.lan.isClear) this.#forward(bytes, at, end, from)
    else this.lan.enter(from.name, bytes, at, end, from, this.#forward)
  }

  readonly #forward = (bytes: Buffer, at: number, end: number, from: LanPort): void => {
    const sent = forwardFrame(this.#networkOf(from), from, bytes, at, end, from.readAtMs, to => { this.#send(from, to, bytes, at, end) })
    if (sent > 1) this.#flooded++
  }

  #send(from: LanPort, to: LanPort, bytes: Buffer, at: number, end: number): void {
    if (this.lan.isClear && this.#onReceived.length === 0) to.send(bytes, at, end)
    else this.lan.leave(from.name, to.name, bytes, at, end, to, (passed, passedAt, passedEnd) => { this.#deliver(from, to, passed, passedAt, passedEnd) })
  }

  #deliver(from: LanPort, to: LanPort, bytes: Buffer, at: number, end: number): void {
    for (const observer of this.#onReceived) observer.received!(from.name, to.name, bytes, at, end) // VS2
    to.send(bytes, at, end)
  }
}
