/** The API server's registry on a store in memory: reads, watches and writes without a port, on a clock that the test moves. */
import { Writable } from 'node:stream'
import { FakeClock } from '../../agents/base/fake-clock.ts'
import { silentLog } from '../../agents/base/log.ts'
import { seededRandom } from '../../agents/base/random.ts'
import { createAdmissionChain } from '../../agents/control-plane/apiserver/admission/admission.ts'
import { Exchange } from '../../agents/control-plane/apiserver/http/exchange.ts'
import { readRequestInfo } from '../../agents/control-plane/apiserver/http/request-info.ts'
import { negotiate, anyForm } from '../../agents/control-plane/apiserver/http/negotiation.ts'
import type { KubeObject } from '../../agents/control-plane/apiserver/registry/kube-object.ts'
import { readListOptions } from '../../agents/control-plane/apiserver/registry/list-options.ts'
import { ObjectWriter } from '../../agents/control-plane/apiserver/registry/object-writer.ts'
import { readObjectSelector } from '../../agents/control-plane/apiserver/registry/object-selector.ts'
import { Reads } from '../../agents/control-plane/apiserver/registry/reads.ts'
import type { ListedPage } from '../../agents/control-plane/apiserver/registry/reads.ts'
import { ResourceTable } from '../../agents/control-plane/apiserver/registry/resource-table.ts'
import type { ServedResource } from '../../agents/control-plane/apiserver/registry/served-resource.ts'
import { serveWatch } from '../../agents/control-plane/apiserver/registry/watches.ts'
import type { WriteContext } from '../../agents/control-plane/apiserver/registry/write-context.ts'
import { MemoryStorage } from '../../agents/control-plane/apiserver/storage/memory-storage.ts'
import type { StoreWatch } from '../../agents/control-plane/apiserver/storage/storage.ts'
import { WatchCache } from '../../agents/control-plane/apiserver/watch-cache/watch-cache.ts'

/** Its watches can be broken off. */
export class BreakableStorage extends MemoryStorage {
  readonly #open = new Set<{ watch: StoreWatch; own: Disposable }>()

  override watch(prefix: string, afterRevision: number, watch: StoreWatch): Disposable {
    const own = super.watch(prefix, afterRevision, watch)
    const entry = { watch, own }
    this.#open.add(entry)
    return {
      [Symbol.dispose]: () => {
        this.#open.delete(entry)
        own[Symbol.dispose]()
      },
    }
  }

  breakWatches(reason: 'lost' | 'compacted'): void {
    for (const entry of [...this.#open]) {
      this.#open.delete(entry)
      entry.own[Symbol.dispose]()
      entry.watch.onEnd(reason)
    }
  }
}

export interface WatchEvent {
  readonly type: string
  readonly object: KubeObject & { readonly code?: number }
}

export interface OpenWatch {
  /** Everything received so far. */
  readonly events: readonly WatchEvent[]
  readonly isOver: boolean
  close(): void
}

class FakeResponse extends Writable {
  headersSent = false
  readonly chunks: Buffer[] = []
  code = 0

  constructor() {
    super({ highWaterMark: 64 * 1024 * 1024, write: (chunk: Buffer, _encoding, done) => { this.chunks.push(chunk); done() } })
  }

  writeHead(code: number): this {
    this.headersSent = true
    this.code = code
    return this
  }

  flushHeaders(): void {}
}

export interface RegistryScene extends AsyncDisposable {
  readonly clock: FakeClock
  readonly storage: BreakableStorage
  readonly cache: WatchCache
  readonly table: ResourceTable
  readonly writer: ObjectWriter
  readonly context: WriteContext & { readonly warnings: string[] }
  resource(name: string): ServedResource
  list(name: string, namespace: string, query: string): Promise<ListedPage>
  /** Rejects as the request would be refused. */
  watch(name: string, namespace: string, query: string): Promise<OpenWatch>
  settle(): Promise<void>
}

export async function createRegistryScene(): Promise<RegistryScene> {
  const clock = new FakeClock()
  const random = seededRandom(11)
  const storage = new BreakableStorage(clock)
  const cache = new WatchCache({ storage, clock, log: silentLog })
  const table = new ResourceTable(cache, storage)
  const reads = new Reads(cache, storage)
  const writer = new ObjectWriter({ storage, clock, random, admission: createAdmissionChain([]), hooks: () => undefined, ownWrites: cache })
  const end = new AbortController()
  const warnings: string[] = []
  await cache.start(end.signal)
  const resource = (name: string) => {
    const [short = '', group = ''] = name.split('.', 2)
    return table.stored({ group: name.includes('.') ? name.slice(short.length + 1) : group, resource: short })!
  }
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => { setImmediate(resolve) })
  }
  return {
    clock, storage, cache, table, writer, resource, settle,
    context: { user: { name: 'tester', uid: '', groups: [], extra: {} }, dryRun: false, manager: 'test', signal: end.signal, warn: text => void warnings.push(text), mark: () => {}, warnings },
    async list(name, namespace, query) {
      const of = resource(name)
      const options = readListOptions(new URLSearchParams(query), false)
      return await reads.list(of, namespace, options, readObjectSelector(of, options.labelSelector, options.fieldSelector))
    },
    async watch(name, namespace, query) {
      const of = resource(name)
      const asked = new URLSearchParams(query)
      const options = readListOptions(asked, true)
      const response = new FakeResponse()
      const exchange = new Exchange({ request: { headers: {} } as never, response: response as never, method: 'GET', path: '/', rawQuery: query, query: asked, info: readRequestInfo('GET', '/', asked), auditId: '', startedMs: 0 })
      const served = serveWatch(exchange, of, namespace, options, readObjectSelector(of, options.labelSelector, options.fieldSelector), negotiate('application/json', anyForm)!, { cache, reads, clock, random })
      let isOver = false
      const ended = served.then(() => { isOver = true })
      await Promise.race([ended, settle()])
      if (!response.headersSent) await ended
      ended.catch(() => {})
      return {
        get events() {
          return Buffer.concat(response.chunks).toString().split('\n').filter(line => line !== '').map(line => JSON.parse(line) as WatchEvent)
        },
        get isOver() {
          return isOver
        },
        close: () => { response.destroy() },
      }
    },
    async [Symbol.asyncDispose]() {
      end.abort(new Error('the scene is over'))
      await settle()
    },
  }
}
