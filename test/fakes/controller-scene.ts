/** Runs controllers against a FakeCluster on a clock that the test moves. */
import { FakeClock } from '../../agents/base/fake-clock.ts'
import { MemoryLog } from '../../agents/base/log.ts'
import { seededRandom } from '../../agents/base/random.ts'
import type { Caches } from '../../agents/machinery/caches.ts'
import { createCaches } from '../../agents/machinery/caches.ts'
import type { Controller, ControllerDeps } from '../../agents/machinery/controller.ts'
import { ControllerRunner } from '../../agents/machinery/controller.ts'
import { EventRecorder } from '../../agents/machinery/events.ts'
import { Informers } from '../../agents/machinery/informers.ts'
import { FakeCluster } from './fake-cluster.ts'

export interface ControllerScene extends AsyncDisposable {
  readonly clock: FakeClock
  readonly cluster: FakeCluster
  readonly cache: Caches
  readonly log: MemoryLog
  readonly deps: ControllerDeps
  /** Lets everything happen that is due within that time (default: now). */
  settle(ms?: number): Promise<void>
  /** Starts them; more may be started later. */
  start(...controllers: readonly Controller[]): Promise<readonly ControllerRunner[]>
  readonly signal: AbortSignal
}

export function createControllerScene(): ControllerScene {
  const clock = new FakeClock()
  const cluster = new FakeCluster({ clock })
  const log = new MemoryLog()
  const abort = new AbortController()
  const common = { client: cluster, clock, log, random: seededRandom(7) }
  const informers = new Informers(common)
  const cache = createCaches(informers)
  const deps: ControllerDeps = { ...common, informers, cache, events: new EventRecorder({ client: cluster, clock, component: 'test' }) }
  const settle = async (ms = 0): Promise<void> => {
    for (let turn = 0; turn < 30; turn++) await clock.advance(ms / 30)
  }
  return {
    clock, cluster, cache, log, deps, settle, signal: abort.signal,
    async start(...controllers) {
      const runners = controllers.map(controller => new ControllerRunner(controller, deps))
      informers.start(abort.signal)
      for (const runner of runners) void runner.run(abort.signal)
      await settle()
      return runners
    },
    async [Symbol.asyncDispose]() {
      abort.abort(new Error('the scene is over'))
      await clock.advance(0)
    },
  }
}
