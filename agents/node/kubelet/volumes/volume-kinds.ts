/**
 * Which volumes this kubelet can give a pod, and where each lives below the pod's folder. Pure.
 *
 *   VK1  Folder: volumes/kubernetes.io~<plugin>/<name>; a hostPath is used where it is.
 *   VK2  What is not supported is refused by its name, when the pod comes in.
 *   VK3  Files made from API objects live in memory, except a ConfigMap's.
 */
import type { Volume } from '../../../api/groups/core-v1/types.ts'

const plugins = {
  emptyDir: 'empty-dir',
  configMap: 'configmap',
  secret: 'secret',
  projected: 'projected',
  downwardAPI: 'downward-api',
  hostPath: 'host-path',
} as const

export type VolumeKind = keyof typeof plugins

export class UnsupportedVolumeError extends Error {
  override readonly name = 'UnsupportedVolumeError'
}

export function volumeKindOf(volume: Volume): VolumeKind {
  const kind = Object.keys(volume).find(key => key !== 'name' && volume[key as keyof Volume] !== undefined)
  if (kind === undefined) return 'emptyDir'
  if (kind in plugins) return kind as VolumeKind
  throw new UnsupportedVolumeError(`volume "${volume.name}" is of kind ${kind}, which this kubelet does not support`) // VK2
}

export function volumeFolder(podFolder: string, volume: Volume): string {
  const kind = volumeKindOf(volume)
  if (kind === 'hostPath') return volume.hostPath!.path
  return `${podFolder}/volumes/kubernetes.io~${plugins[kind]}/${volume.name}` // VK1
}

export function isInMemory(volume: Volume): boolean {
  const kind = volumeKindOf(volume)
  return kind === 'secret' || kind === 'projected' || kind === 'downwardAPI' || (kind === 'emptyDir' && volume.emptyDir?.medium === 'Memory') // VK3
}

/** Volumes whose files follow API objects. */
export function hasPayload(volume: Volume): boolean {
  return ['configMap', 'secret', 'projected', 'downwardAPI'].includes(volumeKindOf(volume))
}
