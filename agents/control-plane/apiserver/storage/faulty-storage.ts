/** The way to the store as faults make it: slow, or refused as if the store were away. */
import { faultPoints, InjectedError } from '../../../base/fault-points.ts'
import { KeyPlaces } from '../registry/key-places.ts'
import { type Storage, StoreUnavailableError } from './storage.ts'

const storeFault = faultPoints.define({ name: 'apiserver.store', help: 'What the API server asks of its store, by operation (get, list, put, delete, revision) and resource. error: the store is said to be away, with this message.', attributes: ['operation', 'resource', 'key'], effects: ['delay', 'hold', 'error'] })

export function faultyStorage(inner: Storage): Storage {
  const places = new KeyPlaces()
  const before = <T>(operation: string, key: string, ask: () => Promise<T>): Promise<T> => {
    if (storeFault.rules === undefined) return ask()
    return storeFault.meet({ operation, key, resource: places.of(key)?.resource }).then(ask, (error: unknown) => { throw error instanceof InjectedError ? new StoreUnavailableError(error) : error })
  }
  return {
    get: key => before('get', key, () => inner.get(key)),
    range: (prefix, options) => before('list', prefix, () => inner.range(prefix, options)),
    put: (key, value, expected, timeToLiveSeconds) => before('put', key, () => inner.put(key, value, expected, timeToLiveSeconds)),
    remove: (key, expected) => before('delete', key, () => inner.remove(key, expected)),
    currentRevision: () => before('revision', '', () => inner.currentRevision()),
    watch: (prefix, after, watch) => inner.watch(prefix, after, watch),
    compact: revision => inner.compact(revision),
    ready: () => inner.ready(),
  }
}
