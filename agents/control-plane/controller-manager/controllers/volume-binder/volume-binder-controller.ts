/**
 * PV binder: binds claims to volumes, and tells volumes what has become of their claims.
 *
 * Reads   PersistentVolumeClaims, PersistentVolumes, StorageClasses, Pods
 * Writes  both, spec and status
 * Woken   claims by themselves, by every volume that is free or theirs; volumes by themselves and their claim
 *
 *   BC1  Four writes bind, each of which may be the last before a crash: the volume's claimRef, its phase, the claim's
 *        volumeName, its phase. What was begun is found again by the claimRef and finished.
 *   BC2  A claim whose class has a provisioner and that no volume fits is marked for it (storage-provisioner annotation).
 *   BC3  A claim whose volume is gone is Lost. A volume whose claim is gone is Released; with reclaim policy Delete it is
 *        its provisioner's to delete.
 *   BC8  A released volume with policy Delete that no driver answers for: what is kept in a folder below /tmp of a node goes with
 *        its object (the folder itself stays: this controller runs on no node), any other is Failed, and says why. With policy
 *        Recycle it is Failed too: there are no recyclers.
 *   BC4  A class that nobody made, or that provisions nothing, is told to the claim that no volume fits.
 *   BC5  A claim that waits for its first consumer tells for which pods it waits.
 *   BC6  A claim that names its volume gets that or none: one that does not satisfy it, or is another's, is told to it.
 *   BC7  A claim that names no class and that no volume fits gets the default class, also one that came later.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { apiVersionOf } from '../../../../api/kubernetes-object.ts'
import { persistentVolumeClaims, persistentVolumes, pods, storageClasses } from '../../../../api/resources.ts'
import { defaultStorageAnnotations, youngestDefault } from '../../../../api/volumes/default-class.ts'
import { isPromisedTo, namesClass, storageClassOf, whyUnsatisfied } from '../../../../api/volumes/volume-fit.ts'
import { compareClaim, compareVolume } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { isFinished } from '../../pods/pod-state.ts'
import { podsOfClaim, withClaimIndex } from '../../volumes/pods-of-claim.ts'
import { planVolume, selectedNodeAnnotation } from './plan-binding.ts'

const noProvisioner = 'kubernetes.io/no-provisioner'
const bindCompleted = 'pv.kubernetes.io/bind-completed'
const boundByController = 'pv.kubernetes.io/bound-by-controller'
const provisionerAnnotations = ['volume.kubernetes.io/storage-provisioner', 'volume.beta.kubernetes.io/storage-provisioner']

const provisionedBy = 'pv.kubernetes.io/provisioned-by'

const isBound = (claim: PersistentVolumeClaim): boolean => (claim.spec.volumeName ?? '') !== '' && claim.metadata.annotations?.[bindCompleted] !== undefined

export const claimBinderController: Controller = {
  name: 'persistentvolume-binder-controller',
  reconciles: persistentVolumeClaims,
  reads: [pods],
  prepare: withClaimIndex,
  alsoWokenBy: [
    wokenBy(persistentVolumes, ({ object, type }, caches) => {
      const reference = object.spec.claimRef
      if (reference?.name !== undefined) return [{ namespace: reference.namespace ?? '', name: reference.name }]
      return type === 'deleted' ? [] : caches.list(persistentVolumeClaims).filter(claim => !isBound(claim)).map(keyOf)
    }),
    wokenBy(storageClasses, (_change, caches) => caches.list(persistentVolumeClaims).filter(claim => !isBound(claim)).map(keyOf)),
  ],
  workers: 1,
  rehearse: 'reconcile',
  compare: compareClaim,
  reconcile: reconcileClaim,
}

export const volumeBinderController: Controller = {
  name: 'persistentvolume-binder-controller-volumes',
  reconciles: persistentVolumes,
  alsoWokenBy: [wokenBy(persistentVolumeClaims, ({ object }) => ((object.spec.volumeName ?? '') === '' ? [] : [{ name: object.spec.volumeName! }]))],
  workers: 1,
  rehearse: 'reconcile',
  compare: compareVolume,
  reconcile: reconcileVolume,
}

async function reconcileClaim(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const claim = deps.cache.get(persistentVolumeClaims, key)
  if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return done
  if (isBound(claim)) {
    const volume = deps.cache.get(persistentVolumes, { name: claim.spec.volumeName! })
    if (volume === undefined || !isPromisedTo(volume, claim)) await becomeLost(claim, deps, signal) // BC3
    else await bind(claim, volume, deps, signal)
    return done
  }
  if ((claim.spec.volumeName ?? '') === '' ? await findVolume(claim, deps, signal) : await takeVolume(claim, deps, signal)) return done
  if (claim.status.phase !== 'Pending') await deps.client.update(persistentVolumeClaims, { ...claim, status: { ...claim.status, phase: 'Pending' } }, { subresource: 'status' }, signal)
  return done
}

/** Whether the claim was written to, else it is Pending. */
async function findVolume(claim: PersistentVolumeClaim, deps: ReconcileDeps, signal: AbortSignal): Promise<boolean> {
  const className = storageClassOf(claim)
  const storageClass = deps.cache.get(storageClasses, { name: className })
  const waits = storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
  const volume = planVolume(claim, deps.cache.list(persistentVolumes), waits)
  if (volume !== undefined) {
    await bind(claim, volume, deps, signal)
    return true
  }
  if (await assignDefaultClass(claim, deps, signal)) return true
  if (waits && claim.metadata.annotations?.[selectedNodeAnnotation] === undefined) { // plan-binding VB3
    tellWaiting(claim, deps)
  } else if (storageClass !== undefined && storageClass.provisioner !== noProvisioner) {
    await askProvisioner(claim, storageClass.provisioner, deps, signal) // BC2
  } else if (className !== '') { // BC4
    deps.events.event(claim, 'Warning', 'ProvisioningFailed', storageClass === undefined ? `storageclass.storage.k8s.io ${JSON.stringify(className)} not found` : `no volume plugin matched name: ${noProvisioner}`)
  } else {
    deps.events.event(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set')
  }
  return false
}

/** BC6 */
async function takeVolume(claim: PersistentVolumeClaim, deps: ReconcileDeps, signal: AbortSignal): Promise<boolean> {
  const name = claim.spec.volumeName!
  const volume = deps.cache.get(persistentVolumes, { name })
  if (volume === undefined) return false
  const isFree = volume.spec.claimRef === undefined
  if (!isFree && !isPromisedTo(volume, claim)) {
    deps.events.event(claim, 'Warning', 'FailedBinding', `volume ${JSON.stringify(name)} already bound to a different claim.`)
    return false
  }
  const problem = isFree ? whyUnsatisfied(volume, claim) : undefined
  if (problem === undefined) await bind(claim, volume, deps, signal)
  else deps.events.event(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume ${JSON.stringify(name)}: ${problem}`)
  return problem === undefined
}

/** BC7 */
async function assignDefaultClass(claim: PersistentVolumeClaim, { cache, client, log }: ReconcileDeps, signal: AbortSignal): Promise<boolean> {
  if (namesClass(claim)) return false
  const found = youngestDefault(cache.list(storageClasses), defaultStorageAnnotations)
  if (found === undefined) return false
  await client.update(persistentVolumeClaims, { ...claim, spec: { ...claim.spec, storageClassName: found.metadata.name } }, {}, signal)
  log.info('default class given', { claim: `${claim.metadata.namespace}/${claim.metadata.name}`, class: found.metadata.name })
  return true
}

/** BC5 */
function tellWaiting(claim: PersistentVolumeClaim, { cache, events }: ReconcileDeps): void {
  const names = podsOfClaim(cache, keyOf(claim)).filter(pod => (pod.spec.nodeName ?? '') === '' && !isFinished(pod)).map(pod => pod.metadata.name).sort()
  if (names.length === 0) events.event(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
  else events.event(claim, 'Normal', 'WaitForPodScheduled', `waiting for ${names.length === 1 ? 'pod' : 'pods'} ${names.join(',')} to be scheduled`)
}

async function bind(claim: PersistentVolumeClaim, volume: PersistentVolume, { client, log }: ReconcileDeps, signal: AbortSignal): Promise<void> { // BC1
  const { name, namespace, uid, resourceVersion } = claim.metadata
  let boundVolume = volume
  if (volume.spec.claimRef?.uid !== uid) {
    const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: apiVersionOf(persistentVolumeClaims), ...(namespace === undefined ? {} : { namespace }), name, uid, resourceVersion }
    const annotations = volume.spec.claimRef === undefined ? { ...volume.metadata.annotations, [boundByController]: 'yes' } : volume.metadata.annotations
    boundVolume = await client.update(persistentVolumes, { ...volume, metadata: { ...volume.metadata, ...(annotations === undefined ? {} : { annotations }) }, spec: { ...volume.spec, claimRef } }, {}, signal)
  }
  if (boundVolume.status.phase !== 'Bound') await client.update(persistentVolumes, { ...boundVolume, status: { ...boundVolume.status, phase: 'Bound' } }, { subresource: 'status' }, signal)
  let boundClaim = claim
  if (!isBound(claim)) {
    const byController: Record<string, string> = (claim.spec.volumeName ?? '') === '' ? { [boundByController]: 'yes' } : {}
    boundClaim = await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, ...byController, [bindCompleted]: 'yes' } }, spec: { ...claim.spec, volumeName: volume.metadata.name } }, {}, signal)
    log.info('claim bound', { claim: `${namespace}/${name}`, volume: volume.metadata.name })
  }
  const status = {
    ...boundClaim.status, phase: 'Bound', ...(volume.spec.accessModes === undefined ? {} : { accessModes: volume.spec.accessModes }),
    ...(boundClaim.status.capacity !== undefined || volume.spec.capacity === undefined ? {} : { capacity: volume.spec.capacity }),
  }
  if (!isEqualJson(status, boundClaim.status)) await client.update(persistentVolumeClaims, { ...boundClaim, status }, { subresource: 'status' }, signal)
}

async function becomeLost(claim: PersistentVolumeClaim, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  if (claim.status.phase === 'Lost') return
  const { capacity: _, ...rest } = claim.status
  await deps.client.update(persistentVolumeClaims, { ...claim, status: { ...rest, phase: 'Lost' } }, { subresource: 'status' }, signal)
  deps.events.event(claim, 'Warning', 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
}

async function askProvisioner(claim: PersistentVolumeClaim, provisioner: string, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  deps.events.event(claim, 'Normal', 'ExternalProvisioning', `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`)
  const annotations = Object.fromEntries(provisionerAnnotations.map(name => [name, provisioner]))
  if (provisionerAnnotations.every(name => claim.metadata.annotations?.[name] === provisioner)) return
  await deps.client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, ...annotations } } }, {}, signal)
}

async function reconcileVolume(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const volume = deps.cache.get(persistentVolumes, key)
  if (volume === undefined) return done // one that is being deleted waits to be released
  const phase = phaseOf(volume, deps)
  if (phase === 'Released' && isOursToReclaim(volume)) {
    await reclaim(volume, deps, signal)
    return done
  }
  if (phase !== undefined && phase !== volume.status.phase) await deps.client.update(persistentVolumes, { ...volume, status: { ...volume.status, phase } }, { subresource: 'status' }, signal)
  return done
}

function phaseOf(volume: PersistentVolume, { cache }: ReconcileDeps): string | undefined {
  const reference = volume.spec.claimRef
  if (reference === undefined || reference.uid === undefined || reference.uid === '') return 'Available'
  const claim = cache.get(persistentVolumeClaims, { namespace: reference.namespace ?? '', name: reference.name ?? '' })
  if (claim === undefined || claim.metadata.uid !== reference.uid) return 'Released' // BC3
  return claim.spec.volumeName === volume.metadata.name ? 'Bound' : undefined
}

function isOursToReclaim({ metadata, spec }: PersistentVolume): boolean {
  if (metadata.deletionTimestamp !== undefined) return false
  return spec.persistentVolumeReclaimPolicy === 'Recycle' || (spec.persistentVolumeReclaimPolicy === 'Delete' && spec.csi === undefined && (metadata.annotations?.[provisionedBy] ?? '') === '')
}

/** BC8 */
async function reclaim(volume: PersistentVolume, { client, events, log }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const { name } = volume.metadata
  const problem = whyNotDeleted(volume)
  if (problem === undefined) {
    await client.delete(persistentVolumes, { name }, {}, signal)
    log.info('volume deleted', { volume: name })
    return
  }
  if (volume.status.phase === 'Failed') return
  await client.update(persistentVolumes, { ...volume, status: { ...volume.status, phase: 'Failed', message: problem } }, { subresource: 'status' }, signal)
  events.event(volume, 'Warning', volume.spec.persistentVolumeReclaimPolicy === 'Recycle' ? 'VolumeFailedRecycle' : 'VolumeFailedDelete', problem)
}

/** In the words of upstream's volume plugins: those of host paths and NFS are the only ones of its controller manager. */
function whyNotDeleted({ metadata: { name }, spec: { hostPath, nfs, persistentVolumeReclaimPolicy } }: PersistentVolume): string | undefined {
  if (persistentVolumeReclaimPolicy === 'Recycle') return 'No recycler plugin found for the volume!'
  if (hostPath !== undefined) return /^\/tmp\/.+/.test(hostPath.path) ? undefined : `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`
  return `error getting deleter volume plugin for volume ${JSON.stringify(name)}: ${nfs === undefined ? 'no volume plugin matched' : 'no deletable volume plugin matched'}`
}
