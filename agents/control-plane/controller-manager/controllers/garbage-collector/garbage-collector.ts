/**
 * Garbage collector: deletes objects whose owners are gone, and carries out foreground and orphan deletion.
 *
 * Reads   every resource that can be listed, watched and deleted, as metadata; discovery; CustomResourceDefinitions
 * Writes  deletes, and patches of ownerReferences and finalizers, of any resource
 * Woken   by every change of ownership or deletion
 *
 *   GC1  Nothing is judged from the graph alone: the object is read live, and an owner counts as absent only if the API
 *        server says so, or has another uid under that name. Absent uids are remembered, since uids never come back.
 *   GC2  A delete carries the uid as precondition, so that a successor of the same name is never hit.
 *   GC3  A cluster-scoped object cannot be owned by a namespaced one: such a reference counts as to an absent owner.
 *   GC4  Resources come and go with CustomResourceDefinitions: a change of those reads discovery again, and so does time,
 *        every 30 s while discovery is incomplete. Events own nothing and are left out.
 *   GC5  Orphaning removes the owner's references from all dependents first, then the finalizer from the owner.
 *   GC6  Foreground: while dependents with blockOwnerDeletion are left, they are deleted; then the finalizer is removed.
 *        A dependent that itself waits for one of its own (a circle) is unblocked first.
 */
import type { KubernetesObject, ResourceType } from '../../../../api/resources.ts'
import { groupResourceText } from '../../../../api/kubernetes-object.ts'
import type { OwnerReference } from '../../../../api/groups/meta-v1/types.ts'
import { errorText } from '../../../../base/log.ts'
import type { ControllerDeps } from '../../../../machinery/controller.ts'
import type { DiscoveredResource } from '../../../../machinery/discovery.ts'
import type { Informer } from '../../../../machinery/informer.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyText } from '../../../../machinery/object-key.ts'
import { isConflict, isNotFound } from '../../../../machinery/status-error.ts'
import { WorkQueue } from '../../../../machinery/work-queue.ts'
import { followServedResources } from '../../resources/served-resources.ts'
import type { Attention, GraphNode } from './graph.ts'
import { foregroundFinalizer, orphanFinalizer, OwnerGraph } from './graph.ts'
import type { OwnerState } from './judgement.ts'
import { judge } from './judgement.ts'

const mostAbsent = 5_000
const keptRecords = 50

export class GarbageCollector {
  readonly name = 'garbage-collector-controller'
  readonly #workers: number
  readonly #graph = new OwnerGraph()
  readonly #absent = new Set<string>()
  readonly #followed = new Set<string>()
  readonly #byKind = new Map<string, DiscoveredResource>()
  readonly #records: { readonly key: string; readonly at: string; readonly what: string }[] = []
  #deps!: ControllerDeps
  #queue!: WorkQueue<string>

  constructor(workers: number) {
    this.#workers = workers
  }

  readonly state = (): unknown => ({
    name: this.name, depth: this.#queue?.size ?? 0, objects: this.#graph.size, resources: [...this.#followed].sort(),
    absentOwners: this.#absent.size, last: [...this.#records].reverse(),
  })

  readonly run = async (deps: ControllerDeps, signal: AbortSignal): Promise<void> => {
    this.#deps = { ...deps, log: deps.log.with({ controller: this.name }) }
    this.#queue = new WorkQueue({ name: this.name, clock: deps.clock, ...(deps.metrics === undefined ? {} : { metrics: deps.metrics }) })
    const following = followServedResources({
      name: this.name,
      wants: ({ verbs, resource }) => ['list', 'watch', 'delete'].every(verb => verbs.includes(verb)) && resource !== 'events', // GC4
      began: (type, informer) => this.#follow(type, informer),
    }, this.#deps, signal)
    try {
      await Promise.all([following, ...Array.from({ length: this.#workers }, () => this.#work(signal))])
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.#queue.clear()
    }
  }

  #follow(type: DiscoveredResource, informer: Informer<KubernetesObject>): Disposable {
    const id = kindId(type.group, type.kind)
    this.#byKind.set(id, type)
    this.#followed.add(groupResourceText(type))
    const stack = new DisposableStack()
    stack.defer(() => {
      this.#byKind.delete(id)
      this.#followed.delete(groupResourceText(type))
    })
    stack.use(informer.onChange(({ type: change, object }) => {
      this.#attend(change === 'deleted' ? this.#graph.remove(object.metadata.uid) : this.#graph.put(type, object))
    }))
    return stack
  }

  #attend({ judge: toJudge, orphan }: Attention): void {
    for (const { uid } of toJudge) this.#queue.add(`judge ${uid}`)
    for (const { uid } of orphan) this.#queue.add(`orphan ${uid}`)
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const item = await this.#queue.next(signal)
      const [task, uid] = item.split(' ') as ['judge' | 'orphan', string]
      const node = this.#graph.get(uid)
      try {
        if (node?.type !== undefined) await (task === 'orphan' ? this.#orphan(node, signal) : this.#judge(node, signal))
        this.#queue.forget(item)
      } catch (error) {
        if (signal.aborted) return
        const retryMs = this.#queue.addRateLimited(item)
        if (!isConflict(error)) this.#deps.log.warn('collecting failed', { object: nameOf(node), retryMs, error: errorText(error) })
        this.#remember(node, `failed: ${errorText(error)}`)
      } finally {
        this.#queue.done(item)
      }
    }
  }

  async #judge(node: GraphNode, signal: AbortSignal): Promise<void> {
    if (node.beingDeleted && !node.deletingDependents) return
    const live = await this.#read(node.type!, node.key!, signal) // GC1
    if (live === undefined || live.metadata.uid !== node.uid) {
      this.#attend(this.#graph.remove(node.uid))
      return
    }
    if (node.deletingDependents) {
      await this.#waitForDependents(node, live, signal)
      return
    }
    const owners: { reference: OwnerReference; state: OwnerState }[] = []
    for (const reference of live.metadata.ownerReferences ?? []) owners.push({ reference, state: await this.#stateOf(reference, node, signal) })
    const judgement = judge(owners, live.metadata.finalizers ?? [], node.dependents.size > 0)
    if (judgement.type === 'unlink') {
      await this.#unlink(node.type!, node.key!, node.uid, judgement.uids, signal)
      this.#remember(node, 'unlinked from owners that are gone')
    } else if (judgement.type === 'delete') {
      if (judgement.policy === 'Foreground' && [...node.dependents].some(({ deletingDependents }) => deletingDependents)) await this.#unblock(node, live, signal)
      await this.#deps.client.delete(node.type!, node.key!, { propagationPolicy: judgement.policy, preconditions: { uid: node.uid } }, signal).catch((error: unknown) => { // GC2
        if (!isNotFound(error)) throw error
      })
      this.#deps.log.info('object collected', { object: nameOf(node), owners: owners.map(({ reference, state }) => `${reference.kind}/${reference.name} ${state}`), policy: judgement.policy })
      this.#remember(node, `deleted (${judgement.policy})`)
    }
  }

  async #waitForDependents(node: GraphNode, live: KubernetesObject, signal: AbortSignal): Promise<void> { // GC6
    const blocking = [...node.dependents].filter(({ owners }) => owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion === true))
    if (blocking.length === 0) {
      await this.#dropFinalizer(node, live, foregroundFinalizer, signal)
      this.#remember(node, 'let go: no dependent is left')
      return
    }
    for (const dependent of blocking) if (!dependent.deletingDependents) this.#queue.add(`judge ${dependent.uid}`)
  }

  async #orphan(node: GraphNode, signal: AbortSignal): Promise<void> { // GC5
    for (const dependent of [...node.dependents]) {
      if (dependent.type !== undefined) await this.#unlink(dependent.type, dependent.key!, dependent.uid, [node.uid], signal)
    }
    const live = await this.#read(node.type!, node.key!, signal)
    if (live === undefined || live.metadata.uid !== node.uid) return
    await this.#dropFinalizer(node, live, orphanFinalizer, signal)
    this.#remember(node, `left ${node.dependents.size} dependents behind`)
  }

  async #stateOf(reference: OwnerReference, dependent: GraphNode, signal: AbortSignal): Promise<OwnerState> {
    if (this.#absent.has(reference.uid)) return 'absent'
    const type = this.#byKind.get(kindId(groupOf(reference.apiVersion), reference.kind))
    if (type === undefined) throw new Error(`no resource is known for owner ${reference.apiVersion} ${reference.kind} ${reference.name}`)
    const namespace = dependent.key?.namespace
    if (type.namespaced && namespace === undefined) return 'absent' // GC3
    const owner = await this.#read(type, type.namespaced ? { namespace: namespace!, name: reference.name } : { name: reference.name }, signal)
    if (owner === undefined || owner.metadata.uid !== reference.uid) {
      if (this.#absent.size >= mostAbsent) this.#absent.delete(this.#absent.values().next().value!)
      this.#absent.add(reference.uid)
      return 'absent'
    }
    return owner.metadata.deletionTimestamp !== undefined && owner.metadata.finalizers?.includes(foregroundFinalizer) === true ? 'waiting' : 'solid'
  }

  async #read(type: ResourceType, key: ObjectKey, signal: AbortSignal): Promise<KubernetesObject | undefined> {
    try {
      return await this.#deps.client.get(type, key, signal)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Removes owner references, guarded by uid and resourceVersion: a merge patch replaces the whole list. */
  async #unlink(type: ResourceType, key: ObjectKey, uid: string, ownerUids: readonly string[], signal: AbortSignal): Promise<void> {
    const live = await this.#read(type, key, signal)
    if (live === undefined || live.metadata.uid !== uid) return
    const kept = (live.metadata.ownerReferences ?? []).filter(reference => !ownerUids.includes(reference.uid))
    if (kept.length === (live.metadata.ownerReferences ?? []).length) return
    await this.#patchMetadata(type, key, live, { ownerReferences: kept.length === 0 ? null : kept }, signal)
  }

  async #unblock(node: GraphNode, live: KubernetesObject, signal: AbortSignal): Promise<void> {
    const ownerReferences = (live.metadata.ownerReferences ?? []).map(reference => ({ ...reference, blockOwnerDeletion: false }))
    await this.#patchMetadata(node.type!, node.key!, live, { ownerReferences }, signal)
  }

  async #dropFinalizer(node: GraphNode, live: KubernetesObject, finalizer: string, signal: AbortSignal): Promise<void> {
    if (live.metadata.finalizers?.includes(finalizer) !== true) return
    const kept = live.metadata.finalizers.filter(one => one !== finalizer)
    await this.#patchMetadata(node.type!, node.key!, live, { finalizers: kept.length === 0 ? null : kept }, signal)
  }

  async #patchMetadata(type: ResourceType, key: ObjectKey, live: KubernetesObject, change: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    const { uid, resourceVersion } = live.metadata
    try {
      await this.#deps.client.patch(type, key, { metadata: { uid, resourceVersion, ...change } }, { patchType: 'merge' }, signal)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  #remember(node: GraphNode | undefined, what: string): void {
    this.#records.push({ key: nameOf(node), at: new Date(this.#deps.clock.now()).toISOString(), what })
    if (this.#records.length > keptRecords) this.#records.shift()
  }
}

function kindId(group: string, kind: string): string {
  return `${group}/${kind}`
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

function nameOf(node: GraphNode | undefined): string {
  return node?.type === undefined ? 'unknown' : `${groupResourceText(node.type)} ${keyText(node.key!)}`
}
