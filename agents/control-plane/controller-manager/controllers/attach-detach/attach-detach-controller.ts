/**
 * Attach/detach controllers: ask CSI drivers, by VolumeAttachments, to attach volumes to the nodes whose pods use them, and
 * tell each node what is attached to it.
 *
 * Reads   PersistentVolumes, PersistentVolumeClaims, Pods, Nodes, VolumeAttachments, CSIDrivers
 * Writes  VolumeAttachments (create, delete), Node status (volumesAttached), events of pods
 * Woken   volumes by their claims, the pods that use them, their attachments, nodes and drivers; nodes by attachments
 *
 *   AD4  An attachment's name is upstream's hash of volume, driver and node: two controllers, or one after a crash, make one.
 *   AD5  What is going to be detached is first taken off the node's volumesAttached, so that no kubelet mounts it meanwhile.
 */
import { createHash } from 'node:crypto'
import type { Node, PersistentVolume, Pod } from '../../../../api/groups/core-v1/types.ts'
import type { VolumeAttachment } from '../../../../api/groups/storage-v1/types.ts'
import { csiDrivers, nodes, persistentVolumeClaims, persistentVolumes, pods, volumeAttachments } from '../../../../api/resources.ts'
import type { Caches } from '../../../../machinery/caches.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isAlreadyExists, isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { isFinished } from '../../pods/pod-state.ts'
import { claimKeysOf, podsOfClaim, withClaimIndex } from '../../volumes/pods-of-claim.ts'
import { attachmentName } from '../../../../wire/cloud/disk-driver.ts'
import { attachedName, planAttachments } from './plan-attachments.ts'

const volumeIndex = 'attachments by volume'
const nodeIndex = 'attachments by node'
const managedAnnotation = 'volumes.kubernetes.io/controller-managed-attach-detach'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** By the uid of an attachment. Lost with the process: the six minutes begin anew. */
interface Memory {
  /** Since when it is unwanted. */
  readonly unwanted: Map<string, number>
  readonly detaching: Set<string>
}

export function createAttachDetachControllers(): Controller[] {
  const memory: Memory = { unwanted: new Map(), detaching: new Set() }
  return [
    {
      name: 'persistentvolume-attach-detach-controller',
      reconciles: persistentVolumes,
      ignores: ({ object }) => (object as PersistentVolume).spec.csi === undefined,
      alsoWokenBy: [
        wokenBy(pods, ({ object, previous }, caches) => (previous?.spec.nodeName === object.spec.nodeName && (previous === undefined || isFinished(previous) === isFinished(object)) && previous !== undefined ? [] : volumesOfPod(object, caches))),
        wokenBy(persistentVolumeClaims, ({ object }) => ((object.spec.volumeName ?? '') === '' ? [] : [{ name: object.spec.volumeName! }])),
        wokenBy(volumeAttachments, ({ type, object }) => {
          if (type === 'deleted') for (const each of [memory.unwanted, memory.detaching]) each.delete(object.metadata.uid)
          return volumeOf(object)
        }),
        wokenBy(nodes, ({ type, object, previous }, caches) => {
          if (type === 'updated' && previous !== undefined && isEqualJson([object.spec.taints, object.status.volumesInUse], [previous.spec.taints, previous.status.volumesInUse])) return []
          const waiting = type === 'added' ? caches.list(pods).filter(({ spec }) => spec.nodeName === object.metadata.name).flatMap(pod => volumesOfPod(pod, caches)) : []
          return [...waiting, ...caches.of(volumeAttachments).byIndex(nodeIndex, object.metadata.name).flatMap(volumeOf)]
        }),
        wokenBy(csiDrivers, ({ object }, caches) => caches.list(persistentVolumes).filter(({ spec }) => spec.csi?.driver === object.metadata.name).map(keyOf)),
      ],
      prepare: caches => {
        withClaimIndex(caches)
        withAttachmentIndexes(caches)
      },
      reconcile: (key, deps, signal) => reconcileVolume(key, deps, signal, memory),
    },
    {
      name: 'persistentvolume-attach-detach-controller-nodes',
      reconciles: nodes,
      ignores: ({ type, object, previous }) => type === 'updated' && isEqualJson((object as Node).status.volumesAttached, (previous as Node).status.volumesAttached),
      alsoWokenBy: [wokenBy(volumeAttachments, ({ object }) => [{ name: object.spec.nodeName }])],
      reads: [persistentVolumes],
      prepare: withAttachmentIndexes,
      reconcile: (key, deps, signal) => reconcileNode(key, deps, signal, memory),
    },
  ]
}

function withAttachmentIndexes(caches: Caches): void {
  caches.of(volumeAttachments).addIndex(volumeIndex, ({ spec }) => [spec.source.persistentVolumeName ?? ''])
  caches.of(volumeAttachments).addIndex(nodeIndex, ({ spec }) => [spec.nodeName])
}

function volumeOf({ spec }: VolumeAttachment): ObjectKey[] {
  return spec.source.persistentVolumeName === undefined ? [] : [{ name: spec.source.persistentVolumeName }]
}

function volumesOfPod(pod: Pod, caches: Caches): ObjectKey[] {
  return claimKeysOf(pod).flatMap(claim => {
    const name = caches.get(persistentVolumeClaims, claim)?.spec.volumeName ?? ''
    return name === '' ? [] : [{ name }]
  })
}

function podsOfVolume({ metadata, spec }: PersistentVolume, caches: Caches): Pod[] {
  const reference = spec.claimRef
  if (reference?.name === undefined || reference.namespace === undefined) return []
  const claim = caches.get(persistentVolumeClaims, { namespace: reference.namespace, name: reference.name })
  if (claim === undefined || claim.metadata.uid !== reference.uid || claim.spec.volumeName !== metadata.name) return []
  return podsOfClaim(caches, keyOf(claim)).filter(pod => (pod.spec.nodeName ?? '') !== '' && !isFinished(pod) && isManaged(caches.get(nodes, { name: pod.spec.nodeName! })))
}

/** Kubelets that attach volumes themselves do not say so. */
function isManaged(node: Node | undefined): boolean {
  return node?.metadata.annotations?.[managedAnnotation] === 'true'
}

async function reconcileVolume(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal, { unwanted, detaching }: Memory): Promise<Outcome> {
  const { cache, client, clock, events, log } = deps
  const volume = cache.get(persistentVolumes, key)
  const source = volume?.spec.csi
  if (volume === undefined || source === undefined || cache.get(csiDrivers, { name: source.driver })?.spec.attachRequired === false) return done
  const attachments = cache.of(volumeAttachments).byIndex(volumeIndex, key.name)
  const users = podsOfVolume(volume, cache)
  for (const { metadata: { uid }, spec } of attachments) if (users.some(pod => pod.spec.nodeName === spec.nodeName)) unwanted.delete(uid)
  const nowMs = clock.now()
  const plan = planAttachments({
    volume, pods: users, attachments, nowMs, nodeNamed: name => cache.get(nodes, { name }),
    unwantedSinceMs: ({ metadata: { uid } }) => {
      const since = unwanted.get(uid) ?? nowMs
      unwanted.set(uid, since)
      return since
    },
  })
  for (const { pod, message } of plan.waiting) events.event(pod, 'Warning', 'FailedAttachVolume', message)
  for (const nodeName of plan.attach) {
    await client.create(volumeAttachments, { metadata: { name: attachmentName(source.driver, source.volumeHandle, nodeName, sha256) }, spec: { attacher: source.driver, nodeName, source: { persistentVolumeName: key.name } } }, {}, signal).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
    log.info('volume attachment asked for', { volume: key.name, node: nodeName })
  }
  for (const { attachment, isForced } of plan.detach) {
    detaching.add(attachment.metadata.uid)
    await takeOffNode(attachment.spec.nodeName, attachedName(volume), deps, signal) // AD5
    await client.delete(volumeAttachments, keyOf(attachment), { preconditions: { uid: attachment.metadata.uid } }, signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
    log.info('volume detachment asked for', { volume: key.name, node: attachment.spec.nodeName, isForced })
  }
  for (const { spec, status } of attachments) tellPods(volume, users.filter(pod => pod.spec.nodeName === spec.nodeName), status, deps)
  return plan.againInMs === undefined ? done : again(plan.againInMs)
}

function tellPods(volume: PersistentVolume, users: readonly Pod[], status: VolumeAttachment['status'] | undefined, { events }: ReconcileDeps): void {
  const { name } = volume.metadata
  for (const pod of users.filter(({ status: { phase } }) => phase === 'Pending')) {
    if (status?.attached === true) events.event(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume "${name}" `)
    else if (status?.attachError !== undefined) events.event(pod, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed for volume "${name}" : ${status.attachError.message ?? ''}`)
  }
}

async function takeOffNode(nodeName: string, name: string, { cache, client }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const node = cache.get(nodes, { name: nodeName })
  if (node?.status.volumesAttached?.some(volume => volume.name === name) !== true) return
  await writeAttached(node, node.status.volumesAttached.filter(volume => volume.name !== name), client, signal)
}

async function reconcileNode(key: ObjectKey, { cache, client }: ReconcileDeps, signal: AbortSignal, { detaching }: Memory): Promise<Outcome> {
  const node = cache.get(nodes, key)
  if (!isManaged(node)) return done
  const attached = cache.of(volumeAttachments).byIndex(nodeIndex, key.name)
    .filter(({ metadata, status }) => status?.attached === true && metadata.deletionTimestamp === undefined && !detaching.has(metadata.uid))
    .flatMap(({ spec, status }) => {
      const volume = cache.get(persistentVolumes, { name: spec.source.persistentVolumeName ?? '' })
      return volume?.spec.csi === undefined ? [] : [{ name: attachedName(volume), devicePath: status.attachmentMetadata?.['devicePath'] ?? '' }]
    }).sort((a, b) => (a.name < b.name ? -1 : 1))
  if (!isEqualJson(attached, node!.status.volumesAttached ?? [])) await writeAttached(node!, attached, client, signal)
  return done
}

/** Guarded by resourceVersion: the list is replaced as a whole. */
async function writeAttached({ metadata: { name, resourceVersion } }: Node, volumesAttached: readonly { readonly name: string; readonly devicePath: string }[], client: ReconcileDeps['client'], signal: AbortSignal): Promise<void> {
  await client.patch(nodes, { name }, { metadata: { resourceVersion }, status: { volumesAttached: volumesAttached.length === 0 ? null : volumesAttached } }, { patchType: 'merge', subresource: 'status' }, signal).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}
