/**
 * PodResizeValidator: a running pod is not resized beyond its node. Upstream: plugin/pkg/admission/podresize.
 *
 *   RV1  Only resizes that change something, of pods that have a node; the node must be known and run Linux.
 *   RV2  The cpu and memory requests of the whole pod (PR-1) must fit the node's allocatable.
 */
import { quantityMillis } from '../../../api/schema/quantity.ts'
import { forbidden } from '../http/api-error.ts'
import { textAt } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, ObjectReader } from './admission.ts'
import { podSpecOf } from './pod-fields.ts'
import { podAmounts } from '../../../api/quota/pod-amounts.ts'

export function podResizeValidator(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'PodResizeValidator',
    concerns: request => request.operation === 'UPDATE' && request.group === '' && request.resource === 'pods' && request.subresource === 'resize',
    validate(request) {
      const spec = podSpecOf(request.object!)
      const nodeName = spec.nodeName ?? ''
      if (nodeName === '' || request.object!.metadata.generation === request.oldObject?.metadata.generation) return // RV1
      const refuse = (why: string, reason?: string) => forbidden(request, shownName(request), why, reason === undefined ? undefined : [{ reason }])
      const node = reader.get({ group: '', resource: 'nodes' }, '', nodeName)
      if (node === undefined) throw refuse(`node ${JSON.stringify(nodeName)} not found`)
      const os = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux'
      if (os !== 'linux') throw refuse(`pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`, 'UnsupportedPlatform')
      const requests = podAmounts(spec, 'requests', true)
      const lacking = (['cpu', 'memory'] as const).flatMap(name => {
        const shown = (millis: bigint) => (name === 'cpu' ? millis : (millis + 999n) / 1000n)
        const requested = quantityMillis(requests[name] ?? '0')
        const allocatable = quantityMillis(textAt(node, 'status', 'allocatable', name) || '0')
        return requested > allocatable ? [`${name}, requested: ${shown(requested)}, allocatable: ${shown(allocatable)}`] : []
      })
      if (lacking.length > 0) throw refuse(`node didn't have enough allocatable resources: ${lacking.join('; ')}`, 'NodeCapacity') // RV2
    },
  }
}
