import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { nodes } from '../../../../api/resources.ts'
import { FakeCloud, sampleConfig } from '../../testing/fake-cloud.ts'
import { createCloudNodeController } from './cloud-node-controller.ts'
import { uninitializedTaint } from './plan-node.ts'

const waiting = { key: uninitializedTaint, value: 'true', effect: 'NoSchedule' }

async function scene() {
  const made = createControllerScene()
  const cloud = new FakeCloud()
  await made.start(createCloudNodeController(sampleConfig(cloud)))
  const read = () => made.cluster.peek(nodes, { name: 'n1' })!
  return { made, cloud, read }
}

describe('cloud node controller', () => {
  it('NC1 NC3: an uninitialised node gets provider id, labels and addresses, and loses that taint only', async () => {
    const { made, cloud, read } = await scene()
    await using _ = made
    cloud.addMachine('n1')
    made.cluster.put(nodes, { metadata: { name: 'n1', labels: { 'kubernetes.io/os': 'linux' } }, spec: { taints: [{ key: 'mine', effect: 'NoSchedule' }, waiting] }, status: { addresses: [{ type: 'Hostname', address: 'n1.local' }] } })
    await made.settle()
    expect(read().spec).toMatchObject({ providerID: 'kubarium://lab/n1', taints: [{ key: 'mine', effect: 'NoSchedule' }] })
    expect(read().metadata.labels).toEqual({
      'kubernetes.io/os': 'linux', 'beta.kubernetes.io/os': 'linux',
      'node.kubernetes.io/instance-type': 'qemu.2cpu-1024mi', 'beta.kubernetes.io/instance-type': 'qemu.2cpu-1024mi',
      'topology.kubernetes.io/zone': 'lab-a', 'failure-domain.beta.kubernetes.io/zone': 'lab-a',
      'topology.kubernetes.io/region': 'lab', 'failure-domain.beta.kubernetes.io/region': 'lab',
    })
    expect(read().status.addresses).toEqual([{ type: 'InternalIP', address: '172.30.0.11' }, { type: 'Hostname', address: 'n1.local' }])
  })

  it('CN1: a machine that the cloud does not know yet is asked for again', async () => {
    const { made, cloud, read } = await scene()
    await using _ = made
    made.cluster.put(nodes, { metadata: { name: 'n1' }, spec: { taints: [waiting] } })
    await made.settle()
    expect(read().spec.taints).toHaveLength(1)
    cloud.addMachine('n1')
    await made.settle(60_000)
    expect(read().spec.taints).toEqual([])
  })

  it('NC2: a provider id that is there stays', async () => {
    const { made, cloud, read } = await scene()
    await using _ = made
    cloud.addMachine('n1')
    cloud.machines.set('n1', { ...cloud.machines.get('n1')!, providerId: 'other://1' })
    made.cluster.put(nodes, { metadata: { name: 'n1' }, spec: { providerID: 'other://1', taints: [waiting] } })
    await made.settle()
    expect(read().spec).toMatchObject({ providerID: 'other://1', taints: [] })
  })

  it('NC3: the address that the kubelet was started with must be one of the cloud\'s', async () => {
    const { made, cloud, read } = await scene()
    await using _ = made
    cloud.addMachine('n1')
    made.cluster.put(nodes, { metadata: { name: 'n1', annotations: { 'alpha.kubernetes.io/provided-node-ip': '10.0.0.9' } }, spec: { taints: [waiting] } })
    await made.settle()
    expect(read().spec.taints).toHaveLength(1)
    expect(JSON.stringify(made.log.lines)).toContain('failed to get node address from cloud provider that matches ip: 10.0.0.9')
  })

  it('CN2 NC4: addresses are compared from time to time, old labels follow the new ones at once', async () => {
    const { made, cloud, read } = await scene()
    await using _ = made
    cloud.addMachine('n1')
    made.cluster.put(nodes, { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z2', 'failure-domain.beta.kubernetes.io/zone': 'z1' } }, spec: {}, status: { addresses: [{ type: 'InternalIP', address: '172.30.0.11' }] } })
    await made.settle()
    expect(read().metadata.labels!['failure-domain.beta.kubernetes.io/zone']).toBe('z2')
    cloud.machines.set('n1', { ...cloud.machines.get('n1')!, addresses: [{ type: 'InternalIP', address: '172.30.0.99' }] })
    await made.settle(310_000)
    expect(read().status.addresses).toEqual([{ type: 'InternalIP', address: '172.30.0.99' }])
  })
})
