/** The main numbers of etcd, under etcd's own names. */
import type { Metrics } from '../../../machinery/metrics.ts'
import type { Store } from '../store.ts'

export function exposeStore(metrics: Metrics, store: Store, connections: () => number, version: string): void {
  const gauge = (name: string, help: string, read: () => number): void => { metrics.observed({ name, help }, read) }
  gauge('etcd_server_has_leader', 'Whether a leader exists: always 1 with one member.', () => 1)
  gauge('etcd_server_is_leader', 'Whether this member is the leader: always 1 with one member.', () => 1)
  gauge('etcd_server_quota_backend_bytes', 'Size at which the NOSPACE alarm rises.', () => store.quotaBytes)
  gauge('etcd_mvcc_db_total_size_in_bytes', 'Size of the database file.', () => store.size().totalBytes)
  gauge('etcd_mvcc_db_total_size_in_use_in_bytes', 'Size of what the database file holds.', () => store.size().usedBytes)
  gauge('etcd_debugging_store_watchers', 'Watchers.', () => watchers(store))
  gauge('etcd_debugging_mvcc_watcher_total', 'Watchers.', () => watchers(store))
  gauge('etcd_debugging_mvcc_watch_stream_total', 'Watch streams.', () => store.watches.streams.size)
  gauge('etcd_debugging_mvcc_slow_watcher_total', 'Times a watcher fell behind because its reader was slow.', () => store.watches.counters.slow)
  gauge('etcd_debugging_mvcc_events_total', 'Events sent to watchers.', () => store.watches.counters.events)
  gauge('etcd_debugging_mvcc_keys_total', 'Keys that exist.', () => store.keys.liveKeys)
  gauge('etcd_debugging_mvcc_current_revision', 'Current revision.', () => Number(store.keys.revision))
  gauge('etcd_debugging_mvcc_compact_revision', 'Revision of the last compaction.', () => Number(store.keys.compacted))
  gauge('etcd_mvcc_range_total', 'Range requests.', () => store.counters.ranges)
  gauge('etcd_mvcc_put_total', 'Put requests.', () => store.counters.puts)
  gauge('etcd_mvcc_delete_total', 'DeleteRange requests.', () => store.counters.deletes)
  gauge('etcd_mvcc_txn_total', 'Transactions.', () => store.counters.txns)
  gauge('etcd_debugging_lease_granted_total', 'Leases held.', () => store.leases.size)
  gauge('etcd_server_lease_expired_total', 'Leases that ran out.', () => store.counters.leasesExpired)
  gauge('etcd_disk_wal_fsync_total', 'Flushes of the log.', () => store.commits.batches)
  gauge('etcd_server_proposals_committed_total', 'Log entries made durable.', () => store.commits.entries)
  gauge('etcd_server_client_connections', 'Client connections.', connections)
  metrics.gauge({ name: 'etcd_server_version', help: 'Protocol version served.', labels: ['server_version'] }).set(1, { server_version: version })
}

function watchers(store: Store): number {
  return [...store.watches.streams].reduce((sum, stream) => sum + stream.watchers.length, 0)
}
