/** The parts of a Pod that admission plugins touch, typed loosely: the object is still being completed. */
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import { isFields } from '../registry/kube-object.ts'
import type { AdmissionRequest } from './admission.ts'

export interface PodSpecFields extends Fields {
  serviceAccountName?: string
  serviceAccount?: string
  automountServiceAccountToken?: boolean
  nodeName?: string
  priority?: number
  priorityClassName?: string
  preemptionPolicy?: string
  tolerations?: Toleration[]
  volumes?: Fields[]
  containers?: ContainerFields[]
  initContainers?: ContainerFields[]
  ephemeralContainers?: ContainerFields[]
  imagePullSecrets?: { name?: string }[]
  runtimeClassName?: string
  overhead?: Record<string, string>
  nodeSelector?: Record<string, string>
}

export interface ContainerFields extends Fields {
  name: string
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
}

export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
  tolerationSeconds?: number
}

export function podSpecOf(pod: KubeObject): PodSpecFields {
  if (!isFields(pod['spec'])) pod['spec'] = {}
  return pod['spec'] as PodSpecFields
}

export function isPodWrite(request: AdmissionRequest, ...operations: readonly AdmissionRequest['operation'][]): boolean {
  return request.resource === 'pods' && request.group === '' && request.subresource === '' && operations.includes(request.operation)
}

export function isMirrorPod(pod: KubeObject): boolean {
  return pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined
}

/** Resources that neither Kubernetes nor a quota owns. */
export function isExtendedResource(name: string): boolean {
  if (!name.includes('/') || name.startsWith('kubernetes.io/') || name.includes('.kubernetes.io/') || name.startsWith('requests.')) return false
  return true
}
