/**
 * Everything that is wrong with a LAN: layers of impairments on its links.
 *
 *   IM1  Each owner (the user, a fault) has one layer on a link; layers of several owners follow one another, oldest first,
 *        and taking one away leaves the others alone.
 *   IM2  A frame meets what concerns its sender alone (`a>*`, `*>*`) once, before the switch looks at it; a frame lost there
 *        was never seen. What concerns two (`a>b`) or the receiver (`*>b`) it meets for each port that it goes to.
 *   IM3  Without any layer nothing is asked and nothing copied.
 */
import type { Clock } from '../../../../agents/base/clock.ts'
import type { Random } from '../../../../agents/base/random.ts'
import type { LinkImpairments, LinkName, LinkState } from '../../../contract/links.ts'
import { ImpairedLink, type PassFrame } from './impaired-link.ts'

export const anyPort = '*'

interface Layer<Target> {
  readonly owner: string
  readonly link: LinkName
  readonly impaired: ImpairedLink<Target>
}

export class ImpairedLan<Target> {
  readonly #clock: Clock
  readonly #random: Random
  #layers: readonly Layer<Target>[] = []

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  get isClear(): boolean {
    return this.#layers.length === 0
  }

  get states(): readonly LinkState[] {
    return this.#layers.map(({ owner, link, impaired }) => ({ owner, link, impairments: impaired.impairments, ...impaired.counts }))
  }

  /** null takes the layer away; what is on its way in it still arrives. Throws FilterError for a wrong expression. */
  set(owner: string, link: LinkName, impairments: LinkImpairments | null): void {
    const known = this.#layers.find(layer => isSame(layer, owner, link))
    if (impairments === null) this.#layers = this.#layers.filter(layer => layer !== known)
    else if (known !== undefined) known.impaired.configure(impairments)
    else this.#layers = [...this.#layers, { owner, link, impaired: new ImpairedLink(impairments, this.#clock, this.#random) }]
  }

  /** All layers of an owner go. */
  clear(owner: string): void {
    this.#layers = this.#layers.filter(layer => layer.owner !== owner)
  }

  /** IM2, what a port sends. */
  enter(from: string, bytes: Buffer, at: number, end: number, target: Target, pass: PassFrame<Target>): void {
    this.#through(this.#layers.filter(({ link }) => link.to === anyPort && (link.from === anyPort || link.from === from)), 0, bytes, at, end, target, pass)
  }

  /** IM2, on the way to one port. */
  leave(from: string, to: string, bytes: Buffer, at: number, end: number, target: Target, pass: PassFrame<Target>): void {
    this.#through(this.#layers.filter(({ link }) => link.to === to && (link.from === anyPort || link.from === from)), 0, bytes, at, end, target, pass)
  }

  close(): void {
    for (const { impaired } of this.#layers) impaired.close()
    this.#layers = []
  }

  #through(layers: readonly Layer<Target>[], index: number, bytes: Buffer, at: number, end: number, target: Target, pass: PassFrame<Target>): void {
    const layer = layers[index]
    if (layer === undefined) pass(bytes, at, end, target)
    else layer.impaired.pass(bytes, at, end, target, (nextBytes, nextAt, nextEnd) => { this.#through(layers, index + 1, nextBytes, nextAt, nextEnd, target, pass) })
  }
}

function isSame<Target>(layer: Layer<Target>, owner: string, link: LinkName): boolean {
  return layer.owner === owner && layer.link.from === link.from && layer.link.to === link.to
}
