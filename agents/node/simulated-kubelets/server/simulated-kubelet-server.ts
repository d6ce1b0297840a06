/** The TLS port of all simulated kubelets, and of the process that plays them: health, metrics and inspection. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { errorText } from '../../../base/log.ts'
import { answerWatched, readRequestUrl, type ServingPort, type WatchedProcess } from '../../../runtime/index.ts'
import type { KubeletAccess } from '../../../runtime/kubelet-access.ts'
import type { SimulatedNode } from '../nodes/simulated-node.ts'
import { type PathDeps, answerPath, nodeOfHost } from './kubelet-paths.ts'

export interface SimulatedKubeletServerOptions {
  readonly address: string
  readonly port: number
  readonly cert: string
  readonly key: string
  readonly clientCa: string | undefined
}

export interface SimulatedKubeletServer extends ServingPort {
  /** For connections from now on; nodes that were added are named in a new certificate. */
  renew(cert: string, key: string): void
}

export interface SimulatedKubeletServerDeps extends PathDeps {
  readonly process: WatchedProcess
  readonly access: KubeletAccess
  readonly byAddress: (address: string) => SimulatedNode | undefined
}

export function startSimulatedKubeletServer(options: SimulatedKubeletServerOptions, deps: SimulatedKubeletServerDeps): Promise<SimulatedKubeletServer> {
  const server = createServer({ cert: options.cert, key: options.key, requestCert: true, rejectUnauthorized: false, ...(options.clientCa === undefined ? {} : { ca: options.clientCa }) }, (request, response) => {
    answer(request, response, deps).catch((error: unknown) => { send(response, 500, 'text/plain; charset=utf-8', `${errorText(error)}\n`) })
  })
  // An upgrade (exec, attach, port-forward) is answered like any other request: by its refusal.
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {})
    const node = nodeOfHost(request.headers.host, deps.byAddress)
    const refusal = node === undefined ? undefined : answerPath(readRequestUrl(request), node, deps)
    const body = refusal?.body ?? 'no such path\n'
    socket.end(`HTTP/1.1 ${refusal?.status ?? 404} Refused\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.address, () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        renew: (cert, key) => { server.setSecureContext({ cert, key, ...(options.clientCa === undefined ? {} : { ca: options.clientCa }) }) },
        [Symbol.asyncDispose]: () => new Promise<void>(ended => {
          server.close(() => { ended() })
          server.closeAllConnections()
        }),
      })
    })
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, deps: SimulatedKubeletServerDeps): Promise<void> {
  const url = readRequestUrl(request)
  const node = nodeOfHost(request.headers.host, deps.byAddress)
  if (node === undefined) {
    await answerWatched(deps.process, request, response)
    return
  }
  const verdict = await deps.access.check(request, url.pathname, node.name)
  const reply = verdict.allowed ? answerPath(url, node, deps) : { status: verdict.status, type: 'text/plain; charset=utf-8', body: `${verdict.message}\n` }
  if (reply === undefined) await answerWatched(deps.process, request, response)
  else send(response, reply.status, reply.type, reply.body)
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (!response.headersSent) response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' })
  response.end(body)
}
