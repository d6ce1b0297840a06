/**
 * What happens to controllers while a scenario goes its way. Each disturbance is a way to run it.
 *
 *   FD1  Crash: after a write has reached the store the process dies before it learns of it; another starts with empty memory.
 *   FD2  Stale: each type's events come late, by a time drawn for that type.
 *   FD3  Dropped: one event is lost; a few seconds later its watch is told to list anew.
 *   FD4  Two leaders: a second manager works beside the first, and answers of the server take a little while.
 */
import type { Controller } from '../../agents/machinery/controller.ts'
import { sleep } from '../../agents/base/clock.ts'
import { seededRandom } from '../../agents/base/random.ts'
import type { KubernetesObject, ResourceType } from '../../agents/api/resources.ts'
import type { Client, WatchEvent, WatchOptions } from '../../agents/machinery/client.ts'
import { newStatus, StatusError } from '../../agents/machinery/status-error.ts'
import { type Manager, type World, type WriteName, wrapped } from './world.ts'

export interface Disturbance {
  readonly name: string
  /** Starts the managers; what it counted can be asked afterwards. */
  readonly start: (world: World, controllers: () => readonly Controller[]) => void
  /** Two at once may for a moment do twice what one would. */
  readonly mayOvershoot?: boolean
}

const writeNames: readonly WriteName[] = ['create', 'update', 'patch', 'delete', 'deleteCollection', 'createSubresource']

export const undisturbed: Disturbance = {
  name: 'undisturbed',
  start: (world, controllers) => { world.startManager(controllers(), world.client(), 1) },
}

/** FD1; `isDeadly` is asked with the number of the write, from 1. */
export function crashing(name: string, isDeadly: (write: number) => boolean): Disturbance {
  return {
    name,
    start(world, controllers) {
      let manager: Manager
      let seed = 1
      const client = afterWrites(world.client(), () => world.writes, () => {
        if (!isDeadly(world.writes)) return
        manager.stop()
        manager = world.startManager(controllers(), client, ++seed)
      })
      manager = world.startManager(controllers(), client, seed)
    },
  }
}

/** FD2 */
export function stale(seed: number): Disturbance {
  return {
    name: `stale caches, seed ${seed}`,
    start(world, controllers) {
      const random = seededRandom(seed)
      const lags = new Map<string, number>()
      const lagOf = (type: ResourceType): number => {
        const lag = lags.get(type.resource) ?? Math.floor(random.next() * 2_500)
        lags.set(type.resource, lag)
        return lag
      }
      world.startManager(controllers(), watching(world.client(), (type, events, signal) => late(events, lagOf(type), world, signal)), 1)
    },
  }
}

async function* late<T>(events: AsyncIterable<T>, lagMs: number, world: World, signal: AbortSignal): AsyncIterable<T> {
  for await (const event of stamped(events, () => world.clock.monotonic())) {
    const waitMs = event.at + lagMs - world.clock.monotonic()
    if (waitMs > 0) await sleep(world.clock, waitMs, signal)
    yield event.value
  }
}

/** Reads on while the reader waits, so that each event is late by itself and not by those before it. */
async function* stamped<T>(events: AsyncIterable<T>, now: () => number): AsyncIterable<{ readonly value: T; readonly at: number }> {
  const queue: { readonly value: T; readonly at: number }[] = []
  let ended: { readonly error?: unknown } | undefined
  let wake = Promise.withResolvers<void>()
  void (async () => {
    try {
      for await (const value of events) {
        queue.push({ value, at: now() })
        wake.resolve()
      }
      ended = {}
    } catch (error) {
      ended = { error }
    }
    wake.resolve()
  })()
  for (;;) {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) yield next
    if (ended !== undefined) {
      if ('error' in ended) throw ended.error
      return
    }
    await wake.promise
    wake = Promise.withResolvers<void>()
  }
}

/** FD3; `total` is told the number of events that there were. */
export function dropping(victim: number, total?: (events: number) => void): Disturbance {
  return {
    name: `event ${victim} dropped`,
    start(world, controllers) {
      let events = 0
      world.startManager(controllers(), watching(world.client(), async function* (_type, stream, signal) {
        let relistAt: number | undefined
        for await (const event of stream) {
          if (event.type !== 'BOOKMARK') total?.(++events)
          if (event.type !== 'BOOKMARK' && events === victim) {
            relistAt = world.clock.monotonic() + 4_000
            world.clock.after(4_000, () => { world.cluster.breakWatches(new StatusError(newStatus(410, 'Expired', 'too old'))) })
            continue
          }
          if (relistAt !== undefined && world.clock.monotonic() >= relistAt) throw new StatusError(newStatus(410, 'Expired', 'too old'))
          signal.throwIfAborted()
          yield event
        }
      }), 1)
    },
  }
}

/** FD4 */
export function twoLeaders(seed: number): Disturbance {
  return {
    name: `two leaders, seed ${seed}`,
    mayOvershoot: true,
    start(world, controllers) {
      const random = seededRandom(seed)
      const slow = (): Client => {
        const client = world.client()
        return wrapped(client, Object.fromEntries(writeNames.map(name => [name, async (...given: unknown[]) => {
          await sleep(world.clock, Math.floor(random.next() * 60))
          return (client[name] as (...all: unknown[]) => Promise<unknown>)(...given)
        }])))
      }
      const first = world.startManager(controllers(), slow(), seed)
      world.clock.after(2_000, () => { world.startManager(controllers(), slow(), seed + 1) })
      world.clock.after(9_000, () => { first.stop() })
    },
  }
}

type Rewrite = (type: ResourceType, events: AsyncIterable<WatchEvent<KubernetesObject>>, signal: AbortSignal) => AsyncIterable<WatchEvent<KubernetesObject>>

function watching(client: Client, rewrite: Rewrite): Client {
  const watch = (type: ResourceType, options: WatchOptions, signal: AbortSignal) => rewrite(type, client.watch(type as ResourceType<KubernetesObject>, options, signal), signal)
  return wrapped(client, { watch: watch as unknown as Client['watch'] })
}

function afterWrites(client: Client, count: () => number, then: () => void): Client {
  return wrapped(client, Object.fromEntries(writeNames.map(name => [name, async (...given: unknown[]) => {
    const before = count()
    const answer = await (client[name] as (...all: unknown[]) => Promise<unknown>)(...given)
    if (count() > before) then()
    return answer
  }])))
}
