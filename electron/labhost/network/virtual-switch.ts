/**
 * The underlay of a lab: an ethernet switch in user space, one port a virtual machine.
 *
 *   VS1  A port that loses its line keeps its name and its counts; its MACs are forgotten at once.
 *   VS2  Observers see every frame once, as it enters, before impairments; they must copy what they keep.
 *   VS3  `path` decides what happens between two ports (delay, loss, partition). The switch itself only forwards.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import type { Log } from '../../../agents/base/log.ts'
import type { Random } from '../../../agents/base/random.ts'
import { macText } from './dissect.ts'
import { forwardFrame, type FramePath, straightPath } from './forwarding.ts'
import { MacTable, type MacTableOptions } from './mac-table.ts'
import { NetworkError } from './network-error.ts'
import { type PortStatistics, SwitchPort } from './switch-port.ts'

export interface VirtualSwitchOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly path?: FramePath<SwitchPort>
  readonly macTable?: MacTableOptions
  readonly queueBytes?: number
}

export interface SwitchStatistics {
  readonly ports: readonly (PortStatistics & { readonly macs: readonly string[] })[]
  /** Frames that went to more than one port or to none known. */
  readonly flooded: number
}

export type FrameObserver = (port: string, frame: Buffer) => void

export class VirtualSwitch {
  readonly #options: VirtualSwitchOptions
  readonly #path: FramePath<SwitchPort>
  readonly #table: MacTable<SwitchPort>
  readonly #ports = new Map<string, SwitchPort>()
  readonly #observers = new Set<FrameObserver>()
  #flooded = 0

  constructor(options: VirtualSwitchOptions) {
    this.#options = options
    this.#path = options.path ?? straightPath
    this.#table = new MacTable(options.macTable)
  }

  attach(name: string, socketPath: string): Disposable {
    const present = this.#ports.get(name)
    if (present !== undefined && present.socketPath !== socketPath) throw new NetworkError('PortAttached', `switch port "${name}" is attached to another socket`)
    const port = present ?? new SwitchPort({
      name,
      socketPath,
      clock: this.#options.clock,
      random: this.#options.random,
      log: this.#options.log,
      ...(this.#options.queueBytes === undefined ? {} : { queueBytes: this.#options.queueBytes }),
      onFrame: (from, frame) => { this.#forward(from, frame) },
      onDown: from => { this.#table.forgetPort(from) }, // VS1
    })
    this.#ports.set(name, port)
    return { [Symbol.dispose]: () => { if (this.#ports.get(name) === port) this.detach(name) } }
  }

  detach(name: string): void {
    const port = this.#ports.get(name)
    if (port === undefined) return
    this.#ports.delete(name)
    this.#table.forgetPort(port)
    port.close()
  }

  onFrame(observer: FrameObserver): Disposable {
    this.#observers.add(observer)
    return { [Symbol.dispose]: () => void this.#observers.delete(observer) }
  }

  statistics(): SwitchStatistics {
    return {
      ports: [...this.#ports.values()].map(port => ({ ...port.statistics(), macs: this.#table.macsOf(port).map(macText) })),
      flooded: this.#flooded,
    }
  }

  close(): void {
    for (const name of [...this.#ports.keys()]) this.detach(name)
    this.#observers.clear()
  }

  readonly #deliver = (to: SwitchPort, frame: Buffer): void => { to.send(frame) }

  #forward(from: SwitchPort, frame: Buffer): void {
    for (const observer of this.#observers) observer(from.name, frame) // VS2
    const sent = forwardFrame(this.#table, this.#ports.values(), from, frame, this.#options.clock.monotonic(), to => { this.#path(from, to, frame, this.#deliver) }) // VS3
    if (sent > 1) this.#flooded++
  }
}
