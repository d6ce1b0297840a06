/**
 * A read-only image registry (OCI distribution, `/v2/`) over an OCI layout folder.
 *
 *   RG1  Repositories are the path below the registry's host name: docker.io/library/web:latest is served as
 *        library/web; containerd names the host in `?ns=`. Asked without ns, any host that has the path serves.
 *   RG2  Manifests by tag or digest with their media type and Docker-Content-Digest; blobs with ranges; HEAD as GET.
 *   RG3  Only what an image of the layout reaches is served; digests from elsewhere are 404, paths are never joined
 *        from what was asked.
 *   RG4  Errors are the distribution specification's JSON, writing is refused with UNSUPPORTED.
 *   RG5  The layout is read again when its index.json has changed, so that a rebuilt image shows without a restart.
 */
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Log } from '../../../agents/base/log.ts'
import { readRequestUrl } from '../../../agents/runtime/request-url.ts'

export interface RegistryOptions {
  /** Folder with index.json and blobs/. */
  readonly layout: string
  readonly host: string
  /** 0 chooses a free one. */
  readonly port: number
  readonly log: Log
}

export interface Registry {
  readonly address: string
  readonly port: number
  close(): Promise<void>
}

export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const store = new LayoutStore(options.layout)
  await store.read()
  const server = createServer((request, response) => {
    answer(store, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else if (error instanceof RegistryError) refuse(response, error)
      else {
        options.log.error('registry request failed', { url: request.url, error: error instanceof Error ? error.message : String(error) })
        refuse(response, new RegistryError(500, 'UNKNOWN', 'the registry could not read its store'))
      }
    })
  })
  await listen(server, options.host, options.port)
  const { port } = server.address() as AddressInfo
  return {
    address: options.host, port,
    close: () => new Promise(resolve => {
      server.close(() => { resolve() })
      server.closeAllConnections()
    }),
  }
}

class RegistryError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

interface StoredDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

interface Repository {
  /** Tag to digest. */
  readonly tags: Map<string, string>
  /** Digest to descriptor of everything its images reach. */
  readonly content: Map<string, StoredDescriptor>
}

class LayoutStore {
  readonly #folder: string
  #stamp = ''
  /** "docker.io/library/web" to its content. */
  #repositories = new Map<string, Repository>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** RG5 */
  async read(): Promise<void> {
    const path = join(this.#folder, 'index.json')
    const { mtimeMs, size, ino } = await stat(path)
    const stamp = `${mtimeMs}/${size}/${ino}`
    if (stamp === this.#stamp) return
    const index = JSON.parse(await readFile(path, 'utf8')) as { manifests: StoredDescriptor[] }
    const repositories = new Map<string, Repository>()
    for (const manifest of index.manifests) {
      const reference = manifest.annotations?.['io.containerd.image.name'] ?? ''
      const colon = reference.lastIndexOf(':')
      const name = reference.slice(0, colon)
      const repository = repositories.get(name) ?? { tags: new Map<string, string>(), content: new Map<string, StoredDescriptor>() }
      repositories.set(name, repository)
      repository.tags.set(reference.slice(colon + 1), manifest.digest)
      await this.#reach(manifest, repository.content)
    }
    this.#repositories = repositories
    this.#stamp = stamp
  }

  find(path: string, host: string | null): Repository | undefined {
    if (host !== null) return this.#repositories.get(`${host}/${path}`)
    for (const [name, repository] of this.#repositories) if (name.slice(name.indexOf('/') + 1) === path) return repository // RG1
    return undefined
  }

  names(): string[] {
    return [...this.#repositories.keys()].map(name => name.slice(name.indexOf('/') + 1)).sort()
  }

  blobPath(digest: string): string {
    return join(this.#folder, 'blobs', digest.replace(':', '/'))
  }

  async #reach(descriptor: StoredDescriptor, content: Map<string, StoredDescriptor>): Promise<void> {
    if (content.has(descriptor.digest)) return
    content.set(descriptor.digest, descriptor)
    if (!isManifest(descriptor)) return
    const body = JSON.parse(await readFile(this.blobPath(descriptor.digest), 'utf8')) as { manifests?: StoredDescriptor[]; config?: StoredDescriptor; layers?: StoredDescriptor[] }
    for (const next of [...(body.manifests ?? []), ...(body.config === undefined ? [] : [body.config]), ...(body.layers ?? [])]) await this.#reach(next, content)
  }
}

async function answer(store: LayoutStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0')
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new RegistryError(405, 'UNSUPPORTED', 'this registry is read-only') // RG4
  await store.read()
  const url = readRequestUrl(request)
  if (url.pathname === '/v2' || url.pathname === '/v2/') return sendJson(request, response, {})
  if (url.pathname === '/v2/_catalog') return sendJson(request, response, { repositories: store.names() })
  const match = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(url.pathname)
  if (match === null) throw new RegistryError(404, 'NAME_UNKNOWN', `no such path: ${url.pathname}`)
  const [, path = '', kind = '', reference = ''] = match
  const repository = store.find(path, url.searchParams.get('ns'))
  if (repository === undefined) throw new RegistryError(404, 'NAME_UNKNOWN', `repository ${path} is not known to this registry`)
  if (kind === 'tags') {
    if (reference !== 'list') throw new RegistryError(404, 'NAME_UNKNOWN', `no such path: ${url.pathname}`)
    return sendJson(request, response, { name: path, tags: [...repository.tags.keys()].sort() })
  }
  const digest = decodeURIComponent(reference)
  const descriptor = repository.content.get(kind === 'manifests' ? (repository.tags.get(digest) ?? digest) : digest) // RG3
  if (descriptor === undefined || isManifest(descriptor) !== (kind === 'manifests')) {
    throw kind === 'manifests'
      ? new RegistryError(404, 'MANIFEST_UNKNOWN', `manifest ${digest} of ${path} is not known to this registry`)
      : new RegistryError(404, 'BLOB_UNKNOWN', `blob ${digest} of ${path} is not known to this registry`)
  }
  await sendBlob(store, request, response, descriptor, kind === 'manifests')
}

/** RG2 */
async function sendBlob(store: LayoutStore, request: IncomingMessage, response: ServerResponse, descriptor: StoredDescriptor, isManifestRequest: boolean): Promise<void> {
  const path = store.blobPath(descriptor.digest)
  const { size } = await stat(path)
  response.setHeader('docker-content-digest', descriptor.digest)
  response.setHeader('etag', `"${descriptor.digest}"`)
  response.setHeader('content-type', isManifestRequest ? descriptor.mediaType : 'application/octet-stream')
  response.setHeader('accept-ranges', 'bytes')
  const range = isManifestRequest ? undefined : readRange(request.headers.range, size)
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${size}`)
    throw new RegistryError(416, 'RANGE_INVALID', `the blob has ${size} bytes`)
  }
  const [from, to] = range ?? [0, size - 1]
  if (range !== undefined) response.setHeader('content-range', `bytes ${from}-${to}/${size}`)
  response.setHeader('content-length', to - from + 1)
  response.writeHead(range === undefined ? 200 : 206)
  if (request.method === 'HEAD' || size === 0) response.end()
  else await pipeline(createReadStream(path, { start: from, end: to }), response)
}

/** One range of bytes, inclusive; anything else in the header means the whole. */
export function readRange(header: string | undefined, size: number): readonly [number, number] | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const from = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const to = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]))
  return from >= size || from > to ? 'unsatisfiable' : [from, to]
}

function isManifest(descriptor: StoredDescriptor): boolean {
  return /\.(manifest\.v1|index\.v1|manifest\.v2|manifest\.list\.v2)\+json$/.test(descriptor.mediaType)
}

function sendJson(request: IncomingMessage, response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function refuse(response: ServerResponse, error: RegistryError): void {
  const body = JSON.stringify({ errors: [{ code: error.code, message: error.message, detail: null }] })
  response.writeHead(error.status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`The image registry cannot listen on ${host}:${port}, because another program does. Stop that program or choose another port.`) : error)
    })
    server.listen(port, host, () => { resolve() })
  })
}
