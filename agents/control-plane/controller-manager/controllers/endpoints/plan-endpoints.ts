/**
 * The subsets of an Endpoints object. Pure.
 *
 *   EP1  Finished Pods and Pods without an address are left out; so are Pods being deleted, unless the Service publishes
 *        addresses that are not ready.
 *   EP2  Addresses with the same ports stand in one subset; everything is sorted, so that the same Pods give the same text.
 *   EP3  At most 1000 addresses; ready ones have precedence.
 */
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../../../../api/groups/core-v1/types.ts'
import { canonicalText } from '../../pods/canonical.ts'
import { isDeleting, isFinished, isReady } from '../../pods/pod-state.ts'
import { addressesOf, hostnameOf, targetPort } from '../../services/service-pods.ts'

const mostAddresses = 1_000

interface Place {
  readonly address: EndpointAddress
  readonly ready: boolean
  readonly ports: readonly EndpointPort[]
}

export interface EndpointsPlan {
  readonly subsets: EndpointSubset[]
  readonly isOverCapacity: boolean
}

export function planEndpoints(service: Service, selected: readonly Pod[]): EndpointsPlan {
  const family = service.spec.ipFamilies?.[0] === 'IPv6' ? 'IPv6' : 'IPv4'
  const publishAll = service.spec.publishNotReadyAddresses === true
  const places = selected
    .filter(pod => !isFinished(pod) && (publishAll || !isDeleting(pod))) // EP1
    .flatMap(pod => addressesOf(pod, family).slice(0, 1).map((ip): Place => ({ address: addressOf(pod, service, ip), ready: publishAll || isReady(pod), ports: portsOf(pod, service) })))
    .filter(({ ports }) => ports.length > 0 || (service.spec.ports ?? []).length === 0)
    .sort((a, b) => Number(b.ready) - Number(a.ready) || (a.address.ip < b.address.ip ? -1 : 1))
  const groups = Map.groupBy(places.slice(0, mostAddresses), ({ ports }) => canonicalText(ports)) // EP2, EP3
  const subsets = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, members]) => {
    const ready = members.filter(member => member.ready).map(({ address }) => address)
    const notReady = members.filter(member => !member.ready).map(({ address }) => address)
    const ports = members[0]!.ports
    return {
      ...(ready.length === 0 ? {} : { addresses: ready }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ...(ports.length === 0 ? {} : { ports: [...ports] }),
    }
  })
  return { subsets, isOverCapacity: places.length > mostAddresses }
}

function addressOf(pod: Pod, service: Service, ip: string): EndpointAddress {
  const hostname = hostnameOf(pod, service)
  const { nodeName } = pod.spec
  const { name, namespace, uid } = pod.metadata
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined || nodeName === '' ? {} : { nodeName }),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
  }
}

function portsOf(pod: Pod, service: Service): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap(port => {
    const number = targetPort(pod, port)
    if (number === undefined) return []
    return [{
      ...(port.name === undefined || port.name === '' ? {} : { name: port.name }), port: number, protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    }]
  })
}
