/**
 * Large bodies, kept from holding up everybody else.
 *
 *   HW1  Of bodies above 128 KiB only two are being worked on at a time; the others wait their turn.
 *   HW2  Work on such a body lets the event loop go round between its stages.
 *   HW3  Bodies that have been read but not yet answered may take 192 MiB in all; beyond that a large one is a 429.
 */
import { tooManyRequests } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'

const heavyBytes = 128 * 1024
const atOnce = 2
const mostBytes = 192 * 1024 * 1024

let working = 0
let heldBytes = 0
const waiting: (() => void)[] = []

/** To be called with each body; large ones come back when it is their turn, which lasts until they have been answered. */
export async function takeTurn(exchange: Exchange, sizeBytes: number): Promise<void> {
  if (sizeBytes <= heavyBytes) return
  if (heldBytes + sizeBytes > mostBytes) throw tooManyRequests('too many large requests are being served, please try again later', 1) // HW3
  exchange.isHeavy = true
  heldBytes += sizeBytes
  exchange.onAnswered(() => { heldBytes -= sizeBytes })
  while (working >= atOnce) await new Promise<void>(resolve => waiting.push(resolve)) // HW1
  working += 1
  exchange.onAnswered(() => {
    working -= 1
    waiting.shift()?.()
  })
}

/** Lets everything else that is due happen first. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}

/** HW2 */
export function betweenStages(context: { readonly isHeavy?: boolean }): Promise<void> | undefined {
  return context.isHeavy === true ? nextTurn() : undefined
}
