/** The Pod and the volume claims of one ordinal. Pure. */
import type { StatefulSet } from '../../../../api/groups/apps-v1/types.ts'
import type { PersistentVolumeClaim, Pod, PodTemplateSpec } from '../../../../api/groups/core-v1/types.ts'
import { statefulSets } from '../../../../api/resources.ts'
import type { Draft } from '../../../../api/resources.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { podFromTemplate } from '../../pods/pod-from-template.ts'
import { revisionHashLabel } from '../../revisions/revisions.ts'
import { podName } from './plan-ordinals.ts'

export function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${podName(set, ordinal)}`
}

export function statefulPod(set: StatefulSet, template: PodTemplateSpec, revision: string, ordinal: number): Draft<Pod> {
  const name = podName(set, ordinal)
  const draft = podFromTemplate(template, controllerReference(statefulSets, set), set.metadata.namespace ?? '', { name })
  const claims = (set.spec.volumeClaimTemplates ?? []).map(claim => ({ name: claim.metadata.name, persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) } }))
  const volumes = [...claims, ...(draft.spec.volumes ?? []).filter(volume => !claims.some(claim => claim.name === volume.name))]
  return {
    ...draft,
    metadata: { ...draft.metadata, labels: { ...draft.metadata.labels, [revisionHashLabel]: revision, 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': String(ordinal) } },
    spec: { ...draft.spec, hostname: name, ...(set.spec.serviceName === undefined ? {} : { subdomain: set.spec.serviceName }), ...(volumes.length === 0 ? {} : { volumes }) },
  }
}

export function claimsOf(set: StatefulSet, ordinal: number): Draft<PersistentVolumeClaim>[] {
  return (set.spec.volumeClaimTemplates ?? []).map(template => ({
    metadata: {
      namespace: set.metadata.namespace ?? '', name: claimName(set, template, ordinal),
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
      ...(template.metadata.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
    },
    spec: structuredClone(template.spec),
  }))
}
