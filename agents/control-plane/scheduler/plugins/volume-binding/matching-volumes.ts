/**
 * Which existing volumes a waiting claim may get, sorted once a cycle so that a node is asked only about those it can
 * reach. Upstream: component-helpers/storage/volume.FindMatchingVolume.
 *
 *   MV1  A volume whose claimRef names the claim is its own: on a node that cannot reach it the claim gets nothing else.
 *   MV2  Otherwise an Available volume of the class, with the access modes, volume mode, attributes class and labels asked
 *        for and room enough; the smallest the node can reach, of equal ones the first by name.
 *   MV3  A volume on its way out, or claimed by another, is none.
 *   MV4  Volumes that name their hosts (kubernetes.io/hostname In) are kept by host: with a local disk on each of many
 *        nodes a node looks at its own.
 */
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { matchesLabelSelector } from '../../../../api/selectors/label-selector.ts'
import { quantityValue } from '../../../../api/schema/quantity.ts'
import { matchesTerm } from '../../framework/node-selector.ts'
import { storageClassOf } from '../../snapshot/pod-volumes.ts'

const hostname = 'kubernetes.io/hostname'

export interface MatchingVolumes {
  readonly own: PersistentVolume | undefined
  /** Smallest first. */
  readonly anywhere: readonly Ranked[]
  readonly byHost: ReadonlyMap<string, readonly Ranked[]>
}

interface Ranked {
  readonly rank: number
  readonly volume: PersistentVolume
}

export function storageOf(quantities: Readonly<Record<string, string>> | undefined): bigint {
  return quantityValue(quantities?.['storage'] ?? '0')
}

export function isReachable({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required
  return required === undefined || required.nodeSelectorTerms.some(term => matchesTerm(term, node))
}

export function isPromisedTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef === undefined || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false
  return (claimRef.uid ?? '') === '' || claimRef.uid === metadata.uid
}

export function matchingVolumes(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): MatchingVolumes {
  const large = volumes.filter(volume => isUsable(volume, claim))
  const own = large.find(volume => isPromisedTo(volume, claim)) // MV1
  const free = own === undefined ? large.filter(volume => isFree(volume, claim)).sort(smallestFirst) : []
  const anywhere: Ranked[] = []
  const byHost = new Map<string, Ranked[]>()
  for (const [rank, volume] of free.entries()) {
    const hosts = hostsOf(volume)
    if (hosts === undefined) anywhere.push({ rank, volume })
    for (const host of hosts ?? []) byHost.set(host, [...(byHost.get(host) ?? []), { rank, volume }]) // MV4
  }
  return { own, anywhere, byHost }
}

/** The volume the claim would get on the node; `taken` are those the pod's other claims get. */
export function volumeOn(node: Node, { own, anywhere, byHost }: MatchingVolumes, taken: ReadonlySet<string>): PersistentVolume | undefined {
  if (own !== undefined && !taken.has(own.metadata.name)) return isReachable(own, node) ? own : undefined
  const first = (ranked: readonly Ranked[]) => ranked.find(({ volume }) => !taken.has(volume.metadata.name) && isReachable(volume, node))
  const here = first(byHost.get(node.metadata.labels?.[hostname] ?? '') ?? [])
  const there = first(anywhere)
  if (here === undefined || there === undefined) return (here ?? there)?.volume
  return (here.rank < there.rank ? here : there).volume
}

/** MV2 MV3: what holds for the claim's own volume too. */
function isUsable(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec, metadata } = volume
  return (
    (spec.claimRef === undefined || isPromisedTo(volume, claim)) &&
    metadata.deletionTimestamp === undefined &&
    storageOf(spec.capacity) >= storageOf(claim.spec.resources?.requests) &&
    (spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem') &&
    (spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '')
  )
}

function isFree(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (
    volume.status.phase === 'Available' &&
    storageClassOf(volume) === storageClassOf(claim) &&
    (claim.spec.accessModes ?? []).every(mode => volume.spec.accessModes?.includes(mode) === true) &&
    (claim.spec.selector === undefined || matchesLabelSelector(claim.spec.selector, volume.metadata.labels))
  )
}

function smallestFirst(a: PersistentVolume, b: PersistentVolume): number {
  return Number(storageOf(a.spec.capacity) - storageOf(b.spec.capacity)) || (a.metadata.name < b.metadata.name ? -1 : 1)
}

/** MV4: undefined when a term leaves the host open. */
function hostsOf({ spec }: PersistentVolume): string[] | undefined {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms
  const hosts = terms?.map(term => (term.matchExpressions ?? []).find(({ key, operator }) => key === hostname && operator === 'In')?.values)
  return hosts === undefined || hosts.length === 0 || hosts.includes(undefined) ? undefined : [...new Set(hosts.flatMap(values => values ?? []))]
}
