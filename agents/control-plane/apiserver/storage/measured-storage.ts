/**
 * How long the store takes and how often it fails, by operation and resource: etcd_request_duration_seconds and its kin.
 * Upstream: apiserver/pkg/storage/etcd3/metrics.
 */
import type { Clock } from '../../../base/clock.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import { KeyPlaces } from '../registry/key-places.ts'
import type { RangeOptions, RangePage, Storage, StoredValue, StoreWatch, WriteResult } from './storage.ts'

interface Measures {
  readonly seconds: { observe(value: number): void }
  readonly requests: { add(by?: number): void }
  readonly failures: { add(by?: number): void }
}

const labels = ['operation', 'group', 'resource']
const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

export function measuredStorage(inner: Storage, clock: Clock, metrics: Metrics): Storage {
  const seconds = metrics.histogram({ name: 'etcd_request_duration_seconds', help: 'Etcd request latency in seconds for each operation and object type.', labels, buckets })
  const requests = metrics.counter({ name: 'etcd_requests_total', help: 'Etcd request counts for each operation and object type.', labels })
  const failures = metrics.counter({ name: 'etcd_request_errors_total', help: 'Etcd failed request counts for each operation and object type.', labels })
  const received = metrics.counter({ name: 'apiserver_storage_events_received_total', help: 'Number of etcd events received split by kind.', labels: ['group', 'resource'] })
  const bookmarks = metrics.counter({ name: 'etcd_bookmark_total', help: 'Number of etcd bookmarks (progress notify events) split by kind.', labels: ['group', 'resource'] }).series({})
  const places = new KeyPlaces()
  const known = new Map<string, Measures>()
  const receivedBy = new Map<string, { add(by?: number): void }>()
  const measuresOf = (operation: string, key: string): Measures => {
    const place = places.of(key)
    const name = `${operation} ${place?.prefix ?? ''}`
    const found = known.get(name)
    if (found !== undefined) return found
    const of = { operation, group: place?.group ?? '', resource: place?.resource ?? '' }
    const made = { seconds: seconds.series(of), requests: requests.series(of), failures: failures.series(of) }
    known.set(name, made)
    return made
  }
  const measured = async <T>(operation: string, key: string, ask: () => Promise<T>): Promise<T> => {
    const measures = measuresOf(operation, key)
    const started = clock.monotonic()
    measures.requests.add()
    try {
      return await ask()
    } catch (error) {
      measures.failures.add()
      throw error
    } finally {
      measures.seconds.observe((clock.monotonic() - started) / 1000)
    }
  }
  const noteReceived = (key: string) => {
    const place = places.of(key)
    if (place === undefined) return
    let series = receivedBy.get(place.prefix)
    if (series === undefined) receivedBy.set(place.prefix, (series = received.series({ group: place.group, resource: place.resource })))
    series.add()
  }
  return {
    get: (key: string): Promise<{ value: StoredValue | undefined; revision: number }> => measured('get', key, () => inner.get(key)),
    range: (prefix: string, options?: RangeOptions): Promise<RangePage> => measured('list', prefix, () => inner.range(prefix, options)),
    put: (key: string, value: Uint8Array, expected: number, timeToLiveSeconds?: number): Promise<WriteResult> => measured(expected === 0 ? 'create' : 'update', key, () => inner.put(key, value, expected, timeToLiveSeconds)),
    remove: (key: string, expected: number): Promise<WriteResult> => measured('delete', key, () => inner.remove(key, expected)),
    currentRevision: () => measured('getCurrentResourceVersion', '', () => inner.currentRevision()),
    watch: (prefix: string, after: number, watch: StoreWatch): Disposable => inner.watch(prefix, after, {
      onChanges(changes, revision) {
        if (changes.length === 0) bookmarks.add()
        for (const change of changes) noteReceived(change.key)
        watch.onChanges(changes, revision)
      },
      onEnd: reason => { watch.onEnd(reason) },
    }),
    compact: revision => inner.compact(revision),
    ready: () => inner.ready(),
  }
}
