/**
 * EndpointSlice controller: the addresses behind each Service with a selector, in slices that are cheap to change.
 *
 * Reads   Services, Pods, Nodes (zones), EndpointSlices          Writes   EndpointSlices (create, update, delete)
 * Woken   by the Service, by Pods it selects when their address, readiness or labels change, by its slices, and by a
 *         node whose zone changes
 *
 *   SC1  Only slices labelled as managed by this controller are touched.
 *   SC2  Nothing is planned while our own creates and deletes are missing from the cache; updates are guarded by their
 *        resourceVersion.
 *   SC3  A slice is owned by its Service, so that it goes with it; a Service being deleted is left alone.
 *   SC5  The annotation service.kubernetes.io/topology-mode: Auto goes before spec.trafficDistribution.
 *   SC4  Labels of the Service are copied to its slices; a headless Service is marked.
 */
import type { Node, Pod, Service } from '../../../../api/groups/core-v1/types.ts'
import { endpointSlices, nodes, pods, services } from '../../../../api/resources.ts'
import { compareSlices } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { applySlices, managedByLabel, serviceNameLabel } from '../../services/apply-slices.ts'
import type { WantedGroup } from '../../services/plan-slices.ts'
import { planSlices } from '../../services/plan-slices.ts'
import { hasSelector, headlessLabel, isHeadless, podsOf, podsWakeServices } from '../../services/service-pods.ts'
import { planServiceEndpoints, zoneLabel } from './plan-service-endpoints.ts'
import { planTopologyHints } from './plan-topology-hints.ts'

const manager = 'endpointslice-controller.k8s.io'

export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  reconciles: services,
  alsoWokenBy: [
    podsWakeServices,
    endpointSlices,
    wokenBy(nodes, ({ type, object, previous }, caches) => {
      const zone = object.metadata.labels?.[zoneLabel]
      const isMoved = type === 'updated' ? zone !== previous.metadata.labels?.[zoneLabel] : zone !== undefined
      if (!isMoved && previous !== undefined && isEqualJson(capacityFace(object), capacityFace(previous))) return []
      return caches.list(services).filter(service => hasSelector(service) && (isMoved || asksForTopology(service))).map(keyOf)
    }),
  ],
  reads: [pods],
  rehearse: 'reconcile',
  compare: compareSlices,
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const service = deps.cache.get(services, key)
  if (service === undefined || service.metadata.deletionTimestamp !== undefined || !hasSelector(service)) return done // SC3
  if (!deps.expectations.settled(service.metadata.uid)) return again(1_000) // SC2
  const labels = labelsOf(service)
  const own = deps.cache.ownedBy(endpointSlices, service.metadata.uid).filter(slice => slice.metadata.labels?.[managedByLabel] === manager) // SC1
  const selected = podsOf(deps.cache, service)
  const families = familiesOf(service)
  const plans = families.map(family => ({
    plan: planSlices(own.filter(slice => slice.addressType === family), wantedGroups(service, selected, family, deps), slice => ({ ...slice, metadata: { ...slice.metadata, labels } })),
    draft: ({ ports, endpoints }: WantedGroup) => ({
      metadata: { generateName: `${service.metadata.name}-`, namespace: key.namespace!, labels, ownerReferences: [controllerReference(services, service)] },
      addressType: family, endpoints: [...endpoints], ports: [...ports],
    }),
  }))
  const strays = own.filter(slice => !(families as readonly string[]).includes(slice.addressType))
  await applySlices(service.metadata.uid, [...plans, { plan: { create: [], update: [], remove: strays }, draft: plans[0]!.draft }], deps, signal)
  return done
}

function capacityFace({ status }: Node): unknown {
  return [status.allocatable?.['cpu'], status.conditions?.find(({ type }) => type === 'Ready')?.status]
}

/** SC5 */
function wantedGroups(service: Service, selected: readonly Pod[], family: 'IPv4' | 'IPv6', { cache, events }: ReconcileDeps): readonly WantedGroup[] {
  const groups = planServiceEndpoints(service, selected, family, name => cache.get(nodes, { name }))
  if (!asksForTopology(service)) return groups
  const plan = planTopologyHints(groups, cache.list(nodes), zoneLabel)
  if (plan.refusal === undefined) events.event(service, 'Normal', 'TopologyAwareHintsEnabled', `Topology Aware Hints has been enabled, addressType: ${family}`)
  else events.event(service, 'Warning', 'TopologyAwareHintsDisabled', `${plan.refusal}, addressType: ${family}`)
  return plan.groups
}

function asksForTopology({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations['service.kubernetes.io/topology-mode'] ?? annotations['service.kubernetes.io/topology-aware-hints']
  return mode === 'Auto' || mode === 'auto'
}

function familiesOf(service: Service): readonly ('IPv4' | 'IPv6')[] {
  const families = (service.spec.ipFamilies ?? []).filter((family): family is 'IPv4' | 'IPv6' => family === 'IPv4' || family === 'IPv6')
  return families.length === 0 ? ['IPv4'] : families
}

function labelsOf(service: Service): Record<string, string> { // SC4
  const { [headlessLabel]: _headless, ...labels } = service.metadata.labels ?? {}
  return { ...labels, ...(isHeadless(service) ? { [headlessLabel]: '' } : {}), [serviceNameLabel]: service.metadata.name, [managedByLabel]: manager }
}
