/**
 * PodResizeValidator: a running pod is not resized beyond its node. Upstream: plugin/pkg/admission/podresize.
 *
 *   RV1  Only resizes that change something, of pods that have a node; the node must be known and run Linux.
 *   RV2  The pod's cpu and memory requests must fit the node's allocatable: containers and sidecars together, or the largest
 *        init container with the sidecars started before it, and the overhead.
 */
import { quantityMillis } from '../../../api/schema/quantity.ts'
import { forbidden } from '../http/api-error.ts'
import { fieldAt, isFields, textAt } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, ObjectReader } from './admission.ts'
import { podSpecOf } from './pod-fields.ts'
import type { ContainerFields, PodSpecFields } from './pod-fields.ts'

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
      const lacking = (['cpu', 'memory'] as const).flatMap(name => {
        const shown = (millis: bigint) => (name === 'cpu' ? millis : (millis + 999n) / 1000n)
        const requested = requestedMillis(spec, name)
        const allocatable = quantityMillis(textAt(node, 'status', 'allocatable', name) || '0')
        return requested > allocatable ? [`${name}, requested: ${shown(requested)}, allocatable: ${shown(allocatable)}`] : []
      })
      if (lacking.length > 0) throw refuse(`node didn't have enough allocatable resources: ${lacking.join('; ')}`, 'NodeCapacity') // RV2
    },
  }
}

function requestedMillis(spec: PodSpecFields, name: string): bigint {
  let running = (spec.containers ?? []).reduce((sum, container) => sum + millisOf(container, name), 0n)
  let sidecars = 0n
  let largest = 0n
  for (const container of spec.initContainers ?? []) {
    const own = millisOf(container, name)
    if (container['restartPolicy'] === 'Always') {
      running += own
      sidecars += own
      if (sidecars > largest) largest = sidecars
    } else if (own + sidecars > largest) largest = own + sidecars
  }
  const whole = fieldAt(spec, 'resources', 'requests', name)
  const total = typeof whole === 'string' ? quantityMillis(whole) : running > largest ? running : largest
  return total + quantityMillis(spec.overhead?.[name] ?? '0')
}

function millisOf(container: ContainerFields, name: string): bigint {
  const requests = fieldAt(container, 'resources', 'requests')
  const amount = isFields(requests) ? requests[name] : undefined
  return typeof amount === 'string' || typeof amount === 'number' ? quantityMillis(amount) : 0n
}
