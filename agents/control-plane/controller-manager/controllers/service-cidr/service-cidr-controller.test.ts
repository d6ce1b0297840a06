import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { ipAddresses, serviceCidrs } from '../../../../api/resources.ts'
import { serviceCidrController } from './service-cidr-controller.ts'

describe('service CIDRs', () => {
  it('SR1, SR2: in use while it holds addresses that lie nowhere else', async () => {
    await using scene = createControllerScene()
    await scene.start(serviceCidrController)
    await scene.cluster.create(serviceCidrs, { metadata: { name: 'one' }, spec: { cidrs: ['10.0.0.0/24'] } })
    scene.cluster.put(ipAddresses, { metadata: { name: '10.0.0.7' }, spec: { parentRef: { resource: 'services', name: 'x' } } })
    await scene.settle()
    const condition = () => scene.cluster.peek(serviceCidrs, { name: 'one' })?.status.conditions?.[0]
    expect(condition()).toMatchObject({ type: 'Ready', status: 'True' })
    await scene.cluster.delete(serviceCidrs, { name: 'one' })
    await scene.settle()
    expect(condition()).toMatchObject({ status: 'False', reason: 'Terminating' })
    scene.cluster.vanish(ipAddresses, { name: '10.0.0.7' })
    await scene.settle()
    expect(scene.cluster.all(serviceCidrs)).toEqual([])
  })
})
