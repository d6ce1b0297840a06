import { expect, test } from 'vitest'
import type { Node } from '../../api/groups/core-v1/types.ts'
import { readPeers } from './peers.ts'

function node(name: string, podCIDR: string | undefined, address: string | undefined, creationTimestamp = '2026-01-01T00:00:00Z'): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp },
    spec: podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] },
    status: { addresses: [{ type: 'Hostname', address: name }, ...(address === undefined ? [] : [{ type: 'InternalIP', address }])] },
  }
}

test('OP1 a node without pod CIDR or InternalIP does not count yet', () => {
  const peers = readPeers([node('a', '10.244.0.0/24', '172.30.0.11'), node('b', undefined, '172.30.0.12'), node('c', '10.244.2.0/24', undefined)], 'a')
  expect(peers).toEqual({ me: { name: 'a', address: '172.30.0.11', podCidr: '10.244.0.0/24' }, peers: [], conflicts: [] })
})

test('OP2 of two nodes with one pod CIDR the older keeps it', () => {
  const peers = readPeers([node('young', '10.244.0.0/24', '172.30.0.12', '2026-01-02T00:00:00Z'), node('old', '10.244.0.0/24', '172.30.0.11')], 'young')
  expect(peers.me).toBeUndefined()
  expect(peers.peers.map(peer => peer.name)).toEqual(['old'])
  expect(peers.conflicts).toEqual(['young and old have the same pod CIDR 10.244.0.0/24'])
})

test('OP3 a simulated node is no peer', () => {
  const simulated = node('sim-1', '10.244.1.0/24', '198.19.0.1')
  simulated.metadata.labels = { 'kubarium.dev/provider': 'simulated' }
  expect(readPeers([node('a', '10.244.0.0/24', '172.30.0.11'), simulated], 'a').peers).toEqual([])
})
