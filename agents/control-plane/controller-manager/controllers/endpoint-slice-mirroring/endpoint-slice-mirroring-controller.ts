/**
 * EndpointSlice mirroring: Endpoints that people write by hand, for Services without selector, also as EndpointSlices.
 *
 * Reads   Endpoints, Services, EndpointSlices          Writes   EndpointSlices
 * Woken   by Endpoints, by the Service of the same name, and by its slices
 *
 *   EM1  Mirrored only if the Service exists without selector and the Endpoints carry no label
 *        endpointslice.kubernetes.io/skip-mirror=true, no leader election annotation, and are not ours.
 *   EM2  Each subset gives slices of its own ports; at most 1000 addresses a subset.
 *   EM3  What is no longer to be mirrored loses its slices.
 */
import type { EndpointAddress, Endpoints } from '../../../../api/groups/core-v1/types.ts'
import type { Endpoint } from '../../../../api/groups/discovery-v1/types.ts'
import { endpoints, endpointSlices, services } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { applySlices, managedByLabel, serviceNameLabel } from '../../services/apply-slices.ts'
import type { WantedGroup } from '../../services/plan-slices.ts'
import { planSlices } from '../../services/plan-slices.ts'
import { hasSelector } from '../../services/service-pods.ts'

const manager = 'endpointslicemirroring-controller.k8s.io'
const mostAddresses = 1_000

export const endpointSliceMirroringController: Controller = {
  name: 'endpointslice-mirroring-controller',
  reconciles: endpoints,
  alsoWokenBy: [endpointSlices, wokenBy(services, ({ object }) => [keyOf(object)])],
  rehearse: 'reconcile',
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const source = deps.cache.get(endpoints, key)
  if (source === undefined) return done // the slices are its property and go with it
  if (!deps.expectations.settled(source.metadata.uid)) return again(1_000)
  const own = deps.cache.ownedBy(endpointSlices, source.metadata.uid).filter(slice => slice.metadata.labels?.[managedByLabel] === manager)
  const labels = { ...source.metadata.labels, [serviceNameLabel]: key.name, [managedByLabel]: manager }
  const mirrored = isMirrored(source, key, deps)
  const plans = (['IPv4', 'IPv6'] as const).map(family => {
    const slices = own.filter(slice => slice.addressType === family)
    const groups = mirrored ? groupsOf(source, family) : []
    return {
      plan: groups.length === 0 ? { create: [], update: [], remove: slices } : planSlices(slices, groups, slice => ({ ...slice, metadata: { ...slice.metadata, labels } })), // EM3
      draft: ({ ports, endpoints: members }: WantedGroup) => ({
        metadata: { generateName: `${key.name}-`, namespace: key.namespace!, labels, ownerReferences: [controllerReference(endpoints, source)] },
        addressType: family, endpoints: [...members], ports: [...ports],
      }),
    }
  })
  await applySlices(source.metadata.uid, plans, deps, signal)
  return done
}

function isMirrored({ metadata }: Endpoints, key: ObjectKey, { cache }: ReconcileDeps): boolean { // EM1
  const service = cache.get(services, key)
  return service !== undefined && !hasSelector(service) && metadata.deletionTimestamp === undefined
    && metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] !== 'true' && metadata.labels?.['endpoints.kubernetes.io/managed-by'] === undefined
    && metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined
}

function groupsOf({ subsets = [] }: Endpoints, family: 'IPv4' | 'IPv6'): WantedGroup[] { // EM2
  return subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => ({
    ports: ports.map(port => ({ name: '', protocol: 'TCP', ...port })),
    endpoints: [...addresses.map(address => endpointOf(address, true)), ...notReadyAddresses.map(address => endpointOf(address, false))]
      .filter(({ addresses: [ip] }) => ip!.includes(':') === (family === 'IPv6')).slice(0, mostAddresses),
  })).filter(({ endpoints: members }) => members.length > 0)
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready }, ...(hostname === undefined ? {} : { hostname }), ...(nodeName === undefined ? {} : { nodeName }), ...(targetRef === undefined ? {} : { targetRef }) }
}
