/**
 * What a pod asks for as a whole. Upstream: component-helpers/resource PodRequests and PodLimits.
 *
 *   PR-1  Containers and sidecars (init containers that always restart) together, or, where it is more, an init container
 *         with the sidecars started before it.
 *   PR-2  What the pod itself says of cpu, memory and huge pages goes before its containers' sums.
 *   PR-3  Overhead of the runtime is added where it is asked for: to limits only of what is limited.
 */
import { addQuantities, compareQuantities } from '../../../api/schema/quantity.ts'
import { fieldAt, isFields } from '../registry/kube-object.ts'
import type { PodSpecFields } from './pod-fields.ts'

export type Amounts = Readonly<Record<string, string>>

export function podAmounts(spec: PodSpecFields, list: 'requests' | 'limits', withOverhead = false): Amounts {
  const total: Record<string, string> = {}
  for (const container of spec.containers ?? []) add(total, amountsOf(container, list))
  const sidecars: Record<string, string> = {}
  const largest: Record<string, string> = {}
  for (const container of spec.initContainers ?? []) { // PR-1
    const own = amountsOf(container, list)
    if (container['restartPolicy'] === 'Always') {
      add(total, own)
      add(sidecars, own)
      raise(largest, sidecars)
    } else {
      const running = { ...sidecars }
      add(running, own)
      raise(largest, running)
    }
  }
  raise(total, largest)
  for (const [name, amount] of Object.entries(amountsOf(spec, list))) if (name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')) total[name] = amount // PR-2
  if (withOverhead) for (const [name, amount] of Object.entries(spec.overhead ?? {})) if (list === 'requests' || total[name] !== undefined) total[name] = total[name] === undefined ? amount : addQuantities(total[name], amount) // PR-3
  return total
}

export function amountsOf(of: object, list: 'requests' | 'limits'): Amounts {
  const amounts = fieldAt(of, 'resources', list)
  return isFields(amounts) ? (amounts as Record<string, string>) : {}
}

function add(to: Record<string, string>, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) to[name] = to[name] === undefined ? amount : addQuantities(to[name], amount)
}

function raise(to: Record<string, string>, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) if (to[name] === undefined || compareQuantities(amount, to[name]) > 0) to[name] = amount
}
