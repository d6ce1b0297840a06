/**
 * What is served, told in every form clients ask for it.
 * Upstream: KEP-3352 (aggregated discovery).
 *
 *   DS1  /api and /apis answer aggregated (v2, v2beta1) or plain, as negotiated; the content type names the form exactly.
 *   DS2  Aggregated documents carry an ETag (SHA-512, upper-case hex); If-None-Match answers 304.
 *   DS3  Groups stand in the order of their priority, core first; versions newest first.
 *   DS5  Groups and versions of extension servers stand among the others, by the priorities of their APIServices.
 *   DS6  A response kind says group and version where they are not those of the version it stands in; of custom resources always.
 *   DS4  Documents are made once for each change of what is served.
 */
import { createHash } from 'node:crypto'
import type { ResourceRow } from '../../../api/schema/definition.ts'
import { noSuchPage, noSuchPath, notAcceptable } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { jsonType, plainForm, readMediaClauses } from '../http/negotiation.ts'
import { requireForm, sendObject } from '../registry/answer-form.ts'
import { groupPriorityOf, isBuiltInGroup } from './group-priority.ts'

export interface DiscoverySource {
  readonly rows: readonly ResourceRow[]
  readonly generation: number
}

/** A group version that an extension server answers. */
export interface RemoteVersion {
  readonly group: string
  readonly version: string
  readonly groupPriority: number
  readonly versionPriority: number
  /** As aggregated discovery tells them. */
  readonly resources: readonly object[]
  readonly freshness: 'Current' | 'Stale'
}

type Form = 'v2' | 'v2beta1' | 'plain'

interface Document {
  readonly body: Buffer
  readonly etag: string
}

export class Discovery {
  readonly #source: DiscoverySource
  readonly #remote: () => readonly RemoteVersion[]
  readonly #externalAddress: () => string
  readonly #documents = new Map<string, Document>()
  #generation = -1

  constructor(source: DiscoverySource, remote: () => readonly RemoteVersion[] = () => [], externalAddress: () => string = () => '') {
    this.#externalAddress = externalAddress
    this.#source = source
    this.#remote = remote
  }

  /** /api and /apis */
  async serveRoot(exchange: Exchange, prefix: 'api' | 'apis'): Promise<void> {
    const form = negotiateDiscovery(exchange.header('accept'))
    exchange.headers['vary'] = 'Accept'
    if (form === 'plain') {
      await sendObject(exchange, 200, prefix === 'api' ? this.#apiVersions() : this.#groupList(), requireForm(exchange, undefined, plainForm))
      return
    }
    const document = this.#aggregated(prefix, form)
    exchange.headers['etag'] = document.etag
    exchange.headers['cache-control'] = 'public'
    if (exchange.header('if-none-match') === document.etag) {
      exchange.sendNotModified()
      return
    }
    await exchange.send(200, `${jsonType};g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`, document.body)
  }

  /** /apis/<group> */
  async serveGroup(exchange: Exchange, group: string): Promise<void> {
    const found = this.#groups().find(candidate => candidate.name === group)
    if (found === undefined) throw noSuchPage()
    await sendObject(exchange, 200, { kind: 'APIGroup', apiVersion: 'v1', ...found }, requireForm(exchange, undefined, plainForm))
  }

  /** /api/v1 and /apis/<group>/<version> */
  async serveVersion(exchange: Exchange, group: string, version: string): Promise<void> {
    const rows = this.#rowsOf(group, version)
    if (rows.length === 0) throw isBuiltInGroup(group) ? noSuchPath() : noSuchPage()
    const list = { kind: 'APIResourceList', ...(group === '' ? {} : { apiVersion: 'v1' }), groupVersion: group === '' ? version : `${group}/${version}`, resources: rows.flatMap(plainResources) }
    await sendObject(exchange, 200, list, requireForm(exchange, undefined, plainForm))
  }

  /** Custom resources come and go in any order; they are listed by name. */
  #rowsOf(group: string, version: string): readonly ResourceRow[] {
    const rows = this.#source.rows.filter(row => row.group === group && row.version === version)
    return isBuiltInGroup(group) ? rows : rows.sort((a, b) => (a.resource < b.resource ? -1 : 1))
  }

  #apiVersions(): object {
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.#externalAddress() }] }
  }

  #groupList(): object {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: this.#groups() }
  }

  #groups() {
    return this.#orderedGroups()
      .filter(group => group !== '')
      .map(group => {
        const versions = this.#versionsOf(group).map(version => ({ groupVersion: `${group}/${version}`, version }))
        return { name: group, versions, preferredVersion: versions[0]! }
      })
  }

  /** Paths of the built-in groups and their versions, for the list of all paths. */
  paths(): string[] {
    const groups = this.#orderedGroups().filter(group => group !== '' && isBuiltInGroup(group))
    return ['/api', '/api/v1', '/apis', '/apis/', ...groups.flatMap(group => [`/apis/${group}`, ...this.#versionsOf(group).map(version => `/apis/${group}/${version}`)])]
  }

  #orderedGroups(): string[] {
    const remote = this.#remote()
    const names = [...new Set([...this.#source.rows.map(row => row.group), ...remote.map(version => version.group)])]
    const priorities = new Map(names.map(group => [group, Math.max(groupPriorityOf(group), ...remote.filter(version => version.group === group).map(version => version.groupPriority))]))
    return names.sort((a, b) => priorities.get(b)! - priorities.get(a)! || (a < b ? -1 : 1)) // DS3
  }

  /** An extension server's version takes the place of one that is served here. */
  #versionsOf(group: string): string[] {
    const remote = new Map(this.#remote().filter(version => version.group === group).map(version => [version.version, version.versionPriority]))
    const own = this.#source.rows.filter(row => row.group === group).map(row => row.version)
    return [...new Set([...own, ...remote.keys()])].sort((a, b) => (remote.get(b) ?? 0) - (remote.get(a) ?? 0) || compareVersions(a, b))
  }

  #aggregatedVersion(group: string, version: string): object {
    const remote = this.#remote().find(candidate => candidate.group === group && candidate.version === version)
    if (remote !== undefined) return { version, resources: remote.resources, freshness: remote.freshness }
    return { version, resources: this.#rowsOf(group, version).map(aggregatedResource), freshness: 'Current' }
  }

  #aggregated(prefix: 'api' | 'apis', form: 'v2' | 'v2beta1'): Document {
    if (this.#generation !== this.#source.generation) this.#documents.clear() // DS4
    this.#generation = this.#source.generation
    const key = `${prefix}/${form}`
    const known = this.#documents.get(key)
    if (known !== undefined) return known
    const groups = this.#orderedGroups().filter(group => (group === '') === (prefix === 'api'))
    const items = groups.map(group => ({
      metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
      versions: this.#versionsOf(group).map(version => this.#aggregatedVersion(group, version)),
    }))
    const body = Buffer.from(JSON.stringify({ kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${form}`, metadata: {}, items }))
    const document = { body, etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"` } // DS2
    this.#documents.set(key, document)
    return document
  }
}

/** DS1: the first clause that names a form; a client that offers none of them gets 406. */
export function negotiateDiscovery(accept: string | undefined): Form {
  if (accept === undefined || accept.trim() === '') return 'plain'
  for (const { type, parameters } of readMediaClauses(accept)) {
    const isJson = type === jsonType || type === '*/*' || type === 'application/*'
    if (parameters['as'] === undefined) {
      if (isJson || type === 'application/yaml' || type === 'application/vnd.kubernetes.protobuf') return 'plain'
      continue
    }
    if (type !== jsonType || parameters['as'] !== 'APIGroupDiscoveryList' || parameters['g'] !== 'apidiscovery.k8s.io') continue
    const version = parameters['v']
    if (version === 'v2' || version === 'v2beta1') return version
  }
  throw notAcceptable([jsonType, 'application/yaml', 'application/vnd.kubernetes.protobuf'])
}

/** Kubernetes' order: stable before beta before alpha, higher numbers first. */
export function compareVersions(a: string, b: string): number {
  const rank = (version: string) => {
    const found = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
    if (found === null) return [0, 0, 0] as const
    return [found[2] === undefined ? 3 : found[2] === 'beta' ? 2 : 1, Number(found[1]), Number(found[3] ?? 0)] as const
  }
  const [stageA, majorA, minorA] = rank(a)
  const [stageB, majorB, minorB] = rank(b)
  return stageB - stageA || majorB - majorA || minorB - minorA || (a < b ? -1 : a > b ? 1 : 0)
}

function plainResources(row: ResourceRow): object[] {
  const main = {
    name: row.resource,
    singularName: row.singular,
    namespaced: row.namespaced,
    kind: row.kind,
    verbs: row.verbs,
    ...(row.shortNames.length === 0 ? {} : { shortNames: row.shortNames }),
    ...(row.categories.length === 0 ? {} : { categories: row.categories }),
    ...(row.storageVersionHash === null ? {} : { storageVersionHash: row.storageVersionHash }),
  }
  const subresources = row.subresources.map(subresource => ({
    name: `${row.resource}/${subresource.name}`,
    singularName: '',
    namespaced: row.namespaced,
    ...(subresource.version === '' ? {} : { group: subresource.group, version: subresource.version }),
    kind: subresource.kind,
    verbs: subresource.verbs,
  }))
  return [main, ...subresources]
}

/** DS6 */
function responseKind({ group, version }: ResourceRow, kind: string, ownGroup: string, ownVersion: string): object {
  if (ownVersion !== '') return { group: ownGroup, version: ownVersion, kind }
  return isBuiltInGroup(group) ? { group: '', version: '', kind } : { group, version, kind }
}

function aggregatedResource(row: ResourceRow): object {
  return {
    resource: row.resource,
    responseKind: responseKind(row, row.kind, '', ''),
    scope: row.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: row.singular,
    verbs: row.verbs,
    ...(row.shortNames.length === 0 ? {} : { shortNames: row.shortNames }),
    ...(row.categories.length === 0 ? {} : { categories: row.categories }),
    ...(row.subresources.length === 0
      ? {}
      : {
          subresources: row.subresources.map(subresource => ({
            subresource: subresource.name,
            responseKind: responseKind(row, subresource.kind, subresource.group, subresource.version),
            verbs: subresource.verbs,
          })),
        }),
  }
}
