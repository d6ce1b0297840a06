import { expect, test } from 'vitest'
import type { DrillInjection } from '../../../contract/drills.ts'
import type { FaultTarget } from '../../../contract/faults.ts'
import { type ClusterSeen, impactOf, reachOf } from './impact.ts'

const pod = (name: string, nodeName: string, app: string) => ({ metadata: { name, namespace: 'shop', labels: { app } }, spec: { nodeName } })
const cluster: ClusterSeen = {
  nodes: ['node-1', 'node-2'],
  pods: [pod('web-1', 'node-1', 'web'), pod('web-2', 'node-2', 'web'), pod('db-1', 'node-2', 'db')],
  services: [{ metadata: { name: 'web', namespace: 'shop' }, spec: { selector: { app: 'web' } } }, { metadata: { name: 'db', namespace: 'shop' }, spec: { selector: { app: 'db' } } }, { metadata: { name: 'outside', namespace: 'shop' }, spec: {} }],
  deployments: [{ metadata: { name: 'db', namespace: 'shop' }, spec: { selector: { matchLabels: { app: 'db' } } } }],
}
const of = (kind: string, target: FaultTarget) => impactOf([{ atMs: 0, kind, target, parameters: {}, durationMs: null } satisfies DrillInjection], cluster)

test('IM1 IM2 a node stands for its pods, and those for the Services that send to them', () => {
  expect(of('machine-pause', { type: 'node', name: 'node-2' })).toMatchObject({ nodes: ['node-2'], pods: ['shop/db-1', 'shop/web-2'], services: ['shop/db', 'shop/web'], later: [] })
  expect(of('component-pause', { type: 'component', name: 'kubelet@node-1' })).toMatchObject({ nodes: ['node-1'], pods: ['shop/web-1'], services: ['shop/web'] })
  expect(of('component-pause', { type: 'component', name: 'etcd' })).toMatchObject({ nodes: [], pods: [], services: [] })
  expect(of('link-down', { type: 'link', from: 'node-1', to: '*', bothWays: false }).nodes).toEqual(['node-1'])
})

test('IM1 an object stands for the pods that it selects', () => {
  expect(of('deployment-scaled-to-zero', { type: 'object', namespace: 'shop', name: 'db' })).toMatchObject({ nodes: [], pods: ['shop/db-1'], services: ['shop/db'] })
  expect(of('service-selector-wrong', { type: 'object', namespace: 'shop', name: 'web' }).pods).toEqual(['shop/web-1', 'shop/web-2'])
  expect(of('pod-delete', { type: 'object', namespace: 'shop', name: 'web-1' }).pods).toEqual(['shop/web-1'])
  expect(of('namespace-quota', { type: 'object', namespace: '', name: 'shop' }).pods).toHaveLength(3)
})

test('IM3 what is chosen or made only by the run is said', () => {
  expect(of('machine-pause', { type: 'node', name: '$victim' })).toMatchObject({ nodes: [], pods: [], later: ['machine-pause $victim'] })
  expect(of('service-selector-wrong', { type: 'object', namespace: 'drill-mine', name: 'web' }).later).toEqual(['service-selector-wrong drill-mine/web'])
})

test('a fault alone reaches what it would in a drill', () => {
  const target = { type: 'node', name: 'node-1' } as const
  expect(reachOf([{ kind: 'machine-pause', target }], cluster)).toEqual({ nodes: ['node-1'], pods: ['shop/web-1'], services: ['shop/web'] })
  expect(of('machine-pause', target)).toMatchObject(reachOf([{ kind: 'machine-pause', target }], cluster))
})
