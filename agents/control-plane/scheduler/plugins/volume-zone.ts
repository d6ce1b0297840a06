/**
 * VolumeZone: a volume labelled with a zone or region is reached from there only.
 *
 *   VZ1  Each zone and region label of a bound volume must hold on the node; the value may list several, joined by "__".
 *        A label of the old beta name also matches the node's new one. No eviction cures a mismatch.
 *   VZ2  A node with none of the labels takes any volume: a cluster without zones.
 *   VZ3  An unbound claim is passed over when its class waits for the first consumer; otherwise it rejects the pod, as do
 *        a missing claim, class or volume.
 *   VZ4  Helps: a class that waits for the first consumer; any node that is new or relabelled; one of the pod's claims; a
 *        volume that is new or whose zone labels changed.
 */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../api/groups/core-v1/types.ts'
import type { StorageClass } from '../../../api/groups/storage-v1/types.ts'
import { storageClassOf } from '../../../api/volumes/volume-fit.ts'
import type { FilterPlugin, PreFilterPlugin } from '../framework/plugin.ts'
import type { Rejected } from '../framework/verdict.ts'
import { fits, interested, isRejected, notInterested, rejected } from '../framework/verdict.ts'
import type { ClusterLookups } from '../snapshot/cluster.ts'
import { isSame } from '../snapshot/node-view.ts'
import { podFacts } from '../snapshot/pod-facts.ts'
import { claimNotFound } from '../snapshot/pod-volumes.ts'

const betaNames = new Map([['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'], ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region']])
const labelNames = [...betaNames.keys(), ...betaNames.values()]

export interface VolumeTopology {
  readonly key: string
  readonly values: readonly string[]
}

type Topologies = readonly VolumeTopology[]

export const volumeZone: PreFilterPlugin<Topologies> & FilterPlugin<Topologies> = {
  name: 'VolumeZone',
  wakeOn: [
    { resource: 'storage.k8s.io/StorageClass', actions: ['Add'], hint: (_, __, after) => ((after as StorageClass).volumeBindingMode === 'WaitForFirstConsumer' ? 'Queue' : 'Skip') },
    { resource: 'Node', actions: ['Add', 'UpdateNodeLabel'] },
    { resource: 'PersistentVolumeClaim', actions: ['Add', 'Update'], hint: (pod, _, after) => (refersTo(pod, after as PersistentVolumeClaim) ? 'Queue' : 'Skip') },
    { resource: 'PersistentVolume', actions: ['Add', 'Update'], hint: (_, before, after) => (before === undefined || !isSame(topologiesOf(before as PersistentVolume), topologiesOf(after as PersistentVolume)) ? 'Queue' : 'Skip') },
  ], // VZ4

  preFilter(pod, { lookups }) {
    const topologies: VolumeTopology[] = []
    for (const name of podFacts(pod).claims) {
      const found = topologiesOfClaim(pod.metadata.namespace ?? '', name, lookups)
      if (isRejected(found)) return found
      topologies.push(...found)
    }
    return topologies.length === 0 ? notInterested : interested(topologies)
  },

  filter(topologies, here) {
    const labels = here.node.metadata.labels ?? {}
    if (labelNames.every(name => labels[name] === undefined)) return fits // VZ2
    const isReached = topologies.every(({ key, values }) => {
      const value = labels[key] ?? labels[betaNames.get(key) ?? key]
      return value !== undefined && values.includes(value)
    })
    return isReached ? fits : rejected('node(s) had no available volume zone', false) // VZ1
  },

  cures: (topologies, here) => topologies.filter(({ key, values }) => !values.includes(here.node.metadata.labels?.[key] ?? '')).map(({ key, values }) => ({ kind: 'node-label', node: here.name, key, operator: 'In', values })),
}

function topologiesOfClaim(namespace: string, name: string, lookups: ClusterLookups): Topologies | Rejected {
  const claim = lookups.persistentVolumeClaim(namespace, name)
  if (claim === undefined) return rejected(claimNotFound(name), false)
  const volumeName = claim.spec.volumeName ?? ''
  if (volumeName === '') return unbound(storageClassOf(claim), lookups)
  const volume = lookups.persistentVolume(volumeName)
  return volume === undefined ? rejected(`persistentvolume ${JSON.stringify(volumeName)} not found`, false) : topologiesOf(volume)
}

/** VZ3 */
function unbound(className: string, lookups: ClusterLookups): Topologies | Rejected {
  if (className === '') return rejected('PersistentVolumeClaim had no pv name and storageClass name', false)
  const found = lookups.storageClass(className)
  if (found === undefined) return rejected(`storageclass.storage.k8s.io ${JSON.stringify(className)} not found`, false)
  if (found.volumeBindingMode === undefined) return rejected(`VolumeBindingMode not set for StorageClass ${JSON.stringify(className)}`, false)
  return found.volumeBindingMode === 'WaitForFirstConsumer' ? [] : rejected('PersistentVolume had no name', false)
}

/** Upstream: volumehelpers.LabelZonesToSet; a label with an empty part in it is passed over. */
function topologiesOf({ metadata: { labels } }: PersistentVolume): Topologies {
  return labelNames.flatMap(key => {
    const values = labels?.[key]?.split('__').map(value => value.trim())
    return values === undefined || values.includes('') ? [] : [{ key, values }]
  })
}

function refersTo(pod: Pod, claim: PersistentVolumeClaim): boolean {
  return claim.metadata.namespace === pod.metadata.namespace && podFacts(pod).claims.includes(claim.metadata.name)
}
