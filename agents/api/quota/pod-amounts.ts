/**
 * What a pod asks for as a whole. Upstream: component-helpers/resource PodRequests and PodLimits.
 *
 *   PR-1  Containers and sidecars (init containers that always restart) together, or, where it is more, an init container
 *         with the sidecars started before it.
 *   PR-2  What the pod itself says of cpu, memory and huge pages goes before its containers' sums.
 *   PR-3  Overhead of the runtime is added where it is asked for: to limits only of what is limited.
 *   PR-4  With a status, a container that is being resized asks for the most of what is wanted, allocated and in force; what
 *         is wanted does not count once the node has said that it is infeasible.
 */
import type { ContainerStatus, PodStatus, ResourceRequirements } from '../groups/core-v1/types.ts'
import { addQuantities, compareQuantities } from '../schema/quantity.ts'

export type Amounts = Readonly<Record<string, string>>
type AmountsList = 'requests' | 'limits'

/** As much of a pod spec as this needs; the members of containers may be anything. */
export interface AmountsSpec {
  readonly containers?: readonly ContainerAmounts[] | undefined
  readonly initContainers?: readonly ContainerAmounts[] | undefined
  readonly overhead?: Amounts | undefined
}

interface ContainerAmounts {
  readonly name: string
}

type Statuses = Pick<PodStatus, 'conditions' | 'containerStatuses' | 'initContainerStatuses'>

export function podAmounts(spec: AmountsSpec, list: AmountsList, withOverhead = false, status?: Statuses): Amounts {
  const inForce = status === undefined ? undefined : statusAmounts(status, list)
  const total: Record<string, string> = {}
  for (const container of spec.containers ?? []) add(total, resized(container, list, inForce))
  const sidecars: Record<string, string> = {}
  const largest: Record<string, string> = {}
  for (const container of spec.initContainers ?? []) { // PR-1
    if ((container as { restartPolicy?: unknown }).restartPolicy === 'Always') {
      const own = resized(container, list, inForce)
      add(total, own)
      add(sidecars, own)
      raise(largest, sidecars)
    } else {
      const running = { ...sidecars }
      add(running, amountsOf(container, list))
      raise(largest, running)
    }
  }
  raise(total, largest)
  for (const [name, amount] of Object.entries(amountsOf(spec, list))) if (name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')) total[name] = amount // PR-2
  if (withOverhead) for (const [name, amount] of Object.entries(spec.overhead ?? {})) if (list === 'requests' || total[name] !== undefined) total[name] = total[name] === undefined ? amount : addQuantities(total[name], amount) // PR-3
  return total
}

export function amountsOf(of: object, list: AmountsList): Amounts {
  return (of as { resources?: ResourceRequirements }).resources?.[list] ?? {}
}

/** PR-4 */
function resized(container: ContainerAmounts, list: AmountsList, inForce: ReturnType<typeof statusAmounts> | undefined): Amounts {
  const wanted = amountsOf(container, list)
  const amounts = inForce?.of(container.name)
  if (amounts === undefined) return wanted
  const most: Record<string, string> = inForce!.isInfeasible ? {} : { ...wanted }
  for (const each of amounts) raise(most, each)
  return most
}

function statusAmounts({ conditions = [], containerStatuses = [], initContainerStatuses = [] }: Statuses, list: AmountsList): { readonly isInfeasible: boolean; readonly of: (name: string) => Amounts[] | undefined } {
  const byName = new Map([...containerStatuses, ...initContainerStatuses].map((each): [string, ContainerStatus] => [each.name, each]))
  return {
    isInfeasible: conditions.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible'),
    of(name) {
      const found = byName.get(name)
      if (found?.resources === undefined) return undefined
      return [amountsOf(found, list), ...(list === 'requests' ? [found.allocatedResources ?? {}] : [])]
    },
  }
}

function add(to: Record<string, string>, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) to[name] = to[name] === undefined ? amount : addQuantities(to[name], amount)
}

function raise(to: Record<string, string>, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) if (to[name] === undefined || compareQuantities(amount, to[name]) > 0) to[name] = amount
}
