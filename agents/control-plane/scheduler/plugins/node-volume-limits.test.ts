import { expect, test } from 'vitest'
import { notInterested } from '../framework/verdict.ts'
import { shortNode, shortPod } from '../parity/short-objects.ts'
import { Cluster } from '../snapshot/cluster.ts'
import { nodeVolumeLimits } from './node-volume-limits.ts'

test('NL4 a claim that does not exist rejects the pod, one of a pod already there is passed over', () => {
  const cluster = new Cluster()
  cluster.setNode(shortNode('a'))
  cluster.setPod(shortPod('x on a claim=gone'))
  const wanted = shortPod('p claim=data')
  const learnt = nodeVolumeLimits.preFilter(wanted, cluster)
  if (learnt === notInterested || !('state' in learnt)) throw new Error('the plugin was not interested')
  expect(nodeVolumeLimits.filter(learnt.state, cluster.node('a')!, wanted)).toMatchObject({ fits: false, reasons: ['looking up PVC default/data: persistentvolumeclaim "data" not found'] })
  expect(nodeVolumeLimits.preFilter(shortPod('q'), cluster)).toBe(notInterested)
})
