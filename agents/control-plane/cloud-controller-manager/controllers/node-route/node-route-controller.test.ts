import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { nodes } from '../../../../api/resources.ts'
import { FakeCloud, sampleConfig } from '../../testing/fake-cloud.ts'
import { createNodeRouteController } from './node-route-controller.ts'

async function scene() {
  const made = createControllerScene()
  const cloud = new FakeCloud()
  await made.start(createNodeRouteController(sampleConfig(cloud))!)
  const put = (name: string, podCIDR: string) => made.cluster.put(nodes, { metadata: { name }, spec: { podCIDR, podCIDRs: [podCIDR] } })
  const condition = (name: string) => made.cluster.peek(nodes, { name })!.status.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  return { made, cloud, put, condition }
}

describe('route controller', () => {
  it('RC1 RC3: a route for each node, told by its condition', async () => {
    const { made, cloud, put, condition } = await scene()
    await using _ = made
    put('n1', '10.244.0.0/24')
    put('n2', '10.244.1.0/24')
    await made.settle()
    expect([...cloud.routing.values()]).toEqual([
      { name: 'n1-10-244-0-0-24', node: 'n1', destination: '10.244.0.0/24' }, { name: 'n2-10-244-1-0-24', node: 'n2', destination: '10.244.1.0/24' },
    ])
    expect(condition('n1')).toMatchObject({ status: 'False', reason: 'RouteCreated' })
    cloud.changes.length = 0
    await made.settle(60_000)
    expect(cloud.changes).toEqual([])
  })

  it('RC2: routes of nodes that went go, those of others stay', async () => {
    const { made, cloud, put } = await scene()
    await using _ = made
    cloud.routing.set('x', { name: 'x', node: 'router', destination: '192.168.0.0/24' })
    put('n1', '10.244.0.0/24')
    await made.settle()
    made.cluster.vanish(nodes, { name: 'n1' })
    await made.settle()
    expect([...cloud.routing.keys()]).toEqual(['x'])
  })

  it('RC3: a route that cannot be made is told, and made later', async () => {
    const { made, cloud, put, condition } = await scene()
    await using _ = made
    cloud.failure = new Error('the line is down')
    put('n1', '10.244.0.0/24')
    await made.settle()
    expect(condition('n1')).toMatchObject({ status: 'True', reason: 'NoRouteCreated' })
    cloud.failure = undefined
    await made.settle(11_000)
    expect(condition('n1')).toMatchObject({ status: 'False', reason: 'RouteCreated' })
  })

  it('does nothing where routes are not the cloud\'s', () => {
    expect(createNodeRouteController({ ...sampleConfig(new FakeCloud()), configureCloudRoutes: false })).toBeUndefined()
  })

  it('RC4: a simulated node gets no route', async () => {
    const { made, cloud, condition } = await scene()
    await using _ = made
    made.cluster.put(nodes, { metadata: { name: 'sim-1', labels: { 'kubarium.dev/provider': 'simulated' } }, spec: { podCIDR: '10.244.9.0/24' } })
    await made.settle()
    expect([...cloud.routing.keys()]).toEqual([])
    expect(condition('sim-1')).toBeUndefined()
  })
})
