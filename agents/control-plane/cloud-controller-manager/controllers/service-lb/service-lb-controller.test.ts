import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { ServiceSpec } from '../../../../api/groups/core-v1/types.ts'
import { events, nodes, services } from '../../../../api/resources.ts'
import { FakeCloud, sampleConfig } from '../../testing/fake-cloud.ts'
import { cleanupFinalizer } from './plan-load-balancer.ts'
import { createServiceLbController } from './service-lb-controller.ts'

const key = { namespace: 'default', name: 'web' }
const balanced = { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP', nodePort: 30_080 }] } as const satisfies Partial<ServiceSpec>

async function scene() {
  const made = createControllerScene()
  const cloud = new FakeCloud()
  const putNode = (name: string, extra: object = {}, metadata: object = {}) => made.cluster.put(nodes, { metadata: { name, ...metadata }, spec: { providerID: `kubarium://lab/${name}`, ...extra } })
  putNode('n1')
  putNode('n2')
  await made.start(createServiceLbController(sampleConfig(cloud)))
  const put = (spec: object, metadata: object = {}) => made.cluster.put(services, { metadata: { ...key, ...metadata }, spec: spec as never, status: {} })
  const read = () => made.cluster.peek(services, key)
  const told = () => made.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)
  return { made, cloud, put, putNode, read, told }
}

describe('service controller', () => {
  it('SC1 SC2 SL4: gives the Service an address, once', async () => {
    const { made, cloud, put, read, told } = await scene()
    await using _ = made
    put(balanced)
    await made.settle(1_000)
    expect(read()!.metadata.finalizers).toEqual([cleanupFinalizer])
    expect(read()!.status.loadBalancer).toEqual({ ingress: [{ ip: '127.77.0.1', ipMode: 'Proxy' }] })
    expect(cloud.changes).toEqual(['balance default/web over n1+n2'])
    expect(told()).toEqual(['EnsuringLoadBalancer: Ensuring load balancer', 'EnsuredLoadBalancer: Ensured load balancer'])
  })

  it('SL6: TCP and UDP ports of one number are both asked for, and told in the status when one could not be opened', async () => {
    const { made, cloud, put, read } = await scene()
    await using _ = made
    cloud.problems = [{ port: 53, protocol: 'UDP', reason: 'taken' }]
    put({ ...balanced, ports: [{ name: 'tcp', port: 53, protocol: 'TCP', nodePort: 30_053 }, { name: 'udp', port: 53, protocol: 'UDP', nodePort: 30_053 }] })
    await made.settle(1_000)
    expect([...cloud.balancers.values()]).toMatchObject([{ ports: [{ protocol: 'TCP', port: 53, nodePort: 30_053 }, { protocol: 'UDP', port: 53, nodePort: 30_053 }] }])
    expect(read()!.status.loadBalancer!.ingress![0]!.ports).toEqual([{ port: 53, protocol: 'TCP' }, { port: 53, protocol: 'UDP', error: 'kubarium.dev/PortNotOpened' }])
  })

  it('SL1: one with a class of its own is somebody else\'s', async () => {
    const { made, cloud, put } = await scene()
    await using _ = made
    put({ ...balanced, loadBalancerClass: 'example.com/own' })
    put({ type: 'NodePort', ports: balanced.ports })
    await made.settle()
    expect(cloud.changes).toEqual([])
  })

  it('SL2: nodes come and go; excluded ones and those without a machine are not behind it', async () => {
    const { made, cloud, put, putNode, told } = await scene()
    await using _ = made
    put(balanced)
    await made.settle()
    putNode('n3', { providerID: '' })
    await made.settle()
    putNode('n4')
    await made.settle()
    putNode('n1', {}, { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } })
    await made.settle(1_000)
    expect(cloud.changes).toEqual(['balance default/web over n1+n2', 'balance default/web over n1+n2+n4', 'balance default/web over n2+n4'])
    expect(told()).toContain('UpdatedLoadBalancer: Updated load balancer with new hosts')
  })

  it('SL3: local traffic is asked for at the Service\'s own health port', async () => {
    const { made, cloud, put } = await scene()
    await using _ = made
    put({ ...balanced, externalTrafficPolicy: 'Local', healthCheckNodePort: 31_000, sessionAffinity: 'ClientIP' })
    await made.settle()
    expect([...cloud.balancers.values()]).toMatchObject([{ healthCheck: { port: 31_000, path: '/healthz' }, affinitySeconds: 10_800 }])
    put({ ...balanced, externalTrafficPolicy: 'Cluster' }, { finalizers: [cleanupFinalizer], uid: made.cluster.peek(services, key)!.metadata.uid })
    await made.settle()
    expect([...cloud.balancers.values()]).toMatchObject([{ healthCheck: { port: 10_256 }, affinitySeconds: null }])
  })

  it('SL5: source ranges of the spec, else of the annotation, without those inside another', async () => {
    const { made, cloud, put } = await scene()
    await using _ = made
    put(balanced, { annotations: { 'service.beta.kubernetes.io/load-balancer-source-ranges': '10.0.0.0/8, 10.1.0.0/16,127.0.0.1/32' } })
    await made.settle()
    expect([...cloud.balancers.values()]).toMatchObject([{ sourceRanges: ['10.0.0.0/8', '127.0.0.1/32'] }])
  })

  it('SC3: a Service that is deleted, or changes its type, loses load balancer, address and finalizer', async () => {
    const { made, cloud, put, read } = await scene()
    await using _ = made
    put(balanced)
    await made.settle()
    await made.cluster.patch(services, key, { spec: { type: 'ClusterIP' } }, { patchType: 'merge' })
    await made.settle()
    expect(cloud.balancers.size).toBe(0)
    expect(read()!.metadata.finalizers ?? []).toEqual([])
    expect(read()!.status.loadBalancer?.ingress ?? []).toEqual([])
    await made.cluster.patch(services, key, { spec: { type: 'LoadBalancer' } }, { patchType: 'merge' })
    await made.settle()
    expect(cloud.balancers.size).toBe(1)
    await made.cluster.delete(services, key)
    await made.settle()
    expect(read()).toBeUndefined()
    expect(cloud.balancers.size).toBe(0)
  })

  it('SC4: what cannot be had is told and tried again', async () => {
    const { made, cloud, put, told, read } = await scene()
    await using _ = made
    put({ ...balanced, ports: [{ port: 53, protocol: 'SCTP', nodePort: 30_053 }] })
    await made.settle(1_000)
    expect(told()).toEqual(['SyncLoadBalancerFailed: Error syncing load balancer: port 53/SCTP: the lab\'s load balancers carry TCP and UDP'])
    cloud.failure = new Error('no address is free')
    await made.cluster.patch(services, key, { spec: { ports: balanced.ports } }, { patchType: 'merge' })
    await made.settle(1_000)
    expect(told()).toContain('SyncLoadBalancerFailed: Error syncing load balancer: no address is free')
    cloud.failure = undefined
    await made.settle(6_000)
    expect(read()!.status.loadBalancer?.ingress).toHaveLength(1)
  })
})
