/**
 * The API servers as a Service of the cluster: default/kubernetes, its Endpoints and EndpointSlice.
 * Upstream: pkg/controlplane/reconcilers/lease.go, controller/kubernetesservice.
 *
 *   SE1  Each server keeps a key of its own with a short life in the store; the endpoints are the servers whose keys live.
 *   SE2  Endpoints and slice are written only when they differ, every ten seconds, and once at once.
 *   SE3  A server that ends takes itself out.
 */
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import { listAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import type { ServerLease } from './server-lease.ts'
import { ensureObject } from './ensure-objects.ts'
import type { BootstrapDeps, WantedObject } from './ensure-objects.ts'

export interface ServerAddress {
  readonly advertiseAddress: string
  readonly port: number
  readonly serviceAddress: string
}

const everyMs = 10_000

export function wantedServerService(server: ServerAddress): WantedObject {
  return {
    group: '',
    resource: 'services',
    namespace: 'default',
    object: {
      metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: { type: 'ClusterIP', clusterIP: server.serviceAddress, clusterIPs: [server.serviceAddress], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', sessionAffinity: 'None', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: server.port }] },
    },
    mend: service => {
      const port = listAt(service, 'spec', 'ports')[0]
      if (sameValue((port as Fields | undefined)?.['targetPort'], server.port)) return undefined
      return { ...service, spec: { ...(service['spec'] as Fields), ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: server.port }] } }
    },
  }
}

/** Runs until the signal aborts; calls back after the first time it has held. */
export async function keepServerEndpoints(server: ServerAddress, lease: ServerLease, deps: BootstrapDeps, onHeld: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await lease.renew()
      const addresses = await lease.addresses()
      await ensureObject(endpointsObject(addresses, server.port), deps, signal)
      await ensureObject(sliceObject(addresses, server.port), deps, signal)
      onHeld()
    } catch (error) {
      if (!signal.aborted) deps.log.warn('server endpoints could not be kept', { error: errorText(error) })
    }
    await sleep(deps.clock, everyMs, signal).catch(() => {})
  }
}

function endpointsObject(addresses: readonly string[], port: number): WantedObject {
  const subsets = [{ addresses: addresses.map(ip => ({ ip })), ports: [{ name: 'https', port, protocol: 'TCP' }] }]
  const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' }
  return {
    group: '',
    resource: 'endpoints',
    namespace: 'default',
    object: { metadata: { name: 'kubernetes', labels }, subsets },
    mend: existing => (sameAddresses(listAt(listAt(existing, 'subsets')[0], 'addresses').map(address => textAt(address, 'ip')), addresses) && samePort(listAt(listAt(existing, 'subsets')[0], 'ports'), port) ? undefined : ({ ...existing, metadata: { ...existing.metadata, labels: { ...existing.metadata.labels, ...labels } }, subsets } as KubeObject)),
  }
}

function sliceObject(addresses: readonly string[], port: number): WantedObject {
  const endpoints = addresses.map(address => ({ addresses: [address], conditions: { ready: true } }))
  const ports = [{ name: 'https', port, protocol: 'TCP' }]
  return {
    group: 'discovery.k8s.io',
    resource: 'endpointslices',
    namespace: 'default',
    object: { metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } }, addressType: 'IPv4', endpoints, ports },
    mend: existing => (sameAddresses(listAt(existing, 'endpoints').flatMap(endpoint => listAt(endpoint, 'addresses') as string[]), addresses) && samePort(listAt(existing, 'ports'), port) ? undefined : ({ ...existing, endpoints, ports } as KubeObject)),
  }
}

function sameAddresses(known: readonly string[], wanted: readonly string[]): boolean {
  return sameValue([...known].sort(), [...wanted].sort())
}

function samePort(ports: readonly unknown[], port: number): boolean {
  return (ports[0] as Fields | undefined)?.['port'] === port
}
