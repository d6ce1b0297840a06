/**
 * A kubelet writes only about its own node and the pods bound to it.
 * Upstream: plugin/pkg/admission/noderestriction.
 *
 *   NR1  Nodes: only its own; it may not set or change labels under node-restriction.kubernetes.io/, and under
 *        kubernetes.io and k8s.io only the ones kubelets own; nor taints on update, nor config source.
 *   NR2  Pods: creates only mirror pods bound to itself without references to secrets, config maps, claims or accounts;
 *        deletes and evicts only pods bound to itself; writes only status of those.
 *   NR3  Leases: only its own in kube-node-lease. CSINodes: only its own. ResourceSlices: only those naming it.
 *   NR4  Tokens: only of accounts of a pod on it, bound to that pod by uid.
 */
import { nodeNameOf } from '../access/user-info.ts'
import { forbidden } from '../http/api-error.ts'
import { fieldAt, listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'
import { isMirrorPod, podSpecOf } from './pod-fields.ts'

const watched = new Set(['nodes', 'pods', 'leases', 'csinodes', 'serviceaccounts', 'persistentvolumeclaims', 'resourceslices'])
const kubeletLabels = new Set([
  'kubernetes.io/hostname', 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type', 'beta.kubernetes.io/instance-type', 'kubernetes.io/os', 'kubernetes.io/arch', 'beta.kubernetes.io/os', 'beta.kubernetes.io/arch',
  'node.kubernetes.io/exclude-from-external-load-balancers', 'alpha.service-controller.kubernetes.io/exclude-balancer',
])
const kubeletLabelNamespaces = ['kubelet.kubernetes.io', 'node.kubernetes.io']

export function nodeRestriction(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    concerns: request => watched.has(request.resource) && nodeNameOf(request.user) !== undefined,
    async admit(request) {
      const node = nodeNameOf(request.user)!
      if (node === '') throw forbidden(request, shownName(request), `could not determine node from user ${JSON.stringify(request.user.name)}`)
      if (request.resource === 'nodes') checkNode(request, node)
      else if (request.resource === 'pods') await checkPod(request, node, reader)
      else if (request.resource === 'leases') checkLease(request, node)
      else if (request.resource === 'csinodes') checkOwnName(request, node, 'csinode')
      else if (request.resource === 'serviceaccounts') await checkToken(request, node, reader)
      else if (request.resource === 'resourceslices') checkSlice(request, node)
    },
  }
}

function checkNode(request: AdmissionRequest, node: string): void {
  const name = request.name !== '' ? request.name : (request.object?.metadata.name ?? '')
  if (name !== node) throw forbidden(request, name, `node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(name)}`)
  if (request.operation === 'DELETE' || request.object === undefined) return
  const changed = changedLabels(request.object, request.oldObject)
  const refused = changed.filter(label => !isKubeletLabel(label))
  if (refused.length > 0) throw forbidden(request, name, `is not allowed to modify labels: ${refused.sort().join(', ')}`) // NR1
  if (request.operation !== 'UPDATE' || request.subresource !== '') return
  if (!sameValue(listAt(request.object, 'spec', 'taints'), listAt(request.oldObject, 'spec', 'taints'))) throw forbidden(request, name, `node ${JSON.stringify(node)} is not allowed to modify taints`)
  if (!sameValue(request.object.metadata.ownerReferences, request.oldObject?.metadata.ownerReferences)) throw forbidden(request, name, `node ${JSON.stringify(node)} is not allowed to modify ownerReferences`)
}

function changedLabels(next: KubeObject, old: KubeObject | undefined): string[] {
  const now = next.metadata.labels ?? {}
  const was = old?.metadata.labels ?? {}
  return [...new Set([...Object.keys(now), ...Object.keys(was)])].filter(label => now[label] !== was[label])
}

function isKubeletLabel(label: string): boolean {
  const slash = label.indexOf('/')
  if (slash < 0) return true
  const namespace = label.slice(0, slash)
  if (namespace === 'node-restriction.kubernetes.io' || namespace.endsWith('.node-restriction.kubernetes.io')) return false
  const isKubernetes = ['kubernetes.io', 'k8s.io'].some(domain => namespace === domain || namespace.endsWith(`.${domain}`))
  if (!isKubernetes) return true
  return kubeletLabels.has(label) || kubeletLabelNamespaces.some(allowed => namespace === allowed || namespace.endsWith(`.${allowed}`))
}

async function checkPod(request: AdmissionRequest, node: string, reader: ObjectReader): Promise<void> {
  if (request.operation === 'CREATE' && request.subresource === '') {
    checkMirrorPod(request, node)
    return
  }
  const stored = request.oldObject ?? reader.get(request, request.namespace, request.name) ?? (await reader.getFresh(request, request.namespace, request.name))
  if (stored === undefined || textAt(stored, 'spec', 'nodeName') === node) return
  throw forbidden(request, shownName(request), `node ${JSON.stringify(node)} can only ${request.operation === 'DELETE' ? 'delete' : request.subresource === 'eviction' ? 'evict' : 'update pod status for'} pods with spec.nodeName set to itself`) // NR2
}

function checkMirrorPod(request: AdmissionRequest, node: string): void {
  const pod = request.object!
  const spec = podSpecOf(pod)
  if (!isMirrorPod(pod)) throw forbidden(request, shownName(request), 'pod does not have "kubernetes.io/config.mirror" annotation, node may only create mirror pods')
  if (spec.nodeName !== node) throw forbidden(request, shownName(request), `node ${JSON.stringify(node)} can only create pods with spec.nodeName set to itself`)
  const owners = pod.metadata.ownerReferences ?? []
  const owner = owners[0]
  if (owners.length > 1 || (owner !== undefined && (owner.kind !== 'Node' || owner.name !== node))) throw forbidden(request, shownName(request), `node ${JSON.stringify(node)} can only create pods with an owner reference set to itself`)
  if ((spec.serviceAccountName ?? '') !== '') throw forbidden(request, shownName(request), `node ${JSON.stringify(node)} can not create pods that reference a service account`)
  const refers = (spec.volumes ?? []).some(volume => volume['secret'] !== undefined || volume['configMap'] !== undefined || volume['persistentVolumeClaim'] !== undefined || volume['projected'] !== undefined)
  if (refers) throw forbidden(request, shownName(request), `node ${JSON.stringify(node)} can not create pods that reference secrets, configmaps or persistentvolumeclaims`)
}

function checkLease(request: AdmissionRequest, node: string): void {
  if (request.namespace !== 'kube-node-lease') throw forbidden(request, shownName(request), `can only access leases in the "kube-node-lease" system namespace`)
  checkOwnName(request, node, 'lease')
}

function checkOwnName(request: AdmissionRequest, node: string, what: string): void {
  const name = request.operation === 'CREATE' ? (request.object?.metadata.name ?? '') : request.name
  if (name !== node) throw forbidden(request, shownName(request), `can only access ${what} with the same name as the requesting node`) // NR3
}

function checkSlice(request: AdmissionRequest, node: string): void {
  const about = textAt(request.object ?? request.oldObject, 'spec', 'nodeName')
  if (about !== '' && about !== node) throw forbidden(request, shownName(request), 'can only access resourceslices with the same node name as the requesting node')
}

async function checkToken(request: AdmissionRequest, node: string, reader: ObjectReader): Promise<void> {
  if (request.subresource !== 'token' || request.operation !== 'CREATE') return
  const bound = fieldAt(request.object, 'spec', 'boundObjectRef')
  if (textAt(bound, 'kind') !== 'Pod' || textAt(bound, 'name') === '') throw forbidden(request, shownName(request), 'node requested token not bound to a pod') // NR4
  if (textAt(bound, 'uid') === '') throw forbidden(request, shownName(request), 'node requested token with a pod binding without a uid')
  const of = { group: '', resource: 'pods' }
  const pod = reader.get(of, request.namespace, textAt(bound, 'name')) ?? (await reader.getFresh(of, request.namespace, textAt(bound, 'name')))
  if (pod === undefined || pod.metadata.uid !== textAt(bound, 'uid')) throw forbidden(request, shownName(request), 'the pod in the token request does not exist or has another uid')
  if (textAt(pod, 'spec', 'nodeName') !== node) throw forbidden(request, shownName(request), 'node requested token bound to a pod scheduled on a different node')
  const account = textAt(pod, 'spec', 'serviceAccountName') === '' ? 'default' : textAt(pod, 'spec', 'serviceAccountName')
  if (account !== request.name) throw forbidden(request, shownName(request), 'node requested token for a service account the pod does not use')
}
