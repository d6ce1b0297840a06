/** Which Pods stand behind a Service, under which ports, and which changes of a Pod a Service must hear of. */
import type { Pod, Service, ServicePort } from '../../../api/groups/core-v1/types.ts'
import { pods, services } from '../../../api/resources.ts'
import type { Caches } from '../../../machinery/caches.ts'
import type { Waker } from '../../../machinery/controller.ts'
import { wokenBy } from '../../../machinery/controller.ts'
import { matchesLabelMap } from '../../../api/selectors/label-selector.ts'
import { keyOf } from '../../../machinery/object-key.ts'
import { isEqualJson } from '../pods/canonical.ts'
import { isDeleting, isFinished, isReady } from '../pods/pod-state.ts'

export const headlessLabel = 'service.kubernetes.io/headless'
export const isHeadless = (service: Service): boolean => service.spec.clusterIP === 'None'
export const hasSelector = (service: Service): boolean => Object.keys(service.spec.selector ?? {}).length > 0 && service.spec.type !== 'ExternalName'

export function podsOf(caches: Caches, service: Service): readonly Pod[] {
  return caches.list(pods, service.metadata.namespace).filter(pod => matchesLabelMap(service.spec.selector, pod.metadata.labels))
}

/** A Pod wakes the Services that select it now, or did before; but only when something an endpoint shows has changed. */
export const podsWakeServices: Waker = wokenBy(pods, ({ object, previous }, caches) => {
  if (previous !== undefined && isEqualJson(endpointFace(previous), endpointFace(object))) return []
  return caches.list(services, object.metadata.namespace)
    .filter(service => hasSelector(service) && (matchesLabelMap(service.spec.selector, object.metadata.labels) || (previous !== undefined && matchesLabelMap(service.spec.selector, previous.metadata.labels))))
    .map(keyOf)
})

function endpointFace(pod: Pod): unknown {
  return [pod.metadata.labels, pod.status?.podIPs, pod.status?.podIP, pod.spec.nodeName, pod.spec.hostname, pod.spec.subdomain, isReady(pod), isDeleting(pod), isFinished(pod)]
}

/** The number the Service's port leads to on this Pod; undefined if the Pod has no port of that name. */
export function targetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target === 0 ? port.port : target
  const protocol = port.protocol ?? 'TCP'
  const sidecars = (pod.spec.initContainers ?? []).filter(container => container.restartPolicy === 'Always')
  return [...pod.spec.containers, ...sidecars].flatMap(container => container.ports ?? [])
    .find(candidate => candidate.name === target && (candidate.protocol ?? 'TCP') === protocol)?.containerPort
}

/** The Pod's own name in DNS, if it asks for one under this Service. */
export function hostnameOf(pod: Pod, service: Service): string | undefined {
  return (pod.spec.hostname ?? '') !== '' && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined
}

export function addressesOf(pod: Pod, family: 'IPv4' | 'IPv6'): readonly string[] {
  const all = (pod.status?.podIPs ?? (pod.status?.podIP === undefined ? [] : [{ ip: pod.status.podIP }])).map(({ ip }) => ip)
  return all.filter(ip => ip !== '' && ip.includes(':') === (family === 'IPv6'))
}
