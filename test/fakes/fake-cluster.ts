/**
 * FakeCluster: an API server in memory, as far as a component's tests need one. It is a Client.
 *
 *   FC1  One revision counter; every write that changes something raises it and is told to the watches, which resume
 *        from any revision until `expireHistory` is called (then: 410 Expired).
 *   FC2  update demands the stored resourceVersion if one is given (409), touches status only through the status
 *        subresource (which carries metadata too), raises metadata.generation when the spec changes, and writes nothing if nothing changed.
 *   FC3  delete honours preconditions, finalizers and the Pod grace period (a Pod on a node keeps its deletionTimestamp
 *        until it is deleted with grace 0, as a kubelet would do).
 *   FC4  Every request is kept in `requests`; `failNext` makes the next matching one fail.
 *   FC6  GET and PUT of a scale subresource work on spec.replicas, status.replicas and spec.selector; `answers` may answer any
 *        other path.
 *   FC5  Nothing is defaulted or validated beyond that, and garbage is not collected.
 */
import { applyPatch } from 'rfc6902'
import type { Operation } from 'rfc6902'
import type { Scale } from '../../agents/api/groups/autoscaling-v1/types.ts'
import type { LabelSelector } from '../../agents/api/groups/meta-v1/types.ts'
import { allResources } from '../../agents/api/resources.ts'
import type { Draft, KubernetesObject, ResourceType } from '../../agents/api/resources.ts'
import { apiVersionOf, groupResourceText } from '../../agents/api/kubernetes-object.ts'
import type { Clock } from '../../agents/base/clock.ts'
import { timeText } from '../../agents/base/clock.ts'
import { FakeClock } from '../../agents/base/fake-clock.ts'
import type { Client, DeleteOptions, ListOptions, ListResult, PatchOptions, WatchEvent, WatchOptions, WriteOptions } from '../../agents/machinery/client.ts'
import { fieldsOf, matchesFields, parseFieldSelector } from '../../agents/api/selectors/field-selector.ts'
import { matches, parseLabelSelector, selectorOf, selectorText } from '../../agents/api/selectors/label-selector.ts'
import type { ObjectKey } from '../../agents/machinery/object-key.ts'
import { keyOf, keyText } from '../../agents/machinery/object-key.ts'
import { newStatus, StatusError } from '../../agents/machinery/status-error.ts'
import type { TransportReply, TransportRequest } from '../../agents/machinery/transport.ts'
import { discoveryDocument } from './fake-discovery.ts'
import { mergePatched, strategicPatched } from './fake-patches.ts'

export interface FakeRequest {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'
  readonly resource: string
  readonly subresource?: string
  readonly key?: string
  readonly body?: unknown
}

interface Stored {
  object: KubernetesObject
}

interface Happening {
  readonly revision: number
  readonly type: ResourceType
  readonly event: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubernetesObject
  readonly previous?: KubernetesObject
}

interface Watcher {
  readonly tell: (happening: Happening) => void
  readonly end: (error?: Error) => void
}

type Hook = (request: FakeRequest) => Error | undefined

export class FakeCluster implements Client {
  readonly clock: Clock
  readonly requests: FakeRequest[] = []
  readonly #stored = new Map<string, Map<string, Stored>>()
  readonly #history: Happening[] = []
  readonly #watchers = new Set<Watcher>()
  readonly #hooks: Hook[] = []
  /** Extra types in discovery, such as custom resources. */
  readonly extraTypes: ResourceType[] = []
  /** Overrides what POST to a subresource answers, by "resource/subresource". */
  readonly subresources = new Map<string, (key: ObjectKey, body: unknown) => unknown>()
  /** Asked first by `raw`. */
  answers: ((request: TransportRequest) => unknown) | undefined
  #revision = 100
  #oldest = 0
  #serial = 0

  constructor(options: { readonly clock?: Clock } = {}) {
    this.clock = options.clock ?? new FakeClock()
  }

  get revision(): number {
    return this.#revision
  }

  /** Writes requests only, in order: "create pods default/web-1". */
  get writes(): readonly string[] {
    return this.requests
      .filter(({ verb }) => verb !== 'get' && verb !== 'list' && verb !== 'watch')
      .map(({ verb, resource, subresource, key }) => `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} ${key ?? ''}`.trim())
  }

  /** The next request for which `when` is true (default: any) fails with this error. */
  failNext(error: Error, when: (request: FakeRequest) => boolean = () => true): void {
    const hook: Hook = request => {
      if (!when(request)) return undefined
      this.#hooks.splice(this.#hooks.indexOf(hook), 1)
      return error
    }
    this.#hooks.push(hook)
  }

  /** Every request is shown to `hook` first; an error it returns is thrown to the caller. */
  onRequest(hook: Hook): Disposable {
    this.#hooks.push(hook)
    return { [Symbol.dispose]: () => { this.#hooks.splice(this.#hooks.indexOf(hook), 1) } }
  }

  /** Ends every watch, as a restarting server does. */
  breakWatches(error?: Error): void {
    for (const watcher of [...this.#watchers]) watcher.end(error)
  }

  /** Watches from revisions before now get 410 Expired. */
  expireHistory(): void {
    this.#oldest = this.#revision
    this.#history.length = 0
  }

  /** Stores an object as given (status, uid and times too), making or replacing it. For the scene of a test. */
  put<T extends KubernetesObject>(type: ResourceType<T>, object: Draft<T>): T {
    const whole = this.#completed(type, object)
    const known = this.#find(type, keyOf(whole))
    const { uid, creationTimestamp } = known?.metadata ?? whole.metadata
    whole.metadata = { ...whole.metadata, uid: object.metadata.uid ?? uid, creationTimestamp: object.metadata.creationTimestamp ?? creationTimestamp }
    return this.#write(type, whole, known === undefined ? 'ADDED' : 'MODIFIED') as T
  }

  /** What is stored, without counting as a request. */
  peek<T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey): T | undefined {
    const found = this.#find(type, key)
    return found === undefined ? undefined : structuredClone(found) as T
  }

  all<T extends KubernetesObject>(type: ResourceType<T>, namespace?: string): T[] {
    return [...this.#table(type).values()].map(({ object }) => structuredClone(object) as T)
      .filter(object => namespace === undefined || object.metadata.namespace === namespace)
  }

  /** Takes an object away at once, whatever its finalizers. */
  vanish(type: ResourceType, key: ObjectKey): void {
    const found = this.#find(type, key)
    if (found !== undefined) this.#write(type, found, 'DELETED')
  }

  async get<T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey, signal?: AbortSignal): Promise<T> {
    await this.#ask({ verb: 'get', resource: groupResourceText(type), key: keyText(key) }, signal)
    return structuredClone(this.#need(type, key)) as T
  }

  async list<T extends KubernetesObject>(type: ResourceType<T>, options: ListOptions = {}, signal?: AbortSignal): Promise<ListResult<T>> {
    await this.#ask({ verb: 'list', resource: groupResourceText(type), ...(options.namespace === undefined ? {} : { key: options.namespace }) }, signal)
    const matches = matcher(options)
    const items = [...this.#table(type).values()].map(({ object }) => object).filter(matches).sort((a, b) => (keyText(keyOf(a)) < keyText(keyOf(b)) ? -1 : 1))
    return { items: structuredClone(items) as T[], resourceVersion: String(this.#revision) }
  }

  async* watch<T extends KubernetesObject>(type: ResourceType<T>, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent<T>> {
    await this.#ask({ verb: 'watch', resource: groupResourceText(type) }, signal)
    const after = Number(options.resourceVersion ?? '0')
    if (after !== 0 && after < this.#oldest) throw new StatusError(newStatus(410, 'Expired', `too old resource version: ${after} (${this.#oldest})`))
    const matches = matcher(options)
    const pending: WatchEvent<T>[] = []
    let wake = Promise.withResolvers<void>()
    let ended: { error?: Error } | undefined
    const tell = (happening: Happening): void => {
      if (groupResourceText(happening.type) !== groupResourceText(type)) return
      const event = selected(happening, matches)
      if (event === undefined) return
      pending.push(event as WatchEvent<T>)
      wake.resolve()
    }
    const watcher: Watcher = { tell, end: error => {
      this.#watchers.delete(watcher)
      ended = error === undefined ? {} : { error }
      wake.resolve()
    } }
    if (after === 0) for (const { object } of this.#table(type).values()) tell({ revision: this.#revision, type, event: 'ADDED', object })
    for (const happening of this.#history) if (happening.revision > after && after !== 0) tell(happening)
    this.#watchers.add(watcher)
    const onAbort = (): void => { watcher.end(signal.reason as Error) }
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      for (;;) {
        for (let event = pending.shift(); event !== undefined; event = pending.shift()) yield structuredClone(event)
        if (ended !== undefined) {
          if (ended.error !== undefined) throw ended.error
          return
        }
        await wake.promise
        wake = Promise.withResolvers<void>()
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#watchers.delete(watcher)
    }
  }

  async create<T extends KubernetesObject>(type: ResourceType<T>, object: Draft<T>, options: WriteOptions = {}, signal?: AbortSignal): Promise<T> {
    const namespace = object.metadata.namespace ?? options.namespace
    const name = object.metadata.name ?? `${object.metadata.generateName ?? ''}${(this.#serial + 1).toString(36).padStart(5, '0')}`
    const { status: sentStatus, ...rest } = object as Draft<T> & { status?: unknown }
    const draft = { ...(hasStatus(type) ? rest : { ...rest, ...(sentStatus === undefined ? {} : { status: sentStatus }) }), metadata: { ...object.metadata, name, ...(namespace === undefined ? {} : { namespace }) } } as unknown as Draft<T>
    await this.#ask({ verb: 'create', resource: groupResourceText(type), key: keyText({ name, ...(namespace === undefined ? {} : { namespace }) }), body: object }, signal)
    const whole = this.#completed(type, { ...draft, metadata: { ...draft.metadata, uid: `uid-${++this.#serial}`, creationTimestamp: timeText(this.clock.now()) } } as Draft<T>)
    if (this.#find(type, keyOf(whole)) !== undefined) throw new StatusError(newStatus(409, 'AlreadyExists', `${groupResourceText(type)} "${name}" already exists`))
    const home = type.namespaced ? this.#table({ group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false }).get(namespace ?? '') : undefined
    if (home?.object.metadata.deletionTimestamp !== undefined) {
      throw new StatusError({ ...newStatus(403, 'Forbidden', `unable to create new content in namespace ${namespace} because it is being terminated`), details: { causes: [{ reason: 'NamespaceTerminating' }] } })
    }
    if (options.dryRun === true) return structuredClone(whole)
    return this.#write(type, whole, 'ADDED') as T
  }

  async update<T extends KubernetesObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}, signal?: AbortSignal): Promise<T> {
    const key = keyOf(object)
    await this.#ask({ verb: 'update', resource: groupResourceText(type), key: keyText(key), body: object, ...(options.subresource === undefined ? {} : { subresource: options.subresource }) }, signal)
    return this.#update(type, key, object, options.subresource) as T
  }

  async patch<T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey, patch: unknown, options: PatchOptions, signal?: AbortSignal): Promise<T> {
    await this.#ask({ verb: 'patch', resource: groupResourceText(type), key: keyText(key), body: patch, ...(options.subresource === undefined ? {} : { subresource: options.subresource }) }, signal)
    const current = structuredClone(this.#need(type, key))
    const patched = patchedBy(current, patch, options.patchType) as KubernetesObject
    const sent = patch as { metadata?: { resourceVersion?: string; uid?: string } }
    if (sent.metadata?.uid !== undefined && sent.metadata.uid !== current.metadata.uid) throw conflict(type, key)
    if (options.patchType === 'json' || sent.metadata?.resourceVersion === undefined) patched.metadata.resourceVersion = current.metadata.resourceVersion
    return this.#update(type, key, patched, options.subresource) as T
  }

  async delete(type: ResourceType, key: ObjectKey, options: DeleteOptions = {}, signal?: AbortSignal): Promise<void> {
    await this.#ask({ verb: 'delete', resource: groupResourceText(type), key: keyText(key), body: options }, signal)
    const current = structuredClone(this.#need(type, key))
    const { preconditions } = options
    if ((preconditions?.uid !== undefined && preconditions.uid !== current.metadata.uid)
      || (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== current.metadata.resourceVersion)) throw conflict(type, key)
    this.#delete(type, current, options)
  }

  async deleteCollection(type: ResourceType, options: ListOptions & DeleteOptions, signal?: AbortSignal): Promise<void> {
    await this.#ask({ verb: 'deletecollection', resource: groupResourceText(type), key: options.namespace ?? '' }, signal)
    const matches = matcher(options)
    for (const { object } of [...this.#table(type).values()]) if (matches(object)) this.#delete(type, structuredClone(object), options)
  }

  async createSubresource<B, R>(type: ResourceType, key: ObjectKey, subresource: string, body: B, signal?: AbortSignal): Promise<R> {
    await this.#ask({ verb: 'create', resource: groupResourceText(type), subresource, key: keyText(key), body }, signal)
    const answer = this.subresources.get(`${type.resource}/${subresource}`)
    if (answer !== undefined) return answer(key, body) as R
    const current = structuredClone(this.#need(type, key)) as KubernetesObject & { spec: Record<string, unknown>; status?: Record<string, unknown> }
    if (subresource === 'binding') {
      if ((current.spec['nodeName'] ?? '') !== '') throw conflict(type, key)
      current.spec['nodeName'] = (body as { target: { name: string } }).target.name
      const conditions = ((current.status?.['conditions'] ?? []) as { type: string }[]).filter(condition => condition.type !== 'PodScheduled')
      current.status = { ...current.status, conditions: [...conditions, { type: 'PodScheduled', status: 'True', lastTransitionTime: timeText(this.clock.now()) }] }
      this.#write(type, current, 'MODIFIED')
    } else if (subresource === 'eviction') {
      this.#delete(type, current, {})
    }
    return newStatus(201, '', '') as R
  }

  async raw(request: TransportRequest): Promise<TransportReply> {
    await Promise.resolve()
    const answer = this.answers?.(request)
    if (answer !== undefined) return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) }
    if (request.path.endsWith('/scale')) return this.#scale(request)
    const document = discoveryDocument(request.path, [...allResources, ...this.extraTypes])
    return document === undefined
      ? { status: 404, headers: {}, body: JSON.stringify(newStatus(404, 'NotFound', 'the server could not find the requested resource')) }
      : { status: 200, headers: { 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }, body: JSON.stringify(document) }
  }

  /** FC6 */
  async #scale({ method, path, body, signal }: TransportRequest): Promise<TransportReply> {
    const [, group = '', namespace, resource, name] = /^\/apis?\/(?:([^/]+)\/)?v\w+\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)\/scale$/.exec(path) ?? []
    const type = [...allResources, ...this.extraTypes].find(each => each.group === group && each.resource === resource)!
    const key = { namespace: namespace!, name: name! }
    try {
      await this.#ask({ verb: method === 'PUT' ? 'update' : 'get', resource: groupResourceText(type), key: keyText(key), subresource: 'scale', body }, signal)
      let object = structuredClone(this.#need(type, key)) as KubernetesObject & { spec: { replicas?: number; selector?: LabelSelector }; status?: { replicas?: number } }
      if (method === 'PUT') {
        const { replicas } = (JSON.parse(String(body)) as Scale).spec
        object = this.#update(type, key, { ...object, spec: { ...object.spec, ...(replicas === undefined ? {} : { replicas }) } } as KubernetesObject, undefined) as typeof object
      }
      const scale: Scale = {
        kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: object.metadata, spec: { replicas: object.spec.replicas ?? 1 },
        status: { replicas: object.status?.replicas ?? 0, ...(object.spec.selector === undefined ? {} : { selector: selectorText(selectorOf(object.spec.selector)) }) },
      }
      return { status: 200, headers: {}, body: JSON.stringify(scale) }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      return { status: error.code, headers: {}, body: JSON.stringify(error.status) }
    }
  }

  async #ask(request: FakeRequest, signal: AbortSignal | undefined): Promise<void> {
    this.requests.push(request)
    await Promise.resolve()
    if (signal?.aborted === true) throw signal.reason as Error
    for (const hook of [...this.#hooks]) {
      const error = hook(request)
      if (error !== undefined) throw error
    }
  }

  #update(type: ResourceType, key: ObjectKey, sent: KubernetesObject, subresource: string | undefined): KubernetesObject {
    const current = this.#need(type, key) as KubernetesObject & { spec?: unknown; status?: unknown }
    const { resourceVersion, uid } = sent.metadata
    if ((resourceVersion ?? '') !== '' && resourceVersion !== current.metadata.resourceVersion) throw conflict(type, key)
    if ((uid ?? '') !== '' && uid !== current.metadata.uid) throw conflict(type, key)
    const next = structuredClone(sent) as KubernetesObject & { spec?: unknown; status?: unknown }
    if (subresource === 'status' || subresource === 'approval') {
      Object.assign(next, { ...structuredClone(current), metadata: next.metadata, status: next.status })
    } else if (hasStatus(type)) {
      next.status = structuredClone(current.status)
    }
    const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = current.metadata
    next.metadata = { ...next.metadata, uid: current.metadata.uid, resourceVersion: current.metadata.resourceVersion, creationTimestamp,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }), ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }), ...(generation === undefined ? {} : { generation }) }
    if (subresource === undefined && !isSame(next.spec, current.spec)) next.metadata.generation = (generation ?? 0) + 1
    if (isSame(next, current)) return structuredClone(current) // FC2
    if (next.metadata.deletionTimestamp !== undefined && isFree(next)) return this.#write(type, next, 'DELETED')
    return this.#write(type, next, 'MODIFIED')
  }

  #delete(type: ResourceType, current: KubernetesObject, options: DeleteOptions): void {
    const { spec } = current as KubernetesObject & { spec?: { nodeName?: string; terminationGracePeriodSeconds?: number }; status?: { phase?: string } }
    const phase = (current as { status?: { phase?: string } }).status?.phase
    const finalizers = new Set(current.metadata.finalizers ?? [])
    if (options.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion')
    if (options.propagationPolicy === 'Orphan') finalizers.add('orphan')
    const isPod = type.group === '' && type.resource === 'pods'
    const graceful = isPod && (spec?.nodeName ?? '') !== '' && phase !== 'Succeeded' && phase !== 'Failed'
    const graceSeconds = graceful ? (options.gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30) : 0
    const next = { ...current, metadata: { ...current.metadata, ...(finalizers.size === 0 ? {} : { finalizers: [...finalizers] }) } }
    if (finalizers.size === 0 && graceSeconds === 0 && !(type.resource === 'namespaces' && !isFree(next))) {
      this.#write(type, next, 'DELETED')
      return
    }
    if (current.metadata.deletionTimestamp !== undefined && graceSeconds >= (current.metadata.deletionGracePeriodSeconds ?? 0) && isSame(next, current)) return
    next.metadata.deletionTimestamp = timeText(this.clock.now() + graceSeconds * 1_000)
    next.metadata.deletionGracePeriodSeconds = graceSeconds
    if (current.metadata.deletionTimestamp === undefined) next.metadata.generation = (current.metadata.generation ?? 0) + 1
    if (type.resource === 'namespaces') Object.assign(next, { status: { ...(next as { status?: object }).status, phase: 'Terminating' } })
    this.#write(type, next, 'MODIFIED')
  }

  #write(type: ResourceType, object: KubernetesObject, event: Happening['event']): KubernetesObject {
    const key = keyText(keyOf(object))
    const previous = this.#table(type).get(key)?.object
    const stored = structuredClone(object)
    stored.metadata.resourceVersion = String(++this.#revision)
    if (event === 'DELETED') this.#table(type).delete(key)
    else this.#table(type).set(key, { object: stored })
    const happening: Happening = { revision: this.#revision, type, event, object: stored, ...(previous === undefined ? {} : { previous }) }
    this.#history.push(happening)
    for (const watcher of [...this.#watchers]) watcher.tell(happening)
    return structuredClone(stored)
  }

  #completed<T extends KubernetesObject>(type: ResourceType<T>, object: Draft<T>): T {
    const defaults: Readonly<Record<string, unknown>> = type.kind === 'Pod' ? { phase: 'Pending' } : {}
    const copy = structuredClone(object) as Record<string, unknown> & { metadata: Partial<KubernetesObject['metadata']> }
    return {
      ...(hasStatus(type) ? { spec: {}, status: defaults } : {}),
      ...copy, kind: type.kind, apiVersion: apiVersionOf(type),
      metadata: { uid: copy.metadata.uid ?? `uid-${++this.#serial}`, creationTimestamp: timeText(this.clock.now()), resourceVersion: '', generation: 1, ...copy.metadata },
    } as unknown as T
  }

  #table(type: ResourceType): Map<string, Stored> {
    const id = groupResourceText(type)
    let table = this.#stored.get(id)
    if (table === undefined) this.#stored.set(id, table = new Map())
    return table
  }

  #find(type: ResourceType, key: ObjectKey): KubernetesObject | undefined {
    return this.#table(type).get(keyText(key))?.object
  }

  #need(type: ResourceType, key: ObjectKey): KubernetesObject {
    const found = this.#find(type, key)
    if (found === undefined) throw new StatusError({ ...newStatus(404, 'NotFound', `${groupResourceText(type)} "${key.name}" not found`), details: { name: key.name, group: type.group, kind: type.resource } })
    return found
  }
}

const withoutStatus = new Set(['ConfigMap', 'Secret', 'ServiceAccount', 'Event', 'Endpoints', 'EndpointSlice', 'Lease', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'ControllerRevision', 'LimitRange', 'PodTemplate'])

function hasStatus(type: ResourceType): boolean {
  return !withoutStatus.has(type.kind)
}

function matcher(options: { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string }): (object: KubernetesObject) => boolean {
  const labels = parseLabelSelector(options.labelSelector ?? '')
  const fields = parseFieldSelector(options.fieldSelector ?? '')
  return object => (options.namespace === undefined || options.namespace === '' || object.metadata.namespace === options.namespace)
    && matches(labels, object.metadata.labels) && matchesFields(fields, fieldsOf(object))
}

function selected(happening: Happening, matches: (object: KubernetesObject) => boolean): WatchEvent<KubernetesObject> | undefined {
  const { event, object, previous } = happening
  const is = matches(object)
  const was = previous !== undefined && matches(previous)
  if (event === 'DELETED') return is || was ? { type: 'DELETED', object } : undefined
  if (is) return { type: event === 'MODIFIED' && !was ? 'ADDED' : event, object }
  return was ? { type: 'DELETED', object: { ...previous, metadata: { ...previous.metadata, resourceVersion: object.metadata.resourceVersion } } } : undefined
}

function patchedBy(current: KubernetesObject, patch: unknown, type: PatchOptions['patchType']): unknown {
  if (type === 'json') {
    const failure = applyPatch(current, patch as Operation[]).find(result => result !== null)
    if (failure !== undefined) throw new StatusError(newStatus(422, 'Invalid', failure.message))
    return current
  }
  return type === 'merge' ? mergePatched(current, patch) : strategicPatched(current, patch)
}

function conflict(type: ResourceType, key: ObjectKey): StatusError {
  return new StatusError(newStatus(409, 'Conflict', `Operation cannot be fulfilled on ${groupResourceText(type)} "${key.name}": the object has been modified; please apply your changes to the latest version and try again`))
}

function isFree(object: KubernetesObject): boolean {
  const { finalizers, deletionGracePeriodSeconds } = object.metadata
  const content = (object as { spec?: { finalizers?: string[] } }).spec?.finalizers
  return (finalizers ?? []).length === 0 && (deletionGracePeriodSeconds ?? 0) === 0 && (content ?? []).length === 0
}

/** Same JSON, whatever the order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'object' && part !== null && !Array.isArray(part)
    ? Object.fromEntries(Object.entries(part).filter(([, one]) => one !== undefined).sort(([x], [y]) => (x < y ? -1 : 1)))
    : part)) ?? ''
}
