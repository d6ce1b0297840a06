/**
 * What simulated containers seem to use, as data, so that autoscalers and `kubectl top` have something to look at.
 *
 *   US1  An annotation of the pod wins: kubarium.dev/simulated-cpu and kubarium.dev/simulated-memory, quantities a container.
 *   US2  Else the first usage whose `match` fits: a quantity, or a share of what the container requests.
 *   US3  A container that requests nothing and has no quantity uses 1m and 10Mi.
 *   US4  Processor time only grows: a changed rate counts from when it was first seen.
 */
import type { Container, Pod } from '../../../api/groups/core-v1/types.ts'
import { isQuantity, quantityMillis } from '../../../api/schema/quantity.ts'
import { type PodMatch, fits, matchAll } from './stages.ts'

export interface UsageRule {
  readonly match: PodMatch
  readonly cpu: Amount
  readonly memory: Amount
}

/** A quantity such as 250m, or a share of the request such as 0.5. */
export type Amount = { readonly quantity: string } | { readonly ofRequest: number }

export const usageAnnotations = { cpu: 'kubarium.dev/simulated-cpu', memory: 'kubarium.dev/simulated-memory' } as const
export const defaultUsage: readonly UsageRule[] = [{ match: matchAll, cpu: { ofRequest: 0.1 }, memory: { ofRequest: 0.5 } }]
const least = { cpu: 0.001, memory: 10 * 1024 * 1024 } as const

export interface Rates {
  readonly cpuCores: number
  readonly memoryBytes: number
}

export function ratesOf(pod: Pod, container: Container, rules: readonly UsageRule[]): Rates {
  const rule = rules.find(({ match }) => fits(pod, match))
  const of = (resource: 'cpu' | 'memory'): number => {
    const annotated = amountOf(pod.metadata.annotations?.[usageAnnotations[resource]])
    if (annotated !== undefined) return annotated // US1
    const amount = rule?.[resource]
    if (amount !== undefined && 'quantity' in amount) return amountOf(amount.quantity) ?? least[resource] // US2
    const requested = amountOf(container.resources?.requests?.[resource])
    return requested === undefined || amount === undefined ? least[resource] : requested * amount.ofRequest // US3
  }
  return { cpuCores: of('cpu'), memoryBytes: Math.round(of('memory')) }
}

function amountOf(text: string | undefined): number | undefined {
  if (text === undefined || !isQuantity(text)) return undefined
  return Math.max(0, Number(quantityMillis(text)) / 1_000)
}

/** US4. */
export class CpuMeter {
  #cores: number
  #nanos = 0
  #sinceMs: number

  constructor(cores: number, startedAtMs: number) {
    this.#cores = cores
    this.#sinceMs = startedAtMs
  }

  /** Nanoseconds used until now. */
  read(cores: number, nowMs: number): number {
    this.#nanos += this.#cores * Math.max(0, nowMs - this.#sinceMs) * 1e6
    this.#sinceMs = Math.max(this.#sinceMs, nowMs)
    this.#cores = cores
    return Math.round(this.#nanos)
  }
}
