/**
 * The schema of everything served, for kubectl explain, validation and apply.
 *
 *   OA1  /openapi/v3 lists group versions, each with the hash of its document; a document asked for by its hash never
 *        changes and may be kept for a year, any other hash is sent to the right one.
 *   OA2  Only hashes are kept: a document is made when asked for (some 30 ms) and let go, since clients keep theirs.
 *   OA3  /openapi/v2 has a JSON and a protobuf form; kubectl 1.28 and older take only the latter.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isPlainObject } from '../../../api/schema/clone.ts'
import type { Steps } from '../../../base/steps.ts'
import type { ApiDescriptions } from '../../../api/openapi/descriptions.ts'
import { noSuchPath, notAcceptable } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { jsonType, readMediaClauses } from '../http/negotiation.ts'
import { inTurns, nextTurn } from '../registry/heavy-work.ts'
import type { ResourceRow } from '../../../api/schema/definition.ts'
import type { PublishedVersion } from '../custom/publish-open-api.ts'
import type { ResourceTable } from '../registry/resource-table.ts'

const v2Protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
const v2ProtobufOld = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
const yearSeconds = 365 * 24 * 3600

/** What extension servers publish. */
export interface RemoteOpenApi {
  /** Names of v3 documents with the URLs they are at. */
  openApiV3(): readonly (readonly [string, string])[]
  mergedSwaggerSteps<T extends object>(document: T): Steps<T>
}

const noRemote: RemoteOpenApi = {
  openApiV3: () => [],
  *mergedSwaggerSteps(document) { // eslint-disable-line require-yield -- there is nothing to do
    return document
  },
}

export class OpenApi {
  readonly #table: ResourceTable
  readonly #descriptionsFile: string
  readonly #hashes = new Map<string, string>()
  #generation = -1
  readonly #custom: () => readonly PublishedVersion[]
  readonly #remote: RemoteOpenApi

  constructor(table: ResourceTable, descriptionsFile: string, custom: () => readonly PublishedVersion[] = () => [], remote: RemoteOpenApi = noRemote) {
    this.#table = table
    this.#descriptionsFile = descriptionsFile
    this.#custom = custom
    this.#remote = remote
  }

  async serve(exchange: Exchange): Promise<void> {
    if (this.#generation !== this.#table.generation) this.#forgetChanged() // OA2
    this.#generation = this.#table.generation
    if (exchange.path === '/openapi/v2') await this.#serveV2(exchange)
    else if (exchange.path === '/openapi/v3' || exchange.path === '/openapi/v3/') await this.#serveIndex(exchange)
    else await this.#serveVersion(exchange, exchange.path.slice('/openapi/v3/'.length))
  }

  /** Documents of built-in group versions stay as they are whatever custom resources come and go. */
  #forgetChanged(): void {
    const kept = new Set(this.#builtInRows().map(({ group, version }) => `v3/${group === '' ? `api/${version}` : `apis/${group}/${version}`}`))
    for (const { row } of this.#custom()) kept.delete(`v3/apis/${row.group}/${row.version}`)
    for (const key of this.#hashes.keys()) if (!kept.has(key)) this.#hashes.delete(key)
  }

  async #serveIndex(exchange: Exchange): Promise<void> {
    const paths: Record<string, { serverRelativeURL: string }> = {}
    for (const name of this.#names()) {
      const hash = await this.#hashOf(`v3/${name}`, () => this.#v3(name))
      paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }
    }
    for (const [name, url] of this.#remote.openApiV3()) paths[name] = { serverRelativeURL: url }
    await exchange.send(200, 'text/plain; charset=utf-8', JSON.stringify({ paths })) // as upstream's, which names no type
  }

  async #serveVersion(exchange: Exchange, name: string): Promise<void> {
    if (!this.#names().includes(name)) throw noSuchPath()
    if (!acceptsAny(exchange, [jsonType])) throw notAcceptable([jsonType])
    const hash = await this.#hashOf(`v3/${name}`, () => this.#v3(name))
    const asked = exchange.query.get('hash')
    exchange.headers['vary'] = 'Accept'
    exchange.headers['etag'] = `"${hash}"`
    if (asked !== null && asked !== '' && asked !== hash) { // OA1
      exchange.start(301, 'text/plain', { location: `/openapi/v3/${name}?hash=${hash}` })
      exchange.response.end()
      return
    }
    if (asked === hash) {
      exchange.headers['cache-control'] = 'public, immutable'
      exchange.headers['expires'] = new Date(exchange.startedMs + yearSeconds * 1000).toUTCString()
    }
    if (exchange.header('if-none-match') === `"${hash}"`) {
      exchange.sendNotModified()
      return
    }
    await exchange.send(200, jsonType, await this.#v3(name))
  }

  async #serveV2(exchange: Exchange): Promise<void> { // OA3
    const wantsProtobuf = acceptsAny(exchange, [v2Protobuf, v2ProtobufOld]) && !readMediaClauses(exchange.header('accept') ?? '').some(clause => clause.type === jsonType)
    const hash = await this.#hashOf(`v2/${wantsProtobuf}`, () => this.#v2(wantsProtobuf))
    exchange.headers['vary'] = 'Accept'
    exchange.headers['etag'] = `"${hash}"`
    if (exchange.header('if-none-match') === `"${hash}"`) {
      exchange.sendNotModified()
      return
    }
    await exchange.send(200, wantsProtobuf ? v2Protobuf : jsonType, await this.#v2(wantsProtobuf))
  }

  /** A group version's resources, a group's versions, and the paths beside the API. */
  #names(): string[] {
    const names = new Set(['.well-known/openid-configuration', 'api', 'apis', 'openid/v1/jwks', 'version'])
    for (const { group, version } of this.#table.rows) {
      if (group !== '') names.add(`apis/${group}`)
      names.add(group === '' ? `api/${version}` : `apis/${group}/${version}`)
    }
    return [...names].sort()
  }

  async #v3(name: string): Promise<Buffer> {
    const { openApiV3, openApiV3Root } = await import('../../../api/openapi/openapi-v3.ts')
    const [prefix, second = '', third = ''] = name.split('/')
    const descriptions = this.#readDescriptions()
    await nextTurn()
    const served = prefix === 'api' ? { group: '', version: second } : { group: second, version: third }
    if (served.version === '' || (prefix !== 'api' && prefix !== 'apis')) return Buffer.from(JSON.stringify(openApiV3Root(name, descriptions, this.#table.rows) ?? {}))
    const custom = this.#custom().filter(({ row }) => row.group === served.group && row.version === served.version)
    if (custom.length === 0) return Buffer.from(JSON.stringify(openApiV3(served, descriptions, this.#builtInRows())))
    const document = await this.#customV3(served, custom, descriptions)
    await nextTurn()
    return Buffer.from(JSON.stringify(document))
  }

  /** A group version may hold built-in and custom resources alike. */
  async #customV3(served: { group: string; version: string }, custom: readonly PublishedVersion[], descriptions: ApiDescriptions): Promise<object> {
    const [{ renderOpenApiV3, groupVersionsIn }, { Parameters }, { resourceListPath }, { resourcePaths }, { builtInTypes }, { publishedDocuments }] = await Promise.all([
      import('../../../api/openapi/openapi-v3.ts'), import('../../../api/openapi/parameters.ts'), import('../../../api/openapi/discovery-paths.ts'),
      import('../../../api/openapi/operations.ts'), import('../../../api/openapi/resource-types.ts'), import('../custom/publish-open-api.ts'),
    ])
    const parameters = new Parameters(descriptions)
    const own = publishedDocuments(custom, 'v3', descriptions, parameters)
    await nextTurn()
    const builtIn = this.#builtInRows().filter(row => row.group === served.group && row.version === served.version)
    const paths = [resourceListPath(served), ...builtIn.flatMap(row => resourcePaths(row, builtInTypes(row), parameters)), ...own.paths]
    return renderOpenApiV3(paths, descriptions, groupVersionsIn(served), own.schemas)
  }

  #builtInRows(): readonly ResourceRow[] {
    return this.#table.rows.filter(row => this.#table.find(row.group, row.version, row.resource)?.isCustom !== true)
  }

  async #v2(protobuf: boolean): Promise<Buffer> {
    const [{ openApiV2Steps }, { Parameters }, { publishedDocuments }] = await Promise.all([import('../../../api/openapi/openapi-v2.ts'), import('../../../api/openapi/parameters.ts'), import('../custom/publish-open-api.ts')])
    const descriptions = this.#readDescriptions()
    await nextTurn()
    const own = publishedDocuments(this.#custom(), 'v2', descriptions, new Parameters(descriptions))
    const groupPaths = await this.#customGroupPaths()
    await nextTurn()
    const ownDocument = await inTurns(openApiV2Steps(descriptions, this.#builtInRows(), { paths: [...own.paths, ...groupPaths], definitions: own.schemas }))
    const document = await inTurns(this.#remote.mergedSwaggerSteps(ownDocument))
    await nextTurn()
    if (!protobuf) return await inTurns(documentBytes(document))
    const { encodeOpenApiV2Steps } = await import('../../../wire/protobuf/gnostic.ts')
    return Buffer.from(await inTurns(encodeOpenApiV2Steps(document)))
  }

  /** Groups and versions that only custom resources have. */
  async #customGroupPaths() {
    const { groupPath, resourceListPath } = await import('../../../api/openapi/discovery-paths.ts')
    const builtIn = this.#builtInRows()
    const only = this.#custom().map(({ row }) => row)
    const groups = [...new Set(only.map(({ group }) => group))].filter(group => !builtIn.some(row => row.group === group))
    const versions = [...new Map(only.map(({ group, version }) => [`${group}/${version}`, { group, version }])).values()].filter(({ group, version }) => !builtIn.some(row => row.group === group && row.version === version))
    return [...groups.map(groupPath), ...versions.map(resourceListPath)]
  }

  async #hashOf(key: string, make: () => Promise<Buffer>): Promise<string> {
    const known = this.#hashes.get(key)
    if (known !== undefined) return known
    const bytes = await make()
    await nextTurn()
    const hash = createHash('sha512').update(bytes).digest('hex').toUpperCase()
    this.#hashes.set(key, hash)
    return hash
  }

  /** Words for people; read each time, as the documents are made seldom. */
  #readDescriptions(): ApiDescriptions {
    return existsSync(this.#descriptionsFile) ? (JSON.parse(readFileSync(this.#descriptionsFile, 'utf8')) as ApiDescriptions) : {}
  }
}

function acceptsAny(exchange: Exchange, types: readonly string[]): boolean {
  const accept = exchange.header('accept')
  if (accept === undefined || accept.trim() === '') return types.includes(jsonType)
  return readMediaClauses(accept).some(({ type }) => types.includes(type) || ((type === '*/*' || type === 'application/*') && types.includes(jsonType)))
}

/** As JSON.stringify makes it, one path or definition at a time. */
function* documentBytes(document: object): Steps<Buffer> {
  const pieces: string[] = []
  for (const [key, value] of Object.entries(document) as [string, unknown][]) {
    if (value === undefined) continue
    pieces.push(`${pieces.length === 0 ? '{' : ','}${JSON.stringify(key)}:`)
    if (!isPlainObject(value)) {
      pieces.push(JSON.stringify(value))
      continue
    }
    const parts: string[] = []
    for (const [name, part] of Object.entries(value)) {
      yield
      if (part !== undefined) parts.push(`${JSON.stringify(name)}:${JSON.stringify(part)}`)
    }
    pieces.push(`{${parts.join(',')}}`)
  }
  yield
  return Buffer.from(pieces.length === 0 ? '{}' : `${pieces.join('')}}`)
}
