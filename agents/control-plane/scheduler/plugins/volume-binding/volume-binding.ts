/**
 * VolumeBinding: a pod goes where its volumes are, or can be. Upstream: plugins/volumebinding.
 *
 *   BI1  A claim that should have been bound already (class with immediate binding) holds the pod back.
 *   BI2  Bound claims ask for nodes that reach their volumes; waiting ones for nodes with a matching volume or where one can
 *        be provisioned. No eviction cures a mismatch.
 *   BI3  Reserve promises the volumes and claims in memory, so that the next cycle sees them taken; unreserve gives them
 *        back.
 *   BI4  PreBind writes and waits (BV); it has nothing to do when every claim is bound.
 *   BI5  Volumes of cloud plugins that live on as CSI drivers are taken as they are: their node affinity is not translated.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { isPromisedTo } from '../../../../api/volumes/volume-fit.ts'
import type { VolumeBindingArgs } from '../../framework/plugin-args.ts'
import type { PluginHandle } from '../../framework/plugin-handle.ts'
import type { FilterPlugin, PreBindPlugin, PreFilterPlugin, ReservePlugin } from '../../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../../framework/verdict.ts'
import type { ClusterLookups } from '../../snapshot/cluster.ts'
import { claimedVolumes } from '../../snapshot/pod-volumes.ts'
import { AssumedObjects } from './assumed-objects.ts'
import type { ReservedVolumes } from './bind-volumes.ts'
import { bindVolumes } from './bind-volumes.ts'
import type { MatchingVolumes } from './matching-volumes.ts'
import { matchingVolumes } from './matching-volumes.ts'
import type { PodClaims } from './pod-claims.ts'
import { claimFault, claimKey, sortClaims } from './pod-claims.ts'
import { volumeBindingWakesOn } from './volume-hints.ts'
import type { StaticBinding, VolumeSources } from './volumes-on-node.ts'
import { selectedNode, volumesOnNode } from './volumes-on-node.ts'

export interface VolumeState {
  readonly claims: PodClaims
  readonly sources: VolumeSources
  /** Set by Reserve; null when every claim is bound. */
  reserved: ReservedVolumes | null
}

type VolumeBinding = PreFilterPlugin<VolumeState> & FilterPlugin<VolumeState> & ReservePlugin<VolumeState> & PreBindPlugin<VolumeState>

/** A profile that only thinks has neither client nor clock: nothing is bound by it. */
export type VolumeHandle = Pick<PluginHandle, 'cluster'> & Partial<Pick<PluginHandle, 'client' | 'clock'>>

export function newVolumeBinding({ bindTimeoutSeconds }: VolumeBindingArgs, handle: VolumeHandle): VolumeBinding {
  const assumed = new AssumedVolumes()
  return {
    name: 'VolumeBinding',
    wakeOn: volumeBindingWakesOn,

    preFilter(pod, { lookups }) {
      if (claimedVolumes(pod).length === 0) return notInterested
      const fault = claimFault(pod, lookups)
      if (fault !== null) return fault
      const claims = sortClaims(pod, lookups, (namespace, name) => assumed.claim(namespace, name, lookups))
      if (claims.immediate.length > 0) return rejected('pod has unbound immediate PersistentVolumeClaims', false) // BI1
      return interested({ claims, sources: assumed.sources(claims, lookups), reserved: null })
    },

    filter({ claims, sources }, here) {
      const { reasons } = volumesOnNode(claims, here.node, sources)
      return reasons.length === 0 ? fits : rejected(reasons, false) // BI2
    },

    reserve(state, _, nodeName) {
      if (state === undefined || state.claims.delayed.length === 0) return fits
      const node = handle.cluster.node(nodeName)?.node
      if (node === undefined) throw new Error(`node ${JSON.stringify(nodeName)} not found`)
      const { bindings, provisions } = volumesOnNode(state.claims, node, state.sources)
      state.reserved = assumed.reserve(bindings, provisions, nodeName) // BI3
      return fits
    },

    unreserve(state) {
      if (state?.reserved === undefined || state.reserved === null) return
      assumed.restore(state.reserved)
      state.reserved = null
    },

    preBindPreFlight: state => state?.reserved !== undefined && state.reserved !== null,

    async preBind(state, pod, nodeName, signal) {
      if (state?.reserved === undefined || state.reserved === null) return fits // BI4
      const { client, clock, cluster } = handle
      if (client === undefined || clock === undefined) throw new Error('VolumeBinding was made for thinking only: it has no client to bind volumes with')
      await bindVolumes(pod, nodeName, state.reserved, { handle: { client, clock, cluster }, timeoutMs: bindTimeoutSeconds * 1_000, restore: volumes => { assumed.restore(volumes) } }, signal)
      assumed.restore(state.reserved)
      return fits
    },

    cures: ({ claims, sources }, here) => volumesOnNode(claims, here.node, sources).reasons.map(text => ({ kind: 'volume', node: here.name, text })),
  }
}

/** Volumes and claims as they will be once the reservations are written. */
class AssumedVolumes {
  readonly #volumes = new AssumedObjects<PersistentVolume>()
  readonly #claims = new AssumedObjects<PersistentVolumeClaim>()

  claim(namespace: string, name: string, lookups: ClusterLookups): PersistentVolumeClaim | undefined {
    const live = lookups.persistentVolumeClaim(namespace, name)
    return live === undefined ? undefined : this.#claims.of(claimKey(live), live)
  }

  sources(claims: PodClaims, lookups: ClusterLookups): VolumeSources {
    const volumes = claims.delayed.length === 0 ? [] : lookups.persistentVolumes().map(live => this.#volumes.of(live.metadata.name, live))
    const matching = new Map<string, MatchingVolumes>(claims.delayed.map(claim => [claimKey(claim), matchingVolumes(claim, volumes)]))
    return {
      lookups,
      volume: name => {
        const live = lookups.persistentVolume(name)
        return live === undefined ? undefined : this.#volumes.of(name, live)
      },
      matching: claim => matching.get(claimKey(claim))!,
    }
  }

  reserve(bindings: readonly StaticBinding[], provisions: readonly PersistentVolumeClaim[], nodeName: string): ReservedVolumes {
    const bound = bindings.map(({ claim, volume }) => {
      const promised = promise(volume, claim)
      this.#volumes.assume(volume.metadata.name, volume, promised)
      return { claim, volume: promised }
    })
    const provisioned = provisions.map(claim => {
      const selected: PersistentVolumeClaim = { ...claim, metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [selectedNode]: nodeName } } }
      this.#claims.assume(claimKey(claim), claim, selected)
      return selected
    })
    return { bindings: bound, provisions: provisioned }
  }

  restore({ bindings, provisions }: ReservedVolumes): void {
    for (const { volume } of bindings) this.#volumes.restore(volume.metadata.name)
    for (const claim of provisions) this.#claims.restore(claimKey(claim))
  }
}

/** Upstream: GetBindVolumeToClaim; a volume its owner had promised already is not marked as bound by a controller. */
function promise(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { namespace, name, uid, resourceVersion } = claim.metadata
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: namespace!, name, uid, resourceVersion }
  const annotations = isPromisedTo(volume, claim) ? volume.metadata.annotations : { ...volume.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' }
  return { ...volume, metadata: { ...volume.metadata, ...(annotations === undefined ? {} : { annotations }) }, spec: { ...volume.spec, claimRef } }
}
