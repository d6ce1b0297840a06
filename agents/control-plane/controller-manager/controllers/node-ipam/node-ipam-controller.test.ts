import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { events, nodes } from '../../../../api/resources.ts'
import { sleep } from '../../../../base/clock.ts'
import { sampleConfig } from '../../controller-config.sample.ts'
import { createNodeIpamController } from './node-ipam-controller.ts'
import { CidrAllocator } from './plan-cidrs.ts'

const none: ReadonlySet<string> = new Set()

describe('pod CIDRs', () => {
  it('NI1: leaves out what the Service range needs', () => {
    const allocator = new CidrAllocator('10.96.0.0/14', 16, '10.96.0.0/16')
    expect(allocator.reserve('a', none)).toBe('10.97.0.0/16')
  })

  it('NI2: goes on after the last one, and comes round', () => {
    const allocator = new CidrAllocator('10.0.0.0/22', 24)
    for (const name of ['a', 'b', 'c', 'd']) allocator.reserve(name, none)
    expect(allocator.reserve('e', none)).toBeUndefined()
    for (const name of ['a', 'b']) allocator.release(name)
    expect([allocator.reserve('e', none), allocator.reserve('f', none)]).toEqual(['10.0.0.0/24', '10.0.1.0/24'])
  })

  it('NI3: keeps what it gave until it is seen on the node', () => {
    const allocator = new CidrAllocator('10.0.0.0/22', 24)
    expect([allocator.reserve('a', none), allocator.reserve('a', none), allocator.reserve('b', new Set(['10.0.1.0/24']))]).toEqual(['10.0.0.0/24', '10.0.0.0/24', '10.0.2.0/24'])
  })

  it('refuses ranges that make no sense', () => {
    expect(() => new CidrAllocator('10.0.0.0/33', 24)).toThrow('--cluster-cidr')
    expect(() => new CidrAllocator('10.0.0.0/24', 16)).toThrow('--node-cidr-mask-size: /16 does not fit into 10.0.0.0/24')
  })
})

describe('node IPAM controller', () => {
  it('NM1: gives each node a block of its own, once', async () => {
    await using scene = createControllerScene()
    scene.cluster.put(nodes, { metadata: { name: 'old' }, spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] } })
    await scene.start(createNodeIpamController(sampleConfig)!)
    for (const name of ['n1', 'n2', 'n3']) scene.cluster.put(nodes, { metadata: { name }, spec: {} })
    await scene.settle()
    expect(scene.cluster.all(nodes).map(({ metadata, spec }) => `${metadata.name} ${spec.podCIDRs?.join()}`)).toEqual(['old 10.244.0.0/24', 'n1 10.244.1.0/24', 'n2 10.244.2.0/24', 'n3 10.244.3.0/24'])
  })

  it('NM2: writes one node at a time', async () => {
    await using scene = createControllerScene()
    const patch = scene.cluster.patch.bind(scene.cluster)
    let [underWay, most] = [0, 0]
    scene.cluster.patch = (async (...request: Parameters<typeof patch>) => {
      most = Math.max(most, ++underWay)
      await sleep(scene.clock, 100)
      underWay--
      return patch(...request)
    }) as typeof scene.cluster.patch
    for (const name of ['n1', 'n2', 'n3']) scene.cluster.put(nodes, { metadata: { name }, spec: {} })
    await scene.start(createNodeIpamController(sampleConfig)!)
    await scene.settle(1_000)
    expect([most, new Set(scene.cluster.all(nodes).map(({ spec }) => spec.podCIDR)).size]).toEqual([1, 3])
  })

  it('NM3: a node for which no block is left is told, and served when one is free', async () => {
    await using scene = createControllerScene()
    await scene.start(createNodeIpamController({ ...sampleConfig, clusterCidr: '10.0.0.0/24', nodeCidrMaskSize: 24 })!)
    for (const name of ['n1', 'n2']) {
      scene.cluster.put(nodes, { metadata: { name }, spec: {} })
      await scene.settle(100)
    }
    const blocks = () => scene.cluster.all(nodes).map(({ metadata, spec }) => `${metadata.name} ${spec.podCIDR}`)
    expect(blocks()).toEqual(['n1 10.0.0.0/24', 'n2 undefined'])
    expect(scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)).toEqual(['CIDRNotAvailable: Node n2 status is now: CIDRNotAvailable'])
    scene.cluster.vanish(nodes, { name: 'n1' })
    await scene.settle(11_000)
    expect(blocks()).toEqual(['n2 10.0.0.0/24'])
  })
})
