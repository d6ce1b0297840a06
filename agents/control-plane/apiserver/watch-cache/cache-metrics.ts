/** Numbers about what is stored and watched, under upstream's names; they are read when somebody asks for them. */
import type { Metrics } from '../../../machinery/metrics.ts'
import { KeyPlaces } from '../registry/key-places.ts'
import type { ResourceCache } from './resource-cache.ts'
import type { WatchCache } from './watch-cache.ts'

const byResource = ['group', 'resource']

export function exposeCaches(cache: WatchCache, metrics: Metrics): void {
  const places = new KeyPlaces()
  const each = (read: (resource: ResourceCache) => number) => [...cache.resources].map(resource => {
    const place = places.of(`${resource.spec.prefix}x`)
    return { labels: { group: place?.group ?? '', resource: place?.resource ?? '' }, value: read(resource) }
  })
  const gauge = (name: string, help: string, read: (resource: ResourceCache) => number, counts = false) => {
    metrics.observed({ name, help, labels: byResource, counts }, () => each(read))
  }
  gauge('apiserver_resource_objects', 'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.', resource => resource.size)
  gauge('apiserver_resource_size_estimate_bytes', 'Estimated size of stored objects in database. Estimate is based on sum of last observed sizes of serialized objects. In case of a fetching error, the value will be -1.', resource => resource.objectBytes)
  gauge('apiserver_storage_decode_errors_total', 'Number of stored object decode errors split by object type', resource => cache.decodeErrorsOf(resource), true)
  gauge('apiserver_watch_cache_capacity', 'Total capacity of watch cache broken by resource type.', resource => resource.windowSize)
  gauge('apiserver_watch_cache_events_received_total', 'Counter of events received in watch cache broken by resource type.', resource => resource.changes, true)
  gauge('apiserver_watch_cache_events_dispatched_total', 'Counter of events dispatched in watch cache broken by resource type.', resource => resource.changes, true)
  gauge('apiserver_watch_cache_resource_version', 'Current resource version of watch cache broken by resource type. This is truncated to the 15 least significant digits.', () => cache.revision % 1e15)
  metrics.observed({ name: 'apiserver_storage_objects', help: '[DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.', labels: ['resource'] }, () =>
    each(resource => resource.size).map(({ labels: { group, resource }, value }) => ({ labels: { resource: group === '' ? resource : `${resource}.${group}` }, value })))
}
