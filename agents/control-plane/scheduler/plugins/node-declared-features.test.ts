import { expect, test } from 'vitest'
import type { Node } from '../../../api/groups/core-v1/types.ts'
import { notInterested } from '../framework/verdict.ts'
import { shortNode, shortPod } from '../parity/short-objects.ts'
import { Cluster } from '../snapshot/cluster.ts'
import { nodeDeclaredFeatures } from './node-declared-features.ts'

const feature = 'RestartAllContainersOnContainerExits'
const restarting = shortPod({ is: 'p', spec: { containers: [{ name: 'c', image: 'x', restartPolicy: 'Never', restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }] }] } })
const onHostNetwork = shortPod({ is: 'q', spec: { hostNetwork: true, hostUsers: false } })
const declaring = (...declaredFeatures: string[]): Node => shortNode({ is: 'a', status: { declaredFeatures } })

function verdict(pod: typeof restarting, node: Node) {
  const cluster = new Cluster()
  cluster.setNode(node)
  const learnt = nodeDeclaredFeatures.preFilter(pod, cluster)
  if (typeof learnt !== 'object' || !('state' in learnt)) return learnt
  return nodeDeclaredFeatures.filter(learnt.state, cluster.node('a')!, pod)
}

const hintOf = (resource: string) => nodeDeclaredFeatures.wakeOn!.find(line => line.resource === resource)!.hint!

test('DF1 every feature that the pod needs must be declared', () => {
  expect(verdict(restarting, declaring(feature))).toMatchObject({ fits: true })
  expect(verdict(restarting, declaring('SomethingElse'))).toEqual({ fits: false, curable: false, reasons: ["node(s) didn't match Pod's required features"] })
})

test('DF2 user namespaces on the host network need a feature of their own', () => {
  expect(verdict(onHostNetwork, declaring(feature))).toMatchObject({ fits: false })
  expect(verdict(onHostNetwork, declaring('UserNamespacesHostNetworkSupport'))).toMatchObject({ fits: true })
})

test('DF3 an ordinary pod is not looked at', () => {
  expect(verdict(shortPod('p'), declaring())).toBe(notInterested)
})

test('DF4 a node that declares something else helps, one that says the same again does not', () => {
  expect(hintOf('Node')(restarting, undefined, declaring(feature))).toBe('Queue')
  expect(hintOf('Node')(restarting, declaring(), declaring(feature))).toBe('Queue')
  expect(hintOf('Node')(restarting, declaring(feature), declaring(feature))).toBe('Skip')
})

test('DF4 an update helps only the pod itself, when its needs changed', () => {
  const plain = { ...restarting, spec: { ...restarting.spec, containers: [{ name: 'c', image: 'x' }] } }
  expect(hintOf('Pod')(restarting, restarting, plain)).toBe('Queue')
  expect(hintOf('Pod')(restarting, restarting, restarting)).toBe('Skip')
  expect(hintOf('Pod')(restarting, onHostNetwork, { ...onHostNetwork, spec: plain.spec })).toBe('Skip')
})
