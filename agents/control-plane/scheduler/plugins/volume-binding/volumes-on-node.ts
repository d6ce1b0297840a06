/**
 * What the pod's claims would get on one node, or why not. Upstream: volumebinding.FindPodVolumes.
 *
 *   VN1  The volume of each bound claim must exist and be reachable from the node.
 *   VN2  A waiting claim that has a selected node is provisioned there and nowhere else. The others take a matching
 *        volume, those that ask for least first; who finds none is provisioned.
 *   VN3  Provisioning needs a class with a real provisioner whose allowedTopologies the node matches and, for a driver that
 *        tracks capacity, a CSIStorageCapacity that the node reaches with room enough.
 *   VN4  All reasons of a node are given together.
 */
import type { Node, PersistentVolume, PersistentVolumeClaim, TopologySelectorTerm } from '../../../../api/groups/core-v1/types.ts'
import type { CSIStorageCapacity, StorageClass } from '../../../../api/groups/storage-v1/types.ts'
import { quantityValue } from '../../../../api/schema/quantity.ts'
import { matchesLabelSelector } from '../../../../api/selectors/label-selector.ts'
import { storageClassOf, storageOf } from '../../../../api/volumes/volume-fit.ts'
import type { ClusterLookups } from '../../snapshot/cluster.ts'
import type { MatchingVolumes } from './matching-volumes.ts'
import { isReachable, volumeOn } from './matching-volumes.ts'
import type { PodClaims } from './pod-claims.ts'
import { claimKey } from './pod-claims.ts'

export const selectedNode = 'volume.kubernetes.io/selected-node'
const noProvisioner = 'kubernetes.io/no-provisioner'

export const reasons = {
  notReachable: "node(s) didn't match PersistentVolume's node affinity",
  nothingToBind: "node(s) didn't find available persistent volumes to bind",
  noSpace: 'node(s) did not have enough free storage',
  noVolume: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
} as const

export interface StaticBinding {
  readonly claim: PersistentVolumeClaim
  readonly volume: PersistentVolume
}

export interface VolumesOnNode {
  readonly reasons: readonly string[]
  readonly bindings: readonly StaticBinding[]
  readonly provisions: readonly PersistentVolumeClaim[]
}

export interface VolumeSources {
  readonly lookups: ClusterLookups
  /** As assumed. */
  volume(name: string): PersistentVolume | undefined
  /** Of a waiting claim, by its key. */
  matching(claim: PersistentVolumeClaim): MatchingVolumes
}

export function volumesOnNode(claims: PodClaims, node: Node, sources: VolumeSources): VolumesOnNode {
  const bound = boundReason(claims.bound, node, sources)
  const waiting = findForWaiting(claims.delayed, node, sources)
  const found = [bound === reasons.notReachable ? bound : null, ...waiting.reasons, bound === reasons.noVolume ? bound : null].filter(reason => reason !== null) // VN4
  return { reasons: found, bindings: waiting.bindings, provisions: waiting.provisions }
}

/** VN1 */
function boundReason(bound: readonly PersistentVolumeClaim[], node: Node, { volume: volumeOf }: VolumeSources): string | null {
  for (const claim of bound) {
    const volume = volumeOf(claim.spec.volumeName!)
    if (volume === undefined) return reasons.noVolume
    if (!isReachable(volume, node)) return reasons.notReachable
  }
  return null
}

/** VN2 */
function findForWaiting(delayed: readonly PersistentVolumeClaim[], node: Node, sources: VolumeSources): VolumesOnNode {
  const bindings: StaticBinding[] = []
  const provisions: PersistentVolumeClaim[] = []
  const nothing: VolumesOnNode = { reasons: [reasons.nothingToBind], bindings: [], provisions: [] }
  const selected = delayed.filter(claim => claim.metadata.annotations?.[selectedNode] !== undefined)
  if (selected.some(claim => claim.metadata.annotations![selectedNode] !== node.metadata.name)) return nothing
  const taken = new Set<string>()
  for (const claim of delayed.filter(other => !selected.includes(other)).sort(leastFirst)) {
    const volume = volumeOn(node, sources.matching(claim), taken)
    if (volume === undefined) provisions.push(claim)
    else {
      taken.add(volume.metadata.name)
      bindings.push({ claim, volume })
    }
  }
  const wanted = [...selected, ...provisions]
  for (const claim of wanted) {
    const reason = provisionReason(claim, node, sources.lookups)
    if (reason !== null) return { reasons: [reason], bindings, provisions: [] }
  }
  return { reasons: [], bindings, provisions: wanted }
}

/** VN3 */
function provisionReason(claim: PersistentVolumeClaim, node: Node, lookups: ClusterLookups): string | null {
  const className = storageClassOf(claim)
  if (className === '') throw new Error(`no class for claim ${JSON.stringify(claimKey(claim))}`)
  const found = lookups.storageClass(className)
  if (found === undefined) throw new Error(`failed to find storage class ${JSON.stringify(className)}`)
  if (found.provisioner === '' || found.provisioner === noProvisioner || !allows(found.allowedTopologies, node)) return reasons.nothingToBind
  return hasSpace(claim, found, node, lookups) ? null : reasons.noSpace
}

function allows(topologies: readonly TopologySelectorTerm[] | undefined, node: Node): boolean {
  if (topologies === undefined || topologies.length === 0) return true
  return topologies.some(({ matchLabelExpressions = [] }) => matchLabelExpressions.length > 0 && matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? '')))
}

function hasSpace(claim: PersistentVolumeClaim, { metadata, provisioner }: StorageClass, node: Node, lookups: ClusterLookups): boolean {
  const size = claim.spec.resources?.requests?.['storage']
  if (size === undefined || lookups.csiDriver(provisioner)?.spec.storageCapacity !== true) return true
  return lookups.csiStorageCapacities().some(capacity => capacity.storageClassName === metadata.name && holds(capacity, quantityValue(size)) && capacity.nodeTopology !== undefined && matchesLabelSelector(capacity.nodeTopology, node.metadata.labels))
}

/** Largest single volume, as precisely as it is known; undefined for none. */
export function largestVolume({ maximumVolumeSize, capacity }: CSIStorageCapacity): bigint | undefined {
  const limit = maximumVolumeSize ?? capacity
  return limit === undefined ? undefined : quantityValue(limit)
}

function holds(capacity: CSIStorageCapacity, size: bigint): boolean {
  const limit = largestVolume(capacity)
  return limit !== undefined && limit >= size
}

function leastFirst(a: PersistentVolumeClaim, b: PersistentVolumeClaim): number {
  return Number(storageOf(a.spec.resources?.requests) - storageOf(b.spec.resources?.requests))
}
