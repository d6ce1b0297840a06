/**
 * Opens a connection to a Service of the cluster, for whatever the API server itself calls: webhooks and extension servers.
 * Upstream: kube-aggregator/pkg/apiserver/resolvers.go, apiserver/pkg/util/proxy.
 *
 *   SD1  A Service is resolved to one of its ready endpoints (EndpointSlices); the API server stands outside the pod network,
 *        so that no cluster IP can be relied on. Endpoints that serve while they end are the last resort.
 *   SD2  What is resolved is dialled through the egress proxy, as kubelets are (ND1).
 *   SD3  A Service of type ExternalName is dialled by that name; types that lead nowhere are refused by name.
 */
import { pick } from '../../../base/random.ts'
import type { Random } from '../../../base/random.ts'
import type { Socket } from 'node:net'
import type { ObjectReader } from '../admission/admission.ts'
import { ApiError, notFound } from '../http/api-error.ts'
import type { Destination, NodeDialer } from '../proxy/node-dialer.ts'
import { fieldAt, listAt, numberAt, textAt } from '../registry/kube-object.ts'

export interface ServiceAddress {
  readonly namespace: string
  readonly name: string
  readonly port: number
}

export interface ServiceDialer {
  /** Throws an ApiError (NotFound, ServiceUnavailable) that says why there is nowhere to connect to. */
  resolve(service: ServiceAddress): Destination
  dial(service: ServiceAddress, signal: AbortSignal): Promise<Socket>
}

export function createServiceDialer(deps: { readonly reader: ObjectReader; readonly random: Random; readonly dialer: NodeDialer }): ServiceDialer {
  const resolve = (service: ServiceAddress) => resolveService(service, deps.reader, deps.random)
  return {
    resolve,
    dial: (service, signal) => deps.dialer.dial(resolve(service), signal), // SD2
  }
}

export function resolveService({ namespace, name, port }: ServiceAddress, reader: ObjectReader, random: Random): Destination {
  const of = { group: '', resource: 'services' }
  const service = reader.get(of, namespace, name)
  if (service === undefined) throw notFound({ group: '', resource: 'service' }, name)
  const type = textAt(service, 'spec', 'type')
  if (type === 'ExternalName') return { host: textAt(service, 'spec', 'externalName'), port } // SD3
  if (!['', 'ClusterIP', 'NodePort', 'LoadBalancer'].includes(type)) throw new Error(`unsupported service type ${JSON.stringify(type)}`)
  const chosen = listAt(service, 'spec', 'ports').find(candidate => numberAt(candidate, 'port') === port)
  if (chosen === undefined) throw new ApiError('ServiceUnavailable', `no service port ${port} found for service ${JSON.stringify(name)}`)
  const destination = pickEndpoint(reader, random, { namespace, name }, textAt(chosen, 'name'))
  if (destination === undefined) throw new ApiError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`)
  return destination
}

/** SD1 */
function pickEndpoint(reader: ObjectReader, random: Random, { namespace, name }: { namespace: string; name: string }, portName: string): Destination | undefined {
  const slices = reader.list({ group: 'discovery.k8s.io', resource: 'endpointslices' }, namespace).filter(slice => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
  const reachable = (condition: 'ready' | 'serving') => slices.flatMap(slice => {
    const port = numberAt(listAt(slice, 'ports').find(candidate => textAt(candidate, 'name') === portName), 'port')
    if (port === undefined) return []
    const usable = listAt(slice, 'endpoints').filter(endpoint => {
      const value = fieldAt(endpoint, 'conditions', condition)
      return condition === 'ready' ? value !== false : value === true
    })
    return usable.flatMap(endpoint => (listAt(endpoint, 'addresses') as string[]).slice(0, 1).map(host => ({ host, port })))
  })
  return pick(random, reachable('ready')) ?? pick(random, reachable('serving'))
}
