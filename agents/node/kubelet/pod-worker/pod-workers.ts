/**
 * The workers of all pods of this node: one each, woken by the API server's changes and by what containers do.
 *
 *   WK1  A pod is its uid: another pod of the same name is another worker, and ends the first.
 *   WK2  A worker that is over is not started again for the same uid.
 *   WK3  Housekeeping compares node and pods, once the pods are known: what belongs to none is removed.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { errorText } from '../../../base/log.ts'
import type { Change } from '../../../machinery/informer.ts'
import { removeOrphan, removeOrphanFiles, takeInventory } from './orphans.ts'
import type { PodDeps } from './pod-deps.ts'
import { PodWorker } from './pod-worker.ts'

export class PodWorkers {
  readonly #deps: PodDeps
  readonly #signal: AbortSignal
  readonly #workers = new Map<string, PodWorker>()
  readonly #over = new Set<string>()
  readonly #removing = new Set<string>()
  readonly #owners = new Map<string, string>()
  #housekeeping: Promise<void> | undefined

  constructor(deps: Omit<PodDeps, 'noteOwner'>, signal: AbortSignal) {
    this.#deps = { ...deps, noteOwner: (runtimeId, uid) => void this.#owners.set(runtimeId, uid) }
    this.#signal = signal
  }

  get all(): readonly PodWorker[] {
    return [...this.#workers.values()]
  }

  byUid(uid: string): PodWorker | undefined {
    return this.#workers.get(uid)
  }

  /** The newest worker of that name. */
  byName(namespace: string, name: string): PodWorker | undefined {
    return this.all.findLast(worker => worker.pod.metadata.name === name && worker.pod.metadata.namespace === namespace)
  }

  onChange(change: Change<Pod>): void {
    if (change.type === 'updated' && change.previous.metadata.uid !== change.object.metadata.uid) this.remove(change.previous.metadata.uid) // WK1
    if (change.type === 'deleted') this.remove(change.object.metadata.uid)
    else this.put(change.object)
  }

  put(pod: Pod): void {
    const uid = pod.metadata.uid
    const known = this.#workers.get(uid)
    if (known !== undefined) known.update(pod)
    else if (!this.#over.has(uid)) this.#start(pod) // WK2
  }

  remove(uid: string): void {
    this.#over.delete(uid)
    this.#workers.get(uid)?.gone()
  }

  /** The process of a container or sandbox ended. */
  onTaskEnd(runtimeId: string): void {
    const uid = this.#owners.get(runtimeId)
    if (uid !== undefined) this.#workers.get(uid)?.taskEnded(runtimeId)
  }

  wakeAll(): void {
    for (const worker of this.#workers.values()) worker.wake()
  }

  /** Removes what belongs to no pod. To be called only when the pods of this node are known (WK3). */
  async keepHouse(): Promise<void> {
    this.#housekeeping ??= this.#keepHouse().finally(() => (this.#housekeeping = undefined))
    await this.#housekeeping
  }

  async #keepHouse(): Promise<void> {
    const before = [...this.#owners.keys()]
    const inventory = await takeInventory(this.#deps)
    for (const id of before) if (!inventory.owners.has(id)) this.#owners.delete(id) // what was made meanwhile stays
    for (const [id, uid] of inventory.owners) this.#owners.set(id, uid)
    const containerIds = new Set(inventory.owners.keys())
    this.#deps.observer.keepOnly(containerIds, containerIds)
    const orphans = [...inventory.pods.keys()].filter(uid => !this.#workers.has(uid) && !this.#removing.has(uid))
    for (const uid of orphans) {
      this.#removing.add(uid)
      void removeOrphan(uid, inventory, this.#deps)
        .catch(error => { this.#deps.log.warn('orphaned pod was not removed', { uid, error: errorText(error) }) })
        .finally(() => this.#removing.delete(uid))
    }
    await removeOrphanFiles(uid => this.#workers.has(uid) || inventory.pods.has(uid), this.#deps)
  }

  #start(pod: Pod): void {
    const uid = pod.metadata.uid
    const worker = new PodWorker(pod, this.#deps, this.#signal)
    this.#workers.set(uid, worker)
    void worker.finished.then(() => {
      if (worker.phase !== 'over') return
      this.#workers.delete(uid)
      if (!worker.wasRemovedFirst) this.#over.add(uid)
    })
  }
}
