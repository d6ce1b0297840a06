/**
 * From a pod's claim to the volume it stands for. Reading is handed in.
 *
 *   CV1  A claim is followed when it is there, not being deleted and Bound, and its volume names it (by uid).
 *   CV2  An ephemeral volume's claim is "<pod>-<volume>", and must have been made for this very pod.
 *   CV3  A volume that is a folder of the node (hostPath, local) is used where it is; `local` has to exist.
 *   CV4  One of the lab's disks is mounted by disks/. Volumes of other kinds and drivers are refused by name.
 *   CV6  A volume of mode Block is a device for containers that name it in volumeDevices, one of mode Filesystem a folder for
 *        those that name it in volumeMounts; the other way round is refused.
 * Upstream: kubelet/volumemanager/populator (getPVCExtractPV, getPVSpec), volume/local.
 */
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../../../api/groups/core-v1/types.ts'
import { diskDriver } from '../../../wire/cloud/disk-driver.ts'
import { ConfigError } from '../pod-worker/environment.ts'

export interface ClaimReader {
  claim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined>
  volume(name: string): Promise<PersistentVolume | undefined>
}

export type ClaimedVolume =
  /** To be treated as if the pod had named this volume itself; whether its files are given to the pod's fsGroup. */
  | { readonly type: 'folder'; readonly volume: Volume; readonly takesGroup: boolean }
  | { readonly type: 'disk'; readonly volume: PersistentVolume; readonly claim: PersistentVolumeClaim }
  /** A block device of the node, by its path; a disk whose volumeMode is Block is a disk. */
  | { readonly type: 'device'; readonly path: string }

/** Name of the claim behind a volume; undefined where it is no claim's. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName
  return volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume.name}` // CV2
}

/** That the pod asked for its claim to be mounted read-only. */
export function isReadOnlyClaim(pod: Pod, name: string): boolean {
  return pod.spec.volumes?.find(volume => volume.name === name)?.persistentVolumeClaim?.readOnly === true
}

export async function followClaim(pod: Pod, volume: Volume, name: string, read: ClaimReader): Promise<ClaimedVolume> {
  const namespace = pod.metadata.namespace ?? 'default'
  const fail = (why: string): never => { throw new ConfigError(`error processing PVC ${namespace}/${name}: ${why}`) }
  const claim = (await read.claim(namespace, name)) ?? fail(`failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`)
  if (volume.ephemeral !== undefined && claim.metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === pod.metadata.uid) !== true) fail(`PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`)
  if (claim.metadata.deletionTimestamp !== undefined) fail('PVC is being deleted')
  const volumeName = claim.spec.volumeName ?? ''
  if (claim.status.phase !== 'Bound' || volumeName === '') fail('PVC is not bound')
  const found = (await read.volume(volumeName)) ?? fail(`failed to fetch PV "${volumeName}" from API server: persistentvolumes "${volumeName}" not found`)
  if (found.spec.claimRef?.uid !== claim.metadata.uid) fail(`PV.Spec.ClaimRef is nil or the PVC's UID does not match for PV "${volumeName}"`) // CV1
  const isBlock = found.spec.volumeMode === 'Block'
  if (isUsed(pod, volume.name, isBlock ? 'volumeMounts' : 'volumeDevices')) throw new ConfigError(`volume ${volume.name} has volumeMode ${isBlock ? 'Block' : 'Filesystem'}, but is specified in ${isBlock ? 'volumeMounts' : 'volumeDevices'}`) // CV6
  if (found.spec.csi?.driver === diskDriver) return { type: 'disk', volume: found, claim }
  if (isBlock && found.spec.local !== undefined) return { type: 'device', path: found.spec.local.path }
  if (found.spec.csi !== undefined) fail(`driver name ${found.spec.csi.driver} not found in the list of registered CSI drivers`)
  return { type: 'folder', volume: folderOf(volume.name, found) ?? fail(`PV "${volumeName}" is of kind ${sourceKind(found)}, which this kubelet does not support`), takesGroup: found.spec.local !== undefined }
}

function isUsed({ spec }: Pod, volume: string, as: 'volumeMounts' | 'volumeDevices'): boolean {
  return [...spec.containers, ...(spec.initContainers ?? [])].some(container => container[as]?.some(({ name }) => name === volume) === true)
}

function folderOf(name: string, { spec }: PersistentVolume): Volume | undefined { // CV3
  if (spec.hostPath !== undefined) return { name, hostPath: spec.hostPath }
  if (spec.local !== undefined) return { name, hostPath: { path: spec.local.path, type: 'Directory' } }
  return undefined
}

const notSources = new Set(['accessModes', 'capacity', 'claimRef', 'mountOptions', 'nodeAffinity', 'persistentVolumeReclaimPolicy', 'storageClassName', 'volumeAttributesClassName', 'volumeMode'])

function sourceKind({ spec }: PersistentVolume): string {
  return Object.keys(spec).find(field => !notSources.has(field)) ?? 'none'
}
