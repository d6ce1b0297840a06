import { describe, expect, test } from 'vitest'
import type { ListedObject } from './relations.ts'
import { planRelations } from './relations.ts'

const resources: Readonly<Record<string, string>> = { Pod: 'pods.', Service: 'services.', ReplicaSet: 'replicasets.apps', Deployment: 'deployments.apps', EndpointSlice: 'endpointslices.discovery.k8s.io', ConfigMap: 'configmaps.', Node: 'nodes.' }

function object(kind: string, name: string, fields: { metadata?: object; [field: string]: unknown } = {}): ListedObject {
  const [resource, ...group] = resources[kind]!.split('.')
  const { metadata, ...rest } = fields
  return { of: { group: group.join('.'), version: 'v1', resource: resource! }, kind, object: { metadata: { name, uid: `uid-${name}`, resourceVersion: '1', ...(kind === 'Node' ? {} : { namespace: 'default' }), ...metadata }, ...rest } }
}

const ownedBy = (name: string) => ({ ownerReferences: [{ uid: `uid-${name}` }] })
const deployment = object('Deployment', 'web')
const set = object('ReplicaSet', 'web-1', { metadata: ownedBy('web') })
const pod = object('Pod', 'web-1-a', { metadata: { ...ownedBy('web-1'), labels: { app: 'web' } }, spec: { nodeName: 'node-1', volumes: [{ configMap: { name: 'settings' } }] } })
const service = object('Service', 'web', { spec: { selector: { app: 'web' } } })
const slice = object('EndpointSlice', 'web-x', { metadata: ownedBy('web'), endpoints: [{ targetRef: { name: 'web-1-a' } }] })
const settings = object('ConfigMap', 'settings')
const node = object('Node', 'node-1', { status: { conditions: [{ type: 'Ready', status: 'True' }] } })
const stranger = object('Pod', 'other', { metadata: { labels: { app: 'other' } }, spec: { nodeName: 'node-1' } })

const edgesOf = (start: ListedObject, listed: readonly ListedObject[]) => planRelations(start, listed).edges.map(({ from, to, type }) => `${from.split('/').at(-1)!} ${type} ${to.split('/').at(-1)!}`).sort()

describe('relations', () => {
  test('RE1 from a Deployment to its pods, and what they mount and run on', () => {
    expect(edgesOf(deployment, [set, pod, settings, node])).toEqual(['web owns web-1', 'web-1 owns web-1-a', 'web-1-a mounts settings', 'web-1-a runs-on node-1'])
  })

  test('RE1 a Service selects pods, its slice routes to them', () => {
    const related = planRelations(service, [{ ...slice, object: { ...slice.object, metadata: { ...slice.object.metadata, ownerReferences: [{ uid: service.object.metadata.uid }] } } }, pod])
    expect(related.edges.map(({ type }) => type).sort()).toEqual(['owns', 'routes', 'selects'])
  })

  test('RE2 another pod of the same node is not related', () => {
    expect(planRelations(pod, [node, stranger]).nodes.map(({ name }) => name)).toEqual(['web-1-a', 'node-1'])
  })

  test('RE2 of a node its pods are', () => {
    expect(planRelations(node, [pod, stranger]).nodes.map(({ name, state }) => `${name} ${state}`.trim())).toEqual(['node-1 Ready', 'web-1-a', 'other'])
  })

  test('RE3 a thousand pods are not drawn', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => object('Pod', `web-${index}`, { metadata: ownedBy('web-1') }))
    const related = planRelations(set, many)
    expect(related.nodes).toHaveLength(60)
    expect(related.leftOut).toBe(941)
  })
})
