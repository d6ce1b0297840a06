/** What is kept of a pod: of a simulated node's, what its life and its usage are told from; of any other, its name. */
import type { Container, Pod } from '../../../api/groups/core-v1/types.ts'

export function slimPod(pod: Pod, isOurs: (nodeName: string) => boolean): Pod {
  const { name, namespace, uid, resourceVersion, creationTimestamp, generation, labels, annotations, ownerReferences, finalizers, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  const identity = { name, uid, resourceVersion, creationTimestamp, ...(namespace === undefined ? {} : { namespace }) }
  const nodeName = pod.spec.nodeName ?? ''
  if (!isOurs(nodeName)) return { kind: pod.kind, apiVersion: pod.apiVersion, metadata: identity, spec: { nodeName, containers: [] }, status: {} } as Pod
  const { initContainers, restartPolicy, hostNetwork, readinessGates, activeDeadlineSeconds, containers } = pod.spec
  const { phase, conditions, startTime, podIP, containerStatuses, initContainerStatuses } = pod.status
  const controller = ownerReferences?.filter(reference => reference.controller === true)
  return {
    kind: pod.kind,
    apiVersion: pod.apiVersion,
    metadata: defined({ ...identity, generation, labels, annotations, ownerReferences: controller, finalizers, deletionTimestamp, deletionGracePeriodSeconds }),
    spec: defined({ nodeName, restartPolicy, hostNetwork, readinessGates, activeDeadlineSeconds, containers: containers.map(slimContainer), initContainers: initContainers?.map(slimContainer) }),
    status: defined({ phase, conditions, startTime, podIP, containerStatuses, initContainerStatuses }),
  } as Pod
}

function slimContainer({ name, image, resources, restartPolicy }: Container): Container {
  return defined({ name, image, resources: resources?.requests === undefined ? undefined : { requests: resources.requests }, restartPolicy }) as Container
}

function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}
