/**
 * The owner graph: every object by uid, with its owners and its dependents. Pure.
 *
 *   GG1  An owner that was named but never seen is a virtual node, so that its dependents are known when it turns out not
 *        to exist.
 *   GG2  A node that is being deleted in the foreground (deletionTimestamp and finalizer foregroundDeletion) keeps that
 *        mark until it is gone.
 *   GG3  `put` and `remove` return what has to be looked at because of the change, and nothing else.
 */
import type { KubernetesObject, ResourceType } from '../../../../api/resources.ts'
import type { OwnerReference } from '../../../../api/groups/meta-v1/types.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isEqualJson } from '../../pods/canonical.ts'

export const foregroundFinalizer = 'foregroundDeletion'
export const orphanFinalizer = 'orphan'

export interface GraphNode {
  readonly uid: string
  /** Undefined while virtual. */
  type: ResourceType | undefined
  key: ObjectKey | undefined
  owners: readonly OwnerReference[]
  readonly dependents: Set<GraphNode>
  beingDeleted: boolean
  deletingDependents: boolean
}

export interface Attention {
  /** Nodes whose owners should be judged, or which wait for their dependents. */
  readonly judge: readonly GraphNode[]
  /** Nodes that want to leave their dependents behind. */
  readonly orphan: readonly GraphNode[]
}

const nothing: Attention = { judge: [], orphan: [] }

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>()

  get size(): number {
    return this.#nodes.size
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  put(type: ResourceType, object: KubernetesObject): Attention {
    const { uid, ownerReferences: owners = [], finalizers = [], deletionTimestamp } = object.metadata
    const known = this.#nodes.get(uid)
    const beingDeleted = deletionTimestamp !== undefined
    if (known === undefined && owners.length === 0 && !beingDeleted) {
      this.#nodes.set(uid, { uid, type, key: keyOf(object), owners, dependents: new Set(), beingDeleted, deletingDependents: false })
      return nothing
    }
    const node = known ?? { uid, type, key: keyOf(object), owners: [], dependents: new Set<GraphNode>(), beingDeleted: false, deletingDependents: false }
    this.#nodes.set(uid, node)
    const wasKnown = known?.type !== undefined
    const ownersChanged = !wasKnown || !isEqualJson(node.owners, owners)
    const newlyDeleted = beingDeleted && !node.beingDeleted
    node.type = type
    node.key = keyOf(object)
    node.beingDeleted = beingDeleted
    const unblocked = ownersChanged ? this.#link(node, owners) : []

    const judge = new Set<GraphNode>(unblocked)
    if (ownersChanged && owners.length > 0 && !beingDeleted) judge.add(node)
    if (beingDeleted && finalizers.includes(foregroundFinalizer)) { // GG2
      if (!node.deletingDependents) {
        node.deletingDependents = true
        for (const dependent of node.dependents) judge.add(dependent)
      }
      judge.add(node)
    }
    return { judge: [...judge], orphan: beingDeleted && finalizers.includes(orphanFinalizer) && (newlyDeleted || !wasKnown) ? [node] : [] }
  }

  /** The object is gone, or was found not to exist. */
  remove(uid: string): Attention {
    const node = this.#nodes.get(uid)
    if (node === undefined) return nothing
    this.#nodes.delete(uid)
    const judge = new Set<GraphNode>(node.dependents)
    for (const { uid: ownerUid } of node.owners) {
      const owner = this.#nodes.get(ownerUid)
      owner?.dependents.delete(node)
      if (owner?.deletingDependents === true) judge.add(owner)
      if (owner !== undefined) this.#dropIfVirtual(owner)
    }
    // Dependents still name it: keep a virtual node until they are judged.
    if (node.dependents.size > 0) this.#nodes.set(uid, { uid, type: undefined, key: undefined, owners: [], dependents: node.dependents, beingDeleted: false, deletingDependents: false })
    return { judge: [...judge], orphan: [] }
  }

  /** Owners being deleted in the foreground that no longer wait for the node. */
  #link(node: GraphNode, owners: readonly OwnerReference[]): GraphNode[] {
    const before = node.owners
    node.owners = owners
    const unblocked: GraphNode[] = []
    for (const { uid, blockOwnerDeletion } of before) {
      const now = owners.find(reference => reference.uid === uid)
      const owner = this.#nodes.get(uid)
      if (now === undefined) {
        owner?.dependents.delete(node)
        if (owner !== undefined) this.#dropIfVirtual(owner)
      }
      if (blockOwnerDeletion === true && now?.blockOwnerDeletion !== true && owner?.deletingDependents === true) unblocked.push(owner)
    }
    for (const { uid } of owners) {
      let owner = this.#nodes.get(uid)
      if (owner === undefined) { // GG1
        owner = { uid, type: undefined, key: undefined, owners: [], dependents: new Set(), beingDeleted: false, deletingDependents: false }
        this.#nodes.set(uid, owner)
      }
      owner.dependents.add(node)
    }
    return unblocked
  }

  #dropIfVirtual(node: GraphNode): void {
    if (node.type === undefined && node.dependents.size === 0) this.#nodes.delete(node.uid)
  }
}
