/**
 * The parameters that operations take, by the options type that upstream decodes them into.
 *
 * Words come from the descriptions of those types; the few that no type has are here.
 */
import { type ApiDescriptions, describeField } from './descriptions.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly type: 'boolean' | 'integer' | 'string'
  readonly description?: string
}

type Types = Readonly<Record<string, Parameter['type']>>

const list: Types = {
  allowWatchBookmarks: 'boolean', continue: 'string', fieldSelector: 'string', labelSelector: 'string', limit: 'integer', resourceVersion: 'string',
  resourceVersionMatch: 'string', sendInitialEvents: 'boolean', shardSelector: 'string', timeoutSeconds: 'integer', watch: 'boolean',
}
const deletion: Types = { dryRun: 'string', gracePeriodSeconds: 'integer', ignoreStoreReadErrorWithClusterBreakingPotential: 'boolean', orphanDependents: 'boolean', propagationPolicy: 'string' }
const write: Types = { dryRun: 'string', fieldManager: 'string', fieldValidation: 'string' }
const remoteCommand: Types = { container: 'string', stderr: 'boolean', stdin: 'boolean', stdout: 'boolean', tty: 'boolean' }
const proxy: Types = { path: 'string' }

const optionTypes: Readonly<Record<string, Types>> = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.ListOptions': list,
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions': deletion,
  'io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions': write,
  'io.k8s.apimachinery.pkg.apis.meta.v1.PatchOptions': { ...write, force: 'boolean' },
  'io.k8s.api.core.v1.NodeProxyOptions': proxy,
  'io.k8s.api.core.v1.PodProxyOptions': proxy,
  'io.k8s.api.core.v1.ServiceProxyOptions': proxy,
  'io.k8s.api.core.v1.PodAttachOptions': remoteCommand,
  'io.k8s.api.core.v1.PodExecOptions': { command: 'string', ...remoteCommand },
  'io.k8s.api.core.v1.PodPortForwardOptions': { ports: 'integer' },
  'io.k8s.api.core.v1.PodLogOptions': {
    container: 'string', follow: 'boolean', insecureSkipTLSVerifyBackend: 'boolean', limitBytes: 'integer', previous: 'boolean', sinceSeconds: 'integer',
    stream: 'string', tailLines: 'integer', timestamps: 'boolean',
  },
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

export class Parameters {
  readonly #descriptions: ApiDescriptions
  readonly #made = new Map<string, readonly Parameter[]>()
  /** One value a name, so that what operations share is found by identity. */
  readonly #shared = new Map<string, Parameter>()

  constructor(descriptions: ApiDescriptions) {
    this.#descriptions = descriptions
  }

  get list(): readonly Parameter[] {
    return this.#of(`${meta}ListOptions`)
  }

  get deletion(): readonly Parameter[] {
    return this.#of(`${meta}DeleteOptions`)
  }

  /** Of DELETE on a collection: what deletes each, and what chooses them. */
  get collectionDeletion(): readonly Parameter[] {
    return [...this.deletion, ...this.list.filter(({ name }) => name !== 'watch' && name !== 'allowWatchBookmarks')]
  }

  get write(): readonly Parameter[] {
    return this.#of(`${meta}CreateOptions`)
  }

  get patch(): readonly Parameter[] {
    return this.#of(`${meta}PatchOptions`)
  }

  get log(): readonly Parameter[] {
    return this.#of('io.k8s.api.core.v1.PodLogOptions')
  }

  get pretty(): Parameter {
    return this.#one('pretty', 'query', 'string', describeField(this.#descriptions, `${meta}ListOptions`, 'pretty'))
  }

  get namespace(): Parameter {
    return this.#one('namespace', 'path', 'string', 'object name and auth scope, such as for teams and projects')
  }

  get path(): Parameter {
    return this.#one('path', 'path', 'string', 'path to the resource')
  }

  nameOf(kind: string): Parameter {
    return this.#one('name', 'path', 'string', `name of the ${kind}`)
  }

  /** Of a connection: PodExecOptions and its like. */
  connect(kind: string): readonly Parameter[] {
    return this.#of(`io.k8s.api.core.v1.${kind}`)
  }

  #of(type: string): readonly Parameter[] {
    const known = this.#made.get(type)
    if (known !== undefined) return known
    const made = Object.entries(optionTypes[type] ?? {}).map(([name, of]) => this.#one(name, 'query', of, describeField(this.#descriptions, type, name)))
    this.#made.set(type, made)
    return made
  }

  #one(name: string, place: Parameter['in'], type: Parameter['type'], description: string | undefined): Parameter {
    const key = `${place} ${name} ${type} ${description ?? ''}`
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    const made: Parameter = { name, in: place, type, ...(description === undefined ? {} : { description }) }
    this.#shared.set(key, made)
    return made
  }
}
