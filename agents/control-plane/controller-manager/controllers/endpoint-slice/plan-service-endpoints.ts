/**
 * The endpoints of a Service, grouped by the ports they serve. Pure.
 *
 *   SE1  A Pod counts from having an address until it is finished; a Pod being deleted stays, as terminating.
 *   SE2  serving = the Pod is ready; ready = serving and not terminating, or the Service publishes all addresses.
 *   SE3  Zone comes from the node's topology.kubernetes.io/zone; hints follow spec.trafficDistribution.
 *   SE4  A Pod that has none of the Service's named ports is an endpoint without ports; a Service that is not headless and has
 *        no ports has no endpoints.
 */
import type { Node, Pod, Service } from '../../../../api/groups/core-v1/types.ts'
import type { Endpoint, EndpointHints, EndpointPort } from '../../../../api/groups/discovery-v1/types.ts'
import { canonicalText } from '../../pods/canonical.ts'
import { isDeleting, isFinished, isReady } from '../../pods/pod-state.ts'
import { addressesOf, hostnameOf, isHeadless, targetPort } from '../../services/service-pods.ts'
import type { WantedGroup } from '../../services/plan-slices.ts'

export const zoneLabel = 'topology.kubernetes.io/zone'

export function planServiceEndpoints(service: Service, selected: readonly Pod[], family: 'IPv4' | 'IPv6', nodeOf: (name: string) => Node | undefined): WantedGroup[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>()
  for (const pod of selected) {
    const addresses = addressesOf(pod, family)
    if (isFinished(pod) || addresses.length === 0) continue // SE1
    const ports = portsOf(pod, service)
    if ((service.spec.ports ?? []).length === 0 && !isHeadless(service)) continue // SE4
    const key = canonicalText(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    group.endpoints.push(endpointOf(pod, service, addresses, nodeOf))
    groups.set(key, group)
  }
  return [...groups.values()]
}

function endpointOf(pod: Pod, service: Service, addresses: readonly string[], nodeOf: (name: string) => Node | undefined): Endpoint {
  const { nodeName } = pod.spec
  const { name, namespace, uid } = pod.metadata
  const serving = isReady(pod)
  const terminating = isDeleting(pod)
  const zone = nodeName === undefined ? undefined : nodeOf(nodeName)?.metadata.labels?.[zoneLabel]
  const hostname = hostnameOf(pod, service)
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating) // SE2
  const hints = ready ? hintsOf(service, zone, nodeName) : undefined
  return {
    addresses: addresses.slice(0, 1),
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(nodeName === undefined || nodeName === '' ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }), // SE3
    ...(hints === undefined ? {} : { hints }),
  }
}

function hintsOf(service: Service, zone: string | undefined, nodeName: string | undefined): EndpointHints | undefined {
  const near = service.spec.trafficDistribution
  const zones = zone === undefined ? undefined : { forZones: [{ name: zone }] }
  if (near === 'PreferClose' || near === 'PreferSameZone') return zones
  if (near === 'PreferSameNode' && nodeName !== undefined) return { ...zones, forNodes: [{ name: nodeName }] }
  return undefined
}

function portsOf(pod: Pod, service: Service): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap(port => {
    const number = targetPort(pod, port)
    if (number === undefined) return []
    return [{ name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP', ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }) }]
  })
}
