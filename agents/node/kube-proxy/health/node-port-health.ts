/**
 * Answers on each Service's healthCheckNodePort, for load balancers outside: 200 while this node has a local endpoint and
 * the proxy is healthy, else 503. Upstream: pkg/proxy/healthcheck/service_health.go.
 */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { Log } from '../../../base/log.ts'
import type { ServicePort } from '../model/service-port.ts'

interface Listening {
  readonly server: Server
  namespace: string
  name: string
  localEndpoints: number
}

export class NodePortHealth implements AsyncDisposable {
  readonly #listening = new Map<number, Listening>()
  readonly #isHealthy: () => boolean
  readonly #log: Log

  constructor(options: { readonly isHealthy: () => boolean; readonly log: Log }) {
    this.#isHealthy = options.isHealthy
    this.#log = options.log
  }

  update(ports: readonly ServicePort[]): void {
    const wanted = new Map<number, ServicePort[]>()
    for (const port of ports) if (port.healthCheckNodePort !== null) wanted.set(port.healthCheckNodePort, [...(wanted.get(port.healthCheckNodePort) ?? []), port])
    for (const [number, listening] of this.#listening) {
      if (wanted.has(number)) continue
      this.#listening.delete(number)
      listening.server.close()
    }
    for (const [number, group] of wanted) {
      const local = new Set(group.flatMap(port => port.localEndpoints.map(endpoint => endpoint.ip))).size
      const listening = this.#listening.get(number) ?? this.#listen(number)
      Object.assign(listening, { namespace: group[0]!.namespace, name: group[0]!.service, localEndpoints: local })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#listening.values()].map(({ server }) => new Promise(resolve => { server.close(resolve) })))
  }

  #listen(port: number): Listening {
    const listening: Listening = { server: createServer(), namespace: '', name: '', localEndpoints: 0 }
    listening.server.on('request', (_, response) => {
      const serviceProxyHealthy = this.#isHealthy()
      const { namespace, name, localEndpoints } = listening
      response.writeHead(localEndpoints > 0 && serviceProxyHealthy ? 200 : 503, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff', 'x-load-balancing-endpoint-weight': String(localEndpoints) })
      response.end(JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy }, null, '\t'))
    })
    listening.server.on('error', error => { this.#log.warn('health check port failed', { port, error: error.message }) })
    listening.server.listen(port)
    this.#listening.set(port, listening)
    return listening
  }
}
