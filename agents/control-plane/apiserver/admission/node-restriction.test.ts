import { beforeEach, describe, expect, test } from 'vitest'
import { createCertificateRequest } from '../../../../test/integration/test-pki.ts'
import { alwaysAllow, alwaysDeny } from '../access/authorizer.ts'
import { MemoryObjects, user } from '../access/testing/fakes.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { noNotes } from './admission.ts'
import type { AdmissionRequest } from './admission.ts'
import { nodeRestriction } from './node-restriction.ts'

const kubelet = user('system:node:n1', ['system:nodes'])
let objects: MemoryObjects

beforeEach(() => {
  objects = new MemoryObjects()
  objects.put('nodes', { metadata: { name: 'n1', uid: 'node-uid' } })
  objects.put('pods', { metadata: { namespace: 'a', name: 'mine', uid: 'u1' }, spec: { nodeName: 'n1', serviceAccountName: 'robot', volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { audience: 'vault' } }] } }, { name: 'd', csi: { driver: 'disk.csi' } }] } })
  objects.put('pods', { metadata: { namespace: 'a', name: 'theirs', uid: 'u2' }, spec: { nodeName: 'n2' } })
})

async function ask(more: Partial<AdmissionRequest> & { resource: string }, authorizer = alwaysDeny): Promise<string> {
  const request: AdmissionRequest = { operation: 'CREATE', group: '', version: 'v1', subresource: '', kind: { group: '', version: 'v1', kind: '' }, namespace: '', name: '', object: undefined, oldObject: undefined, options: {}, user: kubelet, dryRun: false, signal: new AbortController().signal, warn() {}, notes: noNotes, ...more }
  const plugin = nodeRestriction(objects, authorizer)
  if (!plugin.concerns(request)) return 'not concerned'
  try {
    await plugin.admit!(request, { round: 1 } as never)
    return 'ok'
  } catch (error) {
    return (error as Error).message
  }
}

const object = (metadata: object, rest: object = {}): KubeObject => ({ apiVersion: 'v1', kind: '', metadata, ...rest })
const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'node-uid', controller: true }
const mirror = (spec: object = {}, metadata: object = {}) => object({ namespace: 'a', name: 'm', annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [owner], ...metadata }, { spec: { nodeName: 'n1', containers: [{ name: 'c' }], ...spec } })

describe('NodeRestriction', () => {
  test('others are not concerned; a node without a name is refused', async () => {
    expect(await ask({ resource: 'nodes', user: user('jane') })).toBe('not concerned')
    expect(await ask({ resource: 'services' })).toBe('not concerned')
    expect(await ask({ resource: 'nodes', user: user('system:node:', ['system:nodes']) })).toContain('could not determine node from user "system:node:"')
  })

  test.each([
    [{ 'kubernetes.io/hostname': 'x', 'foo.kubelet.kubernetes.io/a': '1', 'node.kubernetes.io/b': '1', 'example.com/c': '1', plain: '1' }, 'ok'],
    [{ 'node-role.kubernetes.io/control-plane': '' }, 'is not allowed to set the following labels: node-role.kubernetes.io/control-plane'],
    [{ 'node-restriction.kubernetes.io/x': '1', 'a.node-restriction.kubernetes.io/y': '1' }, 'is not allowed to set the following labels: a.node-restriction.kubernetes.io/y, node-restriction.kubernetes.io/x'],
    [{ 'foo.k8s.io/x': '1' }, 'is not allowed to set the following labels: foo.k8s.io/x'],
  ])('NR1 labels it may come with: %o', async (labels, answer) => {
    expect(await ask({ resource: 'nodes', name: 'n1', object: object({ name: 'n1', labels }) })).toContain(answer)
  })

  test('NR1 what of its Node it may not change', async () => {
    const change = (next: KubeObject, old = object({ name: 'n1', labels: { 'foo.k8s.io/x': '1' } }, { spec: {} })) => ask({ resource: 'nodes', operation: 'UPDATE', name: 'n1', object: next, oldObject: old })
    expect(await ask({ resource: 'nodes', name: 'n2', object: object({ name: 'n2' }) })).toContain('node "n1" is not allowed to modify node "n2"')
    expect(await change(object({ name: 'n1', labels: { 'foo.k8s.io/x': '1' } }, { spec: { taints: [{ key: 'a' }] } }))).toContain('is not allowed to modify taints')
    expect(await change(object({ name: 'n1', labels: { 'foo.k8s.io/x': '1' }, ownerReferences: [owner] }, { spec: {} }))).toContain('is not allowed to modify ownerReferences')
    expect(await change(object({ name: 'n1' }, { spec: {} }))).toContain('is not allowed to modify labels: foo.k8s.io/x')
    expect(await change(object({ name: 'n1', labels: { 'foo.k8s.io/x': '1', own: 'y' } }, { spec: {}, status: { phase: 'x' } }))).toBe('ok')
  })

  test.each([
    ['a mirror pod of its own', mirror(), 'ok'],
    ['not a mirror pod', object({ name: 'p' }, { spec: { nodeName: 'n1' } }), 'can only create mirror pods'],
    ['of another node', mirror({ nodeName: 'n2' }), 'can only create pods with spec.nodeName set to itself'],
    ['without owner', mirror({}, { ownerReferences: [] }), 'can only create pods with an owner reference set to itself'],
    ['with two owners', mirror({}, { ownerReferences: [owner, owner] }), 'single owner reference'],
    ['owned by another node', mirror({}, { ownerReferences: [{ ...owner, name: 'n2' }] }), 'owner reference set to itself'],
    ['not controlled', mirror({}, { ownerReferences: [{ ...owner, controller: false }] }), 'controller owner reference'],
    ['blocking', mirror({}, { ownerReferences: [{ ...owner, blockOwnerDeletion: true }] }), 'must not set blockOwnerDeletion'],
    ['of an older node', mirror({}, { ownerReferences: [{ ...owner, uid: 'old' }] }), 'node n1 UID mismatch: expected old got node-uid'],
    ['with an account', mirror({ serviceAccountName: 'robot' }), 'can not create pods that reference serviceaccounts'],
    ['with a secret in env', mirror({ containers: [{ name: 'c', env: [{ name: 'x', valueFrom: { secretKeyRef: { name: 's' } } }] }] }), 'reference secrets'],
    ['with a config map in envFrom', mirror({ initContainers: [{ name: 'c', envFrom: [{ configMapRef: { name: 's' } }] }] }), 'reference configmaps'],
    ['with a pull secret', mirror({ imagePullSecrets: [{ name: 's' }] }), 'reference secrets'],
    ['with resource claims (CVE-2025-4563)', mirror({ resourceClaims: [{ name: 'c', resourceClaimName: 'x' }] }), 'reference resourceclaims'],
    ['with a claim', mirror({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x' } }] }), 'reference persistentvolumeclaims'],
    ['with an inline driver', mirror({ volumes: [{ name: 'v', csi: { driver: 'x' } }] }), 'reference csidrivers (via CSI volumes)'],
    ['with a projected token', mirror({ volumes: [{ name: 'v', projected: { sources: [{ downwardAPI: {} }, { serviceAccountToken: {} }] } }] }), 'reference serviceaccounts (via projected volumes)'],
    ['with a volume nobody knows', mirror({ volumes: [{ name: 'v', quantum: {} }] }), 'reference volumes of type quantum'],
    ['with host paths and projected fields', mirror({ volumes: [{ name: 'v', hostPath: {} }, { name: 'w', projected: { sources: [{ downwardAPI: {} }] } }] }), 'ok'],
  ])('NR2 a pod %s', async (_what, pod, answer) => {
    const got = await ask({ resource: 'pods', namespace: 'a', name: pod.metadata.name!, object: pod })
    if (answer === 'ok') expect(got).toBe('ok')
    else expect(got).toContain(answer)
  })

  test('NR2 deletes and evicts its own pods, and writes their status without labels and claims', async () => {
    expect(await ask({ resource: 'pods', operation: 'DELETE', namespace: 'a', name: 'mine' })).toBe('ok')
    expect(await ask({ resource: 'pods', operation: 'DELETE', namespace: 'a', name: 'theirs' })).toContain('node "n1" can only delete pods with spec.nodeName set to itself')
    expect(await ask({ resource: 'pods', subresource: 'eviction', namespace: 'a', name: 'theirs', object: object({}) })).toContain('node n1 can only evict pods')
    expect(await ask({ resource: 'pods', subresource: 'exec', operation: 'CONNECT', namespace: 'a', name: 'mine' })).toContain(`only 'status' and 'eviction' are allowed`)
    expect(await ask({ resource: 'pods', operation: 'UPDATE', namespace: 'a', name: 'mine', object: mirror(), oldObject: mirror() })).toContain('can only create and delete mirror pods')
    const status = (next: KubeObject, old = mirror()) => ask({ resource: 'pods', subresource: 'status', operation: 'UPDATE', namespace: 'a', name: 'm', object: next, oldObject: old })
    expect(await status({ ...mirror(), status: { phase: 'Running' } })).toBe('ok')
    expect(await status(mirror(), mirror({ nodeName: 'n2' }))).toContain('can only update pod status for pods with spec.nodeName set to itself')
    expect(await status(mirror({}, { labels: { a: 'b' } }))).toContain('cannot update labels through pod status')
    expect(await status({ ...mirror(), status: { resourceClaimStatuses: [{ name: 'c', resourceClaimName: 'x' }] } })).toContain('cannot update resource claim statues')
  })

  test('NR3 leases, CSINodes and slices are its own', async () => {
    const lease = { resource: 'leases', group: 'coordination.k8s.io' }
    expect(await ask({ ...lease, namespace: 'kube-node-lease', object: object({ name: 'n1' }) })).toBe('ok')
    expect(await ask({ ...lease, namespace: 'kube-node-lease', object: object({ name: 'n2' }) })).toContain('can only access node lease with the same name as the requesting node')
    expect(await ask({ ...lease, namespace: 'kube-system', object: object({ name: 'n1' }) })).toContain('can only access leases in the "kube-node-lease" system namespace')
    expect(await ask({ resource: 'csinodes', group: 'storage.k8s.io', operation: 'UPDATE', name: 'n2' })).toContain('can only access CSINode with the same name')
    const slice = { resource: 'resourceslices', group: 'resource.k8s.io' }
    expect(await ask({ ...slice, object: object({ name: 's' }, { spec: { nodeName: 'n1' } }) })).toBe('ok')
    expect(await ask({ ...slice, object: object({ name: 's' }, { spec: { allNodes: true } }) })).toContain('can only create ResourceSlice with the same NodeName')
    expect(await ask({ ...slice, operation: 'DELETE', name: 's', oldObject: object({ name: 's' }, { spec: { nodeName: 'n2' } }) })).toContain('can only delete ResourceSlice')
  })

  test('NR4 tokens are for pods on it and for audiences those ask for', async () => {
    objects.put('csidrivers', { metadata: { name: 'disk.csi' }, spec: { tokenRequests: [{ audience: 'storage' }] } })
    const token = (audiences: string[], bound: object | undefined = { apiVersion: 'v1', kind: 'Pod', name: 'mine', uid: 'u1' }, authorizer = alwaysDeny) => ask({ resource: 'serviceaccounts', subresource: 'token', namespace: 'a', name: 'robot', object: object({}, { spec: { audiences, boundObjectRef: bound } }) }, authorizer)
    expect(await token(['vault'])).toBe('ok')
    expect(await token(['storage'])).toBe('ok')
    expect(await token([])).toContain('audience "" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience')
    expect(await token(['other'], null as never, alwaysAllow)).toContain('not bound to a pod')
    expect(await token(['other'], { apiVersion: 'v1', kind: 'Pod', name: 'mine', uid: 'u1' }, alwaysAllow)).toBe('ok')
    expect(await token(['vault', 'storage'])).toContain('node may only request 0 or 1 audiences')
    expect(await token(['vault'], { apiVersion: 'v1', kind: 'Pod', name: 'mine' })).toContain('without a uid')
    expect(await token(['vault'], { apiVersion: 'v1', kind: 'Pod', name: 'mine', uid: 'other' })).toContain('does not match the UID in record')
    expect(await token(['vault'], { apiVersion: 'v1', kind: 'Pod', name: 'theirs', uid: 'u2' })).toContain('scheduled on a different node')
    expect(await token(['vault'], { apiVersion: 'v1', kind: 'Secret', name: 's', uid: 'x' })).toContain('not bound to a pod')
  })

  test('NR5 of claims only the state of a resize', async () => {
    const claim = (status: object, spec: object = { size: 1 }) => object({ namespace: 'a', name: 'c', resourceVersion: '1' }, { spec, status })
    const change = (next: KubeObject, old: KubeObject) => ask({ resource: 'persistentvolumeclaims', subresource: 'status', operation: 'UPDATE', namespace: 'a', name: 'c', object: next, oldObject: old })
    expect(await change(claim({ phase: 'Bound', capacity: { storage: '2Gi' }, conditions: [] }), claim({ phase: 'Bound' }))).toBe('ok')
    expect(await change(claim({ phase: 'Lost' }), claim({ phase: 'Bound' }))).toContain('is not allowed to update fields other than status.quantity and status.conditions')
    expect(await ask({ resource: 'persistentvolumeclaims', operation: 'UPDATE', namespace: 'a', name: 'c' })).toContain('may only update PVC status')
  })

  test('NR6 certificates for kubelets are asked for in its own name', async () => {
    const request = async (name: string) => Buffer.from(await createCertificateRequest(`O=system:nodes, CN=${name}`)).toString('base64')
    const csr = async (name: string, signerName: string) => await ask({ resource: 'certificatesigningrequests', group: 'certificates.k8s.io', object: object({ name: 'x' }, { spec: { signerName, request: await request(name) } }) })
    expect(await csr('system:node:n1', 'kubernetes.io/kubelet-serving')).toBe('ok')
    expect(await csr('system:node:n2', 'kubernetes.io/kubelet-serving')).toContain('can only create a node CSR with CN=system:node:n1')
    expect(await csr('system:node:n2', 'kubernetes.io/kube-apiserver-client-kubelet')).toContain('can only create a node CSR')
    expect(await csr('anything', 'example.com/other')).toBe('ok')
  })
})
