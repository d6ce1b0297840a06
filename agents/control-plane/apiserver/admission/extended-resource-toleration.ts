/**
 * ExtendedResourceToleration: a pod that asks for example.com/device tolerates the taint that keeps others from nodes with
 * such devices. Upstream: plugin/pkg/admission/extendedresourcetoleration.
 */
import { fieldAt, isFields } from '../registry/kube-object.ts'
import type { AdmissionPlugin } from './admission.ts'
import { isExtendedResource, isPodWrite, podSpecOf } from './pod-fields.ts'

export function extendedResourceToleration(): AdmissionPlugin {
  return {
    name: 'ExtendedResourceToleration',
    concerns: request => isPodWrite(request, 'CREATE', 'UPDATE'),
    admit({ object }) {
      const spec = podSpecOf(object!)
      const asked = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(container => {
        const requests = fieldAt(container, 'resources', 'requests')
        return isFields(requests) ? Object.keys(requests) : []
      })
      for (const key of [...new Set(asked.filter(isExtendedResource))].sort()) {
        const tolerations = spec.tolerations ?? []
        const isKnown = tolerations.some(known => known.key === key && known.operator === 'Exists' && known.effect === 'NoSchedule' && (known.value ?? '') === '')
        if (!isKnown) spec.tolerations = [...tolerations, { key, operator: 'Exists', effect: 'NoSchedule' }]
      }
    },
  }
}
