import { expect, test } from 'vitest'
import type { Node } from '../../../api/groups/core-v1/types.ts'
import { Cluster } from './cluster.ts'

const zone = 'topology.kubernetes.io/zone'
const nodeIn = (name: string, labels: Record<string, string>): Node => ({ apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels }, spec: {}, status: { allocatable: { cpu: '4', pods: '110' } } })

test('ND1: a node that is relabelled is in its new domain at once', () => {
  const cluster = new Cluster()
  cluster.setNode(nodeIn('a', { [zone]: 'z1' }))
  const domains = cluster.domains.of(zone)
  expect(domains.at(cluster.node('a')!)).toBe('z1')
  cluster.setNode(nodeIn('a', { [zone]: 'z2' }))
  expect(domains.at(cluster.node('a')!)).toBe('z2')
  cluster.setNode(nodeIn('a', {}))
  expect(domains.at(cluster.node('a')!)).toBeUndefined()
})

test('ND1: a node in the place of one that went is not taken for it', () => {
  const cluster = new Cluster()
  cluster.setNode(nodeIn('a', { [zone]: 'z1' }))
  expect(cluster.domains.of(zone).at(cluster.node('a')!)).toBe('z1')
  cluster.removeNode('a')
  cluster.setNode(nodeIn('b', { [zone]: 'z2' }))
  expect(cluster.domains.of(zone).at(cluster.node('b')!)).toBe('z2')
})

test('ND1: an imagined view is asked itself', () => {
  const cluster = new Cluster()
  cluster.setNode(nodeIn('a', { [zone]: 'z1' }))
  expect(cluster.domains.of(zone).at(cluster.node('a')!.imagine())).toBe('z1')
})

test('ND2: a key that was forgotten among many is answered as before', () => {
  const cluster = new Cluster()
  cluster.setNode(nodeIn('a', { [zone]: 'z1' }))
  for (let key = 0; key < 100; key++) expect(cluster.domains.of(`key-${key}`).at(cluster.node('a')!)).toBeUndefined()
  expect(cluster.domains.of(zone).at(cluster.node('a')!)).toBe('z1')
})
