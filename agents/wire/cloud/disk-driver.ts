/**
 * The lab's block volumes as Kubernetes names them: a CSI driver whose controller half is the cloud controller manager and
 * whose node half is the kubelet.
 */
export const diskDriver = 'disk.kubarium.dev'
export const diskFileSystem = 'ext4'

/** Name of a volume in Node.status.volumesInUse and volumesAttached. Upstream: volume/util GetUniqueVolumeName. */
export function uniqueVolumeName(driver: string, handle: string): string {
  return `kubernetes.io/csi/${driver}^${handle}`
}
