/**
 * A router on the switch: a port on every network that it joins.
 *
 *   RP1  Its ports are impaired and captured like any other, under the names router.network.
 *   RP2  What the router sends enters the switch as a frame of that port.
 */
import type { Clock } from '../../../../agents/base/clock.ts'
import type { PortState, RouterState } from '../../../contract/links.ts'
import { type RouterPlan, readRouterPlan, routerPortName } from '../routing/router-plan.ts'
import { Router, headerRoom } from '../routing/router.ts'
import { type LanPort, type TakeFromPort, TrafficCount } from './lan-port.ts'

export class RouterPorts {
  readonly plan: RouterPlan
  readonly ports: readonly RouterPort[]
  readonly #router: Router

  constructor(plan: RouterPlan, clock: Clock, onFrame: TakeFromPort) {
    this.plan = plan
    this.#router = new Router({ ...readRouterPlan(plan), clock, send: (index, frame) => { this.ports[index]!.sendOut(frame) } })
    this.ports = plan.interfaces.map(({ network }, index) => new RouterPort(routerPortName(plan.name, network), network, {
      onFrame,
      clock,
      route: (bytes, at, end) => { this.#router.take(index, bytes, at, end) },
    }))
  }

  state(): RouterState {
    const { name, interfaces, routes } = this.plan
    return { name, interfaces, routes, neighbours: this.#router.neighbours, counts: { ...this.#router.counts } }
  }

  close(): void {
    this.#router.close()
  }
}

interface RouterPortOptions {
  readonly onFrame: TakeFromPort
  readonly clock: Clock
  readonly route: (bytes: Buffer, at: number, end: number) => void
}

class RouterPort implements LanPort {
  readonly name: string
  readonly network: string
  readAtMs = 0
  readonly #options: RouterPortOptions
  readonly #sent = new TrafficCount()
  readonly #received = new TrafficCount()

  constructor(name: string, network: string, options: RouterPortOptions) {
    this.name = name
    this.network = network
    this.#options = options
  }

  state(): Omit<PortState, 'macs'> {
    return { name: this.name, network: this.network, connected: true, sent: this.#sent.state, received: this.#received.state, dropped: 0 }
  }

  send(bytes: Buffer, at: number, end: number): void {
    this.#received.add(bytes, at, end)
    this.#options.route(bytes, at, end)
  }

  sendOut(frame: Buffer): void {
    this.#sent.add(frame, headerRoom, frame.length)
    this.readAtMs = this.#options.clock.monotonic()
    this.#options.onFrame(this, frame, headerRoom, frame.length)
  }

  close(): void {
    // the router ends with all of its ports
  }
}
