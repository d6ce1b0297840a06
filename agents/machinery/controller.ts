/**
 * The loop every controller runs in: keys in, reconcile, and one of three endings.
 *
 *   CT1  `done`: forgotten until something wakes the key. `again(ms)`: once more at that time. Thrown: once more, rate limited;
 *        but every half second, for as long as the API server cannot be reached, so that work goes on as soon as it is back.
 *   CT2  Reconciling starts when the first lists of all informers the controller reads are in their caches.
 *   CT3  An owned object wakes its controller owner, the old one too when the owner changes; and its arrival or going is
 *        counted against the owner's expectations (a deletionTimestamp counts as gone).
 *   CT4  The last reconciles are kept with their causes, duration and ending. A paused controller lets its queue grow;
 *        a step lets one key through.
 *   CT6  A fault holds up a reconcile, fails it, or has its key forgotten as if all were well.
 *   CT7  What a reconcile would do now can be asked, with what is desired and what is; a controller that remembers what it saw is
 *        asked with a copy of its memory, and one that has no copy to give is refused by name.
 *   CT5  While spans are recorded, a reconcile is one, a child of its key's waiting; requests made in it carry its context.
 */
import { groupResourceText } from '../api/kubernetes-object.ts'
import type { KubernetesObject, ResourceType } from '../api/resources.ts'
import type { Clock } from '../base/clock.ts'
import { durationText } from '../base/duration.ts'
import { faultPoints } from '../base/fault-points.ts'
import type { Log } from '../base/log.ts'
import { errorText } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { objectAttributes, spans } from '../base/spans.ts'
import type { OpenSpan } from '../base/spans.ts'
import { SteppedGate } from '../base/stepped-gate.ts'
import type { Caches } from './caches.ts'
import type { Client } from './client.ts'
import type { EventRecorder } from './events.ts'
import { Expectations } from './expectations.ts'
import type { Change, Informer } from './informer.ts'
import type { Informers, InformerScope } from './informers.ts'
import type { Metrics } from './metrics.ts'
import type { ObjectKey } from './object-key.ts'
import { keyOf, keyText, readKey } from './object-key.ts'
import { controllerOf, refersTo } from './owner.ts'
import { type Rehearsal, rehearse } from './rehearsal.ts'
import { isConflict } from './status-error.ts'
import { isConnectionError } from './transport.ts'
import { WorkQueue } from './work-queue.ts'

export type Outcome = { readonly type: 'done'; /** For inspection, where reconciling may do several things or nothing. */ readonly what?: string } | { readonly type: 'again'; readonly afterMs: number }
export const done: Outcome = { type: 'done' }
export const doneWith = (what: string): Outcome => ({ type: 'done', what })
export const again = (afterMs: number): Outcome => ({ type: 'again', afterMs })

/** Objects of another type wake the keys that `keys` names. Made by `wokenBy`. */
export interface Waker {
  readonly type: ResourceType
  readonly scope?: InformerScope<KubernetesObject>
  readonly keys: (change: Change<KubernetesObject>, caches: Caches) => readonly ObjectKey[]
}

export function wokenBy<T extends KubernetesObject>(type: ResourceType<T>, keys: (change: Change<T>, caches: Caches) => readonly ObjectKey[], scope?: InformerScope<T>): Waker {
  return { type, keys: keys as unknown as Waker['keys'], ...(scope === undefined ? {} : { scope: scope as unknown as InformerScope<KubernetesObject> }) }
}

export interface Controller {
  readonly name: string
  readonly reconciles: ResourceType
  /** A bare type means: objects whose controller owner is of the reconciled kind. */
  readonly alsoWokenBy?: readonly (ResourceType | Waker)[]
  /** Types only read, never waking. */
  readonly reads?: readonly ResourceType[]
  /** Changes of the reconciled type that need no work. */
  readonly ignores?: (change: Change<KubernetesObject>) => boolean
  /** Keys worked on at once. Default 5. */
  readonly workers?: number
  /** Runs beside the workers and wakes keys for reasons that no list of types can name beforehand. */
  readonly follow?: (wake: (key: ObjectKey, cause: string) => void, deps: ControllerDeps, signal: AbortSignal) => Promise<void>
  /** Before the informers start: the place for indexes. */
  readonly prepare?: (caches: Caches) => void
  readonly reconcile: (key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal) => Promise<Outcome>
  /** For rehearsals: 'reconcile' where that remembers nothing, else one that works on a copy of what it remembers. */
  readonly rehearse?: 'reconcile' | Controller['reconcile']
  /** What is desired and what is, of one object. */
  readonly compare?: (key: ObjectKey, caches: Caches, nowMs: number) => readonly Comparison[]
  /** What it knows besides its queue, for inspection. */
  readonly inspect?: () => Readonly<Record<string, unknown>>
}

/** One thing of an object: as it is wanted, and as it is. */
export interface Comparison {
  /** A word for programs, which give it a name in the user's language: availablePods. */
  readonly what: string
  /** Of several alike: the resource's name. */
  readonly of?: string
  readonly bound: 'exact' | 'most' | 'least'
  /** Empty: nothing, none. "*": any. */
  readonly desired: string
  readonly actual: string
  readonly met: boolean
}

export interface Intention {
  readonly controller: string
  readonly kind: string
  readonly key: string
  /** False: there is no such object, or not any more. */
  readonly exists: boolean
  readonly comparisons: readonly Comparison[]
  readonly next: Rehearsal
}

export interface ReconcileDeps {
  readonly client: Client
  readonly cache: Caches
  readonly expectations: Expectations
  readonly events: Pick<EventRecorder, 'event'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface ControllerDeps extends Omit<ReconcileDeps, 'expectations'> {
  readonly informers: Informers
  readonly metrics?: Metrics
}

export interface ReconcileRecord {
  readonly key: string
  readonly causes: readonly string[]
  readonly at: string
  readonly durationMs: number
  readonly outcome: string
}

const reconcileFault = faultPoints.define({
  name: 'controller.reconcile', help: 'A key that a controller is about to reconcile. error: it is tried again, rate limited; drop: it is taken for done.',
  attributes: ['controller', 'namespace', 'name'], effects: ['delay', 'hold', 'error', 'drop'],
})

const keptRecords = 50
const awayMs = 500
const shownKeys = 200
const rehearsalMs = 8_000

export class ControllerRunner {
  readonly controller: Controller
  readonly queue: WorkQueue<ObjectKey>
  readonly #deps: ControllerDeps
  readonly #reconcileDeps: ReconcileDeps
  readonly #records: ReconcileRecord[] = []
  readonly #reads: Informer<KubernetesObject>[]
  readonly #gate = new SteppedGate()

  /** Registers its informers; they must be started after this. */
  constructor(controller: Controller, deps: ControllerDeps) {
    this.controller = controller
    this.#deps = deps
    this.#reconcileDeps = {
      client: deps.client, cache: deps.cache, events: deps.events, clock: deps.clock, random: deps.random,
      log: deps.log.with({ controller: controller.name }), expectations: new Expectations(deps.clock),
    }
    this.queue = new WorkQueue({ name: controller.name, clock: deps.clock, ...(deps.metrics === undefined ? {} : { metrics: deps.metrics }) })
    controller.prepare?.(deps.cache)
    const { informers } = deps
    this.#reads = [controller.reconciles, ...(controller.reads ?? [])].map(type => informers.for(type))
    this.#reads.push(...(controller.alsoWokenBy ?? []).map(waker => ('keys' in waker ? informers.for(waker.type, waker.scope) : informers.for(waker))))
  }

  async run(signal: AbortSignal): Promise<void> {
    using stack = new DisposableStack()
    const { informers } = this.#deps
    const { reconciles, ignores, alsoWokenBy = [] } = this.controller
    stack.use(informers.for(reconciles).onChange(change => {
      if (ignores?.(change) !== true) this.queue.add(keyOf(change.object), `${reconciles.kind} ${change.type}`)
    }))
    for (const waker of alsoWokenBy) {
      stack.use('keys' in waker
        ? informers.for(waker.type, waker.scope).onChange(change => {
            for (const key of waker.keys(change, this.#deps.cache)) this.queue.add(key, causeOf(change))
          })
        : informers.for(waker).onChange(change => { this.#wakeOwner(change) }))
    }
    stack.defer(() => { this.queue.clear() })
    try {
      await Promise.all(this.#reads.map(informer => informer.synced(signal))) // CT2
      await Promise.all([
        this.controller.follow?.((key, cause) => { this.queue.add(key, cause) }, this.#deps, signal),
        ...Array.from({ length: this.controller.workers ?? 5 }, () => this.#work(signal)),
      ])
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  pause(): void {
    this.#gate.pause()
  }

  resume(): void {
    this.#gate.resume()
  }

  /** While paused: lets one more key through. */
  step(): void {
    this.#gate.step()
  }

  /** What the controller would do with the key now, and why. CT7 */
  async intention(text: string): Promise<Intention> {
    const { controller } = this
    const key = readKey(text)
    if (controller.rehearse === undefined) throw new Error(`${controller.name} remembers what it saw, and cannot tell what it would do without doing it`)
    const { cache, clock } = this.#deps
    const object = cache.get(controller.reconciles, key)
    const reads = new Map(this.#reads.map(informer => [groupResourceText(informer.type), informer.cache]))
    const next = await rehearse(controller.rehearse === 'reconcile' ? controller.reconcile : controller.rehearse, key, this.#reconcileDeps, {
      cached: (type, of) => reads.get(groupResourceText(type))?.get(of), uid: object?.metadata.uid, signal: AbortSignal.timeout(rehearsalMs),
    })
    return { controller: controller.name, kind: controller.reconciles.kind, key: keyText(key), exists: object !== undefined, comparisons: object === undefined ? [] : (controller.compare?.(key, cache, clock.now()) ?? []), next }
  }

  /** Of the objects that it reconciles, the first of those in its cache. */
  get #keys(): { readonly kind: string; readonly count: number; readonly first: readonly string[] } {
    const { reconciles } = this.controller
    const objects = this.#deps.cache.list(reconciles)
    return { kind: reconciles.kind, count: objects.length, first: objects.slice(0, shownKeys).map(object => keyText(keyOf(object))) }
  }

  get state(): unknown {
    return {
      name: this.controller.name, paused: this.#gate.isPaused, depth: this.queue.size,
      waiting: this.queue.waiting.slice(0, 20).map(({ key, forMs, causes }) => ({ key: keyText(key), forMs: Math.round(forMs), causes })),
      active: this.queue.active.map(({ key, forMs }) => ({ key: keyText(key), forMs: Math.round(forMs) })),
      later: this.queue.delayed.slice(0, 20).map(({ key, inMs, cause }) => ({ key: keyText(key), inMs: Math.round(inMs), cause })),
      expectations: this.#reconcileDeps.expectations.pending,
      objects: this.#keys, tellsNext: this.controller.rehearse !== undefined,
      ...this.controller.inspect?.(),
      last: [...this.#records].reverse(),
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#gate.opened(signal)
      const key = await this.queue.next(signal)
      if (this.#gate.isHeld) { // paused while it waited: the key goes back
        for (const cause of this.queue.causes(key)) this.queue.add(key, cause)
        this.queue.done(key)
        continue
      }
      this.#gate.passed()
      try {
        await this.#once(key, signal)
      } finally {
        this.queue.done(key)
      }
    }
  }

  async #once(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const causes = this.queue.causes(key)
    const startedAt = clock.monotonic()
    const span = spans.on ? this.#beginSpan(key) : undefined // CT5
    let ending: string
    try {
      const reconcile = async (): Promise<Outcome> => {
        if (reconcileFault.rules !== undefined && (await reconcileFault.meet({ ...key, controller: this.controller.name }))?.effect === 'drop') return doneWith('left undone on purpose') // CT6
        return this.controller.reconcile(key, this.#reconcileDeps, signal)
      }
      const outcome = await (span === undefined ? reconcile() : spans.within(span.context, reconcile))
      this.queue.forget(key)
      if (outcome.type === 'again') this.queue.addAfter(key, outcome.afterMs, 'asked to come again')
      ending = outcome.type === 'done' ? (outcome.what ?? 'done') : `again in ${durationText(Math.round(outcome.afterMs))}`
    } catch (error) {
      if (signal.aborted) return
      const isAway = isConnectionError(error)
      if (isAway) this.queue.addAfter(key, awayMs, 'retry after a lost connection')
      const delayMs = isAway ? awayMs : this.queue.addRateLimited(key, 'retry after a failure')
      ending = `failed: ${errorText(error)}`
      const fields = { key: keyText(key), failures: this.queue.failures(key), retryMs: delayMs, error: errorText(error) }
      if (isAway || isConflict(error)) this.#reconcileDeps.log.debug('reconcile is tried again', fields)
      else this.#reconcileDeps.log.warn('reconcile failed', error instanceof TypeError ? { ...fields, stack: error.stack } : fields)
    }
    span?.end({ attributes: { 'controller.outcome': ending }, error: ending.startsWith('failed') ? ending : undefined })
    this.#records.push({ key: keyText(key), causes, at: new Date(clock.now()).toISOString(), durationMs: Math.round((clock.monotonic() - startedAt) * 10) / 10, outcome: ending })
    if (this.#records.length > keptRecords) this.#records.shift()
  }

  #beginSpan(key: ObjectKey): OpenSpan {
    const { name, reconciles } = this.controller
    const { resourceVersion, uid } = this.#deps.cache.get(reconciles, key)?.metadata ?? {}
    return spans.begin({ name: 'reconcile', parent: this.queue.spanOf(key) ?? null, attributes: { 'controller': name, ...objectAttributes(reconciles, { ...key, uid, resourceVersion }) } })
  }

  #wakeOwner(change: Change<KubernetesObject>): void {
    const { object, previous } = change
    const owner = controllerOf(object)
    const before = previous === undefined ? undefined : controllerOf(previous)
    const { expectations } = this.#reconcileDeps
    for (const reference of new Set(before !== undefined && before.uid !== owner?.uid ? [owner, before] : [owner])) {
      if (reference === undefined || !refersTo(reference, this.controller.reconciles)) continue
      if (change.type === 'added') expectations.createSeen(reference.uid) // CT3
      if (change.type === 'deleted' || object.metadata.deletionTimestamp !== undefined) expectations.deleteSeen(reference.uid, object.metadata.uid)
      const { namespace } = object.metadata
      this.queue.add(this.controller.reconciles.namespaced && namespace !== undefined ? { namespace, name: reference.name } : { name: reference.name }, causeOf(change))
    }
  }

}

function causeOf(change: Change<KubernetesObject>): string {
  return `${change.object.kind} ${keyText(keyOf(change.object))} ${change.type}`
}
