/**
 * Endpoints controller: one Endpoints object a Service with a selector, naming the addresses of its Pods.
 *
 * Reads   Services, Pods, Endpoints          Writes   Endpoints
 * Woken   by the Service, by Pods it selects when their address, readiness or labels change, and by its Endpoints
 *
 *   EC1  A Service without selector is somebody else's to fill; an ExternalName Service has no Endpoints.
 *   EC2  The Endpoints of a Service that is gone are deleted.
 *   EC3  Nothing is written when nothing would change.
 */
import type { Endpoints, Service } from '../../../../api/groups/core-v1/types.ts'
import { endpoints, services } from '../../../../api/resources.ts'
import { compareEndpoints } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { hasSelector, headlessLabel, isHeadless, podsOf, podsWakeServices } from '../../services/service-pods.ts'
import { planEndpoints } from './plan-endpoints.ts'

const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity'

export const endpointsController: Controller = {
  name: 'endpoints-controller',
  reconciles: services,
  alsoWokenBy: [podsWakeServices, wokenBy(endpoints, ({ object }) => [keyOf(object)])],
  rehearse: 'reconcile',
  compare: compareEndpoints,
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const service = deps.cache.get(services, key)
  const current = deps.cache.get(endpoints, key)
  if (service === undefined) {
    if (current?.metadata.labels?.[managedByLabel] === 'endpoint-controller') await remove(current, deps, signal) // EC2
    return done
  }
  if (!hasSelector(service)) return done // EC1
  const { subsets, isOverCapacity } = planEndpoints(service, podsOf(deps.cache, service))
  const labels = labelsOf(service)
  const { [overCapacityAnnotation]: _over, ...others } = current?.metadata.annotations ?? {}
  const annotations = isOverCapacity ? { ...others, [overCapacityAnnotation]: 'truncated' } : others
  if (current === undefined) {
    await deps.client.create(endpoints, { metadata: { namespace: key.namespace!, name: key.name, labels, ...(isOverCapacity ? { annotations } : {}) }, subsets }, {}, signal)
    return done
  }
  if (isEqualJson(current.subsets ?? [], subsets) && isEqualJson(current.metadata.labels ?? {}, labels) && isEqualJson(current.metadata.annotations ?? {}, annotations)) return done // EC3
  await deps.client.update(endpoints, { ...current, metadata: { ...current.metadata, labels, annotations }, subsets }, {}, signal)
  return done
}

function labelsOf(service: Service): Record<string, string> {
  const { [headlessLabel]: _headless, ...labels } = service.metadata.labels ?? {}
  return { ...labels, ...(isHeadless(service) ? { [headlessLabel]: '' } : {}), [managedByLabel]: 'endpoint-controller' }
}

async function remove(object: Endpoints, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  await deps.client.delete(endpoints, keyOf(object), { preconditions: { uid: object.metadata.uid } }, signal).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}
