/**
 * Service CIDR controller: says which ranges of Service addresses are in use, and lets one go when it is empty.
 *
 * Reads   ServiceCIDRs, IPAddresses          Writes   ServiceCIDRs (finalizer, status)
 * Woken   by ServiceCIDRs, and by IPAddresses that go
 *
 *   SR1  A range in use carries the finalizer networking.k8s.io/service-cidr-finalizer and the condition Ready.
 *   SR2  A range being deleted is not Ready (Terminating), and goes when each of its addresses is gone or lies in another
 *        range that stays.
 */
import type { ServiceCIDR } from '../../../../api/groups/networking-v1/types.ts'
import { ipAddresses, serviceCidrs } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { cidrContains, readCidr } from '../../../../base/ip.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'

const finalizer = 'networking.k8s.io/service-cidr-finalizer'

export const serviceCidrController: Controller = {
  name: 'service-cidr-controller',
  reconciles: serviceCidrs,
  alsoWokenBy: [
    wokenBy(ipAddresses, ({ type }, caches) => (type === 'deleted' ? caches.list(serviceCidrs).filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map(keyOf) : [])),
    wokenBy(serviceCidrs, (_change, caches) => caches.list(serviceCidrs).filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map(keyOf)),
  ],
  workers: 1,
  reconcile,
}

const holds = ({ spec }: ServiceCIDR, address: string): boolean => (spec.cidrs ?? []).some(cidr => {
  const range = readCidr(cidr)
  return range !== undefined && cidrContains(range, address)
})

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const range = deps.cache.get(serviceCidrs, key)
  if (range === undefined) return done
  const { finalizers = [], deletionTimestamp } = range.metadata
  if (deletionTimestamp === undefined) { // SR1
    const kept = finalizers.includes(finalizer) ? range : await deps.client.update(serviceCidrs, { ...range, metadata: { ...range.metadata, finalizers: [...finalizers, finalizer] } }, {}, signal)
    await tell(kept, 'True', '', 'Kubernetes Service CIDR is ready', deps, signal)
    return done
  }
  if (!finalizers.includes(finalizer)) return done
  const others = deps.cache.list(serviceCidrs).filter(other => other.metadata.name !== key.name && other.metadata.deletionTimestamp === undefined)
  const inUse = deps.cache.list(ipAddresses).filter(({ metadata }) => holds(range, metadata.name) && !others.some(other => holds(other, metadata.name)))
  if (inUse.length > 0) { // SR2
    await tell(range, 'False', 'Terminating', 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR', deps, signal)
    return done
  }
  await deps.client.update(serviceCidrs, { ...range, metadata: { ...range.metadata, finalizers: finalizers.filter(one => one !== finalizer) } }, {}, signal)
  return done
}

async function tell(range: ServiceCIDR, status: 'True' | 'False', reason: string, message: string, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const before = range.status?.conditions?.find(({ type }) => type === 'Ready')
  if (before?.status === status && before.message === message) return
  const condition = { type: 'Ready', status, reason: reason === '' ? 'NetworkingServiceCIDRReady' : reason, message, lastTransitionTime: before?.status === status ? before.lastTransitionTime : timeText(deps.clock.now()) }
  await deps.client.update(serviceCidrs, { ...range, status: { conditions: [...(range.status?.conditions ?? []).filter(({ type }) => type !== 'Ready'), condition] } }, { subresource: 'status' }, signal)
}
