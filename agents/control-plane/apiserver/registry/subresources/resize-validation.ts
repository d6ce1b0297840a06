/**
 * What may change when a running pod is resized.
 *
 *   RZ1  Containers stay in number, name and order; of their resources cpu and memory alone change, and none is taken away.
 *   RZ2  The pod's quality of service stays what it is. Static and Windows pods are not resized.
 *   RZ3  Init containers that end are resized only while they do not ask to be restarted for it.
 * Upstream: pkg/apis/core/validation (ValidatePodResize).
 */
import { forbidden, invalid } from '../../../../api/field-error.ts'
import type { FieldError } from '../../../../api/field-error.ts'
import { qosClassOf } from '../../../../api/groups/core-v1/pod-qos.ts'
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../../../api/groups/core-v1/types.ts'
import { semanticallyEqual } from '../../../../api/schema/clone.ts'

const onlyText = 'only cpu and memory resources are mutable'
const lists = ['containers', 'initContainers'] as const

export function validateResize(next: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return [forbidden('[]', 'static pods cannot be resized')]
  if (old.spec.os?.name === 'windows') return [forbidden('[]', 'windows pods cannot be resized')]
  const errors: FieldError[] = []
  if (qosClassOf(old.spec) !== qosClassOf(next.spec)) errors.push(invalid('spec', old.status.qosClass ?? qosClassOf(old.spec), 'Pod QOS Class may not change as a result of resizing')) // RZ2
  const order = lists.flatMap(list => validateOrder(next.spec, old.spec, list))
  if (order.length > 0) return [...errors, ...order]
  for (const list of ['initContainers', 'containers'] as const) {
    (old.spec[list] ?? []).forEach((before, index) => {
      errors.push(...validateRemoval(next.spec[list]![index]!.resources, before.resources, `spec.${list}[${index}].resources`))
    })
  }
  old.spec.containers.forEach((before, index) => {
    if (!differsInCpuAndMemoryOnly(next.spec.containers[index]!, before)) errors.push(forbidden('spec', onlyText)) // RZ1
  });
  (old.spec.initContainers ?? []).forEach((before, index) => {
    errors.push(...validateInit(next.spec.initContainers![index]!, before, `spec.initContainers[${index}]`))
  })
  return errors
}

function validateOrder(next: PodSpec, old: PodSpec, list: 'containers' | 'initContainers'): FieldError[] {
  const [now, before] = [next[list] ?? [], old[list] ?? []]
  if (now.length !== before.length) return [forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)]
  return before.flatMap((container, index) => (now[index]!.name === container.name ? [] : [forbidden(`spec.${list}[${index}].name`, `${list} may not be renamed or reordered on resize`)]))
}

function validateRemoval(next: ResourceRequirements | undefined, old: ResourceRequirements | undefined, path: string): FieldError[] {
  const removes = (list: 'requests' | 'limits') => Object.keys(old?.[list] ?? {}).some(name => next?.[list]?.[name] === undefined)
  return [
    ...(removes('requests') ? [forbidden(`${path}.requests`, 'resource requests cannot be removed')] : []),
    ...(removes('limits') ? [forbidden(`${path}.limits`, 'resource limits cannot be removed')] : []),
  ]
}

/** RZ3 */
function validateInit(next: Container, old: Container, path: string): FieldError[] {
  if (semanticallyEqual(next, old)) return []
  if (!differsInCpuAndMemoryOnly(next, old)) return [forbidden(path, 'only cpu and memory resources for init or sidecar containers are mutable')]
  const isSidecar = next.restartPolicy === 'Always'
  const restarts = (next.resizePolicy ?? []).some(policy => policy.restartPolicy === 'RestartContainer')
  return !isSidecar && restarts ? [forbidden(path, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized')] : []
}

function differsInCpuAndMemoryOnly(next: Container, old: Container): boolean {
  return semanticallyEqual({ ...next, resources: othersOf(next.resources) }, { ...old, resources: othersOf(old.resources) })
}

function othersOf(resources: ResourceRequirements | undefined): object {
  const without = (amounts: Readonly<Record<string, string>> = {}) => Object.fromEntries(Object.entries(amounts).filter(([name]) => name !== 'cpu' && name !== 'memory'))
  return { ...resources, requests: without(resources?.requests), limits: without(resources?.limits) }
}
