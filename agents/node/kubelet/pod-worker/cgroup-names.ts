/**
 * Where a pod's cgroup is, in the words of either driver.
 *
 *   CN1  Guaranteed pods hang directly below the root kubepods, the others below their class.
 *   CN2  systemd slices carry their whole path in their name; "-" in a uid would be a level, so it is "_".
 * Upstream: kubelet/cm/pod_container_manager_linux.go, cgroup_manager_linux.go.
 */
import type { QosClass } from './resources.ts'

export type CgroupDriver = 'systemd' | 'cgroupfs'

/** What CRI takes as cgroup_parent. */
export function podCgroupParent(driver: CgroupDriver, qos: QosClass, podUid: string): string {
  if (driver === 'cgroupfs') return `${qosCgroupPath(driver, qos)}/pod${podUid}`
  const stem = qos === 'Guaranteed' ? 'kubepods' : `kubepods-${qos.toLowerCase()}`
  return `${stem}-pod${podUid.replaceAll('-', '_')}.slice`
}

/** Path of a QoS class below the cgroup root. */
export function qosCgroupPath(driver: CgroupDriver, qos: QosClass): string {
  const name = qos.toLowerCase()
  if (driver === 'cgroupfs') return qos === 'Guaranteed' ? '/kubepods' : `/kubepods/${name}`
  return qos === 'Guaranteed' ? '/kubepods.slice' : `/kubepods.slice/kubepods-${name}.slice`
}

/** Path of a pod's cgroup below the cgroup root. */
export function podCgroupPath(driver: CgroupDriver, qos: QosClass, podUid: string): string {
  const parent = podCgroupParent(driver, qos, podUid)
  return driver === 'cgroupfs' ? parent : `${qosCgroupPath(driver, qos)}/${parent}`
}

/** The pod uid a directory below a QoS cgroup stands for. */
export function podUidOfCgroup(directoryName: string): string | undefined {
  const match = /^(?:kubepods(?:-burstable|-besteffort)?-)?pod([0-9a-zA-Z_-]+?)(?:\.slice)?$/.exec(directoryName)
  return match?.[1]?.replaceAll('_', '-')
}
