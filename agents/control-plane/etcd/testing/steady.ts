/** Pieces of a store under a test's control. */
import { FakeClock } from '../../../base/fake-clock.ts'
import { seededRandom } from '../../../base/random.ts'
import type { Log } from '../log/log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { Store, type StoreOptions } from '../store.ts'

export function newStore(options: Partial<StoreOptions> = {}): { store: Store; clock: FakeClock; log: Log } {
  const clock = new FakeClock()
  const log = options.log ?? new MemoryLog()
  return { store: new Store({ clock, random: seededRandom(1), soon: queueMicrotask, ...options, log }), clock, log }
}

/** A log whose flushes wait until the test lets them through. */
export class GatedLog extends MemoryLog {
  #waiting: PromiseWithResolvers<void>[] = []

  override async sync(): Promise<void> {
    const gate = Promise.withResolvers<void>()
    this.#waiting.push(gate)
    await gate.promise
    await super.sync()
  }

  get waiting(): number {
    return this.#waiting.length
  }

  flush(): void {
    for (const gate of this.#waiting.splice(0)) gate.resolve()
  }
}

const noBytes: Uint8Array = new Uint8Array(0)
const bytes = (text: string): Uint8Array => Buffer.from(text)

export const requests = {
  put: (key: string, value = '', rest: { lease?: bigint; prevKv?: boolean } = {}) => ({ key: bytes(key), value: bytes(value), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false, ...rest }),
  delete: (key: string, end = '') => ({ key: bytes(key), rangeEnd: bytes(end), prevKv: false }),
  range: (key: string, end = '', revision = 0n) => ({
    key: bytes(key), rangeEnd: bytes(end), revision, limit: 0n, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: false, countOnly: false,
    minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n,
  }),
  watch: (key: string, end = '', rest: { startRevision?: bigint; prevKv?: boolean; progressNotify?: boolean; fragment?: boolean; watchId?: bigint } = {}) => ({
    create: { key: bytes(key), rangeEnd: end === '' ? noBytes : bytes(end), startRevision: 0n, progressNotify: false, filters: [], prevKv: false, watchId: 0n, fragment: false, ...rest },
  }),
}

/** Lets everything that can happen without time passing happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => { setImmediate(resolve) })
}
