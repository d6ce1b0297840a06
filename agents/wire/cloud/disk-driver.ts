/**
 * The lab's block volumes as Kubernetes names them: a CSI driver whose controller half is the cloud controller manager and
 * whose node half is the kubelet.
 */
export const diskDriver = 'disk.kubarium.dev'
export const diskFileSystem = 'ext4'

/**
 * Name of the VolumeAttachment of a volume to a node: whoever asks for it, or waits for it, means the same one.
 * Upstream: volume/csi GetAttachmentName. `sha256` answers the hash of a text as hex.
 */
export function attachmentName(driver: string, handle: string, node: string, sha256: (text: string) => string): string {
  return `csi-${sha256(`${handle}${driver}${node}`)}`
}

/** Name of a volume in Node.status.volumesInUse and volumesAttached. Upstream: volume/util GetUniqueVolumeName. */
export function uniqueVolumeName(driver: string, handle: string): string {
  return `kubernetes.io/csi/${driver}^${handle}`
}
