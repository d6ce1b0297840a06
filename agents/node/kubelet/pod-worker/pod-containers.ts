/** The containers of a pod's spec by role, and what the kubelet asks about a pod again and again. */
import { createHash } from 'node:crypto'
import type { Container, EphemeralContainer, Pod } from '../../../api/groups/core-v1/types.ts'
import { isSidecar } from '../../../machinery/kubelet/pod-conditions.ts'

export type ContainerRole = 'init' | 'regular' | 'ephemeral'
/** Ephemeral containers have the same fields, and a target. */
export type AnyContainer = Container & Pick<EphemeralContainer, 'targetContainerName'>

export interface PodContainer {
  readonly role: ContainerRole
  readonly spec: AnyContainer
}

export function containersOf(pod: Pod): readonly PodContainer[] {
  return [
    ...(pod.spec.initContainers ?? []).map(spec => ({ role: 'init' as const, spec })),
    ...pod.spec.containers.map(spec => ({ role: 'regular' as const, spec })),
    ...(pod.spec.ephemeralContainers ?? []).map(spec => ({ role: 'ephemeral' as const, spec })),
  ]
}

export function restartPolicyOf(pod: Pod, container: PodContainer): string {
  if (container.role === 'ephemeral') return 'Never'
  if (container.role === 'init' && isSidecar(container.spec)) return 'Always'
  const policy = pod.spec.restartPolicy ?? 'Always'
  return container.role === 'init' && policy === 'Always' ? 'OnFailure' : policy
}

/** Changes when the container must be made anew: its name or its image. */
export function containerHash(container: Container): string {
  return createHash('sha256').update(JSON.stringify([container.name, container.image ?? ''])).digest('hex').slice(0, 8)
}

export interface PodIdentity {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

export function podIdentity(pod: Pod): PodIdentity {
  return { namespace: pod.metadata.namespace ?? 'default', name: pod.metadata.name, uid: pod.metadata.uid }
}

/** "name_namespace(uid)", as upstream's messages write a pod. */
export function podText(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace ?? 'default'}(${pod.metadata.uid})`
}

export function isStaticPod(pod: Pod): boolean {
  const source = pod.metadata.annotations?.['kubernetes.io/config.source']
  return source !== undefined && source !== 'api'
}

export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined
}

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}
