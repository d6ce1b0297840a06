/**
 * Keeps the allocations of Services true: IPAddress objects as Services and they change, the record of node ports every three
 * minutes. Upstream: pkg/registry/core/service/{ipallocator,portallocator}/controller, pkg/registry/core/rest/storage_core.go.
 *
 *   RL1  At the start everything is looked at once, which makes the record of node ports; the server is ready only then.
 *   RL2  Afterwards whatever changes is looked at, and everything again every three minutes.
 *   RL3  What fails is tried again, later each time; what is being looked at is never looked at twice at once.
 *   RL4  Whoever lost a race (another server repairs the same) has nothing left to do.
 */
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import type { EventRecorder } from '../../../machinery/events.ts'
import { runQueueWorkers } from '../../../machinery/queue-workers.ts'
import { WorkQueue } from '../../../machinery/work-queue.ts'
import { serverContext } from '../bootstrap/ensure-objects.ts'
import type { BootstrapDeps } from '../bootstrap/ensure-objects.ts'
import { createServerEvents } from '../bootstrap/server-events.ts'
import { ApiError } from '../http/api-error.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { Storage } from '../storage/storage.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import { addressesResource, addressObject, defaultRangeName, rangesResource, servicesResource } from './address-objects.ts'
import type { ServiceName } from './address-objects.ts'
import { portRangeKey } from './node-ports.ts'
import { planAddressRepair, planServiceRepair } from './plan-address-repair.ts'
import type { AddressRepair, AddressWorld } from './plan-address-repair.ts'
import { planPortRepair } from './plan-port-repair.ts'
import { readRange, renderRange } from './port-range.ts'
import type { PortSpan } from './port-range.ts'

export interface RepairDeps extends BootstrapDeps {
  readonly cache: WatchCache
  readonly storage: Storage
  readonly metrics: Metrics
}

interface Subject {
  readonly of: 'service' | 'address'
  readonly namespace: string
  readonly name: string
}

const everyMs = 180_000
const pollMs = 100
const mostPortTries = 5
const catchUpMs = 10_000

/** Runs until the signal aborts; calls back when everything has been looked at once (RL1). */
export async function keepAllocations(span: PortSpan, deps: RepairDeps, onFirst: () => void, signal: AbortSignal): Promise<void> {
  const addresses = new AddressRepairs(deps, signal)
  const ports = new PortRepairs(span, deps, signal)
  let isFirst = true
  while (!signal.aborted) {
    try {
      if (isFirst) await untilThereIsARange(deps, signal)
      await ports.look()
      await addresses.lookAtAll()
      if (isFirst) {
        isFirst = false
        addresses.follow()
        onFirst()
      }
    } catch (error) {
      if (!signal.aborted) deps.log.warn('service allocations could not be repaired', { error: errorText(error) })
    }
    await sleep(deps.clock, isFirst ? 1_000 : everyMs, signal).catch(() => {}) // RL2
  }
}

async function untilThereIsARange({ table, clock }: { readonly table: RepairDeps['table']; readonly clock: Clock }, signal: AbortSignal): Promise<void> {
  while (table.get(rangesResource, '', defaultRangeName) === undefined) await sleep(clock, pollMs, signal)
}

class AddressRepairs {
  readonly #deps: RepairDeps
  readonly #signal: AbortSignal
  readonly #events: EventRecorder
  readonly #queue: WorkQueue<string>
  readonly #failures: { add(by?: number, labels?: Readonly<Record<string, string>>): void }

  constructor(deps: RepairDeps, signal: AbortSignal) {
    this.#deps = deps
    this.#signal = signal
    this.#events = createServerEvents(deps, 'ipallocator-repair-controller', signal)
    this.#queue = new WorkQueue({ name: 'ipallocator-repair-controller', clock: deps.clock, metrics: deps.metrics })
    this.#failures = deps.metrics.counter({ name: 'kube_apiserver_clusterip_repair_ip_errors_total', help: 'Number of errors detected on clusterips by the repair loop', labels: ['type'] })
    signal.addEventListener('abort', () => { this.#queue.clear() }, { once: true })
  }

  async lookAtAll(): Promise<void> {
    const { table } = this.#deps
    for (const { metadata } of table.list(servicesResource)) await this.#look({ of: 'service', namespace: metadata.namespace!, name: metadata.name! })
    for (const { metadata } of table.list(addressesResource)) await this.#look({ of: 'address', namespace: '', name: metadata.name! })
  }

  follow(): void {
    const { cache, table, log } = this.#deps
    cache.onChange(table.stored(servicesResource)!.cache, event => { this.#queue.add(`service/${event.object.key}`) })
    cache.onChange(table.stored(addressesResource)!.cache, event => {
      this.#queue.add(`address/${event.object.key}`)
      const gone = event.deleted ? this.#servicesWith(event.object.key) : []
      for (const key of gone) this.#queue.add(key)
    })
    void runQueueWorkers(this.#queue, {
      workers: 1,
      work: key => this.#repair(key),
      onFailure: (key, error) => { log.debug('service allocation could not be repaired yet', { subject: key, error: errorText(error) }) }, // RL3
    }, this.#signal)
  }

  /** A Service that keeps an address whose object went is looked at too. */
  #servicesWith(address: string): string[] {
    return this.#deps.table.list(servicesResource).filter(service => JSON.stringify(service['spec'] ?? {}).includes(`"${address}"`)).map(({ metadata }) => `service/${metadata.namespace!}/${metadata.name!}`)
  }

  async #repair(key: string): Promise<void> {
    const againMs = await this.#look(subjectOf(key))
    if (againMs !== undefined) this.#queue.addAfter(key, againMs)
  }

  async #look({ of, namespace, name }: Subject): Promise<number | undefined> {
    const { table, clock } = this.#deps
    const world: AddressWorld = {
      service: service => table.get(servicesResource, service.namespace, service.name),
      address: address => table.get(addressesResource, '', address),
      serviceRanges: table.list(rangesResource),
      nowMs: clock.now(),
    }
    const subject = of === 'service' ? world.service({ namespace, name }) : world.address(name)
    if (subject === undefined) return undefined
    const plan = of === 'service' ? planServiceRepair(subject, world) : planAddressRepair(subject, world)
    await this.#apply(plan, { namespace, name })
    return plan.againMs
  }

  async #apply(plan: AddressRepair, service: ServiceName): Promise<void> {
    const { table, writer } = this.#deps
    const resource = table.stored(addressesResource)!
    const context = serverContext(this.#signal)
    for (const { subject, reason, action, message } of plan.events) {
      this.#failures.add(1, { type: reason })
      this.#events.event(withKind(subject), 'Warning', reason, message, { action })
    }
    for (const { metadata } of plan.remove) await writer.delete({ resource, namespace: '', name: metadata.name! }, { preconditions: { uid: metadata.uid! } }, context).catch(unlessRaceLost)
    for (const address of plan.make) await writer.create(resource, '', addressObject(address, service), context).catch(unlessRaceLost)
  }
}

class PortRepairs {
  readonly #span: PortSpan
  readonly #deps: RepairDeps
  readonly #events: EventRecorder
  readonly #failures: { add(by?: number, labels?: Readonly<Record<string, string>>): void }
  #leaks: ReadonlyMap<number, number> = new Map()

  constructor(span: PortSpan, deps: RepairDeps, signal: AbortSignal) {
    this.#span = span
    this.#deps = deps
    this.#events = createServerEvents(deps, 'portallocator-repair-controller', signal)
    this.#failures = deps.metrics.counter({ name: 'kube_apiserver_nodeport_repair_port_errors_total', help: 'Number of errors detected on ports by the repair loop broken down by type of error: leak, repair, full, outOfRange, duplicate, unknown', labels: ['type'] })
  }

  async look(): Promise<void> {
    const { storage, log, cache, table } = this.#deps
    for (let tries = 0; tries < mostPortTries; tries++) {
      const { value } = await storage.get(portRangeKey)
      const stored = value === undefined ? new Set<number>() : readRange(value.value).ports
      if (!(await cache.waitFor(await storage.currentRevision(), catchUpMs))) throw new Error('the cache of Services did not catch up with the store') // the Services are as new as the record, or newer
      const plan = planPortRepair(table.list(servicesResource), stored, this.#span, this.#leaks)
      const written = await storage.put(portRangeKey, renderRange(this.#span, plan.ports), value?.revision ?? 0)
      if (!written.ok) continue // RL4
      for (const { service, reason, message } of plan.events) {
        this.#failures.add(1, { type: reason === 'PortNotAllocated' ? 'repair' : reason === 'PortAlreadyAllocated' ? 'duplicate' : 'outOfRange' })
        this.#events.event(withKind(service), 'Warning', reason, message)
      }
      for (const port of plan.cleaned) {
        this.#failures.add(1, { type: 'leak' })
        log.warn('leaked node port was given back', { port })
      }
      this.#leaks = plan.leaks
      return
    }
    throw new Error('the record of node ports changed each time it was to be repaired')
  }
}

function subjectOf(key: string): Subject {
  const [of, ...path] = key.split('/')
  return of === 'service' ? { of, namespace: path[0]!, name: path[1]! } : { of: 'address', namespace: '', name: path[0]! }
}

function withKind(subject: KubeObject): { kind: string; apiVersion: string; metadata: { name: string; namespace?: string; uid?: string; resourceVersion?: string } } {
  const { name = '', namespace, uid, resourceVersion } = subject.metadata
  return { kind: subject.kind, apiVersion: subject.apiVersion, metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) } }
}

function unlessRaceLost(error: unknown): void {
  if (!(error instanceof ApiError && (error.reason === 'NotFound' || error.reason === 'Conflict' || error.reason === 'AlreadyExists'))) throw error
}
