/** Which changes wake which pods: the hints of the plugins that stand in one file. */
import { describe, expect, test } from 'vitest'
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import type { ClusterAction, ClusterResource, QueueingHint } from '../framework/cluster-event.ts'
import { defaultPluginArgs } from '../framework/plugin-args.ts'
import type { Plugin } from '../framework/plugin.ts'
import { shortNode, shortObject, shortPod } from '../parity/short-objects.ts'
import { Cluster } from '../snapshot/cluster.ts'
import { newNodeAffinity } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { newNodeResourcesFit } from './node-resources-fit/node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { nodeVolumeLimits } from './node-volume-limits.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { taintToleration } from './taint-toleration.ts'
import { volumeRestrictions } from './volume-restrictions.ts'
import { volumeZone } from './volume-zone.ts'

/** What the plugin says of the event, 'deaf' when it does not listen to it. */
function hint(plugin: Plugin, resource: ClusterResource, action: ClusterAction, pod: Pod, before: unknown, after: unknown): QueueingHint | 'deaf' {
  const lines = (plugin.wakeOn ?? []).filter(line => line.resource === resource && line.actions.includes(action))
  if (lines.length === 0) return 'deaf'
  return lines.some(line => line.hint === undefined || line.hint(pod, before, after) === 'Queue') ? 'Queue' : 'Skip'
}

const fit = newNodeResourcesFit(defaultPluginArgs.NodeResourcesFit, { cluster: new Cluster() })
const affinity = newNodeAffinity({})
const withLabel = (node: Node, labels: Record<string, string>): Node => ({ ...node, metadata: { ...node.metadata, labels } })

describe('hints', () => {
  test('NN2 only a new node can be the one that is named', () => {
    expect(hint(nodeName, 'Node', 'Add', shortPod('p'), undefined, shortNode('a'))).toBe('Queue')
    expect(hint(nodeName, 'Node', 'UpdateNodeLabel', shortPod('p'), shortNode('a'), shortNode('a'))).toBe('deaf')
  })

  test('NU2 a node that opens, and a toleration of the cordon', () => {
    const open = shortNode('a')
    const cordoned = shortNode('a cordoned')
    expect(hint(nodeUnschedulable, 'Node', 'Add', shortPod('p'), undefined, open)).toBe('Queue')
    expect(hint(nodeUnschedulable, 'Node', 'Add', shortPod('p'), undefined, cordoned)).toBe('Skip')
    expect(hint(nodeUnschedulable, 'Node', 'UpdateNodeTaint', shortPod('p'), cordoned, open)).toBe('Queue')
    expect(hint(nodeUnschedulable, 'Node', 'UpdateNodeTaint', shortPod('p'), open, open)).toBe('Skip')
    const tolerant = shortPod('p tolerates=node.kubernetes.io/unschedulable')
    expect(hint(nodeUnschedulable, 'Pod', 'UpdatePodToleration', shortPod('p'), shortPod('p'), tolerant)).toBe('Queue')
    expect(hint(nodeUnschedulable, 'Pod', 'UpdatePodToleration', shortPod('p'), shortPod('p'), shortPod('p tolerates=other'))).toBe('Skip')
    expect(hint(nodeUnschedulable, 'Pod', 'UpdatePodToleration', shortPod('q'), shortPod('p'), tolerant)).toBe('Skip')
  })

  test('SG2 the last gate of the pod itself', () => {
    expect(hint(schedulingGates, 'Pod', 'UpdatePodSchedulingGatesEliminated', shortPod('p'), shortPod('p gate=x'), shortPod('p'))).toBe('Queue')
    expect(hint(schedulingGates, 'Pod', 'UpdatePodSchedulingGatesEliminated', shortPod('q'), shortPod('p gate=x'), shortPod('p'))).toBe('Skip')
  })

  test('TT4 a comparison tolerates nothing, not even what is equal', () => {
    const comparing = shortPod({ is: 'p', spec: { tolerations: [{ key: 'k', operator: 'Gt', value: '5', effect: 'NoSchedule' }] } })
    expect(hint(taintToleration, 'Node', 'Add', comparing, undefined, shortNode('a taint=k=5:NoSchedule'))).toBe('Skip')
  })

  test('TT3 a node that becomes tolerable', () => {
    const tainted = shortNode('a taint=k=v:NoSchedule')
    expect(hint(taintToleration, 'Node', 'UpdateNodeTaint', shortPod('p'), tainted, shortNode('a'))).toBe('Queue')
    expect(hint(taintToleration, 'Node', 'UpdateNodeTaint', shortPod('p'), tainted, tainted)).toBe('Skip')
    expect(hint(taintToleration, 'Node', 'UpdateNodeTaint', shortPod('p tolerates=k'), tainted, shortNode('a'))).toBe('Skip')
    expect(hint(taintToleration, 'Node', 'Add', shortPod('p'), undefined, tainted)).toBe('Skip')
    expect(hint(taintToleration, 'Pod', 'UpdatePodToleration', shortPod('p'), shortPod('p'), shortPod('p tolerates=k'))).toBe('Queue')
    expect(hint(taintToleration, 'Pod', 'UpdatePodToleration', shortPod('p'), shortPod('q'), shortPod('q tolerates=k'))).toBe('Skip')
  })

  test('NA5 a node that matches now and did not before', () => {
    const pod = shortPod('p select.disk=ssd')
    const bare = shortNode('a')
    const labelled = withLabel(bare, { disk: 'ssd' })
    expect(hint(affinity, 'Node', 'Add', pod, undefined, labelled)).toBe('Queue')
    expect(hint(affinity, 'Node', 'Add', pod, undefined, bare)).toBe('Skip')
    expect(hint(affinity, 'Node', 'UpdateNodeLabel', pod, bare, labelled)).toBe('Queue')
    expect(hint(affinity, 'Node', 'UpdateNodeLabel', pod, labelled, withLabel(bare, { disk: 'ssd', rack: 'r' }))).toBe('Skip')
  })

  test('NA3 NA5 not a node that the configuration keeps off', () => {
    const held = newNodeAffinity({ addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'pool', operator: 'Exists' }] }] } } })
    expect(hint(held, 'Node', 'Add', shortPod('p'), undefined, shortNode('a'))).toBe('Skip')
    expect(hint(held, 'Node', 'Add', shortPod('p'), undefined, shortNode('a label.pool=x'))).toBe('Queue')
  })

  test('NP4 a pod that held the port', () => {
    expect(hint(nodePorts, 'Pod', 'Delete', shortPod('p port=80'), shortPod('x on a port=80'), undefined)).toBe('Queue')
    expect(hint(nodePorts, 'Pod', 'Delete', shortPod('p port=80'), shortPod('x on a port=81'), undefined)).toBe('Skip')
    expect(hint(nodePorts, 'Pod', 'Delete', shortPod('p port=80/TCP@10.0.0.1'), shortPod('x on a port=80/TCP@10.0.0.2'), undefined)).toBe('Skip')
    expect(hint(nodePorts, 'Pod', 'Delete', shortPod('p port=80'), shortPod('x port=80'), undefined)).toBe('Skip')
    expect(hint(nodePorts, 'Node', 'Add', shortPod('p port=80'), undefined, shortNode('a'))).toBe('Queue')
  })

  test('RF6 a placed pod that goes, or gives what is asked for', () => {
    expect(hint(fit, 'Pod', 'Delete', shortPod('p cpu=1'), shortPod('x on a'), undefined)).toBe('Queue')
    expect(hint(fit, 'Pod', 'Delete', shortPod('p cpu=1'), shortPod('x'), undefined)).toBe('Skip')
    expect(hint(fit, 'Pod', 'UpdatePodScaleDown', shortPod('p cpu=1'), shortPod('x on a cpu=2'), shortPod('x on a cpu=1'))).toBe('Queue')
    expect(hint(fit, 'Pod', 'UpdatePodScaleDown', shortPod('p cpu=1'), shortPod('x on a memory=2Gi'), shortPod('x on a memory=1Gi'))).toBe('Skip')
    expect(hint(fit, 'Pod', 'UpdatePodScaleDown', shortPod('p cpu=1'), shortPod('p cpu=2'), shortPod('p cpu=1'))).toBe('Queue')
  })

  test('RF6 a node on which the pod would fit, that is new or has grown', () => {
    const pod = shortPod('p cpu=3')
    expect(hint(fit, 'Node', 'Add', pod, undefined, shortNode('a cpu=4'))).toBe('Queue')
    expect(hint(fit, 'Node', 'Add', pod, undefined, shortNode('a cpu=2'))).toBe('Skip')
    expect(hint(fit, 'Node', 'UpdateNodeAllocatable', pod, shortNode('a cpu=2'), shortNode('a cpu=4'))).toBe('Queue')
    expect(hint(fit, 'Node', 'UpdateNodeAllocatable', pod, shortNode('a cpu=4 memory=1Gi'), shortNode('a cpu=4 memory=2Gi'))).toBe('Skip')
    expect(hint(fit, 'Node', 'UpdateNodeAllocatable', pod, shortNode('a cpu=4 pods=1'), shortNode('a cpu=4 pods=2'))).toBe('Queue')
  })

  test('RF6 RF7 a class that begins to stand behind what is asked for', () => {
    const gpu = shortObject('deviceclass gpu serves=example.com/gpu')
    expect(hint(fit, 'resource.k8s.io/DeviceClass', 'Add', shortPod('p gpu=1'), undefined, gpu)).toBe('Queue')
    expect(hint(fit, 'resource.k8s.io/DeviceClass', 'Add', shortPod('p implicit=gpu'), undefined, gpu)).toBe('Queue')
    expect(hint(fit, 'resource.k8s.io/DeviceClass', 'Add', shortPod('p fpga=1'), undefined, gpu)).toBe('Skip')
    expect(hint(fit, 'resource.k8s.io/DeviceClass', 'Update', shortPod('p gpu=1'), shortObject('deviceclass gpu'), gpu)).toBe('Queue')
    expect(hint(fit, 'resource.k8s.io/DeviceClass', 'Update', shortPod('p gpu=1'), gpu, gpu)).toBe('Skip')
  })

  test('VR4 who held the disk or used the claim', () => {
    expect(hint(volumeRestrictions, 'Pod', 'Delete', shortPod('p claim=data'), shortPod('x on a claim=data'), undefined)).toBe('Queue')
    expect(hint(volumeRestrictions, 'Pod', 'Delete', shortPod('p claim=data'), shortPod('x on a claim=other'), undefined)).toBe('Skip')
    expect(hint(volumeRestrictions, 'Pod', 'Delete', shortPod('p claim=data'), shortPod('x on a claim=data ns=team'), undefined)).toBe('Skip')
    expect(hint(volumeRestrictions, 'PersistentVolumeClaim', 'Add', shortPod('p claim=data'), undefined, shortObject('pvc data'))).toBe('Queue')
    expect(hint(volumeRestrictions, 'PersistentVolumeClaim', 'Add', shortPod('p claim=data'), undefined, shortObject('pvc data ns=team'))).toBe('Skip')
  })

  test('VZ4 classes that wait, claims of the pod, volumes whose zones change', () => {
    const pod = shortPod('p claim=data')
    expect(hint(volumeZone, 'storage.k8s.io/StorageClass', 'Add', pod, undefined, shortObject('class fast waits'))).toBe('Queue')
    expect(hint(volumeZone, 'storage.k8s.io/StorageClass', 'Add', pod, undefined, shortObject('class fast'))).toBe('Skip')
    expect(hint(volumeZone, 'PersistentVolumeClaim', 'Update', pod, undefined, shortObject('pvc other'))).toBe('Skip')
    const volume = shortObject('pv pv1 label.topology.kubernetes.io/zone=z1')
    expect(hint(volumeZone, 'PersistentVolume', 'Update', pod, volume, volume)).toBe('Skip')
    expect(hint(volumeZone, 'PersistentVolume', 'Update', pod, volume, shortObject('pv pv1 label.topology.kubernetes.io/zone=z2'))).toBe('Queue')
  })

  test('NL5 larger counts, and pods with claims that go', () => {
    const pod = shortPod('p claim=data')
    expect(hint(nodeVolumeLimits, 'storage.k8s.io/CSINode', 'Update', pod, shortObject('csinode a d=1'), shortObject('csinode a d=2'))).toBe('Queue')
    expect(hint(nodeVolumeLimits, 'storage.k8s.io/CSINode', 'Update', pod, shortObject('csinode a d=2'), shortObject('csinode a d=1'))).toBe('Skip')
    expect(hint(nodeVolumeLimits, 'Pod', 'Delete', pod, shortPod('x on a claim=other'), undefined)).toBe('Queue')
    expect(hint(nodeVolumeLimits, 'Pod', 'Delete', pod, shortPod('x on a'), undefined)).toBe('Skip')
    expect(hint(nodeVolumeLimits, 'storage.k8s.io/VolumeAttachment', 'Delete', shortPod('q'), {}, undefined)).toBe('Skip')
  })
})
