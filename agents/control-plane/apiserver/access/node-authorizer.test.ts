import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../registry/kube-object.ts'
import type { Attributes } from './authorizer.ts'
import { NodeAuthorizer } from './node-authorizer.ts'
import { NodeGraph } from './node-graph.ts'

const kubelet = { name: 'system:node:n1', uid: '', groups: ['system:nodes'], extra: {} }

const pod: KubeObject = {
  kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p', namespace: 'a' },
  spec: {
    nodeName: 'n1', serviceAccountName: 'robot', imagePullSecrets: [{ name: 'pull' }],
    containers: [{ name: 'c', envFrom: [{ configMapRef: { name: 'env' } }], env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } }] }],
    volumes: [{ name: 'v', secret: { secretName: 'vol' } }, { name: 'w', projected: { sources: [{ configMap: { name: 'root' } }] } }, { name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
  },
}

function ask(attributes: Partial<Attributes>, authorizer = authorizerWithPod()): string {
  const full: Attributes = { user: kubelet, verb: 'get', isResourceRequest: true, group: '', version: 'v1', resource: 'pods', subresource: '', namespace: '', name: '', path: '', fieldSelector: '', labelSelector: '', ...attributes }
  return authorizer.authorize(full).decision
}

function graphWithPod(): NodeGraph {
  const graph = new NodeGraph()
  graph.podChanged('a/p', 'n1', () => pod, false)
  return graph
}

function authorizerOver(graph: NodeGraph): NodeAuthorizer {
  return new NodeAuthorizer(graph, [{ verbs: ['create'], apiGroups: [''], resources: ['events'] }])
}

function authorizerWithPod(): NodeAuthorizer {
  return authorizerOver(graphWithPod())
}

describe('node authorizer', () => {
  test.each([
    ['secrets', 'vol'], ['secrets', 'key'], ['secrets', 'pull'], ['configmaps', 'env'], ['configmaps', 'root'], ['persistentvolumeclaims', 'data'], ['serviceaccounts', 'robot'],
  ])('NA1 %s/%s of a pod on the node may be read', (resource, name) => {
    expect(ask({ resource, name, namespace: 'a' })).toBe('allow')
    expect(ask({ resource, name, namespace: 'b' })).toBe('no-opinion')
    expect(ask({ resource, name: 'other', namespace: 'a' })).toBe('no-opinion')
  })

  test('NA1 nothing is left when the pod has gone', () => {
    const graph = graphWithPod()
    graph.podChanged('a/p', 'n1', () => pod, true)
    const authorizer = authorizerOver(graph)
    expect(ask({ resource: 'secrets', name: 'vol', namespace: 'a' }, authorizer)).toBe('no-opinion')
  })

  test('NA1 another node sees none of it', () => {
    expect(ask({ user: { ...kubelet, name: 'system:node:n2' }, resource: 'secrets', name: 'vol', namespace: 'a' })).toBe('no-opinion')
  })

  test('NG1 a mirror pod gives its node nothing but itself', () => {
    const graph = new NodeGraph()
    graph.podChanged('a/p', 'n1', () => ({ ...pod, metadata: { ...pod.metadata, annotations: { 'kubernetes.io/config.mirror': 'x' } } }), false)
    expect(graph.reaches('n1', 'secret', 'a', 'vol')).toBe(false)
    expect(graph.reaches('n1', 'pod', 'a', 'p')).toBe(true)
  })

  test('NG2 a bound claim leads to its volume and the secrets it is mounted with, until it is given up', () => {
    const graph = graphWithPod()
    const volume = (claimRef?: object): KubeObject => ({ kind: 'PersistentVolume', apiVersion: 'v1', metadata: { name: 'pv1' }, spec: { claimRef, csi: { driver: 'd', nodeStageSecretRef: { name: 'stage', namespace: 'vault' } } } })
    expect(graph.reaches('n1', 'volume', '', 'pv1')).toBe(false)
    graph.volumeChanged(volume({ namespace: 'a', name: 'data' }), false)
    expect(graph.reaches('n1', 'volume', '', 'pv1')).toBe(true)
    expect(graph.reaches('n1', 'secret', 'vault', 'stage')).toBe(true)
    expect(graph.reaches('n2', 'secret', 'vault', 'stage')).toBe(false)
    graph.volumeChanged(volume(), false)
    expect(graph.reaches('n1', 'secret', 'vault', 'stage')).toBe(false)
  })

  test('NG3 what two pods name stays until the second has gone', () => {
    const graph = graphWithPod()
    graph.podChanged('a/q', 'n1', () => pod, false)
    graph.podChanged('a/p', 'n1', () => pod, true)
    expect(graph.reaches('n1', 'secret', 'a', 'vol')).toBe(true)
    graph.podChanged('a/q', 'n1', () => pod, true)
    expect(graph.reaches('n1', 'secret', 'a', 'vol')).toBe(false)
  })

  test('NG1 a claim made for a template is reachable once the status names it, and not by a status alone', () => {
    const graph = new NodeGraph()
    const asking = (name: string): KubeObject => ({ ...pod, spec: { nodeName: 'n1', resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }] }, status: { resourceClaimStatuses: [{ name, resourceClaimName: 'made' }] } })
    graph.podChanged('a/p', 'n1', () => asking('other'), false)
    expect(graph.reaches('n1', 'resourceclaim', 'a', 'made')).toBe(false)
    graph.podChanged('a/p', 'n1', () => asking('gpu'), false)
    expect(graph.reaches('n1', 'resourceclaim', 'a', 'made')).toBe(true)
  })

  test('NA2 a node lists pods and nodes only by a selector that names itself', () => {
    expect(ask({ verb: 'list', fieldSelector: 'spec.nodeName=n1' })).toBe('allow')
    expect(ask({ verb: 'watch', fieldSelector: 'spec.nodeName=n2' })).toBe('no-opinion')
    expect(ask({ verb: 'list' })).toBe('no-opinion')
    expect(ask({ verb: 'watch', resource: 'nodes', name: 'n1', fieldSelector: 'metadata.name=n1' })).toBe('allow')
    expect(ask({ verb: 'list', resource: 'nodes' })).toBe('no-opinion')
  })

  test('NA3 everything else follows the rules of system:node', () => {
    expect(ask({ verb: 'create', resource: 'events', namespace: 'a' })).toBe('allow')
    expect(ask({ verb: 'delete', resource: 'events', namespace: 'a' })).toBe('no-opinion')
    expect(ask({ user: { ...kubelet, name: 'jane', groups: [] }, verb: 'create', resource: 'events' })).toBe('no-opinion')
  })
})
