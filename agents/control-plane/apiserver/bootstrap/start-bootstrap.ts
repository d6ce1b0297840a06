/** What a server does beside serving, from its start on: the objects every cluster has, and its own endpoints. */
import { addressAt, readCidr } from '../../../base/ip.ts'
import { errorText } from '../../../base/log.ts'
import type { Storage } from '../storage/storage.ts'
import { ensureObjects, wantedNamespaces, wantedPriorityClasses, wantedRbac } from './ensure-objects.ts'
import type { BootstrapDeps, WantedObject } from './ensure-objects.ts'
import { keepServerEndpoints, wantedServerService } from './server-endpoints.ts'

export interface BootstrapOptions {
  readonly serviceRange: string
  readonly advertiseAddress: string
  readonly port: number
  readonly clientCa: string
  readonly frontProxy?: { readonly ca: string; readonly allowedNames: readonly string[]; readonly userHeaders: readonly string[]; readonly groupHeaders: readonly string[]; readonly extraPrefixes: readonly string[] }
}

/** Name of each hook with whether it has finished; the server is ready when all have. */
export function startBootstrap(deps: BootstrapDeps & { readonly storage: Storage }, options: BootstrapOptions, signal: AbortSignal): ReadonlyMap<string, () => boolean> {
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
  const names = ['start-system-namespaces-controller', 'rbac/bootstrap-roles', 'scheduling/bootstrap-system-priority-classes', 'bootstrap-controller', 'start-cluster-authentication-info-controller']
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
      void keepServerEndpoints(server, deps.storage, deps, resolve, signal)
    })
  })
  run(names[4]!, async () => {
    await namespacesMade
    await ensureObjects([authenticationInfo(options)], deps, signal)
  })
  return new Map(names.map(name => [name, () => finished.has(name)]))
}

/** How extension servers check who calls them. */
function authenticationInfo(options: BootstrapOptions): WantedObject {
  const proxy = options.frontProxy
  const data = {
    'client-ca-file': options.clientCa,
    ...(proxy === undefined
      ? {}
      : {
          'requestheader-client-ca-file': proxy.ca,
          'requestheader-allowed-names': JSON.stringify(proxy.allowedNames),
          'requestheader-username-headers': JSON.stringify(proxy.userHeaders),
          'requestheader-group-headers': JSON.stringify(proxy.groupHeaders),
          'requestheader-extra-headers-prefix': JSON.stringify(proxy.extraPrefixes),
        }),
  }
  return {
    group: '',
    resource: 'configmaps',
    namespace: 'kube-system',
    object: { metadata: { name: 'extension-apiserver-authentication' }, data },
    mend: existing => {
      const known = (existing['data'] ?? {}) as Record<string, string>
      const differs = Object.entries(data).some(([key, value]) => known[key] !== value)
      return differs ? { ...existing, data: { ...known, ...data } } : undefined
    },
  }
}

function wantedServiceRange(range: string): WantedObject[] {
  return [{ group: 'networking.k8s.io', resource: 'servicecidrs', namespace: '', object: { metadata: { name: 'kubernetes' }, spec: { cidrs: [range] } } }]
}
