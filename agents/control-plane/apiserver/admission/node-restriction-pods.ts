/** What a kubelet may write of pods (NR2). */
import { forbidden, notFound } from '../http/api-error.ts'
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import { shownName } from './admission.ts'
import type { AdmissionRequest, ObjectReader } from './admission.ts'
import { isMirrorPod } from './pod-fields.ts'

export async function checkPod(request: AdmissionRequest, node: string, reader: ObjectReader): Promise<void> {
  const { operation, subresource } = request
  if (subresource === 'status') checkStatus(request, node)
  else if (subresource === 'eviction') await checkBound(request, node, reader, `node ${node} can only evict pods with spec.nodeName set to itself`)
  else if (subresource !== '') throw forbidden(request, shownName(request), `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`)
  else if (operation === 'CREATE') await checkMirrorPod(request, node, reader)
  else if (operation === 'DELETE') await checkBound(request, node, reader, `node ${JSON.stringify(node)} can only delete pods with spec.nodeName set to itself`)
  else throw forbidden(request, shownName(request), `unexpected operation ${JSON.stringify(operation)}, node ${JSON.stringify(node)} can only create and delete mirror pods`)
}

async function checkBound(request: AdmissionRequest, node: string, reader: ObjectReader, why: string): Promise<void> {
  const of = { group: '', resource: 'pods' }
  const name = request.name === '' ? (request.object?.metadata.name ?? '') : request.name
  if (name === '') throw forbidden(request, name, 'could not determine pod from request data')
  const stored = reader.get(of, request.namespace, name) ?? (await reader.getFresh(of, request.namespace, name))
  if (stored === undefined) throw notFound(of, name)
  if (textAt(stored, 'spec', 'nodeName') !== node) throw forbidden(request, name, why)
}

function checkStatus(request: AdmissionRequest, node: string): void {
  const refuse = (why: string) => forbidden(request, shownName(request), `node ${JSON.stringify(node)} ${why}`)
  const { object, oldObject } = request
  if (request.operation !== 'UPDATE') throw forbidden(request, shownName(request), `unexpected operation ${JSON.stringify(request.operation)}`)
  if (textAt(oldObject, 'spec', 'nodeName') !== node) throw refuse('can only update pod status for pods with spec.nodeName set to itself')
  if (!sameValue(object?.metadata.labels ?? {}, oldObject?.metadata.labels ?? {})) throw refuse('cannot update labels through pod status')
  const claims = (pod: unknown) => listAt(pod, 'status', 'resourceClaimStatuses').map(status => [textAt(status, 'name'), fieldAt(status, 'resourceClaimName') ?? null])
  if (!sameValue(claims(object), claims(oldObject))) throw refuse('cannot update resource claim statues')
  const extended = (pod: unknown) => fieldAt(pod, 'status', 'extendedResourceClaimStatus') ?? null
  if (!sameValue(extended(object), extended(oldObject))) throw refuse('cannot update extended resource claim status')
}

async function checkMirrorPod(request: AdmissionRequest, node: string, reader: ObjectReader): Promise<void> {
  const pod = request.object!
  const name = request.name === '' ? (pod.metadata.name ?? '') : request.name
  const refuse = (why: string) => forbidden(request, name, why)
  if (!isMirrorPod(pod)) throw refuse(`pod does not have "kubernetes.io/config.mirror" annotation, node ${JSON.stringify(node)} can only create mirror pods`)
  if (textAt(pod, 'spec', 'nodeName') !== node) throw refuse(`node ${JSON.stringify(node)} can only create pods with spec.nodeName set to itself`)
  const owners = pod.metadata.ownerReferences ?? []
  const owner = owners[0]
  if (owners.length > 1) throw refuse(`node ${JSON.stringify(node)} can only create pods with a single owner reference set to itself`)
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) throw refuse(`node ${JSON.stringify(node)} can only create pods with an owner reference set to itself`)
  if (owner.controller !== true) throw refuse(`node ${JSON.stringify(node)} can only create pods with a controller owner reference set to itself`)
  if (owner.blockOwnerDeletion === true) throw refuse(`node ${JSON.stringify(node)} must not set blockOwnerDeletion on an owner reference`)
  const of = { group: '', resource: 'nodes' }
  const own = reader.get(of, '', node) ?? (await reader.getFresh(of, '', node))
  if (own === undefined) throw notFound(of, node)
  if (owner.uid !== own.metadata.uid) throw refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${own.metadata.uid ?? ''}`)
  const referred = referredObjects(pod)
  if (referred !== undefined) throw refuse(`node ${JSON.stringify(node)} can not create pods that reference ${referred}`)
}

const ownVolumes = new Set(['awsElasticBlockStore', 'azureDisk', 'cephfs', 'cinder', 'downwardAPI', 'emptyDir', 'fc', 'flexVolume', 'flocker', 'gcePersistentDisk', 'gitRepo', 'hostPath', 'image', 'iscsi', 'nfs', 'photonPersistentDisk', 'portworxVolume', 'quobyte', 'rbd', 'scaleIO', 'storageos', 'vsphereVolume'])
const referringVolumes: Readonly<Record<string, string>> = {
  configMap: 'configmaps (via configmap volumes)', secret: 'secrets (via secret volumes)', csi: 'csidrivers (via CSI volumes)', glusterfs: 'endpoints (via glusterFS volumes)', persistentVolumeClaim: 'persistentvolumeclaims',
  ephemeral: 'persistentvolumeclaims (via ephemeral volumes)', azureFile: 'secrets (via azureFile volumes)',
}
const referringSources: Readonly<Record<string, string>> = { configMap: 'configmaps (via projected volumes)', secret: 'secrets (via projected volumes)', serviceAccountToken: 'serviceaccounts (via projected volumes)', clusterTrustBundle: 'clustertrustbundles', podCertificate: 'podcertificates' }

/** The first kind of object the pod would need from the API; what is not known counts as one. */
export function referredObjects(pod: KubeObject): string | undefined {
  const spec = pod['spec']
  if (textAt(spec, 'serviceAccountName') !== '') return 'serviceaccounts'
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap(list => listAt(spec, list))
  const names = (field: string) => containers.some(container => listAt(container, 'envFrom').some(source => fieldAt(source, `${field}Ref`) !== undefined) || listAt(container, 'env').some(variable => fieldAt(variable, 'valueFrom', `${field}KeyRef`) !== undefined))
  const volumes = listAt(spec, 'volumes')
  const volumeSecrets = volumes.some(volume => isFields(volume) && Object.values(volume).some(source => fieldAt(source, 'secretRef') !== undefined || fieldAt(source, 'nodePublishSecretRef') !== undefined))
  if (listAt(spec, 'imagePullSecrets').length > 0 || names('secret') || volumeSecrets) return 'secrets'
  if (names('configMap')) return 'configmaps'
  if (listAt(spec, 'resourceClaims').length > 0) return 'resourceclaims'
  return volumes.map(referredByVolume).find(text => text !== undefined)
}

function referredByVolume(volume: unknown): string | undefined {
  const kinds = isFields(volume) ? Object.keys(volume).filter(field => field !== 'name') : []
  for (const kind of kinds) {
    if (ownVolumes.has(kind)) continue
    if (kind !== 'projected') return referringVolumes[kind] ?? `volumes of type ${kind}`
    const sources = listAt(volume, 'projected', 'sources').flatMap(source => (isFields(source) ? Object.keys(source) : []))
    const referring = sources.find(source => source !== 'downwardAPI')
    if (referring !== undefined) return referringSources[referring] ?? `projected sources of type ${referring}`
  }
  return undefined
}
