/**
 * Ephemeral volume controller: makes the claims of Pods that ask for generic ephemeral volumes.
 *
 * Reads   Pods, PersistentVolumeClaims          Writes   PersistentVolumeClaims (create)
 * Woken   by Pods, and by a claim of theirs that goes
 *
 *   EV1  The claim is named after Pod and volume and owned by the Pod, so that it goes with it.
 *   EV2  A claim of that name that is not the Pod's is not touched; the Pod is told by an event.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { persistentVolumeClaims, pods } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { controllerReference, isControlledBy } from '../../../../machinery/owner.ts'
import { isAlreadyExists } from '../../../../machinery/status-error.ts'
import { isActive } from '../../pods/pod-state.ts'
import { ephemeralClaimName } from '../../volumes/pods-of-claim.ts'

export const ephemeralVolumeController: Controller = {
  name: 'ephemeral-volume-controller',
  reconciles: pods,
  ignores: ({ object }) => (object as Pod).spec.volumes?.some(volume => volume.ephemeral !== undefined) !== true,
  alsoWokenBy: [persistentVolumeClaims],
  rehearse: 'reconcile',
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const pod = deps.cache.get(pods, key)
  if (pod === undefined || !isActive(pod)) return done
  for (const volume of pod.spec.volumes ?? []) {
    const template = volume.ephemeral?.volumeClaimTemplate
    if (template === undefined) continue
    const claimKey = { namespace: key.namespace!, name: ephemeralClaimName(pod, volume.name) } // EV1
    const known = deps.cache.get(persistentVolumeClaims, claimKey)
    if (known !== undefined) {
      if (!isControlledBy(known, pod)) deps.events.event(pod, 'Warning', 'FailedBinding', `ephemeral volume ${volume.name}: PVC ${claimKey.namespace}/${claimKey.name} was not created for pod ${claimKey.namespace}/${key.name} (pod is not owner)`) // EV2
      continue
    }
    await deps.client.create(persistentVolumeClaims, {
      metadata: { ...claimKey, ...(template.metadata?.labels === undefined ? {} : { labels: template.metadata.labels }), ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }), ownerReferences: [controllerReference(pods, pod)] },
      spec: structuredClone(template.spec),
    }, {}, signal).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
  }
  return done
}
