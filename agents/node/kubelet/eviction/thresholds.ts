/**
 * When the node is short of something, and which pod goes first. Pure.
 *
 *   EV1  A threshold is `signal<quantity` or `signal<percent%` of the capacity; unknown signals are refused by name.
 *   EV2  A condition that was met stays for 5 minutes after it was last met.
 *   EV3  Victims: pods that use more than they asked for before those that do not, then lower priority, then more over
 *        their request. Static pods and node-critical ones are spared.
 */
import { parseQuantity } from '../../../api/schema/quantity.ts'
import type { NodePressure } from '../../../machinery/kubelet/node-object.ts'

export const evictionSignals = ['memory.available', 'nodefs.available', 'nodefs.inodesFree', 'imagefs.available', 'imagefs.inodesFree', 'pid.available'] as const
export type EvictionSignal = (typeof evictionSignals)[number]

export interface Threshold {
  readonly signal: EvictionSignal
  readonly amount: number
  readonly isPercent: boolean
  readonly text: string
}

export interface SignalReading {
  readonly available: number
  readonly capacity: number
}

export function readThresholds(text: string): Threshold[] {
  return text.split(',').filter(part => part.trim() !== '').map(part => {
    const match = /^([a-zA-Z.]+)<([\w.]+)(%?)$/.exec(part.trim())
    const signal = evictionSignals.find(name => name === match?.[1])
    if (match === null || signal === undefined) throw new Error(`${JSON.stringify(part)} is no eviction threshold; signals are ${evictionSignals.join(', ')}`) // EV1
    const isPercent = match[3] === '%'
    return { signal, isPercent, amount: isPercent ? Number(match[2]) : Number(parseQuantity(match[2]!).nanos / 1_000_000_000n), text: `${match[2]}${match[3]}` }
  })
}

export function metThresholds(thresholds: readonly Threshold[], readings: ReadonlyMap<EvictionSignal, SignalReading>): Threshold[] {
  return thresholds.filter(({ signal, amount, isPercent }) => {
    const reading = readings.get(signal)
    return reading !== undefined && reading.capacity > 0 && reading.available < (isPercent ? (reading.capacity * amount) / 100 : amount)
  })
}

const pressureOf: Readonly<Record<EvictionSignal, keyof NodePressure>> = { 'memory.available': 'memory', 'nodefs.available': 'disk', 'nodefs.inodesFree': 'disk', 'imagefs.available': 'disk', 'imagefs.inodesFree': 'disk', 'pid.available': 'pid' }
const holdMs = 300_000

/** Remembers when each pressure was last seen (EV2). */
export class PressureMemory {
  readonly #lastMs = new Map<keyof NodePressure, number>()

  note(met: readonly Threshold[], nowMs: number): void {
    for (const { signal } of met) this.#lastMs.set(pressureOf[signal], nowMs)
  }

  at(nowMs: number): NodePressure {
    const holds = (name: keyof NodePressure) => nowMs - (this.#lastMs.get(name) ?? -Infinity) < holdMs
    return { memory: holds('memory'), disk: holds('disk'), pid: holds('pid') }
  }
}

export interface EvictionCandidate {
  readonly uid: string
  readonly priority: number
  readonly usage: number
  readonly request: number
  readonly isSpared: boolean
}

export function rankVictims(candidates: readonly EvictionCandidate[]): EvictionCandidate[] {
  const isOver = (candidate: EvictionCandidate) => (candidate.usage > candidate.request ? 1 : 0)
  return candidates
    .filter(candidate => !candidate.isSpared)
    .sort((a, b) => isOver(b) - isOver(a) || a.priority - b.priority || b.usage - b.request - (a.usage - a.request)) // EV3
}
