/**
 * Which existing volumes a waiting claim may get, sorted once a cycle so that a node is asked only about those it can
 * reach. Whether a volume fits at all is judged as by the binder (api/volumes).
 *
 *   MV1  A volume whose claimRef names the claim is its own: on a node that cannot reach it the claim gets nothing else.
 *   MV2  Otherwise an Available volume of the class, with the access modes, volume mode, attributes class and labels asked
 *        for and room enough; the smallest the node can reach, of equal ones the first by name.
 *   MV3  A volume on its way out, or claimed by another, is none.
 *   MV4  Volumes that name their hosts (kubernetes.io/hostname In) are kept by host: with a local disk on each of many
 *        nodes a node looks at its own.
 */
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { isAskedFor, isPromisedTo, isUsable, smallestFirst } from '../../../../api/volumes/volume-fit.ts'
import { matchesTerm } from '../../framework/node-selector.ts'

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

export function isReachable({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required
  return required === undefined || required.nodeSelectorTerms.some(term => matchesTerm(term, node))
}

export function matchingVolumes(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): MatchingVolumes {
  const usable = volumes.filter(volume => isUsable(volume, claim)) // MV3
  const own = usable.find(volume => isPromisedTo(volume, claim)) // MV1
  const free = own === undefined ? usable.filter(volume => volume.status.phase === 'Available' && isAskedFor(volume, claim)).sort(smallestFirst) : [] // MV2
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

/** MV4: undefined when a term leaves the host open. */
function hostsOf({ spec }: PersistentVolume): string[] | undefined {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms
  const hosts = terms?.map(term => (term.matchExpressions ?? []).find(({ key, operator }) => key === hostname && operator === 'In')?.values)
  return hosts === undefined || hosts.length === 0 || hosts.includes(undefined) ? undefined : [...new Set(hosts.flatMap(values => values ?? []))]
}
