/**
 * Which pods were promised which node: by preemption, or because their binding takes long.
 *
 *   NM1  A pod is promised one node at a time.
 *   NM2  The promise is what we wrote last; an update of the pod that says nothing keeps it, one that names a node replaces it.
 *   NM3  A pod that was bound or deleted is promised nothing.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { NominatedPods } from '../framework/plugin-handle.ts'

const none: readonly Pod[] = []

export class Nominator implements NominatedPods {
  readonly #nodeByUid = new Map<string, string>()
  readonly #podsByNode = new Map<string, Map<string, Pod>>()

  get size(): number {
    return this.#nodeByUid.size
  }

  on(nodeName: string): readonly Pod[] {
    if (this.#nodeByUid.size === 0) return none
    const pods = this.#podsByNode.get(nodeName)
    return pods === undefined ? none : [...pods.values()]
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodeByUid.get(uid)
  }

  nominate(pod: Pod, nodeName: string): void {
    const { uid } = pod.metadata
    this.forget(uid) // NM1
    if (nodeName === '') return
    this.#nodeByUid.set(uid, nodeName)
    const pods = this.#podsByNode.get(nodeName) ?? new Map<string, Pod>()
    pods.set(uid, pod)
    this.#podsByNode.set(nodeName, pods)
  }

  /** NM2: the pod came or changed. */
  seen(before: Pod | undefined, pod: Pod): void {
    const named = pod.status.nominatedNodeName ?? ''
    const wasNamed = before?.status.nominatedNodeName ?? ''
    if (named !== '') this.nominate(pod, named)
    else if (wasNamed !== '') this.forget(pod.metadata.uid)
    else {
      const kept = this.#nodeByUid.get(pod.metadata.uid)
      if (kept !== undefined) this.nominate(pod, kept)
    }
  }

  forget(uid: string): void {
    const node = this.#nodeByUid.get(uid)
    if (node === undefined) return
    this.#nodeByUid.delete(uid)
    const pods = this.#podsByNode.get(node)!
    pods.delete(uid)
    if (pods.size === 0) this.#podsByNode.delete(node)
  }
}
