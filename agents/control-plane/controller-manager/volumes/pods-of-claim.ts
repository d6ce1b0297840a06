/** Which Pods use a claim: by name, or by a generic ephemeral volume, whose claim is named after Pod and volume. */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { pods } from '../../../api/resources.ts'
import type { Caches } from '../../../machinery/caches.ts'
import type { ObjectKey } from '../../../machinery/object-key.ts'
import { keyText } from '../../../machinery/object-key.ts'

const claimIndex = 'claim'

export function ephemeralClaimName(pod: Pod, volumeName: string): string {
  return `${pod.metadata.name}-${volumeName}`
}

export function claimKeysOf(pod: Pod): ObjectKey[] {
  const namespace = pod.metadata.namespace ?? ''
  return (pod.spec.volumes ?? []).flatMap(volume => {
    if (volume.persistentVolumeClaim !== undefined) return [{ namespace, name: volume.persistentVolumeClaim.claimName }]
    return volume.ephemeral === undefined ? [] : [{ namespace, name: ephemeralClaimName(pod, volume.name) }]
  })
}

/** To be called while a controller prepares. */
export function withClaimIndex(caches: Caches): void {
  caches.of(pods).addIndex(claimIndex, pod => claimKeysOf(pod).map(keyText))
}

export function podsOfClaim(caches: Caches, claim: ObjectKey): readonly Pod[] {
  withClaimIndex(caches)
  return caches.of(pods).byIndex(claimIndex, keyText(claim))
}
