/** What the switch asks of a port, whoever is behind it. */
import type { PortState, TrafficState } from '../../../contract/links.ts'
import { type Encapsulation, encapsulationOf } from '../packets/encapsulation.ts'

export interface LanPort {
  readonly name: string
  readonly network: string
  /** When the bytes were read that the frame at hand came with: a clock asked for each frame costs as much as forwarding it. */
  readonly readAtMs: number
  /** The frame lies in bytes from at to end, its length before it. */
  send(bytes: Buffer, at: number, end: number): void
  state(): Omit<PortState, 'macs'>
  close(): void
}

/** A frame of a port in bytes from at to end, its length before it. */
export type TakeFromPort = (port: LanPort, bytes: Buffer, at: number, end: number) => void

/** Frames and bytes in one direction. */
export class TrafficCount {
  #frames = 0
  #bytes = 0
  readonly #encapsulated: Record<Encapsulation, number> = { vxlan: 0, ipip: 0, geneve: 0, wireguard: 0 }

  add(bytes: Buffer, at: number, end: number): void {
    this.#frames++
    this.#bytes += end - at
    const encapsulation = encapsulationOf(bytes, at, end)
    if (encapsulation !== undefined) this.#encapsulated[encapsulation]++
  }

  get state(): TrafficState {
    return { frames: this.#frames, bytes: this.#bytes, encapsulated: { ...this.#encapsulated } }
  }
}
