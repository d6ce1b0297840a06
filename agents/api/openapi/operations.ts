/**
 * What can be asked of a resource, over which paths: the part of an OpenAPI document that both dialects share.
 *
 *   OP1  A resource has paths for its collection, its items and each subresource; one in a namespace also for the
 *        collection over all namespaces; one that can be watched also the old watch/ paths.
 *   OP2  operationId is verb, group, version, scope, kind, subresource: listCoreV1PodForAllNamespaces. Clients generated from
 *        documents carry these names, so they are upstream's.
 *   OP3  Every PATCH names the query parameter fieldValidation and its kind: clients look there to learn whether the server
 *        checks fields itself.
 *   OP4  Parameters that all operations of a path take belong to the path.
 */
import type { ResourceRow, SubresourceRow } from '../schema/definition.ts'
import type { Parameter, Parameters } from './parameters.ts'
import type { GroupVersion } from './schemas.ts'

export type Method = 'delete' | 'get' | 'head' | 'options' | 'patch' | 'post' | 'put'
export type GroupVersionKind = GroupVersion & { readonly kind: string }

export interface Answer {
  readonly status: 200 | 201 | 202
  /** Name of a definition, or the scalar that is answered. */
  readonly type: string
}

export interface Operation {
  readonly method: Method
  readonly description: string
  readonly id: string
  readonly tag: string
  readonly parameters: readonly Parameter[]
  readonly body?: { readonly type: string; readonly required: boolean; readonly isPatch: boolean }
  readonly answers: readonly Answer[]
  readonly produces: readonly string[]
  /** What a body may be, where that is not what every resource takes. */
  readonly consumes?: readonly string[]
  /** Operations on resources; documents of discovery have none. */
  readonly action?: string
  readonly kind?: GroupVersionKind
}

export interface PathOperations {
  readonly path: string
  readonly shared: readonly Parameter[]
  readonly operations: readonly Operation[]
}

/** Names of the definitions that a resource's operations speak of. */
export interface ResourceTypes {
  readonly object: string
  readonly list: string
  /** What DELETE of one answers. */
  readonly deleted: string
  /** The definition of a kind that a subresource takes or answers. */
  of(kind: GroupVersionKind): string
}

export const objectTypes: readonly string[] = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const watchTypes: readonly string[] = [...objectTypes, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
export const patchTypes: readonly string[] = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml']

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
export const statusType = `${meta}Status`
const watchEventType = `${meta}WatchEvent`
const deleteOptionsType = `${meta}DeleteOptions`
const patchType = `${meta}Patch`

/** "rbac.authorization.k8s.io" is rbacAuthorization. */
export function groupWord(group: string): string {
  if (group === '') return 'core'
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split(/[.-]/)
  return first + rest.map(capital).join('')
}

/** CoreV1, RbacAuthorizationV1. */
export function versionWord({ group, version }: GroupVersion): string {
  return capital(groupWord(group)) + capital(version)
}

export function versionTag({ group, version }: GroupVersion): string {
  return `${groupWord(group)}_${version}`
}

export function rootPath({ group, version }: GroupVersion): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
}

export function resourcePaths(row: ResourceRow, types: ResourceTypes, parameters: Parameters): PathOperations[] {
  return new ResourcePaths(row, types, parameters).all()
}

class ResourcePaths {
  readonly #row: ResourceRow
  readonly #types: ResourceTypes
  readonly #parameters: Parameters
  readonly #kind: GroupVersionKind
  readonly #scope: string

  constructor(row: ResourceRow, types: ResourceTypes, parameters: Parameters) {
    this.#row = row
    this.#types = types
    this.#parameters = parameters
    this.#kind = { group: row.group, kind: row.kind, version: row.version }
    this.#scope = row.namespaced ? 'Namespaced' : ''
  }

  all(): PathOperations[] {
    const { group, version, resource, namespaced, subresources } = this.#row
    const root = rootPath({ group, version })
    const namespaces = namespaced ? '/namespaces/{namespace}' : ''
    const collection = `${root}${namespaces}/${resource}`
    const paths = [
      ...(namespaced && this.#can('list') ? [this.#path(`${root}/${resource}`, [this.#parameters.pretty], [this.#list('ForAllNamespaces')])] : []), // OP1
      this.#path(collection, [...this.#inNamespace(), this.#parameters.pretty], this.#collection()),
      this.#path(`${collection}/{name}`, this.#ofItem(this.#row.kind), this.#item()),
      ...subresources.flatMap(subresource => this.#subresource(`${collection}/{name}/${subresource.name}`, subresource)),
      ...(this.#can('watch') ? this.#watches(root, namespaces) : []),
    ]
    return paths.filter(path => path.operations.length > 0)
  }

  #can(verb: string): boolean {
    return this.#row.verbs.includes(verb)
  }

  #inNamespace(): readonly Parameter[] {
    return this.#row.namespaced ? [this.#parameters.namespace] : []
  }

  #ofItem(kind: string): readonly Parameter[] {
    return [this.#parameters.nameOf(kind), ...this.#inNamespace(), this.#parameters.pretty]
  }

  /** OP2 */
  #id(verb: string, rest: string): string {
    return `${verb}${versionWord(this.#row)}${rest}`
  }

  #path(path: string, every: readonly Parameter[], operations: readonly Operation[]): PathOperations {
    const [first] = operations
    const common = first === undefined ? [] : first.parameters.filter(parameter => operations.every(operation => operation.parameters.includes(parameter))) // OP4
    return {
      path,
      shared: byName([...every, ...common]),
      operations: operations.map(operation => ({ ...operation, parameters: byName(operation.parameters.filter(parameter => !common.includes(parameter))) })),
    }
  }

  #operation(of: Pick<Operation, 'action' | 'answers' | 'description' | 'id' | 'method'> & Partial<Operation>): Operation {
    return { tag: versionTag(this.#row), parameters: [], produces: objectTypes, kind: this.#kind, ...of }
  }

  #list(suffix: string): Operation {
    const { kind } = this.#row
    const canWatch = this.#can('watch')
    return this.#operation({
      method: 'get', action: 'list', id: this.#id('list', `${suffix === '' ? this.#scope : ''}${kind}${suffix}`), description: `${canWatch ? 'list or watch' : 'list'} objects of kind ${kind}`,
      parameters: this.#parameters.list, answers: [{ status: 200, type: this.#types.list }], produces: watchTypes,
    })
  }

  #collection(): Operation[] {
    const { kind } = this.#row
    return [
      ...(this.#can('list') ? [this.#list('')] : []),
      ...(this.#can('create') ? [this.#post(kind, `create ${articleFor(kind)} ${kind}`, this.#types.object)] : []),
      ...(this.#can('deletecollection')
        ? [this.#operation({
            method: 'delete', action: 'deletecollection', id: this.#id('delete', `Collection${this.#scope}${kind}`), description: `delete collection of ${kind}`,
            parameters: this.#parameters.collectionDeletion, body: deletionBody, answers: [{ status: 200, type: statusType }],
          })]
        : []),
    ]
  }

  #post(name: string, description: string, type: string): Operation {
    return this.#operation({
      method: 'post', action: 'post', id: this.#id('create', this.#scope + name), description, parameters: this.#parameters.write,
      body: { type, required: true, isPatch: false }, answers: [200, 201, 202].map(status => ({ status: status as Answer['status'], type })),
    })
  }

  #item(): Operation[] {
    const { kind } = this.#row
    return [
      ...this.#readAndWrite(this.#row.verbs, kind, '', this.#types.object),
      ...(this.#can('delete')
        ? [this.#operation({
            method: 'delete', action: 'delete', id: this.#id('delete', this.#scope + kind), description: `delete ${articleFor(kind)} ${kind}`,
            parameters: this.#parameters.deletion, body: deletionBody, answers: [{ status: 200, type: this.#types.deleted }, { status: 202, type: this.#types.deleted }],
          })]
        : []),
    ]
  }

  /** part: the subresource, or ''. */
  #readAndWrite(verbs: readonly string[], name: string, part: string, type: string): Operation[] {
    const whole = `${part === '' ? '' : `${part} of `}the specified ${this.#row.kind}`
    const id = (verb: string) => this.#id(verb, this.#scope + name)
    const written: readonly Answer[] = [{ status: 200, type }, { status: 201, type }]
    return [
      ...(verbs.includes('get') ? [this.#operation({ method: 'get', action: 'get', id: id('read'), description: `read ${whole}`, answers: [{ status: 200, type }] })] : []),
      ...(verbs.includes('update')
        ? [this.#operation({ method: 'put', action: 'put', id: id('replace'), description: `replace ${whole}`, parameters: this.#parameters.write, body: { type, required: true, isPatch: false }, answers: written })]
        : []),
      ...(verbs.includes('patch')
        ? [this.#operation({ method: 'patch', action: 'patch', id: id('patch'), description: `partially update ${whole}`, parameters: this.#parameters.patch, body: { type: patchType, required: true, isPatch: true }, answers: written })] // OP3
        : []),
    ]
  }

  #subresource(path: string, subresource: SubresourceRow): PathOperations[] {
    const { kind } = subresource
    const name = this.#row.kind + capital(subresource.name)
    if (kind.endsWith('Options')) return this.#connections(path, subresource, name)
    if (subresource.name === 'log') return [this.#path(path, this.#ofItem(kind), [this.#log(name)])]
    const own: GroupVersionKind = subresource.version === '' ? { ...this.#kind, kind } : { group: subresource.group, kind, version: subresource.version }
    const type = this.#types.of(own)
    const operations = [
      ...(subresource.verbs.includes('create') ? [this.#post(name, `create ${subresource.name} of ${articleFor(this.#row.kind)} ${this.#row.kind}`, type)] : []),
      ...this.#readAndWrite(subresource.verbs, name, subresource.name, type),
    ]
    return [this.#path(path, this.#ofItem(kind), operations.map(operation => ({ ...operation, kind: own })))]
  }

  #log(name: string): Operation {
    return this.#operation({
      method: 'get', action: 'get', id: this.#id('read', this.#scope + name), description: `read log of the specified ${this.#row.kind}`,
      parameters: this.#parameters.log, answers: [{ status: 200, type: 'string' }], produces: ['text/plain', ...objectTypes],
    })
  }

  #connections(path: string, { name: part, kind }: SubresourceRow, name: string): PathOperations[] {
    const methods: readonly Method[] = part === 'proxy' ? ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] : ['get', 'post']
    const every = [this.#parameters.nameOf(kind), ...this.#inNamespace()]
    const connect = (suffix: string) => methods.map(method => this.#operation({
      method, action: 'connect', id: this.#id('connect', `${capital(method)}${this.#scope}${name}${suffix}`), description: `connect ${method.toUpperCase()} requests to ${part} of ${this.#row.kind}`,
      parameters: this.#parameters.connect(kind), answers: [{ status: 200, type: 'string' }], produces: ['*/*'], kind: { ...this.#kind, kind },
    }))
    const whole = this.#path(path, every, connect(''))
    return part === 'proxy' ? [whole, this.#path(`${path}/{path}`, [...every, this.#parameters.path], connect('WithPath'))] : [whole]
  }

  #watches(root: string, namespaces: string): PathOperations[] {
    const { kind, resource, namespaced } = this.#row
    const instead = "deprecated: use the 'watch' parameter with a list operation instead"
    const watch = (action: 'watch' | 'watchlist', id: string, description: string) => this.#operation({ method: 'get', action, id: this.#id('watch', id), description, parameters: this.#parameters.list, answers: [{ status: 200, type: watchEventType }], produces: watchTypes })
    const ofList = `watch individual changes to a list of ${kind}. ${instead}.`
    const { pretty } = this.#parameters
    return [
      ...(namespaced ? [this.#path(`${root}/watch/${resource}`, [pretty], [watch('watchlist', `${kind}ListForAllNamespaces`, ofList)])] : []),
      this.#path(`${root}/watch${namespaces}/${resource}`, [...this.#inNamespace(), pretty], [watch('watchlist', `${this.#scope}${kind}List`, ofList)]),
      this.#path(`${root}/watch${namespaces}/${resource}/{name}`, this.#ofItem(kind), [
        watch('watch', this.#scope + kind, `watch changes to an object of kind ${kind}. ${instead}, filtered to a single item with the 'fieldSelector' parameter.`),
      ]),
    ]
  }
}

const deletionBody = { type: deleteOptionsType, required: false, isPatch: false } as const

function byName(parameters: readonly Parameter[]): readonly Parameter[] {
  return [...parameters].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.in < b.in ? -1 : 1))
}

export function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}

function articleFor(noun: string): string {
  return 'AEIOU'.includes(noun[0]!.toUpperCase()) ? 'an' : 'a'
}
