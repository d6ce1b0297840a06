import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { ServiceSpec } from '../../../../api/groups/core-v1/types.ts'
import { endpoints, endpointSlices, events, nodes, pods, services } from '../../../../api/resources.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { endpointsController } from '../endpoints/endpoints-controller.ts'
import { endpointSliceController } from './endpoint-slice-controller.ts'

let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(endpointSliceController, endpointsController)
})
afterEach(() => scene[Symbol.asyncDispose]())

const serve = (spec: Partial<ServiceSpec> = {}, annotations: Record<string, string> = {}) => scene.cluster.put(services, { metadata: { namespace: 'default', name: 'web', labels: { team: 'a' }, annotations }, spec: { clusterIP: '10.96.0.1', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ...spec } })
const run = (index: number, options: { ready?: boolean; ports?: { name: string; containerPort: number }[]; deleting?: boolean; nodeName?: string } = {}) => scene.cluster.put(pods, {
  metadata: { namespace: 'default', name: `web-${index}`, labels: { app: 'web' }, ...(options.deleting === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
  spec: { nodeName: options.nodeName ?? 'n1', containers: [{ name: 'web', image: 'web', ports: options.ports ?? [{ name: 'http', containerPort: 8080 }] }] },
  status: { phase: 'Running', podIP: `10.244.${Math.floor(index / 250)}.${index % 250 + 1}`, podIPs: [{ ip: `10.244.${Math.floor(index / 250)}.${index % 250 + 1}` }], conditions: [{ type: 'Ready', status: options.ready === false ? 'False' : 'True' }] },
})
const slices = () => scene.cluster.all(endpointSlices)
const shape = () => slices().map(slice => (slice.endpoints ?? []).length).toSorted((a, b) => a - b)

describe('endpoint slices', () => {
  it('SE2: names address, port, node, zone and state of each Pod', async () => {
    scene.cluster.put(nodes, { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } }, spec: {} })
    serve()
    run(1)
    run(2, { ready: false })
    run(3, { deleting: true })
    await scene.settle()
    const [slice] = slices()
    expect(slice).toMatchObject({ addressType: 'IPv4', ports: [{ name: '', port: 8080, protocol: 'TCP' }], metadata: { labels: { team: 'a', 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } } })
    expect(slice!.endpoints).toMatchObject([
      { addresses: ['10.244.0.2'], nodeName: 'n1', zone: 'z1', conditions: { ready: true, serving: true, terminating: false }, targetRef: { kind: 'Pod', name: 'web-1' } },
      { addresses: ['10.244.0.3'], conditions: { ready: false, serving: false, terminating: false } },
      { addresses: ['10.244.0.4'], conditions: { ready: false, serving: true, terminating: true } },
    ])
    expect(scene.cluster.peek(endpoints, { namespace: 'default', name: 'web' })).toMatchObject({ subsets: [{ addresses: [{ ip: '10.244.0.2', nodeName: 'n1' }], notReadyAddresses: [{ ip: '10.244.0.3' }], ports: [{ port: 8080, protocol: 'TCP' }] }] })
  })

  it('ES1: at most 100 endpoints a slice', async () => {
    for (let index = 0; index < 250; index++) run(index)
    await scene.settle()
    serve()
    await scene.settle()
    expect(shape()).toEqual([50, 100, 100])
  })

  it('ES2: a Pod that changes rewrites one slice, and one that does not matter rewrites none', async () => {
    serve()
    for (let index = 0; index < 250; index++) run(index)
    await scene.settle()
    const before = scene.cluster.writes.length
    run(7, { ready: false })
    await scene.settle()
    expect(scene.cluster.writes.slice(before).filter(write => write.includes('endpointslices'))).toHaveLength(1)
    const pod = scene.cluster.peek(pods, { namespace: 'default', name: 'web-9' })!
    scene.cluster.put(pods, { ...pod, status: { ...pod.status, startTime: '2026-01-01T00:00:00Z' } })
    const after = scene.cluster.writes.length
    await scene.settle()
    expect(scene.cluster.writes.length).toBe(after)
  })

  it('ES4: a Service without Pods keeps one empty slice', async () => {
    serve()
    await scene.settle()
    expect(shape()).toEqual([0])
    run(1)
    await scene.settle()
    expect(shape()).toEqual([1])
    scene.cluster.vanish(pods, { namespace: 'default', name: 'web-1' })
    await scene.settle()
    expect(shape()).toEqual([0])
  })

  it('SE4: a Pod with another port under the same name gets a slice of its own, one without it a slice without ports', async () => {
    serve()
    run(1)
    run(2, { ports: [{ name: 'http', containerPort: 9090 }] })
    run(3, { ports: [{ name: 'other', containerPort: 1 }] })
    await scene.settle()
    expect(slices().map(slice => `${slice.ports?.[0]?.port} ${slice.endpoints?.length}`).toSorted()).toEqual(['8080 1', '9090 1', 'undefined 1'])
  })

  it('SC2: makes one slice only while its own create is not back', async () => {
    serve()
    await scene.settle()
    using _cut = scene.cluster.onRequest(({ verb, resource }) => (verb === 'watch' && resource === 'endpointslices.discovery.k8s.io' ? new Error('cut') : undefined))
    scene.cluster.breakWatches(new Error('cut'))
    for (let index = 0; index < 3; index++) {
      run(index)
      await scene.settle(2_000)
    }
    expect(shape().filter(size => size > 0)).toHaveLength(1)
  })

  it('SE3: trafficDistribution gives hints', async () => {
    scene.cluster.put(nodes, { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } }, spec: {} })
    serve({ trafficDistribution: 'PreferClose' })
    run(1)
    await scene.settle()
    expect(slices()[0]?.endpoints?.[0]?.hints).toEqual({ forZones: [{ name: 'z1' }] })
  })

  it('SC5: topology mode shares endpoints out to zones, and tells when it cannot', async () => {
    const addNode = (name: string, zone: string) => scene.cluster.put(nodes, { metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } }, spec: {}, status: { allocatable: { cpu: '2' }, conditions: [{ type: 'Ready', status: 'True' }] } } as never)
    addNode('n1', 'z1')
    serve({ trafficDistribution: 'PreferClose' }, { 'service.kubernetes.io/topology-mode': 'Auto' })
    run(1)
    run(2, { nodeName: 'n2' })
    await scene.settle(100)
    const told = () => scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)
    expect(slices()[0]!.endpoints!.map(({ hints }) => hints)).toEqual([undefined, undefined])
    expect(told()).toContain('TopologyAwareHintsDisabled: Nodes only ready in one zone, addressType: IPv4')
    addNode('n2', 'z2')
    await scene.settle(100)
    expect(slices()[0]!.endpoints!.map(({ hints }) => hints?.forZones?.[0]?.name).sort()).toEqual(['z1', 'z2'])
    expect(told()).toContain('TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4')
  })

  it('SC1: slices of its Service that another made are not touched', async () => {
    const service = serve()
    run(1)
    const mine = scene.cluster.put(endpointSlices, {
      metadata: { namespace: 'default', name: 'mine', labels: { 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'example.com' }, ownerReferences: [controllerReference(services, service)] },
      addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }], ports: [],
    })
    await scene.settle()
    expect(slices()).toHaveLength(2)
    expect(scene.cluster.peek(endpointSlices, { namespace: 'default', name: 'mine' })).toEqual(mine)
  })

  it('SC3: a slice is owned by its Service, and left as it is while that is being deleted', async () => {
    const service = serve()
    run(1)
    await scene.settle()
    expect(slices()[0]!.metadata.ownerReferences).toMatchObject([{ kind: 'Service', name: 'web', controller: true }])
    scene.cluster.put(services, { ...service, metadata: { ...service.metadata, finalizers: ['example.com/hold'], deletionTimestamp: '2026-01-01T00:00:00Z' } })
    run(2)
    await scene.settle()
    expect(shape()).toEqual([1])
  })

  it('SC4: carries the labels of its Service, and that it is headless', async () => {
    serve()
    await scene.settle()
    expect(slices()[0]!.metadata.labels).toMatchObject({ team: 'a' })
    expect(slices()[0]!.metadata.labels).not.toHaveProperty('service.kubernetes.io/headless')
    serve({ clusterIP: 'None' })
    await scene.settle()
    expect(slices()[0]!.metadata.labels).toMatchObject({ team: 'a', 'service.kubernetes.io/headless': '' })
  })
})
