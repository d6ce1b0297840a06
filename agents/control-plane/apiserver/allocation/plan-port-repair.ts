/**
 * The record of node ports compared with the Services that have them.
 * Upstream: pkg/registry/core/service/portallocator/controller/repair.go.
 *
 *   PR1  The record is rebuilt from the Services: a port that is missing in it is told and added.
 *   PR2  A port that two Services have stays with the first, and the other is told; so is one outside the range.
 *   PR3  A port that no Service has is given back only when it was found so three times: it may be on its way to a Service.
 */
import { listAt, numberAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { isWithin, spanText } from './port-range.ts'
import type { PortSpan } from './port-range.ts'

export interface PortEvent {
  readonly service: KubeObject
  readonly reason: 'PortNotAllocated' | 'PortAlreadyAllocated' | 'PortOutOfRange'
  readonly message: string
}

export interface PortRepair {
  readonly ports: ReadonlySet<number>
  readonly events: readonly PortEvent[]
  /** How many more times each port without a Service is kept. */
  readonly leaks: ReadonlyMap<number, number>
  readonly cleaned: readonly number[]
}

const looksBeforeCleaning = 3

export function planPortRepair(services: readonly KubeObject[], stored: ReadonlySet<number>, span: PortSpan, leaks: ReadonlyMap<number, number>): PortRepair {
  const ports = new Set<number>()
  const events: PortEvent[] = []
  for (const service of services) {
    for (const port of portsToCheck(service)) {
      if (!isWithin(span, port)) events.push({ service, reason: 'PortOutOfRange', message: `Port ${port} is not within the port range ${spanText(span)}; please recreate service` }) // PR2
      else if (ports.has(port)) events.push({ service, reason: 'PortAlreadyAllocated', message: `Port ${port} was assigned to multiple services; please recreate service` })
      else {
        if (!stored.has(port)) events.push({ service, reason: 'PortNotAllocated', message: `Port ${port} is not allocated; repairing` }) // PR1
        ports.add(port)
      }
    }
  }
  const left = new Map<number, number>()
  const cleaned: number[] = []
  for (const port of stored) {
    if (ports.has(port) || !isWithin(span, port)) continue
    const looks = leaks.get(port) ?? looksBeforeCleaning - 1
    if (looks > 0) left.set(port, looks - 1) // PR3
    else cleaned.push(port)
  }
  for (const port of left.keys()) ports.add(port)
  return { ports, events, leaks: left, cleaned }
}

/** One node port under two protocols counts once; under one protocol twice, it counts twice. */
function portsToCheck(service: KubeObject): number[] {
  const found: number[] = []
  const seen = new Map<number, Set<string>>()
  const see = (port: number, protocol: string) => {
    const protocols = seen.get(port)
    if (protocols === undefined || protocols.has(protocol)) found.push(port)
    seen.set(port, (protocols ?? new Set()).add(protocol))
  }
  for (const port of listAt(service, 'spec', 'ports')) {
    const number = numberAt(port, 'nodePort') ?? 0
    if (number !== 0) see(number, textAt(port, 'protocol'))
  }
  const health = numberAt(service, 'spec', 'healthCheckNodePort') ?? 0
  if (health !== 0) see(health, 'TCP')
  return found
}
