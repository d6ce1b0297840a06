import { describe, expect, test } from 'vitest'
import type { Device, DeviceClaim, DeviceClass, DeviceRequest, ExactDeviceRequest, ResourceClaim, ResourceSlice, ResourceSliceSpec } from '../../../api/groups/resource-v1/types.ts'
import { shortNode } from '../parity/short-objects.ts'
import { allocationResult } from './allocation-result.ts'
import { allocateDevices, SelectorCache } from './allocator.ts'
import { HeldDevices } from './device-id.ts'

const driver = 'gpu.example.com'
const meta = (name: string) => ({ name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' })

function slice(name: string, devices: readonly Device[], more: Partial<ResourceSliceSpec> = {}): ResourceSlice {
  return { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: meta(name), spec: { driver, nodeName: 'n1', pool: { name: 'n1', generation: 1, resourceSliceCount: 1 }, devices: [...devices], ...more } }
}

function claim(name: string, ...requests: readonly (DeviceRequest | string)[]): ResourceClaim {
  return claimOf(name, { requests: requests.map(request => (typeof request === 'string' ? ask(request) : request)) })
}

function claimOf(name: string, devices: DeviceClaim): ResourceClaim {
  return { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { ...meta(name), namespace: 'default' }, spec: { devices }, status: {} }
}

const ask = (name: string, more: Partial<ExactDeviceRequest> = {}): DeviceRequest => ({ name, exactly: { deviceClassName: 'gpu', ...more } })
const cel = (expression: string) => [{ cel: { expression } }]
const gpu = (name: string, more: Partial<Device> = {}): Device => ({ name, ...more })
const model = (name: string, text: string) => gpu(name, { attributes: { model: { string: text } } })
const gpuClass: DeviceClass = { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: meta('gpu'), spec: { selectors: cel(`device.driver == "${driver}"`), config: [{ opaque: { driver, parameters: { mode: 'shared' } } }] } }
const deviceClass = (name: string) => (name === 'gpu' ? gpuClass : undefined)

const names = { deviceClass, shareId: () => 'share' }

/** "a" has it whole, "a memory=1Gi" a share of it. */
function heldBy(...holders: readonly string[]): HeldDevices {
  const held = new HeldDevices()
  for (const holder of holders) {
    const [device = '', consumed] = holder.split(' ')
    const [name = '', amount = ''] = consumed?.split('=') ?? []
    held.add({ status: { allocation: { devices: { results: [{ request: 'x', driver, pool: 'n1', device, ...(consumed === undefined ? {} : { shareID: 's', consumedCapacity: { [name]: amount } }) }] } } } })
  }
  return held
}

function found(claims: readonly ResourceClaim[], slices: readonly ResourceSlice[], held: readonly string[] = []) {
  const inputs = { slices, deviceClass, held: heldBy(...held) }
  return allocateDevices(claims, shortNode('n1'), inputs, new SelectorCache())?.map(devices => devices.map(({ alternative, pooled }) => `${alternative.name}=${pooled.device.name}`).join(' '))
}

describe('allocator of devices', () => {
  test('AL1 AL2: each request gets a device of its own, or nobody gets any', () => {
    const two = [slice('s', [gpu('a'), gpu('b')])]
    expect(found([claim('one', 'x'), claim('two', 'y')], two)).toEqual(['x=a', 'y=b'])
    expect(found([claim('one', 'x', 'y'), claim('two', 'z')], two)).toBeUndefined()
    expect(found([claim('one', 'x')], two, ['a'])).toEqual(['x=b'])
  })

  test('AL2: administrators may look at what others hold, once for each claim', () => {
    const one = [slice('s', [gpu('a')])]
    expect(found([claim('own', ask('look', { adminAccess: true }))], one, ['a'])).toEqual(['look=a'])
    expect(found([claim('own', ask('look', { adminAccess: true, count: 2 }))], one)).toBeUndefined()
    expect(found([claim('own', ask('look', { adminAccess: true })), claim('other', 'use')], one)).toEqual(['look=a', 'use=a'])
  })

  test('AL3: class and request choose by CEL; what cannot be read or evaluated ends the attempt', () => {
    const slices = [slice('s', [model('a', 'small'), model('b', 'large')])]
    const wanting = (expression: string) => claim('c', ask('x', { selectors: cel(expression) }))
    expect(found([wanting(`device.attributes["${driver}"].model == "large"`)], slices)).toEqual(['x=b'])
    expect(() => found([wanting('device.nothing')], slices)).toThrow(/^claim default\/c: selector #0: CEL compile error: /)
    expect(() => found([wanting(`device.attributes["${driver}"].size > 1`)], slices)).toThrow('claim default/c: selector #0: CEL runtime error: no such key: size')
    expect(() => found([claim('c', ask('x', { deviceClassName: 'fpga' }))], slices)).toThrow('claim default/c, request x: could not retrieve device class fpga')
  })

  test('AL4: taints keep a device from those that do not tolerate them', () => {
    const slices = [slice('s', [gpu('a', { taints: [{ key: 'sick', effect: 'NoSchedule' }] }), gpu('b', { taints: [{ key: 'noted', effect: 'None' }] })])]
    expect(found([claim('c', 'x')], slices)).toEqual(['x=b'])
    expect(found([claim('c', ask('x', { tolerations: [{ operator: 'Exists' }] }))], slices)).toEqual(['x=a'])
  })

  test('AL5: all means every one that matches, at least one, and no pool that is being changed', () => {
    const all = claim('c', ask('x', { allocationMode: 'All' }))
    expect(found([all], [slice('s', [gpu('a'), gpu('b')])])).toEqual(['x=a x=b'])
    expect(found([all], [slice('s', [gpu('a'), gpu('b')])], ['b'])).toBeUndefined()
    expect(found([all], [])).toBeUndefined()
    const changing = [slice('s', [gpu('a')], { pool: { name: 'n1', generation: 1, resourceSliceCount: 2 } })]
    expect(() => found([all], changing)).toThrow('asks for all devices, but resource pool gpu.example.com/n1 is currently being updated')
    expect(found([claim('c', 'x')], changing)).toBeUndefined()
  })

  test('PL1 PL3: the newest generation of a pool counts, and two devices of one name make it invalid', () => {
    expect(found([claim('c', 'x')], [slice('old', [gpu('a')]), slice('new', [gpu('b')], { pool: { name: 'n1', generation: 2, resourceSliceCount: 1 } })])).toEqual(['x=b'])
    expect(() => found([claim('c', 'x')], [slice('s', [gpu('a'), gpu('a')])])).toThrow('invalid resource pools were encountered')
  })

  test('PL4: slices of other nodes do not count, those for all do', () => {
    expect(found([claim('c', 'x')], [slice('s', [gpu('a')], { nodeName: 'n2' })])).toBeUndefined()
    const shared = slice('s', [gpu('a')], { allNodes: true, pool: { name: 'n1', generation: 1, resourceSliceCount: 1 } })
    delete shared.spec.nodeName
    expect(found([claim('c', 'x')], [shared])).toEqual(['x=a'])
  })

  test('AL6: the first alternative that can be served is taken; 32 devices are the most', () => {
    const first: DeviceRequest = { name: 'x', firstAvailable: [{ name: 'pair', deviceClassName: 'gpu', count: 2 }, { name: 'one', deviceClassName: 'gpu' }] }
    expect(found([claim('c', first)], [slice('s', [gpu('a')])])).toEqual(['x/one=a'])
    expect(found([claim('c', first)], [slice('s', [gpu('a'), gpu('b')])])).toEqual(['x/pair=a x/pair=b'])
    expect(() => found([claim('c', ask('x', { count: 33 }))], [])).toThrow('claim default/c: number of requested devices 33 exceeds the claim limit of 32')
  })

  test('CN1 CN2 CN3: devices that must match, and devices that must differ, are found by trying', () => {
    const slices = [slice('s', [model('a', 'x'), model('b', 'y'), model('c', 'y')])]
    const constrained = (constraint: NonNullable<DeviceClaim['constraints']>[number]) => claimOf('c', { requests: [ask('x', { count: 2 })], constraints: [constraint] })
    expect(found([constrained({ matchAttribute: `${driver}/model` })], slices)).toEqual(['x=b x=c'])
    expect(found([constrained({ distinctAttribute: `${driver}/model` })], slices)).toEqual(['x=a x=b'])
    expect(found([constrained({ matchAttribute: `${driver}/absent` })], slices)).toBeUndefined()
    const all = claimOf('c', { requests: [ask('x', { allocationMode: 'All' })], constraints: [{ matchAttribute: `${driver}/model` }] })
    expect(() => found([all], slices)).toThrow('claim default/c, request x: cannot add device gpu.example.com/n1/b because a claim constraint would not be satisfied')
    expect(found([constrained({ matchAttribute: `${driver}/absent`, requests: ['other'] })], slices)).toEqual(['x=a x=b'])
  })

  test('PL6: parts of one chip are given away as long as its counters last', () => {
    const part = (name: string, memory: string) => gpu(name, { consumesCounters: [{ counterSet: 'chip', counters: { memory: { value: memory } } }] })
    const slices = [slice('s', [part('whole', '40Gi'), part('half-1', '20Gi'), part('half-2', '20Gi')], { sharedCounters: [{ name: 'chip', counters: { memory: { value: '40Gi' } } }] })]
    expect(found([claim('c', 'x', 'y')], slices)).toEqual(['x=half-1 y=half-2'])
    expect(found([claim('c', 'x')], slices, ['half-1'])).toEqual(['x=half-2'])
    expect(found([claim('c', 'x')], slices, ['whole'])).toBeUndefined()
  })

  describe('AL7: a device that several may have', () => {
    const card = (name: string, more: Partial<Device> = {}) => gpu(name, { allowMultipleAllocations: true, capacity: { memory: { value: '10Gi' } }, ...more })
    const some = (name: string, memory?: string, more: Partial<ExactDeviceRequest> = {}) => ask(name, { ...(memory === undefined ? {} : { capacity: { requests: { memory } } }), ...more })

    test('serves as many requests as its capacity lasts', () => {
      const one = [slice('s', [card('a')])]
      expect(found([claim('c', some('x', '6Gi'), some('y', '4Gi'))], one)).toEqual(['x=a y=a'])
      expect(found([claim('c', some('x', '6Gi'), some('y', '5Gi'))], one)).toBeUndefined()
      expect(found([claim('c', some('x', '6Gi'), some('y', '5Gi'))], [slice('s', [card('a'), card('b')])])).toEqual(['x=a y=b'])
    })

    test('is left out by requests for more than other claims leave of it, or than it has at all', () => {
      const two = [slice('s', [card('a'), card('b', { capacity: { memory: { value: '2Gi' } } })])]
      expect(found([claim('c', some('x', '2Gi'))], two, ['a memory=8Gi'])).toEqual(['x=a'])
      expect(found([claim('c', some('x', '2Gi'))], two, ['a memory=9Gi'])).toEqual(['x=b'])
      expect(found([claim('c', some('x', '3Gi'))], two, ['a memory=9Gi'])).toBeUndefined()
    })

    test('serves all of it to who asks for no part, and nothing to who asks for what it has not', () => {
      const one = [slice('s', [card('a')])]
      expect(found([claim('c', 'x')], one)).toEqual(['x=a'])
      expect(found([claim('c', 'x')], one, ['a memory=1Gi'])).toBeUndefined()
      expect(found([claim('c', ask('x', { capacity: { requests: { cores: '1' } } }))], one)).toBeUndefined()
    })

    test('also one that is not shared has to be as large as asked', () => {
      expect(found([claim('c', some('x', '4Gi'))], [slice('s', [gpu('small', { capacity: { memory: { value: '2Gi' } } }), gpu('large', { capacity: { memory: { value: '4Gi' } } })])])).toEqual(['x=large'])
    })

    test('takes from the counters of its pool once', () => {
      const part = { consumesCounters: [{ counterSet: 'chip', counters: { units: { value: '1' } } }] }
      const slices = [slice('s', [card('a', part), card('b', part)], { sharedCounters: [{ name: 'chip', counters: { units: { value: '1' } } }] })]
      expect(found([claim('c', some('x', '4Gi'), some('y', '4Gi'))], slices)).toEqual(['x=a y=a'])
      expect(found([claim('c', some('x', '6Gi'), some('y', '6Gi'))], slices)).toBeUndefined()
    })

    test('all of them counts those with room for what is asked', () => {
      expect(found([claim('c', some('x', '6Gi', { allocationMode: 'All' }))], [slice('s', [card('a'), card('b'), card('c')])], ['b memory=5Gi'])).toEqual(['x=a x=c'])
    })

    test('AR4: a share has an id of its own and says what it consumed', () => {
      const wanted = claim('c', some('x', '1Gi'))
      const [served] = allocateDevices([wanted], shortNode('n1'), { slices: [slice('s', [card('a')])], deviceClass, held: heldBy() }, new SelectorCache())!
      expect(allocationResult(wanted, served!, 'n1', names).devices!.results).toEqual([{ request: 'x', driver, pool: 'n1', device: 'a', shareID: 'share', consumedCapacity: { memory: '1Gi' } }])
    })
  })

  test('AL8: a search that takes too long is given up', () => {
    let asked = 0
    const inputs = { slices: [slice('s', [gpu('a'), gpu('b')])], deviceClass, held: heldBy(), isOverdue: () => ++asked > 1 }
    expect(() => allocateDevices([claim('c', 'x', 'y')], shortNode('n1'), inputs, new SelectorCache())).toThrow('timed out trying to allocate devices')
  })

  test('AR3: what has to become true of a device before a pod is bound is said beside it', () => {
    const fabric = gpu('a', { bindingConditions: ['Attached'], bindingFailureConditions: ['Broken'], bindsToNode: true })
    const wanted = claim('c', 'x')
    const [served] = allocateDevices([wanted], shortNode('n1'), { slices: [slice('s', [fabric])], deviceClass, held: heldBy() }, new SelectorCache())!
    expect(allocationResult(wanted, served!, 'n1', names).devices!.results).toEqual([{ request: 'x', driver, pool: 'n1', device: 'a', bindingConditions: ['Attached'], bindingFailureConditions: ['Broken'] }])
  })

  test('AR1 AR2: the claim is told what it got, with whose configuration, and for which node', () => {
    const wanted = claimOf('c', { requests: [ask('x')], config: [{ requests: ['x'], opaque: { driver, parameters: { own: true } } }, { requests: ['other'], opaque: { driver, parameters: {} } }] })
    const [served] = allocateDevices([wanted], shortNode('n1'), { slices: [slice('s', [gpu('a')])], deviceClass, held: heldBy() }, new SelectorCache())!
    expect(allocationResult(wanted, served!, 'n1', names)).toEqual({
      devices: {
        results: [{ request: 'x', driver, pool: 'n1', device: 'a' }],
        config: [{ source: 'FromClass', requests: ['x'], opaque: { driver, parameters: { mode: 'shared' } } }, { source: 'FromClaim', requests: ['x'], opaque: { driver, parameters: { own: true } } }],
      },
      nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }] },
    })
  })
})
