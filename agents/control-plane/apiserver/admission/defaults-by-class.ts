/**
 * Claims and ingresses that name no class get the default one; pods of a runtime class get its overhead and scheduling.
 * Upstream: plugin/pkg/admission/{storage/storageclass/setdefault,network/defaultingressclass,runtimeclass}.
 *
 *   DC1  Which class is the default is said in api/volumes/default-class.
 *   DC2  A class that is named but missing is a 403 for runtime classes; for the others it is the user's business.
 *   DC3  Overhead is what a pod's runtime class says, and nothing else.
 */
import { defaultStorageAnnotations, youngestDefault } from '../../../api/volumes/default-class.ts'
import { semanticallyEqual } from '../../../api/schema/clone.ts'
import { forbidden, relayedStatus } from '../http/api-error.ts'
import { fieldAt, isFields, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'
import { isPodWrite, podSpecOf } from './pod-fields.ts'

function isCreate(request: AdmissionRequest, group: string, resource: string): boolean {
  return request.operation === 'CREATE' && request.group === group && request.resource === resource && request.subresource === ''
}

export function defaultStorageClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    concerns: request => isCreate(request, '', 'persistentvolumeclaims'),
    admit(request) {
      const spec = (request.object!['spec'] ??= {}) as Fields
      const isNamed = spec['storageClassName'] !== undefined || request.object!.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined
      const found = isNamed ? undefined : youngestDefault(reader.list({ group: 'storage.k8s.io', resource: 'storageclasses' }), defaultStorageAnnotations) // DC1
      if (found !== undefined) spec['storageClassName'] = found.metadata.name
    },
  }
}

export function defaultIngressClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    concerns: request => isCreate(request, 'networking.k8s.io', 'ingresses'),
    admit(request) {
      const spec = (request.object!['spec'] ??= {}) as Fields
      const isNamed = spec['ingressClassName'] !== undefined || request.object!.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined
      const found = isNamed ? undefined : youngestDefault(reader.list({ group: 'networking.k8s.io', resource: 'ingressclasses' }), ['ingressclass.kubernetes.io/is-default-class'])
      if (found !== undefined) spec['ingressClassName'] = found.metadata.name
    },
  }
}

const otherOverhead = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

export function runtimeClass(reader: ObjectReader): AdmissionPlugin {
  const of = { group: 'node.k8s.io', resource: 'runtimeclasses' }

  async function classOf(request: AdmissionRequest): Promise<KubeObject | undefined> {
    const name = podSpecOf(request.object!).runtimeClassName
    if (name === undefined) return undefined
    if (name === '') throw relayedStatus({ code: 500, message: 'resource name may not be empty' }) // what upstream's client says before it asks
    const found = reader.get(of, '', name) ?? (await reader.getFresh(of, '', name))
    if (found === undefined) throw forbidden(request, shownName(request), `pod rejected: RuntimeClass "${name}" not found`) // DC2
    return found
  }

  return {
    name: 'RuntimeClass',
    concerns: request => isPodWrite(request, 'CREATE'),
    async admit(request) {
      const found = await classOf(request)
      const overhead = fieldAt(found, 'overhead', 'podFixed')
      const spec = podSpecOf(request.object!)
      if (isFields(overhead)) {
        if (Object.keys(spec.overhead ?? {}).length > 0 && !semanticallyEqual(spec.overhead, overhead)) throw forbidden(request, shownName(request), otherOverhead)
        spec.overhead = overhead as Record<string, string>
      }
      if (found !== undefined) mergeScheduling(request, found)
    },
    async validate(request) {
      const overhead = fieldAt(await classOf(request), 'overhead', 'podFixed')
      const own = podSpecOf(request.object!).overhead
      if (isFields(overhead) && !semanticallyEqual(own, overhead)) throw forbidden(request, shownName(request), otherOverhead) // DC3
      if (!isFields(overhead) && own !== undefined) throw forbidden(request, shownName(request), 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    },
  }
}

function mergeScheduling(request: AdmissionRequest, found: KubeObject): void {
  const spec = podSpecOf(request.object!)
  const selector = fieldAt(found, 'scheduling', 'nodeSelector')
  if (isFields(selector)) {
    for (const [key, value] of Object.entries(selector)) {
      const own = spec.nodeSelector?.[key]
      if (own !== undefined && own !== value) throw forbidden(request, shownName(request), `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${String(value)}; pod.spec.nodeSelector[${key}] = ${own}`)
    }
    spec.nodeSelector = { ...spec.nodeSelector, ...(selector as Record<string, string>) }
  }
  const tolerations = fieldAt(found, 'scheduling', 'tolerations')
  if (Array.isArray(tolerations)) spec.tolerations = [...(spec.tolerations ?? []), ...tolerations.filter(added => !(spec.tolerations ?? []).some(known => JSON.stringify(known) === JSON.stringify(added)))]
}

/** PersistentVolumeClaims grow only where their class allows it. */
export function claimResize(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    concerns: request => request.operation === 'UPDATE' && request.group === '' && request.resource === 'persistentvolumeclaims' && request.subresource === '',
    validate(request) {
      const size = (object: KubeObject | undefined) => textAt(object, 'spec', 'resources', 'requests', 'storage')
      if (size(request.object) === size(request.oldObject)) return
      const name = textAt(request.object, 'spec', 'storageClassName')
      const found = name === '' ? undefined : reader.get({ group: 'storage.k8s.io', resource: 'storageclasses' }, '', name)
      if (fieldAt(found, 'allowVolumeExpansion') !== true) throw forbidden(request, shownName(request), 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize')
    },
  }
}
