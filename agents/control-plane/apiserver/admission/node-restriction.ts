/**
 * A kubelet writes only about its own node and the pods bound to it. Upstream: plugin/pkg/admission/noderestriction.
 *
 *   NR1  Nodes: only its own; it may not set or change labels under node-restriction.kubernetes.io/, and under
 *        kubernetes.io and k8s.io only the ones kubelets own; nor taints and owners on update, nor a config source.
 *   NR2  Pods: creates only mirror pods bound to and owned by itself that refer to no other object; deletes and evicts only
 *        pods bound to itself; of those it writes the status, without labels and without claims.
 *   NR3  Leases: only its own in kube-node-lease. CSINodes: only its own. ResourceSlices: only those naming it.
 *   NR4  Tokens: only bound by uid to a pod on it, and for an audience that the pod, or a driver of its volumes, asks for,
 *        or that it may request-serviceaccounts-token-audience.
 *   NR5  Claims: only capacity, conditions and resize state of their status.
 *   NR6  Certificates: requests to the signers for kubelets are for its own name.
 */
import type { Authorizer } from '../access/authorizer.ts'
import { readRequestPem } from '../access/certification-request.ts'
import { oids, readCertificationRequest, valuesOf } from '../access/distinguished-name.ts'
import { nodeNameOf } from '../access/user-info.ts'
import { forbidden } from '../http/api-error.ts'
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'
import { checkPod } from './node-restriction-pods.ts'
import { checkToken } from './node-restriction-tokens.ts'

type Check = (request: AdmissionRequest, node: string, reader: ObjectReader, authorizer: Authorizer) => void | Promise<void>

const checks: Readonly<Record<string, Check>> = {
  '/pods': checkPod,
  '/nodes': checkNode,
  '/persistentvolumeclaims': checkClaim,
  '/serviceaccounts': checkToken,
  'coordination.k8s.io/leases': checkLease,
  'storage.k8s.io/csinodes': checkCsiNode,
  'resource.k8s.io/resourceslices': checkSlice,
  'certificates.k8s.io/certificatesigningrequests': checkCertificate,
}

export function nodeRestriction(reader: ObjectReader, authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    concerns: request => checks[`${request.group}/${request.resource}`] !== undefined && nodeNameOf(request.user) !== undefined,
    async admit(request) {
      const node = nodeNameOf(request.user)!
      if (node === '') throw forbidden(request, shownName(request), `could not determine node from user ${JSON.stringify(request.user.name)}`)
      await checks[`${request.group}/${request.resource}`]!(request, node, reader, authorizer)
    },
  }
}

const ownLabels = new Set([
  'kubernetes.io/hostname', 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type', 'beta.kubernetes.io/instance-type', 'kubernetes.io/os', 'kubernetes.io/arch', 'beta.kubernetes.io/os', 'beta.kubernetes.io/arch',
])

/** NR1 */
function checkNode(request: AdmissionRequest, node: string): void {
  const name = request.name === '' ? (request.object?.metadata.name ?? '') : request.name
  const refuse = (why: string) => forbidden(request, name, why)
  if (name !== node) throw refuse(`node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(name)}`)
  const { object, oldObject } = request
  if (object === undefined) return
  const source = fieldAt(object, 'spec', 'configSource')
  const labels = changedLabels(object, oldObject).filter(label => !isOwnLabel(label)).sort().join(', ')
  if (request.operation === 'CREATE') {
    if (source !== undefined) throw refuse(`node ${JSON.stringify(node)} is not allowed to create pods with a non-nil configSource`)
    if (labels !== '') throw refuse(`node ${JSON.stringify(node)} is not allowed to set the following labels: ${labels}`)
    return
  }
  if (request.operation !== 'UPDATE') return
  if (source !== undefined && !sameValue(source, fieldAt(oldObject, 'spec', 'configSource'))) throw refuse(`node ${JSON.stringify(node)} is not allowed to update configSource to a new non-nil configSource`)
  if (!sameValue(listAt(object, 'spec', 'taints'), listAt(oldObject, 'spec', 'taints'))) throw refuse(`node ${JSON.stringify(node)} is not allowed to modify taints`)
  if (!sameValue(object.metadata.ownerReferences ?? [], oldObject?.metadata.ownerReferences ?? [])) throw refuse(`node ${JSON.stringify(node)} is not allowed to modify ownerReferences`)
  if (labels !== '') throw refuse(`is not allowed to modify labels: ${labels}`)
}

function changedLabels(next: KubeObject, old: KubeObject | undefined): string[] {
  const now = next.metadata.labels ?? {}
  const was = old?.metadata.labels ?? {}
  return [...new Set([...Object.keys(now), ...Object.keys(was)])].filter(label => now[label] !== was[label])
}

function isOwnLabel(label: string): boolean {
  const slash = label.indexOf('/')
  const namespace = slash < 0 ? '' : label.slice(0, slash)
  const isIn = (domain: string) => namespace === domain || namespace.endsWith(`.${domain}`)
  if (isIn('node-restriction.kubernetes.io')) return false
  if (!isIn('kubernetes.io') && !isIn('k8s.io')) return true
  return ownLabels.has(label) || isIn('kubelet.kubernetes.io') || isIn('node.kubernetes.io')
}

/** NR3 */
function checkLease(request: AdmissionRequest, node: string): void {
  if (request.namespace !== 'kube-node-lease') throw forbidden(request, shownName(request), 'can only access leases in the "kube-node-lease" system namespace')
  if (nameIn(request) !== node) throw forbidden(request, shownName(request), 'can only access node lease with the same name as the requesting node')
}

function checkCsiNode(request: AdmissionRequest, node: string): void {
  if (nameIn(request) !== node) throw forbidden(request, shownName(request), 'can only access CSINode with the same name as the requesting node')
}

function nameIn(request: AdmissionRequest): string {
  return request.operation === 'CREATE' ? (request.object?.metadata.name ?? '') : request.name
}

function checkSlice(request: AdmissionRequest, node: string): void {
  const { operation } = request
  if (operation === 'CREATE' && textAt(request.object, 'spec', 'nodeName') !== node) throw forbidden(request, shownName(request), 'can only create ResourceSlice with the same NodeName as the requesting node')
  if (operation === 'DELETE' && textAt(request.oldObject, 'spec', 'nodeName') !== node) throw forbidden(request, shownName(request), 'can only delete ResourceSlice with the same NodeName as the requesting node')
}

/** NR5 */
function checkClaim(request: AdmissionRequest, node: string): void {
  if (request.subresource !== 'status') throw forbidden(request, shownName(request), 'may only update PVC status')
  if (request.operation !== 'UPDATE') throw forbidden(request, shownName(request), `unexpected operation ${JSON.stringify(request.operation)}`)
  if (!sameValue(withoutResizeState(request.object!), withoutResizeState(request.oldObject!))) throw forbidden(request, shownName(request), `node ${JSON.stringify(node)} is not allowed to update fields other than status.quantity and status.conditions`)
}

function withoutResizeState(claim: KubeObject): Fields {
  const { resourceVersion: _version, managedFields: _managers, ...metadata } = claim.metadata
  const status = isFields(claim['status']) ? claim['status'] : {}
  const { capacity: _capacity, conditions: _conditions, allocatedResourceStatuses: _statuses, allocatedResources: _allocated, ...rest } = status
  return { ...claim, metadata, status: rest }
}

/** NR6 */
function checkCertificate(request: AdmissionRequest, node: string): void {
  const signer = textAt(request.object, 'spec', 'signerName')
  if (request.operation !== 'CREATE' || (signer !== 'kubernetes.io/kubelet-serving' && signer !== 'kubernetes.io/kube-apiserver-client-kubelet')) return
  if (commonNameOf(request) !== `system:node:${node}`) throw forbidden(request, shownName(request), `can only create a node CSR with CN=system:node:${node}`)
}

function commonNameOf(request: AdmissionRequest): string {
  try {
    return valuesOf(readCertificationRequest(readRequestPem(textAt(request.object, 'spec', 'request'))).subject, oids.commonName).at(-1) ?? ''
  } catch (error) {
    throw forbidden(request, shownName(request), `unable to parse csr: ${error instanceof Error ? error.message : String(error)}`)
  }
}
