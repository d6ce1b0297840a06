/**
 * The lab's cloud on a unix socket: agents/wire/cloud says what is asked and answered.
 *
 *   CS1  The socket is 0600: whoever owns the lab is let in.
 *   CS2  A body is at most 256 KiB and arrives within ten seconds; what cannot be read is answered with 400 and the field.
 *   CS3  A refusal carries its reason as {"message"}.
 */
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { errorText, type Log } from '../../../agents/base/log.ts'
import { type CloudRoute, type CloudVolume, type Instance, type LoadBalancer, type LoadBalancerWish, cloudPaths } from '../../../agents/wire/cloud/cloud-api.ts'
import { CloudError } from './cloud-error.ts'
import { readRoute, readSize, readVolumeId, readWish } from './read-wish.ts'

const bodyBytes = 256 * 1024

/** What answers the questions. Refusals are thrown as CloudError. */
export interface CloudService {
  instances(): readonly Instance[]
  routes(): readonly CloudRoute[]
  ensureRoute(route: CloudRoute): Promise<void>
  deleteRoute(name: string): Promise<void>
  loadBalancers(): readonly LoadBalancer[]
  ensureLoadBalancer(name: string, wish: LoadBalancerWish): Promise<LoadBalancer>
  deleteLoadBalancer(name: string): Promise<void>
  volumes(): readonly CloudVolume[]
  ensureVolume(id: string, sizeBytes: number): Promise<CloudVolume>
  deleteVolume(id: string): Promise<void>
  plugIn(id: string, node: string): Promise<void>
  takeOut(id: string, node: string): Promise<void>
}

export class CloudServer {
  readonly #server: Server
  readonly #socketPath: string

  private constructor(server: Server, socketPath: string) {
    this.#server = server
    this.#socketPath = socketPath
  }

  static listen(socketPath: string, service: CloudService, log: Log): Promise<CloudServer> {
    const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 5_000 }, (request, response) => {
      answer(service, request).then(
        value => { send(response, value === undefined ? 204 : 200, value) },
        (error: unknown) => {
          if (!(error instanceof CloudError)) log.error('cloud question failed', { method: request.method, path: request.url, error: errorText(error) })
          send(response, error instanceof CloudError ? error.status : 500, { message: errorText(error) }) // CS3
        },
      )
    })
    rmSync(socketPath, { force: true })
    return new Promise((resolve, reject) => {
      server.once('error', error => { reject(new CloudError(503, `the cloud could not listen on ${socketPath}: ${error.message}`)) })
      server.listen(socketPath, () => {
        chmodSync(socketPath, 0o600) // CS1
        resolve(new CloudServer(server, socketPath))
      })
    })
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => { resolve() }))
    this.#server.closeAllConnections()
    await closed
    rmSync(this.#socketPath, { force: true })
  }
}

async function answer(service: CloudService, request: IncomingMessage): Promise<unknown> {
  const path = request.url ?? '/'
  const method = request.method ?? 'GET'
  if (path === cloudPaths.volumes || path.startsWith(`${cloudPaths.volumes}/`)) return answerVolumes(service, request, method, path)
  const name = (base: string): string | undefined => (path.startsWith(`${base}/`) ? decodeURIComponent(path.slice(base.length + 1)) : undefined)
  if (method === 'GET' && path === cloudPaths.instances) return service.instances()
  if (method === 'GET' && path === cloudPaths.routes) return service.routes()
  if (method === 'GET' && path === cloudPaths.loadBalancers) return service.loadBalancers()
  const route = name(cloudPaths.routes)
  if (route !== undefined && method === 'PUT') return service.ensureRoute(readRoute(route, await bodyOf(request)))
  if (route !== undefined && method === 'DELETE') return service.deleteRoute(route)
  const balancer = name(cloudPaths.loadBalancers)
  if (balancer !== undefined && method === 'PUT') return service.ensureLoadBalancer(balancer, readWish(await bodyOf(request)))
  if (balancer !== undefined && method === 'DELETE') return service.deleteLoadBalancer(balancer)
  if (balancer !== undefined && method === 'GET') {
    const found = service.loadBalancers().find(one => one.name === balancer)
    if (found === undefined) throw new CloudError(404, `there is no load balancer ${balancer}`)
    return found
  }
  throw unknownQuestion(method, path)
}

async function answerVolumes(service: CloudService, request: IncomingMessage, method: string, path: string): Promise<unknown> {
  const [id, machines, node, ...rest] = path.slice(cloudPaths.volumes.length + 1).split('/').map(part => decodeURIComponent(part)) as [string, ...string[]]
  if (id === '' && method === 'GET') return service.volumes()
  readVolumeId(id)
  if (machines === undefined) {
    if (method === 'PUT') return service.ensureVolume(id, readSize(await bodyOf(request)))
    if (method === 'DELETE') return service.deleteVolume(id)
    const found = service.volumes().find(volume => volume.id === id)
    if (method === 'GET' && found === undefined) throw new CloudError(404, `there is no volume ${id}`)
    if (method === 'GET') return found
  } else if (machines === 'machines' && node !== undefined && node !== '' && rest.length === 0) {
    if (method === 'PUT') return service.plugIn(id, node)
    if (method === 'DELETE') return service.takeOut(id, node)
  }
  throw unknownQuestion(method, path)
}

function unknownQuestion(method: string, path: string): CloudError {
  return new CloudError(404, `${method} ${path} is not a question of this cloud`)
}

async function bodyOf(request: IncomingMessage): Promise<unknown> { // CS2
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyBytes) throw new CloudError(400, `the body is longer than ${bodyBytes / 1024} KiB`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (error) {
    throw new CloudError(400, `the body is not JSON: ${errorText(error)}`)
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const text = value === undefined ? '' : JSON.stringify(value)
  response.writeHead(status, text === '' ? {} : { 'content-type': 'application/json' }).end(text)
}
