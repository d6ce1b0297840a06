/**
 * What is served, told in every form clients ask for it.
 * Upstream: KEP-3352 (aggregated discovery).
 *
 *   DS1  /api and /apis answer aggregated (v2, v2beta1) or plain, as negotiated; the content type names the form exactly.
 *   DS2  Aggregated documents carry an ETag (SHA-512, upper-case hex); If-None-Match answers 304.
 *   DS3  Groups stand in the order of their priority, core first; versions newest first.
 *   DS4  Documents are made once for each change of what is served.
 */
import { createHash } from 'node:crypto'
import type { ResourceRow } from '../../../api/schema/definition.ts'
import { noSuchPath, notAcceptable } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { jsonType, plainForm, readMediaClauses } from '../http/negotiation.ts'
import { requireForm, sendObject } from '../registry/answer-form.ts'

const groupPriority: Readonly<Record<string, number>> = {
  '': 18_000, 'apiregistration.k8s.io': 18_000, apps: 17_800, 'events.k8s.io': 17_750, 'authentication.k8s.io': 17_700, 'authorization.k8s.io': 17_600,
  autoscaling: 17_500, batch: 17_400, 'certificates.k8s.io': 17_300, 'networking.k8s.io': 17_200, policy: 17_100, 'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800, 'admissionregistration.k8s.io': 16_700, 'apiextensions.k8s.io': 16_700, 'scheduling.k8s.io': 16_600, 'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300, 'discovery.k8s.io': 16_200, 'flowcontrol.apiserver.k8s.io': 16_100, 'resource.k8s.io': 15_900,
}
const customPriority = 1_000

export interface DiscoverySource {
  readonly rows: readonly ResourceRow[]
  readonly generation: number
}

type Form = 'v2' | 'v2beta1' | 'plain'

interface Document {
  readonly body: Buffer
  readonly etag: string
}

export class Discovery {
  readonly #source: DiscoverySource
  readonly #documents = new Map<string, Document>()
  #generation = -1

  constructor(source: DiscoverySource) {
    this.#source = source
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
    if (found === undefined) throw noSuchPath()
    await sendObject(exchange, 200, { kind: 'APIGroup', apiVersion: 'v1', ...found }, requireForm(exchange, undefined, plainForm))
  }

  /** /api/v1 and /apis/<group>/<version> */
  async serveVersion(exchange: Exchange, group: string, version: string): Promise<void> {
    const rows = this.#rowsOf(group, version)
    if (rows.length === 0) throw noSuchPath()
    const list = { kind: 'APIResourceList', ...(group === '' ? {} : { apiVersion: 'v1' }), groupVersion: group === '' ? version : `${group}/${version}`, resources: rows.flatMap(plainResources) }
    await sendObject(exchange, 200, list, requireForm(exchange, undefined, plainForm))
  }

  /** Custom resources come and go in any order; they are listed by name. */
  #rowsOf(group: string, version: string): readonly ResourceRow[] {
    const rows = this.#source.rows.filter(row => row.group === group && row.version === version)
    return Object.hasOwn(groupPriority, group) ? rows : rows.sort((a, b) => (a.resource < b.resource ? -1 : 1))
  }

  #apiVersions(): object {
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }] }
  }

  #groupList(): object {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: this.#groups() }
  }

  #groups() {
    return this.#orderedGroups()
      .filter(group => group !== '')
      .map(group => {
        const versions = versionsOf(this.#source.rows, group).map(version => ({ groupVersion: `${group}/${version}`, version }))
        return { name: group, versions, preferredVersion: versions[0]! }
      })
  }

  #orderedGroups(): string[] {
    const names = [...new Set(this.#source.rows.map(row => row.group))]
    const priority = (group: string) => groupPriority[group] ?? customPriority
    return names.sort((a, b) => priority(b) - priority(a) || (a < b ? -1 : 1)) // DS3
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
      versions: versionsOf(this.#source.rows, group).map(version => ({
        version,
        resources: this.#rowsOf(group, version).map(aggregatedResource),
        freshness: 'Current',
      })),
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

function versionsOf(rows: readonly ResourceRow[], group: string): string[] {
  const versions = [...new Set(rows.filter(row => row.group === group).map(row => row.version))]
  return versions.sort(compareVersions)
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

function aggregatedResource(row: ResourceRow): object {
  return {
    resource: row.resource,
    responseKind: { group: row.group, version: row.version, kind: row.kind },
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
            responseKind: subresource.version === '' ? { group: row.group, version: row.version, kind: subresource.kind } : { group: subresource.group, version: subresource.version, kind: subresource.kind },
            verbs: subresource.verbs,
          })),
        }),
  }
}
