/**
 * Renews the Leases of all simulated nodes that are on.
 *
 *   LK1  Nodes are spread over the renewal period, so that the API server sees a steady trickle, not a wave.
 *   LK2  A renewal is one small patch, its text put together from two halves. A Lease that is not there is made.
 *   LK3  One renewal a node at a time, and a bounded number in all; a server that is slow is not asked more.
 *   LK4  A node that is not on is not renewed: that is how the cluster learns of it.
 */
import { leases } from '../../../api/resources.ts'
import { type Clock, microTimeText } from '../../../base/clock.ts'
import { errorText, type Log } from '../../../base/log.ts'
import type { Client } from '../../../machinery/client.ts'
import type { Counter, Gauge } from '../../../machinery/metrics.ts'
import { resourcePath } from '../../../machinery/resource-path.ts'
import type { SimulatedNode } from './simulated-node.ts'

export interface LeaseKeeperDeps {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly node: (name: string) => SimulatedNode | undefined
  readonly uidOf: (name: string) => string | undefined
  readonly renewals: Counter
  readonly late: Gauge
}

export interface LeaseTimes {
  readonly durationSeconds: number
  readonly renewEveryMs: number
}

const tickMs = 100
const mostAtOnce = 64
const merge = { 'content-type': 'application/merge-patch+json' }
const json = { 'content-type': 'application/json' }
const namespace = 'kube-node-lease'

interface Held {
  readonly name: string
  readonly path: string
  isMade: boolean
  isBusy: boolean
  renewedAtMs: number
}

export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps
  readonly #times: LeaseTimes
  readonly #slots: Held[][]
  readonly #held = new Map<string, Held>()
  readonly #waiting = new Set<Held>()
  #turn = 0
  #busy = 0
  #added = 0
  #failures = 0

  constructor(deps: LeaseKeeperDeps, times: LeaseTimes) {
    this.#deps = deps
    this.#times = times
    this.#slots = Array.from({ length: Math.max(1, Math.round(times.renewEveryMs / tickMs)) }, () => [])
  }

  /** From now on; the first renewal is at once. */
  hold(name: string, signal: AbortSignal): void {
    if (this.#held.has(name)) return
    const held: Held = { name, path: resourcePath(leases, { namespace, name }), isMade: false, isBusy: false, renewedAtMs: 0 }
    this.#held.set(name, held)
    this.#slots[this.#added++ % this.#slots.length]!.push(held) // LK1
    this.#want(held, signal)
  }

  release(name: string): void {
    const held = this.#held.get(name)
    if (held === undefined) return
    this.#held.delete(name)
    this.#waiting.delete(held)
    for (const slot of this.#slots) {
      const index = slot.indexOf(held)
      if (index >= 0) slot.splice(index, 1)
    }
  }

  renewedAt(name: string): number | undefined {
    return this.#held.get(name)?.renewedAtMs
  }

  run(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      let nextAt = this.#deps.clock.monotonic()
      let timer: Disposable | undefined
      const tick = () => {
        if (signal.aborted) return
        const now = this.#deps.clock.monotonic()
        for (; nextAt <= now; nextAt += tickMs) for (const held of this.#slots[this.#turn++ % this.#slots.length]!) this.#want(held, signal)
        this.#deps.late.set(this.#waiting.size)
        timer = this.#deps.clock.after(nextAt - now, tick)
      }
      signal.addEventListener('abort', () => {
        timer?.[Symbol.dispose]()
        resolve()
      }, { once: true })
      tick()
    })
  }

  #want(held: Held, signal: AbortSignal): void {
    if (held.isBusy || this.#deps.node(held.name)?.power !== 'on') return // LK3, LK4
    this.#waiting.add(held)
    this.#serve(signal)
  }

  #serve(signal: AbortSignal): void {
    for (const held of this.#waiting) {
      if (this.#busy >= mostAtOnce || signal.aborted) return
      this.#waiting.delete(held)
      this.#busy++
      held.isBusy = true
      void this.#renew(held, signal).catch((error: unknown) => {
        if (!signal.aborted && this.#failures++ % 1_000 === 0) this.#deps.log.warn('lease not renewed', { node: held.name, failures: this.#failures, error: errorText(error) })
      }).finally(() => {
        this.#busy--
        held.isBusy = false
        this.#serve(signal)
      })
    }
  }

  async #renew(held: Held, signal: AbortSignal): Promise<void> {
    const { client, clock, renewals } = this.#deps
    const now = clock.now()
    const body = `{"spec":{"renewTime":"${microTimeText(now)}"}}`
    const reply = held.isMade ? await client.raw({ method: 'PATCH', path: held.path, headers: merge, body, signal }) : await this.#make(held, now, signal)
    if (reply.status === 404) held.isMade = false
    else if (reply.status < 300) {
      held.isMade = true
      held.renewedAtMs = now
      renewals.add(1)
    } else if (reply.status === 409) held.isMade = true // it was there: the next round patches it
    else throw new Error(`the API server answered ${reply.status}`)
    if (reply.status === 409 || (reply.status === 404 && held.renewedAtMs > 0)) this.#waiting.add(held)
  }

  /** LK2 */
  async #make(held: Held, now: number, signal: AbortSignal) {
    const uid = this.#deps.uidOf(held.name)
    const ownerReferences = uid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name: held.name, uid }]
    const body = { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name: held.name, namespace, ownerReferences }, spec: { holderIdentity: held.name, leaseDurationSeconds: this.#times.durationSeconds, renewTime: microTimeText(now) } }
    return this.#deps.client.raw({ method: 'POST', path: resourcePath(leases, { namespace }), headers: json, body: JSON.stringify(body), signal })
  }
}
