/**
 * Connections to extension servers, kept and shared. Upstream: kube-aggregator's transport (client-go/transport cache).
 *
 *   XC1  A server must prove to be <service>.<namespace>.svc, unless insecureSkipTLSVerify says otherwise; the API server shows
 *        it the proxy client certificate.
 *   XC2  Requests without a body share kept connections; one that the other side closed while it lay idle is replaced once.
 *        What has a body or upgrades has a connection of its own, so that nothing is ever sent twice.
 *   XC3  When the APIService or the proxy client certificate changes, connections made for what it was before are not used again.
 */
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { DialingAgent } from '../dialling/dialing-agent.ts'
import { secureSocket } from '../dialling/secure-socket.ts'
import type { ServiceDialer } from '../webhooks/service-dialer.ts'
import type { ExtensionServer, ProxyIdentity } from './extension-servers.ts'

export interface ExtensionRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[]>> & { readonly host: string }
}

export class ExtensionConnections implements Disposable {
  readonly #services: ServiceDialer
  readonly #agents = new Map<string, DialingAgent>()
  #identity: ProxyIdentity | undefined

  constructor(services: ServiceDialer, identity: ProxyIdentity | undefined) {
    this.#services = services
    this.#identity = identity
  }

  /** XC3 */
  useIdentity(identity: ProxyIdentity | undefined): void {
    this.#identity = identity
    this.keep([])
  }

  /** Forgets the connections of all other servers (XC3). */
  keep(servers: readonly ExtensionServer[]): void {
    const kept = new Set(servers.map(keyOf))
    for (const [key, agent] of this.#agents) {
      if (kept.has(key)) continue
      agent.retire()
      this.#agents.delete(key)
    }
  }

  /** A connection of the caller's own (XC1, XC2). */
  async dial(server: ExtensionServer, signal: AbortSignal): Promise<TLSSocket> {
    const identity = this.#identity
    const socket = await this.#services.dial(server.service, signal)
    return await secureSocket(socket, {
      host: server.serverName,
      servername: server.serverName,
      ...(server.caBundle === '' ? {} : { ca: Buffer.from(server.caBundle, 'base64').toString('utf8') }),
      ...(identity === undefined ? {} : { cert: identity.cert, key: identity.key }),
      rejectUnauthorized: !server.insecure,
      ALPNProtocols: ['http/1.1'],
    }, signal)
  }

  /** One request without a body (XC2). */
  async ask(server: ExtensionServer, request: ExtensionRequest, signal: AbortSignal): Promise<IncomingMessage> {
    for (let isRetry = false; ; isRetry = true) {
      const answer = await askOnce(this.#agentOf(server), request, signal)
      if ('response' in answer) return answer.response
      if (!answer.reused || isRetry || signal.aborted) throw answer.error
    }
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy()
    this.#agents.clear()
  }

  #agentOf(server: ExtensionServer): DialingAgent {
    const key = keyOf(server)
    const known = this.#agents.get(key)
    if (known !== undefined) return known
    const agent = new DialingAgent(signal => this.dial(server, signal))
    this.#agents.set(key, agent)
    return agent
  }
}

function keyOf({ service, serverName, caBundle, insecure }: ExtensionServer): string {
  return JSON.stringify([service.namespace, service.name, service.port, serverName, caBundle, insecure])
}

function askOnce(agent: DialingAgent, { method, path, headers }: ExtensionRequest, signal: AbortSignal): Promise<{ response: IncomingMessage } | { error: Error; reused: boolean }> {
  return new Promise(resolve => {
    const asked = httpsRequest({ agent, method, path, headers, host: headers.host, signal })
    asked.once('response', response => {
      resolve({ response })
    })
    asked.on('error', error => {
      resolve({ error, reused: asked.reusedSocket })
    })
    asked.once('upgrade', (_response, socket) => {
      socket.destroy()
      resolve({ error: new Error('the backend upgraded a request that asked for no upgrade'), reused: false })
    })
    asked.end()
  })
}
