/**
 * Which port a MAC was last seen behind.
 *
 *   MT1  The last port to send from a MAC has it, so a machine that moves is found after its first frame.
 *   MT2  What was not heard for agingMs is forgotten; until then a silent machine keeps its place.
 *   MT3  Never more than `capacity` entries, so that invented source addresses cannot fill the memory: the oldest goes.
 *   MT4  Group addresses are never learned.
 */
import { isGroupMac } from '../packets/ethernet.ts'

export interface MacTableOptions {
  readonly agingMs?: number
  readonly capacity?: number
}

interface Entry<Port> {
  port: Port
  heardAt: number
}

export class MacTable<Port> {
  readonly #entries = new Map<number, Entry<Port>>()
  readonly #agingMs: number
  readonly #capacity: number

  constructor(options: MacTableOptions = {}) {
    this.#agingMs = options.agingMs ?? 300_000
    this.#capacity = options.capacity ?? 4_096
  }

  /** now: monotonic milliseconds. True when it was behind another port until now. */
  learn(mac: number, port: Port, now: number): boolean {
    if (isGroupMac(mac)) return false // MT4
    const known = this.#entries.get(mac)
    if (known !== undefined && known.port === port && now - known.heardAt < this.#agingMs / 4) {
      known.heardAt = now // the common case: no reordering of the map
      return false
    }
    this.#entries.delete(mac)
    this.#entries.set(mac, { port, heardAt: now })
    if (this.#entries.size > this.#capacity) this.#entries.delete(this.#entries.keys().next().value!) // MT3
    return known !== undefined && known.port !== port && now - known.heardAt <= this.#agingMs
  }

  find(mac: number, now: number): Port | undefined {
    const known = this.#entries.get(mac)
    if (known === undefined) return undefined
    if (now - known.heardAt <= this.#agingMs) return known.port
    this.#entries.delete(mac) // MT2
    return undefined
  }

  forgetPort(port: Port): void {
    for (const [mac, entry] of this.#entries) if (entry.port === port) this.#entries.delete(mac)
  }

  macsOf(port: Port): readonly number[] {
    return [...this.#entries].filter(([, entry]) => entry.port === port).map(([mac]) => mac)
  }

  get size(): number {
    return this.#entries.size
  }
}
