/**
 * An API server of cardboard, for agents that rehearse in a template: they take part in a cluster of two nodes that does
 * not exist, so that the code they will run is compiled and has been run.
 *
 *   RH1  It takes what an agent writes and gives it back; it lists the two nodes and nothing else; a watch stays silent.
 *   RH2  The rehearsal is over when the agents have brought their node to Ready.
 *   RH3  Only who trusts the rehearsal's own authority can be served by it, and it ends with its owner.
 */
import { once } from 'node:events'
import { type IncomingHttpHeaders, type Http2SecureServer, type ServerHttp2Stream, createSecureServer } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { json } from 'node:stream/consumers'

type Body = Readonly<Record<string, unknown>>

export const rehearsedNode = { name: 'rehearsal', address: '172.30.0.254', podCidr: '10.244.0.0/24' } as const
const neighbour = { name: 'rehearsal-neighbour', address: '172.30.0.253', podCidr: '10.244.1.0/24' } as const

export class RehearsalApi implements Disposable {
  readonly port: number
  /** RH2 */
  readonly over: Promise<void>
  readonly #server: Http2SecureServer
  readonly #sockets = new Set<Socket>()
  readonly #end: () => void

  private constructor(server: Http2SecureServer) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.#end = resolve
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('sessionError', () => {})
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      this.#answer(stream, headers).catch(() => { stream.close() })
    })
  }

  static async open(credentials: { readonly certificate: string; readonly key: string }): Promise<RehearsalApi> {
    const server = createSecureServer({ cert: credentials.certificate, key: credentials.key })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new RehearsalApi(server)
  }

  [Symbol.dispose](): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  async #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const { pathname, searchParams } = new URL(String(headers[':path']), 'https://rehearsal')
    const { resource, name, subresource } = readPath(pathname)
    const respond = (status: number, body: Body): void => {
      stream.respond({ ':status': status, 'content-type': 'application/json' })
      stream.end(JSON.stringify(body))
    }
    if (headers[':method'] === 'GET') {
      if (searchParams.has('watch')) stream.respond({ ':status': 200, 'content-type': 'application/json' })
      else if (name === undefined) respond(200, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: resource === 'nodes' ? [nodeObject(rehearsedNode), nodeObject(neighbour)] : [] })
      else if (resource === 'nodes') respond(200, nodeObject(rehearsedNode))
      else respond(404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message: `${resource} "${name}" not found` })
      return
    }
    const sent = (await json(stream)) as Body
    if (resource === 'nodes' && subresource === 'status' && isReady(sent)) this.#end()
    respond(headers[':method'] === 'POST' ? 201 : 200, resource === 'nodes' ? { ...nodeObject(rehearsedNode), ...pick(sent, 'status') } : { ...sent, metadata: { ...(sent['metadata'] as Body), ...identity(name ?? resource) } })
  }
}

/** /api/v1[/namespaces/NS]/RESOURCE[/NAME[/SUBRESOURCE]], and the same below /apis/GROUP/VERSION. */
export function readPath(pathname: string): { readonly resource: string; readonly name: string | undefined; readonly subresource: string | undefined } {
  const words = pathname.split('/').filter(word => word !== '')
  const rest = words.slice(words[0] === 'api' ? 2 : 3)
  const [resource = '', name, subresource] = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest
  return { resource, name, subresource }
}

function nodeObject({ name, address, podCidr }: typeof rehearsedNode | typeof neighbour): Body {
  return {
    kind: 'Node', apiVersion: 'v1', metadata: { name, ...identity(name) }, spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
    status: { addresses: [{ type: 'InternalIP', address }], conditions: [] },
  }
}

function identity(name: string): Body {
  return { uid: `rehearsal-${name}`, resourceVersion: '1', creationTimestamp: '2020-01-01T00:00:00Z' }
}

function isReady(sent: Body): boolean {
  const { conditions } = (sent['status'] ?? {}) as { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
  return conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True') ?? false
}

function pick(body: Body, key: string): Body {
  return key in body ? { [key]: body[key] } : {}
}
