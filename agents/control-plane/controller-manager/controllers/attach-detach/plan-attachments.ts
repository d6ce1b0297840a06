/**
 * Where a CSI volume is to be attached. Pure.
 * Upstream: pkg/controller/volume/attachdetach.
 *
 *   AD1  A volume belongs on the nodes of the pods that use it through a claim bound to it: pods that have a node and have
 *        not finished. Drivers that need no attaching (CSIDriver attachRequired: false) are left alone.
 *   AD2  A volume that only one node may use waits until it has left another; who waits is told by whom.
 *   AD3  It is detached when its node no longer says that it is in use; from a node that is not ready after six minutes;
 *        from one that is out of service, or gone, at once.
 */
import type { Node, PersistentVolume, Pod } from '../../../../api/groups/core-v1/types.ts'
import type { VolumeAttachment } from '../../../../api/groups/storage-v1/types.ts'
import { uniqueVolumeName } from '../../../../wire/cloud/disk-driver.ts'

export const longestUnmountMs = 6 * 60_000

export interface AttachmentInputs {
  readonly volume: PersistentVolume
  /** That use the volume and have a node. */
  readonly pods: readonly Pod[]
  readonly attachments: readonly VolumeAttachment[]
  readonly nodeNamed: (name: string) => Node | undefined
  /** Since when an attachment is no longer wanted. */
  readonly unwantedSinceMs: (attachment: VolumeAttachment) => number
  readonly nowMs: number
}

export interface AttachmentPlan {
  readonly attach: readonly string[]
  readonly detach: readonly { readonly attachment: VolumeAttachment; readonly isForced: boolean }[]
  /** Pods that wait for another node to let go, and why. */
  readonly waiting: readonly { readonly pod: Pod; readonly message: string }[]
  readonly againInMs: number | undefined
}

export function planAttachments({ volume, pods, attachments, nodeNamed, unwantedSinceMs, nowMs }: AttachmentInputs): AttachmentPlan {
  const wanted = new Set(pods.map(({ spec }) => spec.nodeName!)) // AD1
  const held = attachments.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const detach: { attachment: VolumeAttachment; isForced: boolean }[] = []
  const waits: number[] = []
  for (const attachment of held) {
    const { nodeName } = attachment.spec
    if (wanted.has(nodeName) && !isOutOfService(nodeNamed(nodeName))) continue
    const node = nodeNamed(nodeName)
    const leftMs = unwantedSinceMs(attachment) + longestUnmountMs - nowMs
    const isMounted = node?.status.volumesInUse?.includes(attachedName(volume)) === true
    if (!isMounted) detach.push({ attachment, isForced: false }) // AD3
    else if (isOutOfService(node) || (leftMs <= 0 && !isReadyNode(node))) detach.push({ attachment, isForced: true })
    else if (leftMs > 0) waits.push(leftMs)
  }
  const elsewhere = new Set(attachments.map(({ spec }) => spec.nodeName))
  const attach: string[] = []
  const waiting: { pod: Pod; message: string }[] = []
  for (const nodeName of [...wanted].filter(name => !elsewhere.has(name) && nodeNamed(name) !== undefined && !isOutOfService(nodeNamed(name))).sort()) {
    const others = [...elsewhere, ...attach].filter(name => name !== nodeName)
    if (!isShared(volume) && others.length > 0) waiting.push(...pods.filter(({ spec }) => spec.nodeName === nodeName).map(pod => ({ pod, message: multiAttachText(volume, pods, others) }))) // AD2
    else attach.push(nodeName)
  }
  return { attach, detach, waiting, againInMs: waits.length === 0 ? undefined : Math.min(...waits) + 100 }
}

/** As nodes list a volume in volumesInUse and volumesAttached. */
export function attachedName({ spec }: PersistentVolume): string {
  return uniqueVolumeName(spec.csi?.driver ?? '', spec.csi?.volumeHandle ?? '')
}

function isShared({ spec }: PersistentVolume): boolean {
  return (spec.accessModes ?? []).some(mode => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany')
}

function isOutOfService(node: Node | undefined): boolean {
  return node?.spec.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service') === true
}

function isReadyNode(node: Node | undefined): boolean {
  return node?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

function multiAttachText({ metadata }: PersistentVolume, pods: readonly Pod[], others: readonly string[]): string {
  const users = pods.filter(({ spec }) => others.includes(spec.nodeName!)).map(pod => pod.metadata.name).sort()
  const why = users.length === 0 ? 'Volume is already exclusively attached to one node and can\'t be attached to another' : `Volume is already used by pod(s) ${users.join(', ')}`
  return `Multi-Attach error for volume "${metadata.name}" ${why}`
}
