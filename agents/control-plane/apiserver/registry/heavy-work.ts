/**
 * Large bodies, kept from holding up everybody else.
 *
 *   HW1  Of bodies above 128 KiB only two are being worked on at a time; the others wait their turn.
 *   HW2  Work on a body above 32 KiB lets the event loop go round between its stages.
 *   HW6  Stages of several bodies never share a turn of the event loop.
 *   HW4  A small change of a large object is work on a large object.
 *   HW5  No object holds more than 10,000 keys beside each other, no list more than 20,000 objects or texts: what is done with
 *        all of them at once stays short.
 */
import { finishOrWait, type Steps } from '../../../base/steps.ts'
import { ApiError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { largeBodyBytes } from '../http/request-body.ts'

export const heavyBytes = 32 * 1024
export const largeBytes = largeBodyBytes
const atOnce = 2

let working = 0
const waiting: (() => void)[] = []

/** To be called with each body; large ones come back when it is their turn, which lasts until they have been answered. */
export async function takeTurn(exchange: Exchange, sizeBytes: number): Promise<void> {
  exchange.isHeavy = sizeBytes > heavyBytes
  if (sizeBytes <= largeBytes) return
  exchange.isLarge = true
  while (working >= atOnce) await new Promise<void>(resolve => waiting.push(resolve)) // HW1
  working += 1
  exchange.onAnswered(() => {
    working -= 1
    waiting.shift()?.()
  })
}

const inLine: (() => void)[] = []

/** Lets everything else that is due happen first, and of all that wait here only one goes on in a turn (HW6). */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    if (inLine.push(resolve) === 1) setImmediate(letOneGoOn)
  })
}

function letOneGoOn(): void {
  inLine.shift()!()
  if (inLine.length > 0) setImmediate(letOneGoOn)
}

/** HW2 */
export function betweenStages(context: { readonly isHeavy?: boolean }): Promise<void> | undefined {
  return context.isHeavy === true ? nextTurn() : undefined
}

const stepMs = 10

/** Goes on with the work a little at a time (HW2). */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (let started = performance.now(); ;) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (value !== undefined) await value
    else if (performance.now() - started < stepMs) continue
    else await nextTurn()
    started = performance.now()
  }
}

/** Whichever suits the object. */
export function inTurnsIfHeavy<T>(context: { readonly isHeavy?: boolean }, steps: Steps<T>): T | Promise<T> {
  return context.isHeavy === true ? inTurns(steps) : finishOrWait(steps)
}

export const maxKeys = 10_000
const maxListed = 20_000

/** HW5 */
export function checkWidth(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const isList = Array.isArray(value)
  const parts: readonly unknown[] = isList ? value : Object.values(value)
  if (!isList && parts.length > maxKeys) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${maxKeys} keys in one object`)
  if (isList && parts.length > maxListed && typeof parts[0] !== 'number') throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${maxListed} elements in one list`)
  for (const part of parts) checkWidth(part)
}

/** For loops of unknown length that wait for each round: lets others go on when it is time. */
export class Pace {
  #started = performance.now()

  async keep(): Promise<void> {
    if (performance.now() - this.#started < stepMs) return
    await nextTurn()
    this.#started = performance.now()
  }
}
