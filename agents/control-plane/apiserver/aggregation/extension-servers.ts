/**
 * The servers that APIService objects name: which groups and versions are theirs, and how they are reached.
 * Upstream: kube-aggregator/pkg/apiserver/{apiserver,handler_proxy}.go.
 *
 *   XS1  An APIService with a service takes all requests below /apis/<group>/<version>, whatever else serves it.
 *   XS2  Without the condition Available it answers 503 at once: nobody waits for a server that is known to be gone.
 *   XS3  The server must prove to be <service>.<namespace>.svc, unless insecureSkipTLSVerify says otherwise; the API server
 *        shows it the proxy client certificate.
 */
import { checkServerIdentity, connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { APIService } from '../../../api/groups/apiregistration-v1/types.ts'
import type { ServiceAddress, ServiceDialer } from '../webhooks/service-dialer.ts'

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

/** XS3 */
export async function connectExtension(server: ExtensionServer, services: ServiceDialer, identity: ProxyIdentity | undefined, signal: AbortSignal): Promise<TLSSocket> {
  const socket = await services.dial(server.service, signal)
  return await new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      host: server.serverName,
      servername: server.serverName,
      ...(server.caBundle === '' ? {} : { ca: Buffer.from(server.caBundle, 'base64').toString('utf8') }),
      ...(identity === undefined ? {} : { cert: identity.cert, key: identity.key }),
      rejectUnauthorized: !server.insecure,
      checkServerIdentity,
      ALPNProtocols: ['http/1.1'],
    })
    const fail = (error: Error) => {
      signal.removeEventListener('abort', onAbort)
      secure.destroy()
      socket.destroy()
      reject(error)
    }
    const onAbort = () => {
      fail(new Error('the request ended'))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    secure.once('error', fail)
    secure.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort)
      secure.off('error', fail)
      secure.on('error', () => {})
      resolve(secure)
    })
  })
}
