/** What a server does beside serving, from its start on: the objects every cluster has, and its own endpoints. */
import { addressAt, readCidr } from '../../../base/ip.ts'
import { errorText } from '../../../base/log.ts'
import type { AuthorityTexts } from '../access/create-authentication.ts'
import type { FrontProxyNames } from '../access/front-proxy.ts'
import { keepAuthenticationInfo } from './authentication-info.ts'
import { ensureObjects, wantedNamespaces, wantedPriorityClasses, wantedRbac } from './ensure-objects.ts'
import type { BootstrapDeps, WantedObject } from './ensure-objects.ts'
import { keepStandardFlowObjects } from '../flow/flow-config.ts'
import { keepIdentityLease } from './identity-lease.ts'
import type { ServerIdentity } from './identity-lease.ts'
import type { ServerLease } from './server-lease.ts'
import { wantedTokenTracking } from './legacy-token-tracking.ts'
import { keepServerEndpoints, wantedServerService } from './server-endpoints.ts'

export interface BootstrapOptions {
  readonly serviceRange: string
  readonly advertiseAddress: string
  readonly port: number
  /** As they are now: their files may change. */
  readonly authorities: () => AuthorityTexts
  readonly frontProxy?: FrontProxyNames
  readonly keepsFlowObjects: boolean
  /** This server's key among the living ones; whoever made it takes it away in the end. */
  readonly lease: ServerLease
  readonly identity: ServerIdentity
  /** Calls back once addresses and node ports of all Services have been looked at. */
  readonly keepAllocations: (onFirst: () => void) => Promise<void>
}

const identityHook = 'start-kube-apiserver-identity-lease-controller'
const repairHook = 'start-service-ip-repair-controllers'
const flowHook = 'priority-and-fairness-config-producer'

const tokenTrackingHook = 'start-legacy-token-tracking-controller'

/** Name of each hook with whether it has finished; the server is ready when all have. */
export function startBootstrap(deps: BootstrapDeps, options: BootstrapOptions, signal: AbortSignal): ReadonlyMap<string, () => boolean> {
  const finished = new Set<string>()
  const run = (name: string, work: () => Promise<void>) => {
    work().then(
      () => {
        finished.add(name)
      },
      (error: unknown) => {
        if (!signal.aborted) deps.log.error('bootstrap hook failed', { hook: name, error: errorText(error) })
      },
    )
  }
  const server = { advertiseAddress: options.advertiseAddress, port: options.port, serviceAddress: addressAt(readCidr(options.serviceRange)!, 1) }
  const names = ['start-system-namespaces-controller', 'rbac/bootstrap-roles', 'scheduling/bootstrap-system-priority-classes', 'bootstrap-controller', 'start-cluster-authentication-info-controller', identityHook, tokenTrackingHook, repairHook, ...(options.keepsFlowObjects ? [flowHook] : [])]
  const namespacesMade = ensureObjects(wantedNamespaces(), deps, signal)
  run(names[0]!, () => namespacesMade)
  run(names[1]!, async () => {
    const wanted = wantedRbac()
    await Promise.all([ensureObjects(wanted.filter(object => object.namespace === ''), deps, signal), namespacesMade.then(() => ensureObjects(wanted.filter(object => object.namespace !== ''), deps, signal))])
  })
  run(names[2]!, () => ensureObjects(wantedPriorityClasses(), deps, signal))
  run(names[3]!, async () => {
    await namespacesMade
    await ensureObjects([wantedServerService(server), ...wantedServiceRange(options.serviceRange)], deps, signal)
    await new Promise<void>(resolve => {
      void keepServerEndpoints(server, options.lease, deps, resolve, signal)
    })
  })
  run(names[4]!, async () => {
    await namespacesMade
    await new Promise<void>(resolve => {
      void keepAuthenticationInfo(options, deps, resolve, signal)
    })
  })
  run(identityHook, async () => {
    await namespacesMade
    await new Promise<void>(resolve => {
      void keepIdentityLease(options.identity, deps, resolve, signal)
    })
  })
  run(tokenTrackingHook, async () => {
    await namespacesMade
    await ensureObjects([wantedTokenTracking(deps.clock.now())], deps, signal)
  })
  run(repairHook, () => new Promise<void>(resolve => {
    void options.keepAllocations(resolve)
  }))
  if (options.keepsFlowObjects) run(flowHook, () => keepStandardFlowObjects(deps, signal))
  return new Map(names.map(name => [name, () => finished.has(name)]))
}

function wantedServiceRange(range: string): WantedObject[] {
  return [{ group: 'networking.k8s.io', resource: 'servicecidrs', namespace: '', object: { metadata: { name: 'kubernetes' }, spec: { cidrs: [range] } } }]
}
