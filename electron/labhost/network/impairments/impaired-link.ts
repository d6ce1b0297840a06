/**
 * One direction of a link with what is wrong with it: decides of each frame whether, how often, how and when it arrives.
 *
 *   IL1  Parameters are independent of each other; changing one leaves the others, and what they remember, as they are.
 *   IL2  A frame meets them in this order: down, flap, block, mtu, loss, duplicate, corrupt, rate, delay. A reordered frame is
 *        one that is spared the delay.
 *   IL3  A frame that is held or changed is copied; one that passes at once is not.
 *   IL4  What is on its way when the parameters change arrives as it would have.
 */
import type { Clock } from '../../../../agents/base/clock.ts'
import type { Random } from '../../../../agents/base/random.ts'
import { type DropCause, type LinkImpairments, type LinkState, dropCauses } from '../../../contract/links.ts'
import { type FrameFilter, compileFilter } from '../packets/filter.ts'
import { corrupt } from './corrupt.ts'
import { Delay } from './delay.ts'
import { DelayLine } from './delay-line.ts'
import { isFlappedDown } from './flap.ts'
import { Loss } from './loss.ts'
import { Rate } from './rate.ts'

const headerBytes = 4
const ethernetBytes = 14

/** A frame in bytes from at to end, its length in the four bytes before. */
export type PassFrame<Target> = (bytes: Buffer, at: number, end: number, target: Target) => void

interface Held<Target> {
  readonly bytes: Buffer
  readonly target: Target
  readonly pass: PassFrame<Target>
}

export type LinkCounts = Omit<LinkState, 'link' | 'owner' | 'impairments'>

export class ImpairedLink<Target> {
  readonly #clock: Clock
  readonly #random: Random
  readonly #line: DelayLine<Held<Target>>
  readonly #loss = new Loss()
  readonly #delay = new Delay()
  readonly #rate = new Rate()
  readonly #dropped = Object.fromEntries(dropCauses.map(cause => [cause, 0])) as Record<DropCause, number>
  readonly #counts = { passed: 0, duplicated: 0, corrupted: 0, reordered: 0 }
  #impairments: LinkImpairments
  #blocks: FrameFilter | undefined
  #flapsSince: number

  constructor(impairments: LinkImpairments, clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
    this.#line = new DelayLine(clock, ({ bytes, target, pass }) => {
      this.#counts.passed++
      pass(bytes, headerBytes, bytes.length, target)
    })
    this.#impairments = impairments
    this.#blocks = impairments.block === undefined ? undefined : compileFilter(impairments.block)
    this.#flapsSince = clock.monotonic()
  }

  get impairments(): LinkImpairments {
    return this.#impairments
  }

  get counts(): LinkCounts {
    return { ...this.#counts, dropped: { ...this.#dropped }, waiting: this.#line.size }
  }

  /** IL1 */
  configure(impairments: LinkImpairments): void {
    if (impairments.block !== this.#impairments.block) this.#blocks = impairments.block === undefined ? undefined : compileFilter(impairments.block)
    if (impairments.flap?.upMs !== this.#impairments.flap?.upMs || impairments.flap?.downMs !== this.#impairments.flap?.downMs) this.#flapsSince = this.#clock.monotonic()
    this.#impairments = impairments
  }

  pass(bytes: Buffer, at: number, end: number, target: Target, pass: PassFrame<Target>): void {
    const now = this.#clock.monotonic()
    const cause = this.#stops(bytes, at, end, now)
    if (cause !== undefined) {
      this.#dropped[cause]++
      return
    }
    this.#passOnce(bytes, at, end, now, target, pass)
    if (!this.#isDue(this.#impairments.duplicatePercent)) return
    this.#counts.duplicated++
    this.#passOnce(bytes, at, end, now, target, pass)
  }

  /** What is on its way is lost. */
  close(): void {
    this.#line.clear()
  }

  #stops(bytes: Buffer, at: number, end: number, now: number): DropCause | undefined {
    const { down, flap, mtuBytes, loss } = this.#impairments
    if (down === true) return 'down'
    if (flap !== undefined && isFlappedDown(flap, now - this.#flapsSince)) return 'flap'
    if (this.#blocks?.(bytes, at, end) === true) return 'block'
    if (mtuBytes !== undefined && end - at - ethernetBytes > mtuBytes) return 'mtu'
    return loss !== undefined && this.#loss.takes(loss, this.#random) ? 'loss' : undefined
  }

  #passOnce(bytes: Buffer, at: number, end: number, now: number, target: Target, pass: PassFrame<Target>): void {
    const { rate, delay, reorderPercent, corruptPercent } = this.#impairments
    let copy: Buffer | undefined
    if (this.#isDue(corruptPercent)) {
      copy = copyOf(bytes, at, end)
      corrupt(copy.subarray(headerBytes), this.#random)
      this.#counts.corrupted++
    }
    let dueAt = now
    if (rate !== undefined) {
      const leavesAt = this.#rate.leavesAt(rate, end - at, now)
      if (leavesAt === undefined) {
        this.#dropped.queue++
        return
      }
      dueAt = leavesAt
    }
    if (delay !== undefined && this.#isDue(reorderPercent)) this.#counts.reordered++
    else if (delay !== undefined) dueAt += this.#delay.next(delay, this.#random)
    if (dueAt > now) {
      this.#line.push({ bytes: copy ?? copyOf(bytes, at, end), target, pass }, dueAt) // IL3
      return
    }
    this.#counts.passed++
    if (copy === undefined) pass(bytes, at, end, target)
    else pass(copy, headerBytes, copy.length, target)
  }

  #isDue(percent: number | undefined): boolean {
    return percent !== undefined && percent > 0 && this.#random.next() * 100 < percent
  }
}

function copyOf(bytes: Buffer, at: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - at + headerBytes)
  bytes.copy(copy, 0, at - headerBytes, end)
  return copy
}
