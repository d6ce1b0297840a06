/** How many events watches were sent, and how large they were; the series of a resource is found once a watch. */
import type { Metrics } from '../../../machinery/metrics.ts'
import type { ServedResource } from './served-resource.ts'

export interface WatchEventCounts {
  of(resource: ServedResource): SentEvents
}

export interface SentEvents {
  note(sizeBytes: number): void
}

const labels = ['group', 'version', 'resource']

export function watchEventCounts(metrics: Metrics): WatchEventCounts {
  const total = metrics.counter({ name: 'apiserver_watch_events_total', help: 'Number of events sent in watch clients', labels })
  const sizes = metrics.histogram({ name: 'apiserver_watch_events_sizes', help: 'Watch event size distribution in bytes', labels, buckets: [1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072] })
  return {
    of({ group, version, resource }) {
      const of = { group, version, resource }
      const [count, size] = [total.series(of), sizes.series(of)]
      return {
        note(sizeBytes) {
          count.add()
          size.observe(sizeBytes)
        },
      }
    },
  }
}
