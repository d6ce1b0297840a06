import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { nodes } from '../../../../api/resources.ts'
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
})
