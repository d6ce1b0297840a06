/**
 * The allocator of devices against a reference that tries every choice of devices for every request and judges the whole by
 * the definitions, on random small pools.
 *
 *   BD1  The allocator finds devices exactly when some choice is allowed.
 *   BD2  What it finds is allowed.
 */
import { expect, test } from 'vitest'
import type { Device, ExactDeviceRequest, ResourceClaim, ResourceSlice } from '../../../api/groups/resource-v1/types.ts'
import { pick, seededRandom } from '../../../base/random.ts'
import type { Random } from '../../../base/random.ts'
import { allocateDevices, SelectorCache } from '../devices/allocator.ts'
import { HeldDevices } from '../devices/device-id.ts'
import { shortNode } from '../parity/short-objects.ts'

const driver = 'd.example.com'
const meta = (name: string) => ({ name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' })
const deviceClass = { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: meta('c'), spec: {} }

interface Asked {
  readonly claim: number
  readonly name: string
  readonly count: number
  readonly memory: number | undefined
}

interface Known {
  readonly name: string
  readonly memory: number
  readonly model: string
  readonly units: number
  readonly isShared: boolean
  /** By other claims: undefined when nobody has it, 'whole', or how much of it. */
  readonly held: 'whole' | number | undefined
}

class Pool {
  readonly devices: readonly Known[]
  readonly asked: readonly Asked[]
  readonly units: number
  readonly mustMatch: boolean

  constructor(random: Random) {
    const number = (most: number): number => Math.floor(random.next() * most)
    this.units = 2 + number(4)
    this.mustMatch = random.next() < 0.4
    this.devices = Array.from({ length: 1 + number(4) }, (_, index) => {
      const isShared = random.next() < 0.5
      return { name: `g${index}`, memory: 1 + number(6), model: pick(random, ['x', 'y'])!, units: number(3), isShared, held: random.next() < 0.75 ? undefined : isShared ? 1 + number(2) : 'whole' as const }
    })
    this.asked = Array.from({ length: 1 + number(3) }, (_, index) => ({ claim: number(2), name: `r${index}`, count: 1 + number(2), memory: random.next() < 0.3 ? undefined : 1 + number(4) }))
  }

  get claims(): ResourceClaim[] {
    const constraints = this.mustMatch ? [{ matchAttribute: `${driver}/model` }] : []
    const exactly = ({ count, memory }: Asked): ExactDeviceRequest => ({ deviceClassName: 'c', count, ...(memory === undefined ? {} : { capacity: { requests: { memory: String(memory) } } }) })
    return [0, 1].map(claim => ({ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: meta(`c${claim}`), status: {}, spec: { devices: { constraints, requests: this.asked.filter(each => each.claim === claim).map(each => ({ name: each.name, exactly: exactly(each) })) } } }))
  }

  get slice(): ResourceSlice {
    const devices: Device[] = this.devices.map(({ name, memory, model, units, isShared }) => ({
      name, capacity: { memory: { value: String(memory) } }, attributes: { model: { string: model } }, consumesCounters: [{ counterSet: 'chip', counters: { units: { value: String(units) } } }], ...(isShared ? { allowMultipleAllocations: true } : {}),
    }))
    return { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: meta('s'), spec: { driver, nodeName: 'n', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, sharedCounters: [{ name: 'chip', counters: { units: { value: String(this.units) } } }], devices } }
  }

  get held(): HeldDevices {
    const held = new HeldDevices()
    for (const { name, held: by } of this.devices) if (by !== undefined) held.add({ status: { allocation: { devices: { results: [{ request: 'r', driver, pool: 'p', device: name, ...(by === 'whole' ? {} : { shareID: 's', consumedCapacity: { memory: String(by) } }) }] } } } })
    return held
  }

  /** By definition: for each request the devices that were chosen for it. */
  isAllowed(chosen: readonly (readonly Known[])[]): boolean {
    const takers = new Map<Known, number[]>()
    for (const [index, devices] of chosen.entries()) {
      if (new Set(devices).size < devices.length) return false
      for (const device of devices) takers.set(device, [...(takers.get(device) ?? []), this.asked[index]!.memory ?? device.memory])
    }
    let units = this.devices.filter(({ held }) => held === 'whole').reduce((sum, device) => sum + device.units, 0)
    for (const [device, amounts] of takers) {
      if (device.held === 'whole' || amounts.some(amount => amount > device.memory)) return false
      if (!device.isShared && amounts.length > 1) return false
      if (device.isShared && amounts.reduce((sum, amount) => sum + amount, typeof device.held === 'number' ? device.held : 0) > device.memory) return false
      if (device.held === undefined) units += device.units
    }
    const newUnits = [...takers.keys()].some(device => device.held === undefined)
    if (newUnits && units > this.units) return false
    return !this.mustMatch || [0, 1].every(claim => new Set(this.asked.flatMap((each, index) => (each.claim === claim ? chosen[index]!.map(({ model }) => model) : []))).size <= 1)
  }

  isSolvable(chosen: readonly (readonly Known[])[] = []): boolean {
    const next = this.asked[chosen.length]
    if (next === undefined) return this.isAllowed(chosen)
    return subsets(this.devices, next.count).some(devices => this.isSolvable([...chosen, devices]))
  }
}

function subsets<T>(items: readonly T[], count: number): readonly (readonly T[])[] {
  if (count === 0) return [[]]
  return items.flatMap((item, index) => subsets(items.slice(index + 1), count - 1).map(rest => [item, ...rest]))
}

test('BD1 BD2 devices are found exactly when there are any, on 3,000 random pools', () => {
  let solvable = 0
  for (let seed = 1; seed <= 3_000; seed++) {
    const pool = new Pool(seededRandom(seed))
    const served = allocateDevices(pool.claims, shortNode('n'), { slices: [pool.slice], deviceClass: () => deviceClass, held: pool.held }, new SelectorCache())
    expect(served !== undefined, `seed ${seed}`).toBe(pool.isSolvable())
    if (served === undefined) continue
    solvable++
    const chosen = pool.asked.map(({ name }) => served.flat().filter(({ alternative }) => alternative.name === name).map(({ pooled }) => pool.devices.find(device => device.name === pooled.device.name)!))
    expect(pool.isAllowed(chosen), `seed ${seed}`).toBe(true)
    expect(chosen.map(devices => devices.length)).toEqual(pool.asked.map(({ count }) => count))
  }
  expect(solvable).toBeGreaterThan(500)
})
