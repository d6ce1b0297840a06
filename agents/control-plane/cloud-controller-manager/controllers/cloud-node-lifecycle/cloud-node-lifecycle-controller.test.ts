import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { nodes } from '../../../../api/resources.ts'
import { providerIdOf } from '../../../../wire/cloud/cloud-api.ts'
import { FakeCloud, sampleConfig } from '../../testing/fake-cloud.ts'
import { createCloudNodeLifecycleController } from './cloud-node-lifecycle-controller.ts'

async function scene() {
  const made = createControllerScene()
  const cloud = new FakeCloud()
  await made.start(createCloudNodeLifecycleController(sampleConfig(cloud)))
  const put = (ready: string | undefined, extra: object = {}) => made.cluster.put(nodes, { metadata: { name: 'n1' }, spec: { providerID: providerIdOf('lab', 'n1'), ...extra }, status: ready === undefined ? {} : { conditions: [{ type: 'Ready', status: ready }] } })
  const read = () => made.cluster.peek(nodes, { name: 'n1' })
  return { made, cloud, put, read }
}

describe('cloud node lifecycle controller', () => {
  it('CL2: a silent node whose machine is gone is deleted', async () => {
    const { made, put, read } = await scene()
    await using _ = made
    put('Unknown')
    await made.settle()
    expect(read()).toBeUndefined()
  })

  it('CL1: a Ready node, and one that never spoke, are not doubted', async () => {
    const { made, put, read } = await scene()
    await using _ = made
    for (const ready of ['True', undefined]) {
      put(ready)
      await made.settle(20_000)
      expect(read()).toBeDefined()
    }
  })

  it('CL3: a machine that is switched off marks its node until it is Ready again', async () => {
    const { made, cloud, put, read } = await scene()
    await using _ = made
    cloud.addMachine('n1')
    put('Unknown')
    await made.settle(6_000)
    expect(read()!.spec.taints ?? []).toEqual([])
    cloud.machines.set('n1', { ...cloud.machines.get('n1')!, state: 'stopped' })
    await made.settle(6_000)
    expect(read()!.spec.taints).toMatchObject([{ key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' }])
    put('True', { taints: read()!.spec.taints! })
    await made.settle()
    expect(read()!.spec.taints).toEqual([])
  })

  it('CL4: a node without a provider id is left alone', async () => {
    const { made, put, read } = await scene()
    await using _ = made
    put('False', { providerID: '' })
    await made.settle(20_000)
    expect(read()).toBeDefined()
  })
})
