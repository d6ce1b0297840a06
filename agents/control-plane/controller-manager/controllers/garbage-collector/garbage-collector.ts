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
import { serviceAccounts } from '../../../../api/resources.ts'
import type { KubernetesObject, ResourceType } from '../../../../api/resources.ts'
import { groupResourceText } from '../../../../api/kubernetes-object.ts'
import type { OwnerReference } from '../../../../api/groups/meta-v1/types.ts'
import type { Controller, ControllerDeps } from '../../../../machinery/controller.ts'
import { done, doneWith } from '../../../../machinery/controller.ts'
import type { DiscoveredResource } from '../../../../machinery/discovery.ts'
import type { Informer } from '../../../../machinery/informer.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyText } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { followServedResources } from '../../resources/served-resources.ts'
import type { Attention, GraphNode } from './graph.ts'
import { foregroundFinalizer, orphanFinalizer, OwnerGraph } from './graph.ts'
import type { OwnerState } from './judgement.ts'
import { judge } from './judgement.ts'

const mostAbsent = 5_000

/** Keys are tasks about a uid: judge/<uid> or orphan/<uid>. The reconciled type only has an informer that everybody shares. */
export function createGarbageCollector(workers: number): Controller {
  const collector = new GarbageCollector()
  return {
    name: 'garbage-collector-controller',
    reconciles: serviceAccounts,
    ignores: () => true,
    workers,
    follow: collector.follow,
    reconcile: collector.reconcile,
    inspect: collector.state,
  }
}

class GarbageCollector {
  readonly #graph = new OwnerGraph()
  readonly #absent = new Set<string>()
  readonly #followed = new Set<string>()
  readonly #byKind = new Map<string, DiscoveredResource>()
  #deps!: Pick<ControllerDeps, 'client' | 'log'>
  #wake!: (key: ObjectKey, cause: string) => void

  readonly state = () => ({ objects: this.#graph.size, resources: [...this.#followed].sort(), absentOwners: this.#absent.size })

  readonly follow: NonNullable<Controller['follow']> = (wake, deps, signal) => {
    this.#deps = deps
    this.#wake = wake
    return followServedResources({
      name: 'garbage-collector-controller',
      wants: ({ verbs, resource }) => ['list', 'watch', 'delete'].every(verb => verbs.includes(verb)) && resource !== 'events', // GC4
      began: (type, informer) => this.#follow(type, informer),
    }, deps, signal)
  }

  readonly reconcile: Controller['reconcile'] = async ({ namespace: task, name: uid }, _deps, signal) => {
    const node = this.#graph.get(uid)
    if (node?.type === undefined) return done
    const did = await (task === 'orphan' ? this.#orphan(node, signal) : this.#judge(node, signal))
    return did === undefined ? done : doneWith(`${nameOf(node)} ${did}`)
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
    for (const node of toJudge) this.#ask('judge', node)
    for (const node of orphan) this.#ask('orphan', node)
  }

  #ask(task: 'judge' | 'orphan', node: GraphNode): void {
    this.#wake({ namespace: task, name: node.uid }, nameOf(node))
  }

  /** These two answer what they did to the object, if anything. */
  async #judge(node: GraphNode, signal: AbortSignal): Promise<string | undefined> {
    if (node.beingDeleted && !node.deletingDependents) return undefined
    const live = await this.#read(node.type!, node.key!, signal) // GC1
    if (live === undefined || live.metadata.uid !== node.uid) {
      this.#attend(this.#graph.remove(node.uid))
      return undefined
    }
    if (node.deletingDependents) return this.#waitForDependents(node, live, signal)
    const owners: { reference: OwnerReference; state: OwnerState }[] = []
    for (const reference of live.metadata.ownerReferences ?? []) owners.push({ reference, state: await this.#stateOf(reference, node, signal) })
    const judgement = judge(owners, live.metadata.finalizers ?? [], node.dependents.size > 0)
    if (judgement.type === 'unlink') {
      await this.#unlink(node.type!, node.key!, node.uid, judgement.uids, signal)
      return 'unlinked from owners that are gone'
    }
    if (judgement.type === 'delete') {
      if (judgement.policy === 'Foreground' && [...node.dependents].some(({ deletingDependents }) => deletingDependents)) await this.#unblock(node, live, signal)
      await this.#deps.client.delete(node.type!, node.key!, { propagationPolicy: judgement.policy, preconditions: { uid: node.uid } }, signal).catch((error: unknown) => { // GC2
        if (!isNotFound(error)) throw error
      })
      this.#deps.log.info('object collected', { object: nameOf(node), owners: owners.map(({ reference, state }) => `${reference.kind}/${reference.name} ${state}`), policy: judgement.policy })
      return `deleted (${judgement.policy})`
    }
    return undefined
  }

  async #waitForDependents(node: GraphNode, live: KubernetesObject, signal: AbortSignal): Promise<string | undefined> { // GC6
    const blocking = [...node.dependents].filter(({ owners }) => owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion === true))
    if (blocking.length === 0) {
      await this.#dropFinalizer(node, live, foregroundFinalizer, signal)
      return 'let go: no dependent is left'
    }
    for (const dependent of blocking) if (!dependent.deletingDependents) this.#ask('judge', dependent)
    return undefined
  }

  async #orphan(node: GraphNode, signal: AbortSignal): Promise<string | undefined> { // GC5
    for (const dependent of [...node.dependents]) {
      if (dependent.type !== undefined) await this.#unlink(dependent.type, dependent.key!, dependent.uid, [node.uid], signal)
    }
    const live = await this.#read(node.type!, node.key!, signal)
    if (live === undefined || live.metadata.uid !== node.uid) return undefined
    await this.#dropFinalizer(node, live, orphanFinalizer, signal)
    return `left ${node.dependents.size} dependents behind`
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
