/**
 * The servers that APIService objects name: which groups and versions are theirs, and how they are reached.
 * Upstream: kube-aggregator/pkg/apiserver/{apiserver,handler_proxy}.go.
 *
 *   XS1  An APIService with a service takes all requests below /apis/<group>/<version>, whatever else serves it.
 *   XS2  Without the condition Available it answers 503 at once: nobody waits for a server that is known to be gone.
 */
import type { APIService } from '../../../api/groups/apiregistration-v1/types.ts'
import type { ServiceAddress } from '../webhooks/service-dialer.ts'

export interface ExtensionServer {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly groupPriority: number
  readonly versionPriority: number
  readonly service: ServiceAddress
  readonly serverName: string
  readonly isAvailable: boolean
  readonly caBundle: string
  readonly insecure: boolean
}

export interface ProxyIdentity {
  readonly cert: string
  readonly key: string
}

/** How an APIService is read; undefined for one that this server answers itself. */
export function extensionServerOf({ metadata, spec, status }: APIService): ExtensionServer | undefined {
  const { service } = spec
  if (service === undefined || service === null) return undefined
  const [namespace, name] = [service.namespace ?? '', service.name ?? '']
  return {
    name: metadata.name, group: spec.group ?? '', version: spec.version ?? '', groupPriority: spec.groupPriorityMinimum, versionPriority: spec.versionPriority,
    service: { namespace, name, port: service.port ?? 443 },
    serverName: `${name}.${namespace}.svc`,
    isAvailable: status?.conditions?.some(condition => condition.type === 'Available' && condition.status === 'True') === true,
    caBundle: spec.caBundle ?? '',
    insecure: spec.insecureSkipTLSVerify === true,
  }
}

export class ExtensionServers {
  #servers: readonly ExtensionServer[] = []
  readonly #byVersion = new Map<string, ExtensionServer>()

  get all(): readonly ExtensionServer[] {
    return this.#servers
  }

  replace(services: readonly APIService[]): void {
    this.#servers = services.map(extensionServerOf).filter(server => server !== undefined)
    this.#byVersion.clear()
    for (const server of this.#servers) this.#byVersion.set(`${server.group}/${server.version}`, server)
  }

  /** Whose path this is (XS1). */
  find(path: string): ExtensionServer | undefined {
    if (this.#byVersion.size === 0 || !path.startsWith('/apis/')) return undefined
    const [, , group = '', version = ''] = path.split('/', 4)
    return this.#byVersion.get(`${group}/${version}`)
  }
}
