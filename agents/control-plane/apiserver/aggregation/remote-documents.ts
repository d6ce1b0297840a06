/**
 * What extension servers say of themselves: discovery and OpenAPI, kept for clients who ask this server for everything.
 * Upstream: kube-aggregator/pkg/apiserver/handler_discovery.go, pkg/controllers/openapi, pkg/controllers/openapiv3.
 *
 *   RD1  Asked for after each check that passed; what changed makes this server's own documents anew.
 *   RD2  A server that cannot be asked now keeps what it said last, marked as stale.
 *   RD3  A server that tells no aggregated discovery is asked for the plain list of its version.
 *   RD5  What they say is bounded (4 MiB, 16 MiB of OpenAPI v2, 500,000 values, 2,000 resources), and read and merged in turns: a server that
 *        answers without end, or never, costs what it says itself, and nobody else.
 *   RD4  Definitions of OpenAPI v2 that clash are renamed, with the references to them.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import type { Steps } from '../../../base/steps.ts'
import { parseJsonInTurns } from '../../../api/schema/json.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import type { RemoteVersion } from '../discovery/discovery.ts'
import { nextTurn } from '../registry/heavy-work.ts'
import { isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields } from '../registry/kube-object.ts'
import { askExtension } from './ask-extension.ts'
import type { ExtensionServer } from './extension-servers.ts'
import type { ExtensionProxyDeps } from './proxy-extension.ts'

export interface RemoteDocumentsDeps extends ExtensionProxyDeps {
  readonly clock: Clock
  readonly log: Log
  readonly servers: () => readonly ExtensionServer[]
  /** What a server says has changed. */
  readonly onChange: () => void
}

interface Known {
  resources: readonly object[]
  hash: string
  openApiPath: string | undefined
  swagger: Fields | undefined
}

const maxSwaggerBytes = 16 * 1024 * 1024
const maxValues = 500_000
const maxResources = 2_000
const aggregatedTypes = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'

export class RemoteDocuments {
  readonly #deps: RemoteDocumentsDeps
  readonly #known = new Map<string, Known>()

  constructor(deps: RemoteDocumentsDeps) {
    this.#deps = deps
  }

  versions(): RemoteVersion[] {
    return this.#deps.servers().map(({ name, group, version, groupPriority, versionPriority, isAvailable }) => ({ group, version, groupPriority, versionPriority, resources: this.#known.get(name)?.resources ?? [], freshness: isAvailable && this.#known.has(name) ? 'Current' : 'Stale' })) // RD2
  }

  /** Names of OpenAPI v3 documents with the URLs they are at. */
  openApiV3(): [string, string][] {
    return this.#deps.servers().flatMap(({ name, group, version }) => {
      const path = this.#known.get(name)?.openApiPath
      return path === undefined ? [] : [[`apis/${group}/${version}`, path] as [string, string]]
    })
  }

  /** The document with what the extension servers add to it. */
  *mergedSwaggerSteps<T extends object>(document: T): Steps<T> {
    const remote = this.#deps.servers().flatMap(({ name, group, version }) => {
      const swagger = this.#known.get(name)?.swagger
      return swagger === undefined ? [] : [{ swagger, prefix: `/apis/${group}/${version}/` }]
    })
    let merged = document as Fields
    for (const { swagger, prefix } of remote) merged = yield* mergeSwaggerSteps(merged, swagger, prefix)
    return merged as T
  }

  /** RD1 */
  async refresh(server: ExtensionServer): Promise<void> {
    const before = this.#known.get(server.name)
    try {
      const resources = await this.#resourcesOf(server)
      const openApiPath = await this.#openApiPathOf(server)
      const swagger = await this.#swaggerOf(server)
      await nextTurn()
      const hash = createHash('sha256').update(JSON.stringify([resources, openApiPath, swagger])).digest('hex')
      this.#known.set(server.name, { resources, hash, openApiPath, swagger })
      if (before?.hash !== hash) this.#deps.onChange()
    } catch (error) {
      this.#deps.log.warn('extension server could not be asked what it serves', { apiService: server.name, error: errorText(error) })
    }
  }

  forget(name: string): void {
    if (this.#known.delete(name)) this.#deps.onChange()
  }

  async #resourcesOf(server: ExtensionServer): Promise<readonly object[]> {
    const all = await askExtension(server, '/apis', aggregatedTypes, this.#deps).catch(() => undefined)
    if (all?.code === 200 && all.type.includes('APIGroupDiscoveryList')) {
      const group = listAt(await parse(all.body), 'items').find(item => textAt(item, 'metadata', 'name') === server.group)
      const version = listAt(group, 'versions').find(candidate => textAt(candidate, 'version') === server.version)
      if (version !== undefined) return few(listAt(version, 'resources')) as object[]
    }
    const list = await askExtension(server, `/apis/${server.group}/${server.version}`, 'application/json', this.#deps) // RD3
    if (list.code !== 200) throw new Error(`discovery answered ${list.code}`)
    return fromPlainList(few(listAt(await parse(list.body), 'resources')), server)
  }

  async #openApiPathOf(server: ExtensionServer): Promise<string | undefined> {
    const index = await askExtension(server, '/openapi/v3', 'application/json', this.#deps).catch(() => undefined)
    if (index?.code !== 200) return undefined
    const paths = (await parse(index.body) as Fields | undefined)?.['paths']
    const url = textAt(isFields(paths) ? paths[`apis/${server.group}/${server.version}`] : undefined, 'serverRelativeURL')
    return url === '' ? undefined : url
  }

  async #swaggerOf(server: ExtensionServer): Promise<Fields | undefined> {
    const answer = await askExtension(server, '/openapi/v2', 'application/json', this.#deps, maxSwaggerBytes).catch(() => undefined)
    const swagger = answer?.code === 200 ? await parse(answer.body) : undefined
    return isFields(swagger) ? swagger : undefined
  }
}

/** RD5 */
function few(resources: readonly unknown[]): readonly unknown[] {
  if (resources.length > maxResources) throw new Error(`it lists ${resources.length} resources, more than ${maxResources}`)
  return resources
}

/** RD5 */
async function parse(body: Buffer): Promise<unknown> {
  try {
    const { value, valueCount } = await parseJsonInTurns(body.toString('utf8'), nextTurn, maxValues)
    return valueCount > maxValues ? undefined : value
  } catch {
    return undefined
  }
}

/** "pods" and "pods/log" of an APIResourceList as one resource with its subresources. */
export function fromPlainList(resources: readonly unknown[], { group, version }: { readonly group: string; readonly version: string }): object[] {
  const kindOf = (resource: unknown) => ({ group: textAt(resource, 'group') || group, version: textAt(resource, 'version') || version, kind: textAt(resource, 'kind') })
  const below = new Map<string, object[]>()
  for (const candidate of resources) {
    const [name, ...rest] = textAt(candidate, 'name').split('/')
    if (rest.length === 0) continue
    const known = below.get(name!) ?? []
    below.set(name!, known)
    known.push({ subresource: rest.join('/'), responseKind: kindOf(candidate), verbs: listAt(candidate, 'verbs') })
  }
  return resources.filter(resource => !textAt(resource, 'name').includes('/')).map(resource => {
    const name = textAt(resource, 'name')
    const subresources = below.get(name) ?? []
    const [shortNames, categories] = [listAt(resource, 'shortNames'), listAt(resource, 'categories')]
    return {
      resource: name, responseKind: kindOf(resource), scope: (resource as Fields)['namespaced'] === true ? 'Namespaced' : 'Cluster', singularResource: textAt(resource, 'singularName'), verbs: listAt(resource, 'verbs'),
      ...(shortNames.length === 0 ? {} : { shortNames }), ...(categories.length === 0 ? {} : { categories }), ...(subresources.length === 0 ? {} : { subresources }),
    }
  })
}

/** RD4 */
export function* mergeSwaggerSteps(document: Fields, added: Fields, prefix: string): Steps<Fields> {
  const definitions = { ...(document['definitions'] as Fields | undefined) }
  const paths = { ...(document['paths'] as Fields | undefined) }
  const renamed = new Map<string, string>()
  for (const [name, definition] of Object.entries((added['definitions'] as Fields | undefined) ?? {})) {
    yield
    if (definitions[name] === undefined || JSON.stringify(definitions[name]) === JSON.stringify(definition)) continue
    let number = 2
    while (`${name}_v${number}` in definitions) number += 1
    renamed.set(`#/definitions/${name}`, `#/definitions/${name}_v${number}`)
  }
  const rewrite = (value: unknown): unknown => (renamed.size === 0 ? value : JSON.parse(JSON.stringify(value), (key, inner: unknown) => (key === '$ref' && typeof inner === 'string' ? (renamed.get(inner) ?? inner) : inner)) as unknown)
  for (const [name, definition] of Object.entries((added['definitions'] as Fields | undefined) ?? {})) {
    yield
    const as = renamed.get(`#/definitions/${name}`)?.slice('#/definitions/'.length) ?? name
    definitions[as] = rewrite(definition)
  }
  for (const [path, item] of Object.entries((added['paths'] as Fields | undefined) ?? {})) {
    yield
    if (path.startsWith(prefix)) paths[path] ??= rewrite(item)
  }
  return { ...document, paths, definitions }
}
