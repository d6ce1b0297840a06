/**
 * Finds devices on one node for the claims of a pod: the first combination in the order of claims, requests, alternatives and
 * pools. Pure. Upstream: structured/internal/incubating allocator.
 *
 *   AL1  All claims are served or none.
 *   AL2  A device serves one request; access of administrators takes nothing from others and may be to what others hold,
 *        but to a device once for each claim.
 *   AL3  The class and the request both choose by CEL. An expression that cannot be read or evaluated is a fault that ends
 *        the attempt; a request without a class is one too.
 *   AL4  Taints NoSchedule and NoExecute keep a device from requests that do not tolerate them.
 *   AL5  "All" takes every device that matches, at least one; a pool that its driver is changing, or an invalid one, cannot
 *        say what all is. Other requests leave such pools out. A constraint that one of them breaks ends the attempt.
 *   AL6  Alternatives are tried in order; at most 32 devices serve a claim.
 *   AL7  A device that allows several allocations serves as many requests as its capacity lasts (CC1–CC5). The first of them
 *        takes from the counters of the pool.
 *   AL8  A search that takes longer than it may is given up.
 */
import { compileDeviceSelector, selectsDevice } from '../../../api/devices/device-selector.ts'
import { toleratesTaint } from '../../../api/devices/device-taints.ts'
import type { Node } from '../../../api/groups/core-v1/types.ts'
import type { DeviceClass, DeviceSelector, ResourceClaim, ResourceSlice } from '../../../api/groups/resource-v1/types.ts'
import { errorText } from '../../../base/log.ts'
import type { CelProgram } from '../../../api/cel/cel.ts'
import { consumedCapacity, hasRoom, SharedCapacity } from './capacity.ts'
import type { ConsumedCapacity } from './capacity.ts'
import { ConstraintState } from './constraints.ts'
import { CounterState } from './counters.ts'
import type { HeldDevices } from './device-id.ts'
import { deviceId } from './device-id.ts'
import { poolsFor } from './pools.ts'
import type { Pool, PooledDevice } from './pools.ts'
import { alternativesOf, mostDevices, requestsOf } from './requests.ts'
import type { Alternative } from './requests.ts'

/** A device for a request, of one claim. */
export interface ServedDevice {
  readonly alternative: Alternative
  readonly pooled: PooledDevice
  /** AL7: of a device that several may have. */
  readonly consumed?: ConsumedCapacity
}

interface Served extends ServedDevice {
  readonly tookCounters: boolean
}

export interface DeviceInputs {
  readonly slices: readonly ResourceSlice[]
  readonly deviceClass: (name: string) => DeviceClass | undefined
  /** What other claims hold or are about to. */
  readonly held: HeldDevices
  /** AL8: whether the search has taken too long. */
  readonly isOverdue?: () => boolean
}

/** AL8 */
export class OverdueSearchError extends Error {
  override readonly name = 'OverdueSearchError'
}

/** Pools were found that cannot be used: no fault of the claim, and another node may do. */
export class InvalidPoolsError extends Error {
  override readonly name = 'InvalidPoolsError'
}

/** Expressions are compiled once for all nodes. */
export class SelectorCache {
  readonly #programs = new Map<string, CelProgram | Error>()

  /** Throws what is wrong with the expression. */
  get(expression: string): CelProgram {
    const known = this.#programs.get(expression) ?? attempt(() => compileDeviceSelector(expression))
    if (this.#programs.size >= 1_000 && !this.#programs.has(expression)) this.#programs.delete(this.#programs.keys().next().value!)
    this.#programs.set(expression, known)
    if (known instanceof Error) throw known
    return known
  }
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work()
  } catch (error) {
    return error as Error
  }
}

/** For each claim its devices; undefined if the node has not enough. Throws for what is wrong with a claim, class or pool. */
export function allocateDevices(claims: readonly ResourceClaim[], node: Node, inputs: DeviceInputs, selectors: SelectorCache): readonly (readonly ServedDevice[])[] | undefined {
  return new Search(claims, poolsFor(node, inputs.slices), inputs, selectors).run()
}

interface Step {
  readonly claim: number
  readonly alternatives: readonly Alternative[]
}

class Search {
  readonly #claims: readonly ResourceClaim[]
  readonly #pools: readonly Pool[]
  readonly #inputs: DeviceInputs
  readonly #selectors: SelectorCache
  readonly #steps: readonly Step[]
  readonly #constraints: readonly (readonly ConstraintState[])[]
  readonly #counters: CounterState
  readonly #served: Served[][]
  /** By deviceId, taken in this search. */
  readonly #taken = new Set<string>()
  readonly #shared = new SharedCapacity()
  readonly #matches = new Map<string, boolean>()

  constructor(claims: readonly ResourceClaim[], pools: readonly Pool[], inputs: DeviceInputs, selectors: SelectorCache) {
    this.#claims = claims
    this.#pools = pools
    this.#inputs = inputs
    this.#selectors = selectors
    this.#steps = claims.flatMap((claim, index) => requestsOf(claim).map(request => ({ claim: index, alternatives: alternativesOf(request) })))
    this.#constraints = claims.map(({ spec }) => (spec.devices?.constraints ?? []).map(constraint => new ConstraintState(constraint)))
    this.#counters = new CounterState((pool, device) => inputs.held.whole.has(deviceId({ driver: pool.driver, pool: pool.name, device })))
    this.#served = claims.map(() => [])
  }

  run(): readonly (readonly ServedDevice[])[] | undefined {
    for (const { claim, alternatives } of this.#steps) for (const alternative of alternatives) this.#check(claim, alternative)
    this.#checkCounts()
    if (this.#serve(0)) return this.#served
    if (this.#pools.some(({ isInvalid }) => isInvalid)) throw new InvalidPoolsError('invalid resource pools were encountered')
    return undefined
  }

  #check(claim: number, { name, className, selectors, count }: Alternative): void {
    const where = `claim ${this.#nameOf(claim)}, request ${name.split('/').at(-1)}`
    const empty = selectors.findIndex(({ cel }) => cel === undefined)
    if (empty !== -1) throw new Error(`${where}, selector #${empty}: CEL expression empty (unsupported selector type?)`)
    if (this.#inputs.deviceClass(className) === undefined) throw new Error(`${where}: could not retrieve device class ${className}: deviceclass.resource.k8s.io ${JSON.stringify(className)} not found`)
    if (count !== undefined) return
    for (const pool of this.#pools) { // AL5
      if (pool.isIncomplete) throw new Error(`${where}: asks for all devices, but resource pool ${pool.driver}/${pool.name} is currently being updated`)
      if (pool.isInvalid) throw new Error(`${where}: asks for all devices, but resource pool ${pool.driver}/${pool.name} is currently invalid`)
    }
  }

  /** AL6 */
  #checkCounts(): void {
    for (const index of this.#claims.keys()) {
      const least = this.#steps.filter(({ claim }) => claim === index).reduce((sum, { alternatives }) => sum + Math.min(...alternatives.map(alternative => alternative.count ?? this.#matching(index, alternative).length)), 0)
      if (least > mostDevices) throw new Error(`claim ${this.#nameOf(index)}: number of requested devices ${least} exceeds the claim limit of ${mostDevices}`)
    }
  }

  #serve(step: number): boolean {
    const next = this.#steps[step]
    if (next === undefined) return true
    return next.alternatives.some(alternative => {
      const candidates = this.#matching(next.claim, alternative)
      const count = alternative.count ?? candidates.length
      if (count === 0 || this.#served[next.claim]!.length + count > mostDevices) return false // AL5 AL6
      return this.#take(step, alternative, candidates, count, 0)
    })
  }

  /** Takes `count` more of the candidates, from one on, and then serves what follows. */
  #take(step: number, alternative: Alternative, candidates: readonly PooledDevice[], count: number, from: number): boolean {
    if (this.#inputs.isOverdue?.() === true) throw new OverdueSearchError('timed out trying to allocate devices') // AL8
    if (count === 0) return this.#serve(step + 1)
    const { claim } = this.#steps[step]!
    for (let index = from; index <= candidates.length - count; index++) {
      const pooled = candidates[index]!
      if (this.#join(claim, alternative, pooled)) {
        if (this.#take(step, alternative, candidates, count - 1, index + 1)) return true
        this.#leave(claim)
      }
      if (alternative.count === undefined) return false // AL5: each of all has to be free
    }
    return false
  }

  #join(claim: number, alternative: Alternative, pooled: PooledDevice): boolean {
    const { device, pool } = pooled
    const id = idOf(pooled)
    const { adminAccess, name, capacity } = alternative
    const isShared = device.allowMultipleAllocations === true
    const isTaken = adminAccess ? !isShared && this.#served[claim]!.some(other => idOf(other.pooled) === id) : this.#taken.has(id) || this.#inputs.held.whole.has(id) // AL2
    if (isTaken) return false
    const consumed = consumedCapacity(capacity, device)
    if (consumed === undefined || !hasRoom(id, consumed, device, [this.#inputs.held.shared, this.#shared])) return false // AL7
    const tookCounters = !adminAccess && !(isShared && (this.#inputs.held.shared.has(id) || this.#shared.has(id)))
    if (tookCounters && !this.#counters.take(pool, device)) return false
    const refuses = this.#constraints[claim]!.findIndex(constraint => !constraint.join(name, pooled))
    if (refuses !== -1) {
      if (alternative.count === undefined) throw new Error(`claim ${this.#nameOf(claim)}, request ${name.split('/').at(-1)}: cannot add device ${pool.driver}/${pool.name}/${device.name} because a claim constraint would not be satisfied`) // AL5
      for (const constraint of this.#constraints[claim]!.slice(0, refuses)) constraint.leave(name)
      if (tookCounters) this.#counters.giveBack(pool, device)
      return false
    }
    if (isShared) this.#shared.add(id, consumed)
    else if (!adminAccess) this.#taken.add(id)
    this.#served[claim]!.push({ alternative, pooled, tookCounters, ...(isShared ? { consumed } : {}) })
    return true
  }

  #leave(claim: number): void {
    const { alternative: { adminAccess, name }, pooled, tookCounters, consumed } = this.#served[claim]!.pop()!
    for (const constraint of this.#constraints[claim]!) constraint.leave(name)
    if (consumed !== undefined) this.#shared.remove(idOf(pooled), consumed)
    else if (!adminAccess) this.#taken.delete(idOf(pooled))
    if (tookCounters) this.#counters.giveBack(pooled.pool, pooled.device)
  }

  /** Devices that the alternative may have, whether they are free or not. */
  #matching(claim: number, alternative: Alternative): readonly PooledDevice[] {
    return this.#pools.filter(({ isIncomplete, isInvalid }) => !isIncomplete && !isInvalid).flatMap(({ devices }) => devices.filter(pooled => this.#isMatch(claim, alternative, pooled)))
  }

  #isMatch(claim: number, alternative: Alternative, pooled: PooledDevice): boolean {
    const key = `${claim} ${alternative.name} ${idOf(pooled)}`
    const known = this.#matches.get(key)
    if (known !== undefined) return known
    const { device } = pooled
    const isClean = (device.taints ?? []).every(taint => taint.effect === 'None' || alternative.tolerations.some(toleration => toleratesTaint(toleration, taint))) // AL4
    const { spec } = this.#inputs.deviceClass(alternative.className)!
    const matches = isClean
      && this.#areSatisfied(`class ${alternative.className}`, spec.selectors ?? [], pooled) && this.#areSatisfied(`claim ${this.#nameOf(claim)}`, alternative.selectors, pooled)
      && this.#isLargeEnough(alternative, pooled)
    this.#matches.set(key, matches)
    return matches
  }

  /** AL7 */
  #isLargeEnough({ capacity }: Alternative, pooled: PooledDevice): boolean {
    const consumed = consumedCapacity(capacity, pooled.device)
    return consumed !== undefined && hasRoom(idOf(pooled), consumed, pooled.device, [this.#inputs.held.shared])
  }

  /** AL3 */
  #areSatisfied(whose: string, selectors: readonly DeviceSelector[], { device, slice }: PooledDevice): boolean {
    return selectors.every(({ cel }, index) => {
      const told = (kind: string, error: unknown) => new Error(`${whose}: selector #${index}: CEL ${kind} error: ${errorText(error)}`, { cause: error })
      const program = attempt(() => this.#selectors.get(cel!.expression))
      if (program instanceof Error) throw told('compile', program)
      const answer = attempt(() => selectsDevice(program, device, slice.spec.driver))
      if (answer instanceof Error) throw told('runtime', answer)
      return answer
    })
  }

  #nameOf(claim: number): string {
    const { namespace, name } = this.#claims[claim]!.metadata
    return `${namespace}/${name}`
  }
}

function idOf({ device, pool }: PooledDevice): string {
  return deviceId({ driver: pool.driver, pool: pool.name, device: device.name })
}
