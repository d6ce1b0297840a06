/**
 * Writes what was decided about volumes and waits until the volume binder has done its part.
 * Upstream: volumebinding.BindPodVolumes.
 *
 *   BV1  Volumes are written with their claim, claims with the selected node; nothing is taken back when a later write
 *        fails, but the assumptions of what was not written are.
 *   BV2  Every second it is looked whether each claim is fully bound; a cached object older than what was written is not
 *        believed.
 *   BV3  A volume that lost its claim, a claim that lost its node (the provisioner gave up), a volume the node does not
 *        reach, a pod or node that is gone: binding failed and the pod is scheduled anew.
 *   BV4  The wait ends after bindTimeoutSeconds, or with the signal.
 */
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../../../api/groups/core-v1/types.ts'
import { persistentVolumeClaims, persistentVolumes } from '../../../../api/resources.ts'
import { sleep } from '../../../../base/clock.ts'
import type { PluginHandle } from '../../framework/plugin-handle.ts'
import { isReachable } from './matching-volumes.ts'
import { claimKey, isFullyBound } from './pod-claims.ts'
import type { StaticBinding } from './volumes-on-node.ts'
import { selectedNode } from './volumes-on-node.ts'

export interface ReservedVolumes {
  bindings: readonly StaticBinding[]
  provisions: readonly PersistentVolumeClaim[]
}

export interface BindOptions {
  readonly handle: Pick<PluginHandle, 'client' | 'clock' | 'cluster'>
  readonly timeoutMs: number
  /** What is not going to be written is no longer assumed. */
  restore(volumes: ReservedVolumes): void
}

const checkEveryMs = 1_000

export async function bindVolumes(pod: Pod, nodeName: string, reserved: ReservedVolumes, options: BindOptions, signal: AbortSignal): Promise<void> {
  const { clock } = options.handle
  const deadline = clock.monotonic() + options.timeoutMs
  const written = await writeVolumes(reserved, options, signal)
  do {
    await sleep(clock, checkEveryMs, signal)
    if (areBound(pod, nodeName, written, options.handle)) return // BV2
  } while (clock.monotonic() < deadline)
  throw new Error('binding volumes: context deadline exceeded') // BV4
}

/** BV1 */
async function writeVolumes({ bindings, provisions }: ReservedVolumes, { handle: { client }, restore }: BindOptions, signal: AbortSignal): Promise<ReservedVolumes> {
  const bound: StaticBinding[] = []
  const provisioned: PersistentVolumeClaim[] = []
  try {
    for (const { claim, volume } of bindings) bound.push({ claim, volume: await client.update(persistentVolumes, volume, {}, signal) })
    for (const claim of provisions) provisioned.push(await client.update(persistentVolumeClaims, claim, {}, signal))
  } catch (error) {
    restore({ bindings: bindings.slice(bound.length), provisions: provisions.slice(provisioned.length) })
    throw error
  }
  return { bindings: bound, provisions: provisioned }
}

function areBound(pod: Pod, nodeName: string, { bindings, provisions }: ReservedVolumes, { cluster }: BindOptions['handle']): boolean {
  const node = cluster.node(nodeName)?.node
  if (node === undefined) throw failed(`failed to get node ${JSON.stringify(nodeName)}: node ${JSON.stringify(nodeName)} not found`)
  if (cluster.pod(pod.metadata.uid) === undefined) throw failed(`pod does not exist any more: pod ${JSON.stringify(pod.metadata.name)} not found`) // BV3
  return bindings.every(binding => isBindingDone(binding, node, cluster)) && provisions.every(claim => isProvisioned(claim, node, cluster))
}

function isBindingDone({ claim, volume }: StaticBinding, node: Node, { lookups }: PluginHandle['cluster']): boolean {
  const liveVolume = lookups.persistentVolume(volume.metadata.name)
  const liveClaim = lookups.persistentVolumeClaim(claim.metadata.namespace!, claim.metadata.name)
  if (liveVolume === undefined) throw failed(`failed to check binding: could not find v1.PersistentVolume ${JSON.stringify(volume.metadata.name)}`)
  if (liveClaim === undefined) throw failed(`failed to check binding: could not find v1.PersistentVolumeClaim ${JSON.stringify(claimKey(claim))}`)
  if (isOlder(liveVolume, volume)) return false
  requireReachable(liveVolume, node)
  if ((liveVolume.spec.claimRef?.uid ?? '') === '') throw failed(`ClaimRef got reset for pv ${JSON.stringify(volume.metadata.name)}`)
  return isFullyBound(liveClaim)
}

function isProvisioned(claim: PersistentVolumeClaim, node: Node, { lookups }: PluginHandle['cluster']): boolean {
  const live = lookups.persistentVolumeClaim(claim.metadata.namespace!, claim.metadata.name)
  if (live === undefined) throw failed(`failed to check provisioning pvc: could not find v1.PersistentVolumeClaim ${JSON.stringify(claimKey(claim))}`)
  if (isOlder(live, claim)) return false
  if (live.metadata.annotations === undefined) throw failed(`selectedNode annotation reset for PVC ${JSON.stringify(claim.metadata.name)}`)
  if (live.metadata.annotations[selectedNode] !== node.metadata.name) throw failed(`provisioning failed for PVC ${JSON.stringify(claim.metadata.name)}`)
  const volume = (live.spec.volumeName ?? '') === '' ? undefined : lookups.persistentVolume(live.spec.volumeName!)
  if (volume !== undefined) requireReachable(volume, node)
  return isFullyBound(live) && volume !== undefined
}

function requireReachable(volume: PersistentVolume, node: Node): void {
  if (!isReachable(volume, node)) throw failed(`pv ${JSON.stringify(volume.metadata.name)} node affinity doesn't match node ${JSON.stringify(node.metadata.name)}: no matching NodeSelectorTerms`)
}

function failed(what: string): Error {
  return new Error(`binding volumes: ${what}`)
}

function isOlder(live: PersistentVolume | PersistentVolumeClaim, written: PersistentVolume | PersistentVolumeClaim): boolean {
  return BigInt(live.metadata.resourceVersion) < BigInt(written.metadata.resourceVersion)
}
