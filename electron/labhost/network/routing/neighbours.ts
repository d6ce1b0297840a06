/**
 * Which MAC an IPv4 neighbour on one network has (ARP, RFC 826), and the packets that wait for the answer.
 *
 *   NB1  Whoever asks for the router is known from then on; other ARP only corrects what is known already.
 *   NB2  A neighbour is asked for at most `tries` times, a second apart; then what waited is given up.
 *   NB3  At most `waitingPackets` wait for one neighbour and `unknown` neighbours are asked for at once; what is beyond is given up.
 *   NB4  After agingMs it is asked for anew.
 */
import type { Clock } from '../../../../agents/base/clock.ts'

export interface NeighbourHooks<Packet> {
  ask(address: number): void
  send(packet: Packet, mac: number): void
  giveUp(packet: Packet): void
}

interface Asking<Packet> {
  readonly packets: Packet[]
  tries: number
  timer: Disposable
}

const limits = { tries: 3, againMs: 1_000, agingMs: 300_000, waitingPackets: 16, unknown: 256 } as const

export class Neighbours<Packet> {
  readonly #clock: Clock
  readonly #hooks: NeighbourHooks<Packet>
  readonly #known = new Map<number, { mac: number; heardAt: number }>()
  readonly #asking = new Map<number, Asking<Packet>>()

  constructor(clock: Clock, hooks: NeighbourHooks<Packet>) {
    this.#clock = clock
    this.#hooks = hooks
  }

  get known(): readonly { readonly address: number; readonly mac: number }[] {
    return [...this.#known].map(([address, { mac }]) => ({ address, mac }))
  }

  deliver(packet: Packet, address: number): void {
    const known = this.#known.get(address)
    if (known !== undefined && this.#clock.monotonic() - known.heardAt <= limits.agingMs) {
      this.#hooks.send(packet, known.mac)
      return
    }
    this.#known.delete(address) // NB4
    const asking = this.#asking.get(address) ?? this.#begin(address)
    if (asking === undefined || asking.packets.length >= limits.waitingPackets) this.#hooks.giveUp(packet) // NB3
    else asking.packets.push(packet)
  }

  /** @param asksUs the frame was a request for the router, or its answer to one of ours */
  heard(address: number, mac: number, asksUs: boolean): void {
    const asking = this.#asking.get(address)
    if (!asksUs && asking === undefined && !this.#known.has(address)) return // NB1
    this.#known.set(address, { mac, heardAt: this.#clock.monotonic() })
    if (asking === undefined) return
    this.#asking.delete(address)
    asking.timer[Symbol.dispose]()
    for (const packet of asking.packets) this.#hooks.send(packet, mac)
  }

  close(): void {
    for (const { timer } of this.#asking.values()) timer[Symbol.dispose]()
    this.#asking.clear()
  }

  #begin(address: number): Asking<Packet> | undefined {
    if (this.#asking.size >= limits.unknown) return undefined
    const asking: Asking<Packet> = { packets: [], tries: 1, timer: this.#later(address) }
    this.#asking.set(address, asking)
    this.#hooks.ask(address)
    return asking
  }

  #later(address: number): Disposable {
    return this.#clock.after(limits.againMs, () => { this.#again(address) })
  }

  /** NB2 */
  #again(address: number): void {
    const asking = this.#asking.get(address)
    if (asking === undefined) return
    if (asking.tries < limits.tries) {
      asking.tries++
      asking.timer = this.#later(address)
      this.#hooks.ask(address)
      return
    }
    this.#asking.delete(address)
    for (const packet of asking.packets) this.#hooks.giveUp(packet)
  }
}
